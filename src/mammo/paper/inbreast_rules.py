"""What frcnn_cad's released detections score on INbreast under each rule that was used for them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from mammo.datasets import detections as released
from mammo.evaluation import aggregate, auroc_interval, fill_missing

AUTHORS_RULE = "breast"
PAPERS_RULE = "birads"

_WITHOUT_DETECTION = 0.0

RULES = {
    "listed": "cancer box; an image's highest score; only images with a detection",
    "image": "cancer box; an image's highest score, 0 without a detection",
    AUTHORS_RULE: (
        "cancer box; the mean over a breast's images of the highest score, 0 without a detection"
    ),
    PAPERS_RULE: (
        "BI-RADS 4 to 6 against 1 and 2; an image's highest score, 0 without a detection"
    ),
}
"""Label and score of each rule in words. Which the authors and which the paper used follows from
their numbers: 0.95 per breast, and 387 images with BI-RADS labels."""


def released_comparison(
    data_root: Path, *, n_bootstrap: int = 2000, confidence: float = 0.95, seed: int = 0
) -> pd.DataFrame | None:
    """Score the released detections by each rule.

    Parameters
    ----------
    data_root : Path
        Holds ``frcnn_cad`` as fetched, and INbreast.csv in the user's INbreast (no image needed).
    n_bootstrap, confidence, seed
        See `mammo.evaluation.auroc_interval`; patients are drawn.

    Returns
    -------
    DataFrame or None
        One row a rule: rule (a key of `RULES`), scored ("image" or "breast"), n, n_positive, then
        the fields of `mammo.evaluation.Estimate` from auroc on. None where either is absent.

    Raises
    ------
    DatasetError
        If a file is not as released.
    """
    folder, table = Path(data_root) / released.FOLDER, released.find_table(data_root)
    if table is None or not folder.is_dir():
        return None
    detections = released.read_detections(folder / released.PREDICTIONS)
    cancers = released.read_cancers(folder / released.TRUTH)
    rows = []
    for rule, scored in scores(released.images(table, detections), detections, cancers).items():
        estimate = auroc_interval(
            scored["y_true"].to_numpy(),
            scored["y_score"].to_numpy(),
            scored["patient_id"].to_numpy(str),
            n_bootstrap=n_bootstrap,
            confidence=confidence,
            seed=seed,
        )
        counts = {"n": len(scored), "n_positive": int(scored["y_true"].sum())}
        unit = "breast" if rule == AUTHORS_RULE else "image"
        found = {"auroc": estimate.value, **asdict(estimate)}
        rows.append({"rule": rule, "scored": unit, **counts, **found})
    return pd.DataFrame(rows).drop(columns=["value", "n_images", "n_malignant"])


def scores(
    images: pd.DataFrame, detections: pd.DataFrame, cancers: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return for each rule what it scores: columns patient_id, y_true, y_score.

    Parameters
    ----------
    images, detections, cancers : DataFrame
        As `mammo.datasets.detections` gives them.
    """
    highest = detections.groupby("image_id")["score"].max()
    every = images.assign(
        y_true=images["image_id"].isin(cancers["image_id"]).astype(int),
        y_score=fill_missing(images["image_id"].map(highest), _WITHOUT_DETECTION),
    )
    names = (every["patient_id"] + " " + every["laterality"]).to_numpy(str)
    found = aggregate(every["y_true"], every["y_score"], names, "mean")
    owners = every["patient_id"].iloc[found.first].to_numpy()
    breasts = pd.DataFrame({"patient_id": owners, "y_true": found.y_true, "y_score": found.y_score})
    rated = every[every["birads"] != "3"]
    tables = {
        "listed": every[every["image_id"].isin(highest.index)],
        "image": every,
        AUTHORS_RULE: breasts,
        PAPERS_RULE: rated.assign(y_true=rated["birads"].isin(["4", "5", "6"]).astype(int)),
    }
    columns = ["patient_id", "y_true", "y_score"]
    return {rule: table[columns].reset_index(drop=True) for rule, table in tables.items()}
