"""The four case description tables of CBIS-DDSM: lesions, and the full images they are on."""

import re
import reprlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.folders import walk
from mammo.datasets.original_tables import read_table, refuse_others
from mammo.errors import DatasetError

LESIONS = ("calcification", "mass")
LABEL_RULES = ("any_lesion", "all_lesions", "unmixed")
UNITS = ("file", "view")
WITHOUT_CALLBACK = ("benign", "ignore")

_TABLE_NAME = re.compile(r"(calc|mass)_case_description_(train|test)_set.*\.csv", re.IGNORECASE)
_KINDS = {"calc": "calcification", "mass": "mass"}
_PREFIXES = {"calcification": "Calc", "mass": "Mass"}
_SPLITS = {"train": "Training", "test": "Test"}
_SIDES = {"LEFT": "L", "RIGHT": "R"}
_PATHOLOGIES = ("MALIGNANT", "BENIGN", "BENIGN_WITHOUT_CALLBACK")
_COLUMNS = {
    "patient id": "patient_id",
    "breast density": "density",
    "left or right breast": "side",
    "image view": "view",
    "abnormality id": "abnormality_id",
    "abnormality type": "lesion_type",
    "assessment": "birads",
    "pathology": "pathology",
}
_PATHS = ("image file path", "cropped image file path", "roi mask file path")


def read_cases(folder: Path, lesions: Sequence[str] = LESIONS) -> pd.DataFrame:
    """Read the case description tables below a folder; no image is needed.

    Parameters
    ----------
    folder : Path
        Folder with the CSV files, at any depth.
    lesions : sequence of {"calcification", "mass"}
        Which tables to pool.

    Returns
    -------
    DataFrame
        One row per lesion and image: patient_id, density, laterality, view, abnormality_id,
        lesion_type, birads (assessment), pathology, official_split, image_id (folder name of the
        full image), image_series (SeriesInstanceUID or ""), roi_id (folder name of crop and mask),
        roi_series (tuple of SeriesInstanceUID).

    Raises
    ------
    DatasetError
        If a table is missing, twice there, or not as TCIA publishes it.
    """
    return read_tables(find_tables(walk(Path(folder))), lesions, Path(folder))


def find_tables(files: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """Pick the case description tables from a list of files; the least deep one wins.

    Returns
    -------
    dict
        (lesion type, "train" or "test") -> path.
    """
    tables: dict[tuple[str, str], Path] = {}
    for file in sorted(files, key=lambda path: len(path.parts)):
        match = _TABLE_NAME.fullmatch(file.name)
        if not match:
            continue
        key = (_KINDS[match[1].lower()], match[2].lower())
        other = tables.setdefault(key, file)
        if other != file and other.parent == file.parent:
            raise DatasetError(f"{other} and {file.name} are the same table: keep one of them")
    return tables


def read_tables(
    tables: Mapping[tuple[str, str], Path], lesions: Sequence[str], folder: Path
) -> pd.DataFrame:
    """Read and pool the tables of the wanted lesion types; columns as in `read_cases`."""
    wanted = [(lesion, split) for lesion in LESIONS if lesion in lesions for split in _SPLITS]
    lacking = [(_PREFIXES[key[0]].lower(), key[1]) for key in wanted if key not in tables]
    if absent := [f"{kind}_case_description_{split}_set.csv" for kind, split in lacking]:
        raise DatasetError(
            f"{folder} lacks {', '.join(absent)}: download the case description files from "
            "https://www.cancerimagingarchive.net/collection/cbis-ddsm/ and put them there"
        )
    return pd.concat([_read(tables[key], *key) for key in wanted], ignore_index=True)


def _read(path: Path, lesion: str, split: str) -> pd.DataFrame:
    table = read_table(path, list(_COLUMNS), lambda name: name.lower().replace("_", " "))
    # Some copies of the calc tables have the mass tables appended, which are read by themselves.
    table = table[table["abnormality type"] == lesion]
    paths = [table.get(name, pd.Series("", index=table.index)) for name in _PATHS]
    cases = table[list(_COLUMNS)].rename(columns=_COLUMNS)
    for column, allowed in (("side", tuple(_SIDES)), ("pathology", _PATHOLOGIES)):
        refuse_others(path, cases[column], cases[column].isin(allowed), f"one of {allowed}")
    prefix = f"{_PREFIXES[lesion]}-{_SPLITS[split]}_"
    image = prefix + cases["patient_id"] + "_" + cases["side"] + "_" + cases["view"]
    _refuse_contradiction(path, image, paths[0])
    series = [column.map(_series) for column in paths]
    return cases.assign(
        laterality=cases["side"].map(_SIDES),
        official_split=split,
        image_id=image,
        image_series=series[0],
        roi_id=image + "_" + cases["abnormality_id"],
        roi_series=[tuple(dict.fromkeys(pair)) for pair in zip(*series[1:], strict=True)],
    ).drop(columns="side")


def _refuse_contradiction(path: Path, image: pd.Series, file_path: pd.Series) -> None:
    stated = file_path.str.split("/").str[0]
    wrong = (stated != "") & (stated != image)
    if wrong.any():
        raise DatasetError(
            f"{path}, line {wrong.idxmax()}: the image file path begins with "
            f"{reprlib.repr(stated[wrong].iloc[0])} but its columns say "
            f"{reprlib.repr(image[wrong].iloc[0])}; download the original file"
        )


def _series(file_path: str) -> str:
    parts = file_path.split("/")
    return parts[2] if len(parts) == 4 else ""


def full_images(
    cases: pd.DataFrame,
    *,
    label_rule: str = "any_lesion",
    unit: str = "file",
    without_callback: str = "benign",
) -> list[dict]:
    """Turn lesions into one row per full image file.

    Parameters
    ----------
    cases : DataFrame
        As `read_cases` gives it.
    label_rule : {"any_lesion", "all_lesions", "unmixed"}
        Malignant if any lesion is; if all are; or if all are, with images that mix malignant and
        other lesions excluded.
    unit : {"file", "view"}
        One image per file (3,103), or per patient, side and view (3,032), pooling the lesions of
        files that show the same view; the further files are excluded.
    without_callback : {"benign", "ignore"}
        Whether BENIGN_WITHOUT_CALLBACK lesions count as benign or not at all.

    Returns
    -------
    list of dict
        Manifest rows without paths, plus ``image_series``, ``rois`` (list of (roi_id, series)).
    """
    keys = ("patient_id", "laterality", "view") if unit == "view" else ("image_id",)
    rows = []
    for lesions in _grouped(cases.to_dict("records"), keys):
        first, *others = (_image(group) for group in _grouped(lesions, ("image_id",)))
        rows.append({**first, **_label(lesions, label_rule, without_callback)})
        same = Exclusion(Kind.SAME_VIEW, first["image_id"])
        rows += [{**other, "excluded": same} for other in others]
    return rows


def _grouped(records: Iterable[dict], keys: Sequence[str]) -> list[list[dict]]:
    groups = defaultdict(list)
    for record in records:
        groups[tuple(record[key] for key in keys)].append(record)
    return list(groups.values())


def _image(lesions: list[dict]) -> dict:
    same = ("patient_id", "laterality", "view", "official_split", "image_id", "image_series")
    return {
        **{name: lesions[0][name] for name in same},
        "study_id": lesions[0]["patient_id"],
        **{name: "|".join(row[name] for row in lesions) for name in ("pathology", "birads")},
        **{name: _distinct(lesions, name) for name in ("density", "lesion_type")},
        "rois": [(row["roi_id"], row["roi_series"]) for row in lesions],
    }


def _distinct(lesions: list[dict], name: str) -> str:
    return "|".join(dict.fromkeys(row[name] for row in lesions))


def _label(lesions: list[dict], label_rule: str, without_callback: str) -> dict:
    found = [row["pathology"] for row in lesions]
    if without_callback == "ignore":
        found = [pathology for pathology in found if pathology != "BENIGN_WITHOUT_CALLBACK"]
        if not found:
            return {"excluded": Exclusion(Kind.ONLY_WITHOUT_CALLBACK)}
    malignant = [pathology == "MALIGNANT" for pathology in found]
    if label_rule == "unmixed" and any(malignant) and not all(malignant):
        return {"excluded": Exclusion(Kind.MIXED_LESIONS)}
    return {"label": int(any(malignant) if label_rule == "any_lesion" else all(malignant))}
