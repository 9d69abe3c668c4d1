"""What is wrong with a data set, in words that a person can act on."""

from __future__ import annotations

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
    return Report(name, place, counts, _findings(frame, name, data_root))


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


def _findings(frame: pd.DataFrame, name: str, data_root: Path) -> tuple[Finding, ...]:
    used = manifest.used(frame)
    findings = [*_provenance(frame), *_classes(used), *_excluded(frame), *_leakage(used)]
    if set(frame["source"]) == {"real"}:
        findings += _completeness(frame, name, data_root)
    unknown = int(used["laterality"].isna().sum())
    if unknown:
        text = f"{unknown} images do not say which breast they show; their content decides"
        findings.append(Finding("note", text))
    return tuple(findings)


def _provenance(frame: pd.DataFrame) -> list[Finding]:
    if "synthetic" in set(frame["source"]):
        return [Finding("note", "the images are SYNTHETIC phantoms, not patients")]
    return [Finding("ok", "the files are taken as real")]


def _classes(used: pd.DataFrame) -> list[Finding]:
    malignant, benign = int((used["label"] == 1).sum()), int((used["label"] == 0).sum())
    text = f"{malignant} malignant and {benign} benign images can be used"
    if malignant and benign:
        return [Finding("ok", text)]
    return [Finding("error", text, "both classes are needed: an auROC compares them")]


def _excluded(frame: pd.DataFrame) -> list[Finding]:
    """One finding per reason; the text before a colon is the reason, the rest its detail."""
    reasons = frame["excluded"].str.partition(":")[0]
    findings = []
    for (name, reason), rows in frame.groupby(["excluded_kind", reasons], sort=False):
        examples = ", ".join(_example(row) for row in rows.head(_EXAMPLES).itertuples())
        examples += ", ..." if len(rows) > _EXAMPLES else ""
        kind = Kind[name]
        severity = "note" if kind.is_by_rule else "warning"
        text = f"{len(rows)} excluded: {reason} ({examples})"
        findings.append(Finding(severity, text, kind.remedy_of_release))
    return findings


def _example(row) -> str:
    return row.path or row.excluded.partition(": ")[2] or row.image_id


def _leakage(frame: pd.DataFrame) -> list[Finding]:
    leaking = manifest.patients_in_both(frame)
    if leaking.empty:
        return []
    return [
        Finding(
            "note",
            f"leakage: {len(leaking)} patients have images on both sides of the official split",
            "keep the default split by patient, which has no patient on both sides",
        )
    ]


def _completeness(frame: pd.DataFrame, name: str, data_root: Path) -> list[Finding]:
    released = KNOWN[name].card.released.images_total
    present = int(frame["path"].notna().sum())
    if released is None:
        return []
    if present == released:
        return [Finding("ok", f"all {released} images of the release are there")]
    text = f"{present} images are there, of {released} in the release"
    return [Finding("warning", text, how_to_get(name, data_root))]
