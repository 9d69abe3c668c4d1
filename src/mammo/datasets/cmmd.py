"""CMMD: digital mammograms of biopsied breasts from China, a public stand-in for UKy.

The paper does not use CMMD. Like the private UKy set it holds full-field digital mammograms whose
labels are biopsy results, so that anybody can fill the row that the paper could not share; the
numbers of that row are CMMD's and say nothing of UKy.

What is known of the release, and from where; nothing of it was confirmed on the files themselves:

- 1,775 patients (D1-*: 1,026, D2-*: 749), each with one study of one series, 5,202 images;
  biopsy-proven benign or malignant disease; mammography from July 2012 to January 2016; CC BY 4.0:
  TCIA's page, and counts by users. The page's "3,728 mammographies" is not the number of files.
- The clinical table has one row per biopsied breast: ID1, LeftRight, Age, number, abnormality
  (calcification, mass or both), classification (Benign or Malignant) and subtype, as users' copies
  show. 1,872 rows, 1,316 malignant and 556 benign, no breast twice, ``number`` always 2; the other
  breast of 729 patients of D2 is imaged and has no row (1,458 images): counted by one user, the log
  of anushree196/cmmd-fyp; the 3,744 labelled images also by lejeunel/breast-cancer-cmmd.
- The files are For Presentation MG, MONOCHROME2, 2294 x 1914 pixels of 8 bits (D1-1343 L: 16), with
  Image Laterality and a View Code Sequence, without View Position and manufacturer: the same log,
  and a header printed in CraigMyles/cggm-mammography-classification. They were made from TIFF by a
  script of dicom3tools, which wrote the Imager Pixel Spacing of 0.094 mm by the image's size.
- Dates are shifted (Longitudinal Temporal Information Modified says MODIFIED), so that no year is
  taken from them.
- Five pairs of images have the same pixels: TCIA's page, as quoted by lejeunel, by file names, here
  taken in that script's order of side and view. D1-0808 and D1-1292 call one image benign and
  malignant; D1-0202 and D2-0284 may be one woman. All ten are excluded.
- In doubt: the scanner (GE Senographe DS on TCIA's page, Siemens in some users' notes), and some
  sides. A later reading, TOMPEI-CMMD (TCIA), is said to swap the sides of 8 patients' images, to
  find the cancer of 7 others in the other breast, and to leave out 25 breasts; nothing of it is
  applied here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from mammo.datasets import manifest
from mammo.datasets.card import Counts, DatasetCard
from mammo.datasets.cmmd_cases import find_table, is_table, label_breasts, read_breasts
from mammo.datasets.exclusions import Exclusion, Kind, unreadable
from mammo.datasets.fitness import read_dicom_facts
from mammo.datasets.folders import find_folder, source_of, walk
from mammo.errors import DatasetError, UnreadableImageError
from mammo.images.elements import text

CARD = DatasetCard(
    name="cmmd",
    title="CMMD",
    origin="China",
    years="2012-2016",
    use="stand-in for UKy; not the paper's set",
    modality="FFDM",
    licence="CC BY 4.0",
    citation=(
        "Cai H, Wang J, Dan T, et al. An online mammography database with biopsy confirmed types. "
        "Sci Data 2023;10:123. doi:10.1038/s41597-023-02025-1; data: Cui C, Li L, Cai H, et al. "
        "The Chinese Mammography Database (CMMD). The Cancer Imaging Archive 2021. "
        "doi:10.7937/tcia.eqde-4b16"
    ),
    url="https://www.cancerimagingarchive.net/collection/cmmd/",
    how_to_get=(
        "open https://www.cancerimagingarchive.net/collection/cmmd/ and download the clinical "
        "table (CMMD_clinicaldata_revision.xlsx) and the image manifest (.tcia, 23 GB of images)",
        "open the .tcia file with the NBIA Data Retriever and save below DATA_ROOT/cmmd/",
        "put the clinical table, as it is or saved as CSV, into DATA_ROOT/cmmd/ too",
    ),
    published=Counts(),
    released=Counts(cases=1775, images=3736, images_total=5202, malignant=2627, benign=1109),
)

SAME_PIXELS = (
    ("D1-0202_L_CC", "D2-0284_L_CC"),
    ("D1-0202_L_MLO", "D2-0284_L_MLO"),
    ("D1-0202_R_CC", "D2-0284_R_CC"),
    ("D1-0202_R_MLO", "D2-0284_R_MLO"),
    ("D1-0808_R_CC", "D1-1292_R_CC"),
)
"""Pairs of images, of two patients each, that are one."""

COLLECTION_FOLDER = "CMMD"
"""Folder that the NBIA Data Retriever makes below ``manifest-*``."""

_PATIENT = re.compile(r"D[12]-\d{4}")
_TAGS = ("PatientID", "SOPInstanceUID", "StudyDate")
_TWINS = {one: other for pair in SAME_PIXELS for one, other in (pair, pair[::-1])}


def find(data_root: Path) -> Path | None:
    """Return the folder of CMMD under the data root, as `folders.find_folder`."""
    return find_folder(
        Path(data_root),
        ("cmmd*", "manifest-*"),
        lambda folder: bool(image_files(walk(folder), folder)),
        lambda folder: any(map(is_table, walk(folder))),
        COLLECTION_FOLDER,
    )


def load(path: Path, *, source: str = "real", **classes: Sequence[str]) -> pd.DataFrame:
    """Read CMMD: images as the NBIA Data Retriever, TCIA's API or IDC leave them, and the table.

    Parameters
    ----------
    path : Path
        Folder with the DICOM files (``*.dcm``) at any depth and under any names, and the clinical
        table in it, beside it or above it. A folder ``CMMD`` in it holds all of the set's images.
    source : {"real", "synthetic"}
        What the manifest's source column says.
    positive, negative : sequence of str
        See `mammo.datasets.cmmd_cases.label_breasts`; the default is the biopsy's result.

    Returns
    -------
    DataFrame
        Manifest. Images join the table by Patient ID (else the folder ``D1-0001``) and Image
        Laterality; ``image_id`` is patient, side and view; the study is patient and date.
        Excluded are images of a breast that the table does not have, of a breast with more images
        than it states, and `SAME_PIXELS`; images that it states and that are not there have a row
        without a path.

    Raises
    ------
    DatasetError
        If the table or every image is missing, an image is there twice, or a classification is
        outside the rule.
    """
    path = Path(path).resolve()
    files = walk(path)
    table = find_table(files, path)
    images = image_files(files, path)
    if not images:
        raise DatasetError(
            f"{path} holds no CMMD image (*.dcm): download them with the NBIA Data Retriever, or "
            "remove the folder to use a synthetic set"
        )
    breasts = label_breasts(read_breasts(table), table, **classes)
    rows = read_images(images, path)
    numbers = Counter(map(_breast_of, rows))
    joined = [_join(row, breasts, numbers, table) for row in rows]
    shared = {"dataset": CARD.name, "source": source_of(path, files, source)}
    return manifest.build({**row, **shared} for row in joined + _absent(breasts, numbers))


def tables(folder: Path) -> pd.DataFrame:
    """Make the manifest of the clinical table alone, every image that it states not found.

    Raises
    ------
    DatasetError
        If the table is missing or not as TCIA publishes it.
    """
    table = find_table(walk(Path(folder)), Path(folder))
    shared = {"dataset": CARD.name, "source": "real"}
    rows = _absent(label_breasts(read_breasts(table), table), Counter())
    return manifest.build({**row, **shared, "study_id": row["patient_id"]} for row in rows)


def _breast_of(row: Mapping) -> tuple[str | None, str | None]:
    return row["patient_id"], row.get("laterality")


def _join(row: dict, breasts: Mapping[tuple, dict], numbers: Counter, table: Path) -> dict:
    """Complete an image's row with what the table states of its breast."""
    breast = breasts.get(_breast_of(row))
    excluded = row.get("excluded") or _exclusion(row, breast, numbers[_breast_of(row)], table)
    return {**row, **_facts(breast or {}), "excluded": excluded}


def _facts(breast: Mapping) -> dict:
    return {name: breast[name] for name in breast if name != "number"}


def _exclusion(row: dict, breast: dict | None, number: int, table: Path) -> Exclusion | None:
    """Say why an image is not used; `number` images of its breast are there."""
    if twin := _TWINS.get(row["image_id"]):
        return Exclusion(Kind.TWO_PATIENTS, twin)
    if not all(_breast_of(row)):
        return Exclusion(Kind.NO_BREAST)
    if breast is None:
        return Exclusion(Kind.NO_BIOPSY, table.name)
    if number > breast["number"]:
        return Exclusion(Kind.TOO_MANY, f"{number} of {breast['number']}")
    return None


def _absent(breasts: Mapping[tuple, dict], numbers: Counter) -> list[dict]:
    """Make a row of each image that the table states and that is not there."""
    return [
        {
            **_facts(breast),
            "image_id": f"{'_'.join(key)}_absent_{place}",
            "excluded": Exclusion(Kind.NOT_ALL_FOUND, f"{numbers[key]} of {breast['number']}"),
        }
        for key, breast in breasts.items()
        for place in range(numbers[key] + 1, breast["number"] + 1)
    ]


def image_files(files: Iterable[Path], folder: Path) -> list[Path]:
    """Pick the DICOM files; an NBIA folder may hold other collections, each in its own folder."""
    own = folder / COLLECTION_FOLDER
    inside = own if own.is_dir() else folder
    return [file for file in files if file.suffix.lower() == ".dcm" and inside in file.parents]


def read_images(files: Sequence[Path], folder: Path) -> list[dict]:
    """Read the headers of image files below a folder.

    Returns
    -------
    list of dict
        A row of a manifest per file: image_id ("D1-0001_R_CC", or the place in the folder where
        the header does not say as much), path, patient_id (Patient ID, else the folder's name),
        study_id (patient and Study Date) and the facts of
        `mammo.datasets.fitness`, but no year: dates are shifted. ``excluded`` where the
        header is unreadable or unfit, or where the folder is another patient's.

    Raises
    ------
    DatasetError
        If two files are one image.
    """
    found: dict[str, dict] = {}
    for file in tqdm(files, desc="CMMD: image headers", unit="image", delay=1, leave=False):
        uid, row = _read(file)
        other = found.setdefault(uid or str(file), row)
        if other is not row:
            raise DatasetError(f"{file} and {other['path']} are the same image: remove one of them")
    return _named(found.values(), folder)


def _read(file: Path) -> tuple[str | None, dict]:
    """Return an image's SOP Instance UID and its row."""
    folder = next((part for part in file.parts[::-1] if _PATIENT.fullmatch(part)), None)
    row = {"path": str(file), "patient_id": folder}
    try:
        facts, header = read_dicom_facts(file, _TAGS)
    except UnreadableImageError as error:
        return None, {**row, "excluded": unreadable(error)}
    row |= facts | {"acquisition_year": None}
    patient, date = text(header.get("PatientID")) or folder, text(header.get("StudyDate"))
    if folder in (patient, None):
        row |= {"patient_id": patient, "study_id": f"{patient}_{date}" if date else patient}
    else:
        row |= {"patient_id": None, "excluded": Exclusion(Kind.OTHER_PATIENT)}
    return text(header.get("SOPInstanceUID")), row


def _named(rows: Iterable[dict], folder: Path) -> list[dict]:
    seen: Counter[str] = Counter()
    named = []
    for row in rows:
        parts = [row.get(name) for name in ("patient_id", "laterality", "view")]
        place = Path(row["path"]).relative_to(folder).as_posix()
        name = "_".join(parts) if all(parts) else place
        seen[name] += 1
        named.append({**row, "image_id": f"{name}_{seen[name]}" if seen[name] > 1 else name})
    return named
