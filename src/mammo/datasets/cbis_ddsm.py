"""CBIS-DDSM: digitised screen film with verified pathology, the paper's training set."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from mammo.datasets import cbis_ddsm_cases, manifest
from mammo.datasets.card import Counts, DatasetCard
from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.fitness import add_header_facts
from mammo.datasets.folders import find_folder, source_of, walk
from mammo.datasets.original_tables import read_table
from mammo.datasets.rules import require_choice, require_choices
from mammo.errors import DatasetError

CARD = DatasetCard(
    name="cbis_ddsm",
    title="DDSM",
    origin="United States",
    years="1999",
    use="Training and validation",
    modality="DSFM",
    licence="CC BY 3.0",
    citation=(
        "Lee RS, Gimenez F, Hoogi A, et al. A curated mammography data set for use in "
        "computer-aided detection and diagnosis research. Sci Data 2017;4:170177. "
        "doi:10.1038/sdata.2017.177; data doi:10.7937/K9/TCIA.2016.7O02S9CY"
    ),
    url="https://www.cancerimagingarchive.net/collection/cbis-ddsm/",
    how_to_get=(
        "open https://www.cancerimagingarchive.net/collection/cbis-ddsm/ and download the four "
        "case description CSV files and the image manifest (.tcia, 163 GB of images)",
        "open the .tcia file with the NBIA Data Retriever and save below DATA_ROOT/cbis-ddsm/",
        "put the four CSV files into DATA_ROOT/cbis-ddsm/ too",
        "or unpack Kaggle's JPEG variant (awsaf49/cbis-ddsm-breast-cancer-image-dataset, 6 GB, "
        "8-bit lossy) into DATA_ROOT/cbis-ddsm/",
    ),
    published=Counts(cases=2620, images=10480, malignant_percent=35, benign_percent=65),
    released=Counts(cases=1566, images=3103, images_total=3103, malignant=1375, benign=1728),
)

RULES = {
    "label_rule": "cbis_label_rule",
    "unit": "cbis_unit",
    "lesions": "cbis_lesions",
    "without_callback": "cbis_without_callback",
}

COLLECTION_FOLDER = "CBIS-DDSM"
"""Folder that the NBIA Data Retriever makes below ``manifest-*``."""
IMAGE_SUFFIXES = (".dcm", ".jpg", ".jpeg", ".png")
_FOLDER = re.compile(r"(Calc|Mass)-(Training|Test)_P_\d+_(LEFT|RIGHT)_(CC|MLO)(_\d+)?")
_KAGGLE_PREFIX = "CBIS-DDSM/"
_SUFFIX_DIGITS = 5


def find(data_root: Path) -> Path | None:
    """Return the folder of CBIS-DDSM under the data root, as `folders.find_folder`."""
    patterns = ("cbis-ddsm*", "cbis_ddsm*", "manifest-*")
    return find_folder(Path(data_root), patterns, _has_image, _tables_of, COLLECTION_FOLDER)


def _has_image(folder: Path) -> bool:
    return any(
        name.lower().endswith(IMAGE_SUFFIXES) for _, _, names in os.walk(folder) for name in names
    )


def _tables_of(folder: Path, files: Sequence[Path] | None = None) -> dict:
    """Tables in the folder; else beside it, where an NBIA manifest folder has them."""
    inside = cbis_ddsm_cases.find_tables(walk(folder) if files is None else files)
    return inside or cbis_ddsm_cases.find_tables(folder.parent.glob("*.csv"))


def load(
    path: Path,
    *,
    source: str = "real",
    label_rule: str = "any_lesion",
    unit: str = "file",
    lesions: Sequence[str] = cbis_ddsm_cases.LESIONS,
    without_callback: str = "benign",
) -> pd.DataFrame:
    """Read CBIS-DDSM's tables and find the image of each full mammogram.

    Parameters
    ----------
    path : Path
        Folder with the four tables and either the NBIA Data Retriever's tree (old or new names) or
        Kaggle's ``jpeg`` and ``csv`` folders, at any depth.
    source : {"real", "synthetic"}
        What the manifest's source column says.
    label_rule, unit, without_callback : str
        See `mammo.datasets.cbis_ddsm_cases.full_images`; the defaults are the paper's (pathology,
        any lesion malignant), one row per file.
    lesions : sequence of {"calcification", "mass"}
        Which lesion types to pool; by default both.

    Returns
    -------
    DataFrame
        Manifest; a row is excluded where its image file is absent. ``mask_paths`` lists, for each
        lesion in the order of ``pathology``, the files of its crop and mask, which only their
        content tells apart: see `mammo.datasets.cbis_ddsm_masks`. ``study_id`` is the patient, of
        whom the set has one examination.

    Raises
    ------
    DatasetError
        If a table or every image is missing.
    """
    require_choice("label_rule", label_rule, cbis_ddsm_cases.LABEL_RULES)
    require_choice("unit", unit, cbis_ddsm_cases.UNITS)
    require_choice("without_callback", without_callback, cbis_ddsm_cases.WITHOUT_CALLBACK)
    require_choices("lesions", lesions, cbis_ddsm_cases.LESIONS)
    path = Path(path).resolve()
    files = walk(path)
    cases = cbis_ddsm_cases.read_tables(_tables_of(path, files), lesions, path)
    images = cbis_ddsm_cases.full_images(
        cases, label_rule=label_rule, unit=unit, without_callback=without_callback
    )
    tree, source = ImageTree(files), source_of(path, files, source)
    rows = [_locate(image, tree, source) for image in images]
    if not any(row.get("path") for row in rows):
        raise DatasetError(
            f"{path} holds none of the {len(rows)} images of its tables: download them with the "
            "NBIA Data Retriever, or remove the folder to use a synthetic set"
        )
    return manifest.build(add_header_facts(rows, CARD.title))


def tables(folder: Path) -> pd.DataFrame:
    """Make the manifest of the tables below a folder alone, every image excluded as not found.

    Raises
    ------
    DatasetError
        If a table is missing or not as TCIA publishes it.
    """
    images = cbis_ddsm_cases.full_images(cbis_ddsm_cases.read_cases(Path(folder)))
    empty = ImageTree(())
    return manifest.build(_locate(image, empty, "real") for image in images)


class ImageTree:
    """The image files of a download, by folder name and by SeriesInstanceUID.

    Parameters
    ----------
    files : iterable of Path
        All files of the download; ``metadata.csv`` (NBIA) and ``dicom_info.csv`` (Kaggle) among
        them are read.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        files = list(files)
        images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
        self._by_folder: dict[str, list[Path]] = defaultdict(list)
        self._by_series: dict[str, list[Path]] = defaultdict(list)
        for image in images:
            for part in image.parts[-5:-1]:
                if _FOLDER.fullmatch(part):
                    self._by_folder[part].append(image)
            self._by_series[image.parent.name].append(image)
        tables = {"metadata.csv": self._add_nbia_table, "dicom_info.csv": self._add_kaggle_table}
        for file in files:
            if file.name in tables:
                tables[file.name](file, set(images))

    def full_image(self, image_id: str, series_uid: str) -> Path | None:
        """Return the file of a full image, the largest if it is there several times, or None."""
        files = self._series(image_id, series_uid) or self._by_folder.get(image_id, [])
        if len(files) < 2:
            return files[0] if files else None
        return max(files, key=lambda file: file.stat().st_size)

    def roi_files(self, roi_id: str, series_uids: Sequence[str]) -> list[Path]:
        """Return the crop and mask files of a lesion; only their content tells which is which."""
        folder = self._by_folder.get(roi_id, [])
        return folder or [file for uid in series_uids for file in self._by_series.get(uid, [])]

    def _series(self, folder: str, series_uid: str) -> list[Path]:
        if not series_uid:
            return []
        suffix = "-" + series_uid[-_SUFFIX_DIGITS:]
        files = self._by_folder.get(folder, [])
        return self._by_series.get(series_uid) or [
            file for file in files if file.parent.name.endswith(suffix)
        ]

    def _add_nbia_table(self, table: Path, images: set[Path]) -> None:
        by_parent = defaultdict(list)
        for image in images:
            by_parent[image.parent].append(image)
        for row in _rows(table, ("Subject ID", "Series UID", "File Location")):
            location = PurePosixPath(row["File Location"].replace("\\", "/"))
            files = sorted(by_parent.get(table.parent / location, []))
            self._add(row["Subject ID"], row["Series UID"], files)

    def _add_kaggle_table(self, table: Path, images: set[Path]) -> None:
        root = table.parent.parent
        for row in _rows(table, ("PatientID", "SeriesInstanceUID", "image_path")):
            file = root / row["image_path"].removeprefix(_KAGGLE_PREFIX)
            self._add(row["PatientID"], row["SeriesInstanceUID"], [file] if file in images else [])

    def _add(self, folder: str, series_uid: str, files: list[Path]) -> None:
        for known in (self._by_folder[folder], self._by_series[series_uid]):
            known += [file for file in files if file not in known]


def _rows(table: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    return read_table(table, columns)[list(columns)].to_dict("records")


def _locate(image: dict, tree: ImageTree, source: str) -> dict:
    row = image | {"dataset": CARD.name, "source": source}
    file = tree.full_image(row["image_id"], row.pop("image_series"))
    masks = [tree.roi_files(roi_id, series) for roi_id, series in row.pop("rois")]
    row["mask_paths"] = [[str(mask) for mask in files] for files in masks]
    if file is None:
        return {"excluded": Exclusion(Kind.NOT_FOUND), **row}
    return {**row, "path": str(file)}
