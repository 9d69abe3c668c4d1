"""Evidence on models whose accuracy at home and here is chosen, from scores made in code."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from mammo.datasets.check_report import Finding, Report
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import criterion
from mammo.evaluation.tables.scores import Settings
from mammo.hospital.preflight import Preflight
from mammo.hospital.validation.evidence import OWN, Evidence, Weights

HOME = "cbis_ddsm"
REAL = Weights("made in code", "real")


def made_evidence(
    distances: Mapping[str, tuple[float | None, float]],
    patients: tuple[int, int] = (200, 200),
    margin: float = 0.05,
    points: tuple[str, ...] = ("sensitivity=0.9", "youden"),
    n_bootstrap: int = 100,
    **fields: object,
) -> Evidence:
    """Return evidence on models.

    Parameters
    ----------
    distances : mapping of str to (float or None, float)
        Model to the distance of the classes, in standard deviations of the logit of the score, at
        home (None: no internal set) and here.
    patients : (int, int)
        At home and here; each has two images, and every third has a malignant one.
    margin : float
    points : tuple of str
        Operating points.
    n_bootstrap : int
    fields
        Of `Evidence`.
    """
    scored = pd.DataFrame(list(_rows(distances, patients)))
    evaluation = Evaluation(
        scored,
        Settings("patient", n_bootstrap, 0.95, 0),
        margin,
        [criterion(text) for text in points],
    )
    usual = {"sources": {HOME: "real", OWN: "real"}, "weights": dict.fromkeys(distances, REAL)}
    return Evidence(evaluation, **(usual | fields))


def changed(evidence: Evidence, table: str, **columns: object) -> Evidence:
    """Give a table of the evaluation other numbers, and return the evidence."""
    vars(evidence.evaluation)[table] = getattr(evidence.evaluation, table).assign(**columns)
    return evidence


def made_preflight(*findings: Finding) -> Preflight:
    """Return a preflight of 400 images that found something."""
    counts = pd.DataFrame({"found": [410], "usable": [400]}, index=["images"], dtype="Int64")
    lost = pd.DataFrame(
        {
            "image": ["0123456789abcdef", "fedcba9876543210"],
            "line": pd.array([4, None], "Int64"),
            "format": ["DICOM", "PNG"],
            "reason": ["the same pixels as image 00000000deadbeef", "the file is empty"],
        }
    )
    return Preflight(Report("your data", None, counts, findings), lost, None)


def _rows(
    distances: Mapping[str, tuple[float | None, float]], patients: tuple[int, int]
) -> Iterator[dict[str, object]]:
    for place, (dataset, split) in enumerate(((HOME, "validation"), (OWN, "test"))):
        for model, between in distances.items():
            generator = np.random.default_rng([place, len(model)])
            if between[place] is None:
                continue
            for patient in range(patients[place]):
                own = 0.5 * generator.normal()
                for view in ("CC", "MLO"):
                    malignant = int(patient % 3 == 0 and view == "CC")
                    logit = between[place] * malignant + own + generator.normal()
                    yield {
                        "model": model,
                        "dataset": dataset,
                        "split": split,
                        "patient_id": f"{dataset}-{patient}",
                        "image_id": f"{dataset}-{patient}-{view}",
                        "y_true": malignant,
                        "y_score": 1 / (1 + np.exp(-logit)),
                        "view": view,
                    }
