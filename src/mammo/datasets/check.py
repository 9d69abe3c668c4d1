"""What is wrong with a data set, in words that a person can act on."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mammo.datasets import KNOWN, institution, manifest
from mammo.datasets.check_report import Finding, Report, counts_table
from mammo.datasets.exclusions import Kind
from mammo.datasets.fetch import how_to_get
from mammo.errors import MammoError, ParameterError

_EXAMPLES = 3


def check_dataset(name: str, path: Path | None = None, *, data_root: Path = Path("data")) -> Report:
    """Read a data set as a study would and report on it; nothing is raised for what is wrong there.

    Parameters
    ----------
    name : str
        Name in `mammo.datasets.KNOWN`.
    path : Path, optional
        Where the set is; by default it is looked for under `data_root`.
    data_root : Path
        Folder of the real data sets.

    Raises
    ------
    ParameterError
        If the name is unknown.
    """
    if name not in KNOWN:
        raise ParameterError(f"{name!r} is no data set; it must be one of {list(KNOWN)}")
    dataset = KNOWN[name]
    place = Path(path) if path else dataset.find(Path(data_root))
    if place is None:
        absent = f"no {name} under {data_root}: a study takes a synthetic set instead"
        return _unusable(name, None, absent, data_root)
    try:
        frame = dataset.load(place)
    except MammoError as error:
        return _unusable(name, place, str(error), data_root)
    if name == institution.CARD.name:  # whose files' names may be patients' names
        frame = manifest.concealed(frame)
    counts = counts_table(frame, dataset.card, "found")
    return Report(name, place, counts, tuple(_findings(frame, name, data_root)))


def _unusable(name: str, place: Path | None, fault: str, data_root: Path) -> Report:
    """Report on a set that cannot be read, counting its tables if these are there."""
    dataset = KNOWN[name]
    error = Finding("error", fault, how_to_get(name, data_root))
    folder = place or Path(data_root)
    try:
        tables = dataset.tables(folder) if dataset.tables else None
    except MammoError:
        tables = None
    if tables is None:
        return Report(name, place, None, (error,))
    has_label = tables["label"].notna()  # and is excluded for want of its image only
    described = tables.assign(**tables[["excluded", "excluded_kind"]].mask(has_label, None))
    only = Finding("note", f"only tables are in {folder}; they describe {len(tables)} images")
    findings = (only, *_excluded(described), *_leakage(described), error)
    return Report(name, place, counts_table(described, dataset.card, "in tables"), findings)


def _findings(frame: pd.DataFrame, name: str, data_root: Path) -> Iterator[Finding]:
    used = manifest.used(frame)
    if "synthetic" in set(frame["source"]):
        yield Finding("note", "the images are SYNTHETIC phantoms, not patients")
    else:
        yield Finding("ok", "the files are taken as real")
    malignant, benign = int((used["label"] == 1).sum()), int((used["label"] == 0).sum())
    text = f"{malignant} malignant and {benign} benign images can be used"
    if malignant and benign:
        yield Finding("ok", text)
    else:
        yield Finding("error", text, "both classes are needed: an auROC compares them")
    yield from _excluded(frame)
    yield from _leakage(used)
    if set(frame["source"]) == {"real"}:
        yield from _completeness(frame, name, data_root)
    if unknown := int(used["laterality"].isna().sum()):
        text = f"{unknown} images do not say which breast they show; their content decides"
        yield Finding("note", text)


def _excluded(frame: pd.DataFrame) -> Iterator[Finding]:
    """One finding per reason; the text before a colon is the reason, the rest its detail."""
    reasons = frame["excluded"].str.partition(":")[0]
    for (name, reason), rows in frame.groupby(["excluded_kind", reasons], sort=False):
        first = rows.head(_EXAMPLES).itertuples()
        examples = [row.path or row.excluded.partition(": ")[2] or row.image_id for row in first]
        examples += ["..."] if len(rows) > _EXAMPLES else []
        kind = Kind[name]
        severity = "note" if kind.is_by_rule else "warning"
        text = f"{len(rows)} excluded: {reason} ({', '.join(examples)})"
        yield Finding(severity, text, kind.remedy_of_release)


def _leakage(frame: pd.DataFrame) -> Iterator[Finding]:
    if n := len(manifest.patients_in_both(frame)):
        yield Finding(
            "note",
            f"leakage: {n} patients have images on both sides of the official split",
            "keep the default split by patient, which has no patient on both sides",
        )


def _completeness(frame: pd.DataFrame, name: str, data_root: Path) -> Iterator[Finding]:
    released = KNOWN[name].card.released.images_total
    present = int(frame["path"].notna().sum())
    if present == released:
        yield Finding("ok", f"all {released} images of the release are there")
    elif released is not None:
        text = f"{present} images are there, of {released} in the release"
        yield Finding("warning", text, how_to_get(name, data_root))
