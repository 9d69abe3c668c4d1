"""What frcnn_cad's released detections score on INbreast under each reasonable rule.

The authors chose one rule and the paper another; the scores are the same.
"""

import hashlib
from itertools import product
from typing import Literal, NamedTuple

import pandas as pd

from mammo.datasets import detections as released
from mammo.evaluation import aggregate, auroc_interval, fill_missing
from mammo.evaluation.worst_case import bounds_of_unknown_labels
from mammo.evidence.recorded import CONFIDENCE, N_BOOTSTRAP, SEED, Computed, computed_once
from mammo.study import Study

NAME = "inbreast-rules"
TABLE = "rules"

_WITHOUT_DETECTION = 0.0


class Rule(NamedTuple):
    """How detections become an auROC.

    Attributes
    ----------
    positive : {"birads_4", "birads_5", "lesions"}
        What counts as malignant: BI-RADS from 4 or from 5 on, or an image on which the authors
        chose a cancer; all else is benign.
    category_3 : {"out", "in"}
        Images of BI-RADS 3 are left out, or in as what they then are.
    scored : {"image", "breast", "patient"}
        What has one score; it is malignant if any of its images is.
    combined : {"mean", "max"}
        How the highest scores of its images become one; an image alone keeps its own ("max").
    missing : {"zero", "out"}
        Images without a detection score 0, or are left out.
    """

    positive: Literal["birads_4", "birads_5", "lesions"]
    category_3: Literal["out", "in"]
    scored: Literal["image", "breast", "patient"]
    combined: Literal["mean", "max"]
    missing: Literal["zero", "out"]


AUTHORS_RULE = Rule("lesions", "in", "breast", "mean", "zero")
"""Follows from the authors' number: it is what gives 0.95."""

PAPERS_RULE = Rule("birads_4", "out", "image", "max", "zero")
"""Follows from the paper's 387 images, and from the BI-RADS labels by which it tests the others."""

RULES = tuple(
    Rule(positive, category_3, scored, combined, missing)
    for positive, category_3, (scored, combined), missing in product(
        ("birads_4", "birads_5", "lesions"),
        ("out", "in"),
        (("image", "max"), *product(("breast", "patient"), ("mean", "max"))),
        ("zero", "out"),
    )
)
"""Every combination."""

_LEAST_CATEGORY = {"birads_4": 4, "birads_5": 5}


def compute(study: Study) -> Computed | None:
    """Score the released detections by each of `RULES`.

    Parameters
    ----------
    study : Study
        Its data root holds ``frcnn_cad`` as fetched, and INbreast.csv, of which no image is needed.

    Returns
    -------
    Computed or None
        `TABLE`: one row a rule, its fields, then ``n``, ``n_positive``, and ``auroc``, ``lower``,
        ``upper`` with how they were made; patients are drawn. ``n_unverified`` are benign for a
        rule, but have an image of BI-RADS 3, which is followed and seldom biopsied; ``lowest`` and
        ``highest`` bound the auROC over their labels. None where a file is absent.

    Raises
    ------
    DatasetError
        If a file is not as released.
    """
    root = study.locations.data_root
    folder, table = root / released.FOLDER, released.find_table(root)
    if table is None or not folder.is_dir():
        return None
    paths = [folder / released.PREDICTIONS, folder / released.TRUTH, table]
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}

    def tables() -> dict[str, pd.DataFrame]:
        detections = released.read_detections(folder / released.PREDICTIONS)
        cancers = released.read_cancers(folder / released.TRUTH)
        images = released.images(table, detections)
        return {TABLE: pd.DataFrame([_row(images, detections, cancers, rule) for rule in RULES])}

    return Computed(computed_once(study.artifacts, NAME, files, tables), files)


def scores(
    images: pd.DataFrame, detections: pd.DataFrame, cancers: pd.DataFrame, rule: Rule
) -> pd.DataFrame:
    """Return what a rule scores: columns patient_id, y_true, y_score, is_unverified.

    Parameters
    ----------
    images, detections, cancers : DataFrame
        As `mammo.datasets.detections` gives them.
    rule : Rule
    """
    highest = detections.groupby("image_id")["score"].max()
    rows = images.assign(
        y_score=images["image_id"].map(highest), y_true=_labels(images, cancers, rule)
    )
    if rule.category_3 == "out":
        rows = rows[rows["birads"] != "3"]
    if rule.missing == "out":
        rows = rows[rows["y_score"].notna()]
    rows = rows.assign(y_score=fill_missing(rows["y_score"], _WITHOUT_DETECTION))
    groups = {
        "image": rows["image_id"],
        "breast": rows["patient_id"] + " " + rows["laterality"],
        "patient": rows["patient_id"],
    }[rule.scored]
    found = aggregate(rows["y_true"], rows["y_score"], groups.to_numpy(str), rule.combined)
    followed = (rows["birads"] == "3").groupby(groups).any().to_numpy()
    return pd.DataFrame(
        {
            "patient_id": rows["patient_id"].iloc[found.first].to_numpy(),
            "y_true": found.y_true,
            "y_score": found.y_score,
            "is_unverified": followed & (found.y_true == 0),
        }
    )


def row_of(rules: pd.DataFrame, rule: Rule) -> pd.Series:
    """Return a rule's row of `TABLE`."""
    same = (rules[list(Rule._fields)] == list(rule)).all(axis=1)
    return rules[same].iloc[0]


def _labels(images: pd.DataFrame, cancers: pd.DataFrame, rule: Rule) -> pd.Series:
    if rule.positive == "lesions":
        return images["image_id"].isin(cancers["image_id"]).astype(int)
    return (images["birads"].astype(int) >= _LEAST_CATEGORY[rule.positive]).astype(int)


def _row(
    images: pd.DataFrame, detections: pd.DataFrame, cancers: pd.DataFrame, rule: Rule
) -> dict[str, object]:
    scored = scores(images, detections, cancers, rule)
    estimate = auroc_interval(
        scored["y_true"].to_numpy(),
        scored["y_score"].to_numpy(),
        scored["patient_id"].to_numpy(str),
        n_bootstrap=N_BOOTSTRAP,
        confidence=CONFIDENCE,
        seed=SEED,
    )
    known, followed = (scored[scored["is_unverified"] == one] for one in (False, True))
    over_labels = bounds_of_unknown_labels(known["y_true"], known["y_score"], followed["y_score"])
    return {
        **rule._asdict(),
        "n": estimate.n_images,
        "n_positive": estimate.n_malignant,
        "n_patients": estimate.n_patients,
        "auroc": estimate.value,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "n_unverified": over_labels.n_unknown,
        "lowest": over_labels.lowest,
        "highest": over_labels.highest,
        "confidence": estimate.confidence,
        "method": estimate.method,
        "n_bootstrap": estimate.n_bootstrap,
        "n_valid": estimate.n_valid,
        "seed": estimate.seed,
    }
