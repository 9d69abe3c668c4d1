"""INbreast: full field digital mammograms with BI-RADS categories."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets import manifest
from mammo.datasets.card import Counts, DatasetCard
from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.fitness import add_header_facts
from mammo.datasets.folders import find_folder, index_by_name, source_of, walk
from mammo.datasets.inbreast_outlines import lesion_boxes
from mammo.datasets.original_tables import read_table, refuse_others
from mammo.datasets.rules import class_of, classes_of
from mammo.errors import DatasetError

CARD = DatasetCard(
    name="inbreast",
    title="INbreast",
    origin="South America",
    years="2008-2010",
    use="Testing",
    modality="FFDM",
    licence="own terms: research use, on request, not to be passed on",
    citation=(
        "Moreira IC, Amaral I, Domingues I, Cardoso A, Cardoso MJ, Cardoso JS. INbreast: toward a "
        "full-field digital mammographic database. Acad Radiol 2012;19:236-48. "
        "doi:10.1016/j.acra.2011.09.014"
    ),
    url="https://doi.org/10.1016/j.acra.2011.09.014",
    how_to_get=(
        "ask the Breast Research Group, INESC Porto, for the release under its own terms "
        "(contact in https://doi.org/10.1016/j.acra.2011.09.014)",
        "unpack it so that DATA_ROOT/INbreast Release 1.0/ holds AllDICOMs/ (or ALL-IMGS/) and "
        "INbreast.csv; AllXML/ gives the lesion outlines where present",
    ),
    published=Counts(
        cases=115, images=387, images_total=410, malignant_percent=26, benign_percent=72
    ),
    released=Counts(cases=115, images=387, images_total=410, malignant=100, benign=287),
)

RULES = {"positive": "inbreast_positive", "excluded": "inbreast_excluded"}

TABLE_NAME = "INbreast.csv"
_COLUMNS = {
    "Laterality": "laterality",
    "View": "view",
    "Acquisition date": "date",
    "File Name": "number",
    "ACR": "density",
    "Bi-Rads": "birads",
}
_FORMS = {
    "File Name": (re.compile(r"[0-9]{8}"), "8 digits"),
    "Laterality": (re.compile("[LR]"), "L or R"),
    "View": (re.compile("[A-Z]{2,4}"), "a view such as CC or MLO"),
    "Acquisition date": (re.compile(r"[0-9]{6}"), "6 digits"),
}
_FILE_NAME = re.compile(
    r"(?P<number>\d{8})_(?P<patient>[0-9a-f]{8,})_MG_(?P<side>[LR])_(?P<view>[A-Z]+)_ANON\.dcm",
    re.IGNORECASE,
)
_VIEW_IN_TABLE = {"ML": "MLO"}


def find(data_root: Path) -> Path | None:
    """Return the folder of INbreast under the data root, as `folders.find_folder`."""

    def has(pattern: re.Pattern) -> Callable[[Path], bool]:
        return lambda folder: any(pattern.fullmatch(file.name) for file in walk(folder))

    table = re.compile(re.escape(TABLE_NAME))
    return find_folder(Path(data_root), ("inbreast*",), has(_FILE_NAME), has(table))


def load(path: Path, *, source: str = "real", **categories: Sequence[str]) -> pd.DataFrame:
    """Read INbreast: the release's folder, or Kaggle's copy (``ALL-IMGS``).

    Parameters
    ----------
    path : Path
        Folder with INbreast.csv, the DICOM files, and AllXML where boxes are wanted, at any depth.
    source : {"real", "synthetic"}
        What the manifest's source column says.
    **categories
        The label rule: see `label_cases`.

    Returns
    -------
    DataFrame
        Manifest. Files are joined to the table by the 8 digits of their names; the patient is the
        hexadecimal token there (the table's own column is blanked), the study patient and month.

    Raises
    ------
    DatasetError
        If the table or every image is missing, or a category is outside the rule.
    """
    path = Path(path).resolve()
    files = walk(path)
    images = index_by_name(files, _FILE_NAME, "number")
    table = find_table(files, path)
    if not images:
        raise DatasetError(
            f"{path} holds no INbreast image (<8 digits>_<patient>_MG_<side>_<view>_ANON.dcm): "
            "unpack the whole release there, or remove the folder to use a synthetic set"
        )
    cases = label_cases(read_cases(table), table, **categories)
    outlines = {file.stem: file for file in files if file.suffix.lower() == ".xml"}
    rows = [_join(case, images, outlines) for case in cases]
    known = {case["number"] for case in cases}
    rows += [
        {**_facts(*image), "image_id": number, "excluded": Exclusion(Kind.NO_ROW, TABLE_NAME)}
        for number, image in images.items()
        if number not in known
    ]
    shared = {"dataset": CARD.name, "source": source_of(path, files, source)}
    return manifest.build(add_header_facts([{**row, **shared} for row in rows], CARD.title))


def tables(folder: Path) -> pd.DataFrame:
    """Make the manifest of INbreast.csv alone, every image excluded, most as not found.

    Raises
    ------
    DatasetError
        If the table is missing or not as released.
    """
    table = find_table(walk(Path(folder)), Path(folder))
    rows = [_join(case, {}, {}) for case in label_cases(read_cases(table), table)]
    return manifest.build([{**row, "dataset": CARD.name, "source": "real"} for row in rows])


def _join(
    case: dict, images: Mapping[str, tuple[Path, re.Match]], outlines: Mapping[str, Path]
) -> dict:
    number, date = case["number"], case["date"]
    row = {name: case[name] for name in case if name not in ("number", "date", "line")}
    row |= {"image_id": number, "acquisition_year": int(date[:4]) if date[:4].isdigit() else None}
    if number not in images:
        return {"excluded": Exclusion(Kind.NOT_FOUND), **row}
    found = _facts(*images[number])
    if any(found[name] != case[name] for name in ("laterality", "view")):
        row.setdefault("excluded", Exclusion(Kind.OTHER_VIEW))
    boxes = lesion_boxes(outlines[number]) if number in outlines else []
    return {**found, **row, "study_id": f"{found['patient_id']}_{date}", "boxes": boxes}


def _facts(file: Path, match: re.Match) -> dict:
    """Return what a file's name says of its image."""
    view = match["view"].upper()
    return {
        "path": str(file),
        "patient_id": match["patient"].lower(),
        "laterality": match["side"].upper(),
        "view": _VIEW_IN_TABLE.get(view, view),
    }


def find_table(files: Sequence[Path], folder: Path) -> Path:
    """Pick INbreast.csv from the files below a folder; the least deep one wins.

    Raises
    ------
    DatasetError
        If it is not there.
    """
    found = [file for file in files if file.name.lower() == TABLE_NAME.lower()]
    if not found:
        raise DatasetError(
            f"{folder} lacks the table {TABLE_NAME}: unpack the whole release there, or remove the "
            "folder to use a synthetic set"
        )
    return min(found, key=lambda file: len(file.parts))


def read_cases(table: Path) -> pd.DataFrame:
    """Read INbreast.csv; no image is needed.

    Returns
    -------
    DataFrame
        One row per image: laterality, view (MLO, CC or FB), date (yyyymm), number (8 digits of the
        file name), density (ACR), birads, line (in the file).

    Raises
    ------
    DatasetError
        If the table is missing, lacks columns, has a row that is not as released, or names an
        image twice.
    """
    cases = read_table(table, list(_COLUMNS))
    if cases.empty:
        raise DatasetError(f"{table} holds no row; unpack the whole release")
    for name, (pattern, expected) in _FORMS.items():
        refuse_others(table, cases[name], cases[name].map(pattern.fullmatch).notna(), expected)
    cases = cases[list(_COLUMNS)].rename(columns=_COLUMNS)
    twice = cases[cases["number"].duplicated()]
    if len(twice):
        raise DatasetError(
            f"{table}, line {twice.index[0]}: image {twice['number'].iloc[0]} is listed "
            "twice; remove one of the lines"
        )
    return cases.assign(line=cases.index).reset_index(drop=True)


def label_cases(
    cases: pd.DataFrame,
    table: Path,
    *,
    positive: Sequence[str] = ("4", "5", "6"),
    negative: Sequence[str] = ("1", "2"),
    excluded: Sequence[str] = ("3",),
) -> list[dict]:
    """Give each image of the table its label, or the reason why it has none.

    Parameters
    ----------
    cases : DataFrame
        As `read_cases` gives it.
    table : Path
        Named in errors.
    positive, negative, excluded : sequence of str
        BI-RADS categories, without the letter of 4a, 4b and 4c. The defaults are the paper's rule;
        BI-RADS is a reader's assessment, not pathology.

    Raises
    ------
    DatasetError
        If a category is in none of the three.
    """
    classes = classes_of({"positive": positive, "negative": negative, "excluded": excluded})
    rows = []
    for case in cases.to_dict("records"):
        meaning = class_of(case["birads"][:1], classes, f"{table}, line {case['line']}")
        if meaning == "excluded":
            rows.append({**case, "excluded": Exclusion(Kind.BIRADS, case["birads"][:1])})
        else:
            rows.append({**case, "label": int(meaning == "positive")})
    return rows
