"""Check of a hospital's own data before any model is run, and the precision to expect."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mammo.datasets import institution, manifest
from mammo.datasets.check import check_dataset
from mammo.datasets.check_report import Finding, Report, worst_first
from mammo.datasets.institution.findings import findings_of
from mammo.datasets.institution.intake import Intake, read_intake
from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import MammoError
from mammo.evaluation.planning import (
    Population,
    expected_half_width,
    patients_for_area,
    patients_for_drop,
    smallest_detectable_drop,
)
from mammo.evaluation.score_interval import AurocPrecision
from mammo.evaluation.verdicts import FEWEST
from mammo.files.disk import csv_text, naming_errors, write_text
from mammo.hospital.trial import tried
from mammo.parameters import Parameters
from mammo.report.results import harmless
from mammo.study import INTERNAL, Study

ASSUMED_AUROC = 0.8
"""The auROC that a model is assumed to have when an interval is expected of it."""
ASSUMED_INTERNAL = (400, 400)
"""Malignant and benign images of the internal set that a drop is assumed to start from."""
LEAST_AUROC, MOST_DROP = 0.7, 0.05
"""What a study is planned to show of a model of `ASSUMED_AUROC` that does not drop."""


@dataclass(frozen=True)
class Expected:
    """What an auROC of `ASSUMED_AUROC` could be known to, before anything is run.

    Attributes
    ----------
    by_image, by_patient : float
        Half-width of the 95% interval if images are independent, and if all images of a patient
        carry the same information; the truth lies between.
    detectable : float
        Smallest drop from an internal auROC of `ASSUMED_AUROC` that one test would detect with 80%
        power.
    malignant_patients : int
        Patients with a malignant image that there are.
    for_area, for_drop : float
        Patients like these, of them with a malignant image, that it takes to show an auROC of at
        least `LEAST_AUROC`, and a drop of less than `MOST_DROP`, with 80% power; infinite where no
        number would do.
    internal_images : (int, int) or None
        Malignant and benign images of the internal set that a drop starts from; None if it is
        taken to have `ASSUMED_INTERNAL`, each of another patient.
    """

    by_image: float
    by_patient: float
    detectable: float
    malignant_patients: int
    for_area: float
    for_drop: float
    internal_images: tuple[int, int] | None = None


@dataclass(frozen=True)
class Preflight:
    """Counts, findings, exclusions and the precision to expect, before a model is run.

    Attributes
    ----------
    report : Report
        Counts and findings, to be printed.
    exclusions : DataFrame
        `mammo.datasets.institution.intake.Intake.losses`.
    expected : Expected or None
        None without both classes.
    """

    report: Report
    exclusions: pd.DataFrame
    expected: Expected | None


def preflight(
    intake: Intake, more: Sequence[Finding] = (), internal: pd.DataFrame | None = None
) -> Preflight:
    """Return what is to be known of an intake, and more that was found elsewhere.

    ``internal`` is that of `precision_to_expect`.
    """
    expected = precision_to_expect(intake.used, internal)
    found = worst_first([*findings_of(intake), *too_few(intake.used), *more])
    if expected is not None:
        found.append(expectation(expected))
    report = Report("your data", intake.folder, intake.counts(), tuple(found))
    return Preflight(report, intake.losses(), expected)


def exclusions_csv(found: Preflight) -> str:
    """Return the exclusions as CSV that a spreadsheet shows and does not compute."""
    return csv_text(harmless(found.exclusions))


def write_exclusions(taken: Preflight, path: Path) -> None:
    """Write the exclusions as CSV, in the place of an earlier list alone.

    Raises
    ------
    MammoError
        If another file is there, or nothing can be written.
    """
    text = exclusions_csv(taken)
    with naming_errors(path):
        if path.exists() and not path.read_bytes().startswith(text.splitlines()[0].encode()):
            raise MammoError(f"{path} is there and lists no exclusions; name another file")
    write_text(path, text)


def precision_to_expect(
    used: pd.DataFrame, internal: pd.DataFrame | None = None
) -> Expected | None:
    """Return what images allow to be known of a model; None without both classes.

    ``used`` and ``internal``, the set that a drop would start from if there is one, have columns
    ``label`` and ``patient_id``, one row an image.
    """
    if (found := _population(used)) is None:
        return None
    population, patients = found
    known = None if internal is None else _population(internal)
    first, (n_first, _) = known or (Population(1.0), ASSUMED_INTERNAL)
    with_benign = population.benign_per_malignant + min(population.benign_beside, 1.0)
    fewest = math.ceil(FEWEST / min(with_benign, 1.0))

    def precision_with(n_malignant: float) -> AurocPrecision:
        return population.precision(n_malignant, ASSUMED_AUROC)

    return Expected(
        expected_half_width(ASSUMED_AUROC, *_images(used)),
        expected_half_width(ASSUMED_AUROC, *patients),
        smallest_detectable_drop(
            ASSUMED_AUROC,
            first.effective_images(n_first),
            population.effective_images(patients[0]),
        ),
        patients[0],
        patients_for_area(precision_with, LEAST_AUROC, fewest=fewest),
        patients_for_drop(
            first.precision(n_first, ASSUMED_AUROC), precision_with, MOST_DROP, fewest=fewest
        ),
        known and _images(internal),
    )


def _images(rows: pd.DataFrame) -> tuple[int, int]:
    labels = rows["label"].astype("Int64")
    return int((labels == 1).sum()), int((labels == 0).sum())


def _population(used: pd.DataFrame) -> tuple[Population, tuple[int, int]] | None:
    """Return patients like those of images, and how many have a malignant one and have none."""
    labels = used["label"].astype("Int64")
    malignant = labels.eq(1).groupby(used["patient_id"]).any()
    patients = int(malignant.sum()), int((~malignant).sum())
    if 0 in (*patients, *_images(used)):
        return None
    is_of_malignant = used["patient_id"].map(malignant)
    population = Population(
        patients[1] / patients[0],
        int((labels == 1).sum()) / patients[0],
        int((~is_of_malignant).sum()) / patients[1],
        benign_beside=int((is_of_malignant & (labels == 0)).sum()) / patients[0],
    )
    return population, patients


def too_few(used: pd.DataFrame) -> Iterator[Finding]:
    """Say so where the patients of the rarer class settle nothing; as `precision_to_expect`."""
    patients = used.groupby(used["label"].astype("Int64"))["patient_id"].nunique()
    if len(patients) == 2 and patients.min() < FEWEST:
        rarer = {0: "benign", 1: "malignant"}[patients.idxmin()]
        yield Finding(
            "warning",
            f"patients with a {rarer} image: {patients.min()}; fewer than {FEWEST} settle nothing, "
            "however many images they have",
            "add patients of that class; until then a report gives numbers and concludes nothing",
        )


def expectation(expected: Expected) -> Finding:
    """Say in words what is expected."""
    can_show = expected.detectable < ASSUMED_AUROC - 0.5
    drop = (
        f"the smallest drop from internal validation that one test detects is "
        f"{expected.detectable:.2f}"
        if can_show
        else "not even a drop to guessing would be detected"
    )
    text = (
        f"a model of auROC {ASSUMED_AUROC:g} would be measured to ±{expected.by_image:.2f} if "
        f"every image told for itself, to ±{expected.by_patient:.2f} if all images of a patient "
        f"told the same (95% intervals); {drop}. It takes {_number(expected.for_area)} patients "
        f"with cancer to show an auROC of at least {LEAST_AUROC:g}, and "
        f"{_number(expected.for_drop)} to exclude a drop of {MOST_DROP:g}; there are "
        f"{expected.malignant_patients:,} (all with 80% power, patients like these, half of the "
        f"variance shared by a patient's images; drops are from {_internal_set(expected)})"
    )
    remedy = "" if can_show else "with more patients of the rarer class it would be"
    return Finding("ok" if can_show else "note", text, remedy)


def _internal_set(expected: Expected) -> str:
    malignant, benign = expected.internal_images or ASSUMED_INTERNAL
    images = f"{malignant:,} malignant and {benign:,} benign images"
    if expected.internal_images:
        return f"the internal set's {images}"
    return f"an internal set that is assumed to have {images}, each of another patient"


def _number(patients: float) -> str:
    return "more than can be had" if math.isinf(patients) else f"{patients:,.0f}"


def of_folder(folder: Path, table: Path | None, layout: Mapping[str, Any]) -> Preflight:
    """Return what is to be known of a folder and its table of labels.

    Parameters
    ----------
    folder : Path
        Folder, zip archive or DICOMDIR.
    table : Path or None
        Without it ``labels.csv`` or ``labels.xlsx`` in the folder.
    layout : mapping
        Fields of `mammo.datasets.institution.labels.LabelLayout`.

    Raises
    ------
    DatasetError
        If there is no such folder, or the table cannot be understood.
    """
    intake = read_intake(folder, table, LabelLayout(**layout), workers=os.cpu_count() or 1)
    left, findings = tried(intake)
    return preflight(left, findings)


def of_study(study: Study) -> Preflight:
    """Return what is to be known of the images in a study's institution slot."""
    if study.local != "institution":
        return _of_public_set(study)
    place = study.locations.of("institution")
    labels = study.locations.labels
    table = Path(labels) if labels else None
    named = LabelLayout(**layout(study.parameters))
    intake = read_intake(place.path, table, named, source=place.source, workers=study.workers)
    return preflight(intake, internal=_internal(study))


def _internal(study: Study) -> pd.DataFrame:
    """Return the images of a study's internal validation."""
    rows = study.split(INTERNAL, "ddsm")
    return rows[rows["split"] == "validation"]


def layout(parameters: Parameters) -> dict[str, Any]:
    """Return the fields of `LabelLayout` that parameters set, for `of_folder`."""
    return {field: getattr(parameters, name) for field, name in institution.RULES.items()}


def _of_public_set(study: Study) -> Preflight:
    """Return what is to be known of a public set in the institution's place."""
    name, rows = study.local, study.manifest(study.local)
    lost = rows[rows["excluded"].notna()]
    return Preflight(
        check_dataset(name, study.locations.of(name).path),
        pd.DataFrame({"image": lost["image_id"], "reason": lost["excluded"]}),
        precision_to_expect(manifest.used(rows), _internal(study)),
    )


def locate(folder: Path, images: Sequence[str]) -> dict[str, Path | None]:
    """Return the files that pseudonyms stand for, None where one is not there.

    Parameters
    ----------
    folder : Path
        The folder that was checked or validated.
    images : sequence of str
    """
    found = institution.places(folder, "real")
    return {image: found.get(image) for image in images}
