"""The manifest: one row per image file, the same columns for every data set."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from mammo.datasets.exclusions import Kind
from mammo.errors import DatasetError
from mammo.files import disk

_TEXT, _COUNT = "object", "Int64"
COLUMNS: dict[str, str] = {
    **dict.fromkeys(("dataset", "source", "patient_id", "study_id", "image_id", "path"), _TEXT),
    **dict.fromkeys(("laterality", "view"), _TEXT),
    "label": _COUNT,
    **dict.fromkeys(("official_split", "pathology", "birads", "density", "lesion_type"), _TEXT),
    **dict.fromkeys(("boxes", "mask_paths"), _TEXT),
    **dict.fromkeys(("presentation_intent", "photometric_interpretation"), _TEXT),
    "bits_stored": _COUNT,
    "manufacturer": _TEXT,
    "pixel_spacing_mm": "float64",
    **dict.fromkeys(("rows", "columns", "acquisition_year"), _COUNT),
    **dict.fromkeys(("excluded", "excluded_kind"), _TEXT),
}
"""Columns and their dtypes. Text is str or None; ``boxes`` and ``mask_paths`` are JSON lists.

``excluded`` says in words why an image is left out; ``excluded_kind`` names the kind of reason, of
`mammo.datasets.exclusions.Kind`.

A box is half open, in native pixels: row_min, col_min, row_max, col_max, kind, and pathology where
it is known. ``mask_paths`` has a list of files for each lesion, in the order of ``pathology``,
whose parts "|" parts.
"""

SOURCES = ("real", "synthetic")
_REQUIRED = ("dataset", "source", "image_id")
_REQUIRED_WHERE_USED = ("patient_id", "study_id", "path", "label")
_ALLOWED = {
    "source": SOURCES,
    "laterality": ("L", "R"),
    "label": (0, 1),
    "official_split": ("train", "test"),
    "excluded_kind": tuple(Kind.__members__),
}


def build(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Make a manifest from rows of facts; what a row does not name is unknown.

    Parameters
    ----------
    rows : iterable of mapping
        Keys are names of `COLUMNS`; ``boxes`` and ``mask_paths`` are lists, ``excluded`` is an
        `mammo.datasets.exclusions.Exclusion` or None, and ``excluded_kind`` follows from it.

    Returns
    -------
    DataFrame
        All of `COLUMNS` with their dtypes, validated, in the order of the rows.

    Raises
    ------
    DatasetError
        If the rows break the contract (see `validate`).
    """
    frame = pd.DataFrame.from_records([_complete(row) for row in rows], columns=list(COLUMNS))
    return validate(_typed(frame))


def _complete(row: Mapping[str, object]) -> dict[str, object]:
    unknown = set(row) - set(COLUMNS)
    if unknown:
        raise DatasetError(f"a manifest has no column {sorted(unknown)}; it has {list(COLUMNS)}")
    made = {name: json.dumps(row.get(name) or []) for name in ("boxes", "mask_paths")}
    if exclusion := row.get("excluded"):
        made |= {"excluded": str(exclusion), "excluded_kind": exclusion.kind.name}
    return {**row, **made}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    typed = {}
    for name, dtype in COLUMNS.items():
        values = frame[name].astype("object")
        values = values.where(values.notna() & (values != ""), None)
        typed[name] = values if dtype == "object" else pd.to_numeric(values).astype(dtype)
    return pd.DataFrame(typed, index=frame.index)


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the manifest unchanged if it keeps its contract.

    Every column of `COLUMNS` is there; ``image_id`` is unique within a data set; images that are
    not excluded have a patient, a study, a path and a label of 0 or 1; others have a kind of
    exclusion.

    Raises
    ------
    DatasetError
        Naming the first column and image that break the contract.
    """
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise DatasetError(f"the manifest lacks the columns {missing}; make it again")
    used = frame["excluded"].isna()
    for name in _REQUIRED:
        _refuse(frame, name, frame[name].isna(), "is empty")
    for name in _REQUIRED_WHERE_USED:
        _refuse(frame, name, used & frame[name].isna(), "is empty although it is not excluded")
    _refuse(frame, "excluded_kind", ~used & frame["excluded_kind"].isna(), "is empty")
    for name, allowed in _ALLOWED.items():
        outside = frame[name].notna() & ~frame[name].isin(allowed)
        _refuse(frame, name, outside, f"is none of {list(allowed)}")
    twice = frame.duplicated(["dataset", "image_id"])
    _refuse(frame, "image_id", twice, "occurs twice; every image file is to be listed once")
    return frame


def _refuse(frame: pd.DataFrame, column: str, wrong: pd.Series, fault: str) -> None:
    if wrong.any():
        row = frame[wrong].head(1).to_dict("records")[0]
        raise DatasetError(
            f"manifest of {row['dataset']}, image {row['image_id']!r}: "
            f"{column} {row[column]!r} {fault} ({int(wrong.sum())} such rows)"
        )


def write_csv(frame: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a manifest as UTF-8 CSV, whole or not at all."""
    disk.write_csv(Path(path), validate(frame)[list(COLUMNS)])


def read_csv(path: str | os.PathLike) -> pd.DataFrame:
    """Read a manifest that `write_csv` wrote; the result equals what was written.

    Raises
    ------
    DatasetError
        If the file is absent, lacks columns or breaks the contract.
    """
    try:
        frame = pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding_errors="surrogateescape"
        )
    except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DatasetError(f"{path} cannot be read as a manifest: {error}") from error
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise DatasetError(f"{path} is not a manifest: it lacks the columns {missing}")
    return validate(_typed(frame))


def concealed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a manifest to be kept, with the images' pseudonyms in the place of their paths."""
    return frame.assign(path=frame["image_id"].where(frame["path"].notna(), None))


def revealed(frame: pd.DataFrame, places: Mapping[str, Path]) -> pd.DataFrame:
    """Return a `concealed` manifest with the images' paths again.

    Raises
    ------
    DatasetError
        If an image is no longer where it was.
    """
    paths = frame["path"].map({image: str(place) for image, place in places.items()})
    paths = paths.astype("object").where(paths.notna(), None)
    _refuse(frame, "path", frame["path"].notna() & paths.isna(), "is no longer there")
    return frame.assign(path=paths)


def relative_to(frame: pd.DataFrame, bases: Mapping[str, Path]) -> pd.DataFrame:
    """Return a manifest to be kept, each path as the name of its base and what is below that.

    A path that is below none of them stays as it is.
    """

    def kept(path: str) -> str:
        for base, folder in bases.items():
            if Path(path).is_relative_to(folder):
                return f"{base}/{Path(path).relative_to(folder).as_posix()}"
        return path

    return _moved(frame, kept)


def below(frame: pd.DataFrame, bases: Mapping[str, Path]) -> pd.DataFrame:
    """Return a manifest that `relative_to` made with its paths below these bases."""

    def found(path: str) -> str:
        base, _, rest = path.partition("/")
        return str(bases[base] / rest) if base in bases else path

    return _moved(frame, found)


def _moved(frame: pd.DataFrame, move: Callable[[str], str]) -> pd.DataFrame:
    masks = [
        json.dumps([[move(mask) for mask in files] for files in json.loads(of_image)])
        for of_image in frame["mask_paths"]
    ]
    paths = [move(path) if isinstance(path, str) else None for path in frame["path"]]
    moved = {"path": paths, "mask_paths": masks}
    return frame.assign(
        **{name: pd.Series(values, frame.index, object) for name, values in moved.items()}
    )


def used(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are not excluded."""
    return frame[frame["excluded"].isna()]


def patients_in_both(frame: pd.DataFrame, column: str = "official_split") -> pd.DataFrame:
    """Find the patients whose images stand on more than one side of a split (leakage).

    Parameters
    ----------
    frame : DataFrame
        A manifest, or any table with ``dataset``, ``patient_id`` and `column`.
    column : str
        Column that names the side; images without one are left out.

    Returns
    -------
    DataFrame
        Index (dataset, patient_id); one column per side with the patient's number of images.
        Empty if no patient leaks.
    """
    sides = frame.dropna(subset=[column, "patient_id"])
    counts = sides.groupby(["dataset", "patient_id", column]).size().unstack(fill_value=0)
    return counts[(counts > 0).sum(axis=1) > 1]


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Count each data set of a manifest, as Table 1 of the paper does.

    Returns
    -------
    DataFrame
        Index dataset. ``source``; ``cases`` (distinct ``study_id``) and ``patients`` of all images;
        ``images`` (used), ``images_total``, ``excluded``; ``malignant`` and ``benign`` (images
        used) and their share ``malignant_percent``, ``benign_percent`` in per cent (NaN without
        images).
    """
    groups = {name: _count(rows) for name, rows in frame.groupby("dataset", sort=False)}
    index = pd.Index(groups, name="dataset")
    return pd.DataFrame(list(groups.values()), index=index)


def _count(frame: pd.DataFrame) -> dict[str, object]:
    label = used(frame)["label"]
    malignant, benign = int((label == 1).sum()), int((label == 0).sum())
    share = 100 / len(label) if len(label) else float("nan")
    return {
        "source": " and ".join(sorted(frame["source"].unique())),
        "cases": frame["study_id"].nunique(),
        "patients": frame["patient_id"].nunique(),
        "images": len(label),
        "images_total": len(frame),
        "excluded": len(frame) - len(label),
        "malignant": malignant,
        "benign": benign,
        "malignant_percent": malignant * share,
        "benign_percent": benign * share,
    }
