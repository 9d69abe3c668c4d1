"""mini-MIAS with classifiers trained on it: how hard the set is without an external test.

The paper's models come from DDSM. The same kind of frozen features feeds classifiers that are
trained on MIAS itself and scored on its other patients. What these lack is no external drop.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mammo.datasets import KNOWN
from mammo.datasets.fetch import DOWNLOADS, contents_sha256
from mammo.evaluation import auroc, bootstrap_aurocs
from mammo.evaluation.bootstrap import tails
from mammo.evidence.recorded import CONFIDENCE, N_BOOTSTRAP, SEED, Computed, computed_once
from mammo.study import Study

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

NAME = "mias-alone"
TABLE, CHANCE = "heads", "chance"

BACKBONE = "vgg16"
PREPARED = {
    "image_size": 224,
    "aspect": "stretch",
    "mask_background": True,
    "normalise": "percentile",
    "mias_label_rule": "any_malignant",
}
"""Of the study's parameters; the rest does not matter here."""

FOLDS, REPEATS = 5, 10
PERMUTATIONS = 50
_LEVELS = tails(CONFIDENCE)


HEADS = (
    "logistic regression",
    "logistic regression on 32 components",
    "linear discriminant, shrunk",
    "support vectors, radial",
)
"""Fixed before any result was seen; all are shown."""


def head(name: str) -> Pipeline:
    """Return one of `HEADS`, untrained; both classes weigh alike in each."""
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    logistic, components, discriminant, vectors = HEADS
    steps = {
        logistic: [LogisticRegression(C=0.01, class_weight="balanced", max_iter=5000)],
        components: [
            PCA(32, whiten=True, svd_solver="full"),
            LogisticRegression(class_weight="balanced", max_iter=5000),
        ],
        discriminant: [
            LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
        ],
        vectors: [SVC(class_weight="balanced")],
    }
    return make_pipeline(StandardScaler(), *steps[name])


def compute(study: Study) -> Computed | None:
    """Cross-validate each head on the frozen features of mini-MIAS, by patient, again and again.

    Parameters
    ----------
    study : Study
        Its data root holds MIAS, and its ``weights`` are ImageNet's or a file's.

    Returns
    -------
    Computed or None
        `TABLE`: one row a head, with the mean auROC over `REPEATS` divisions into `FOLDS` parts,
        the least and the greatest of them, and the percentile interval of a bootstrap of patients.
        `CHANCE`: what the first head gives when labels are exchanged among film pairs. None where
        the whole of MIAS or the weights cannot be had.
    """
    if KNOWN["mias"].find(study.locations.data_root) is None:
        return None
    from mammo.models import weights

    state, record = weights.resolve(study.parameters.weights, BACKBONE, SEED)
    if record.kind == "random":
        return None
    fixed = Study(study.parameters.model_copy(update=PREPARED), study.processes)
    rows = fixed.table("mias")
    if len(rows) != KNOWN["mias"].card.released.images:
        return None
    films = _images_sha256(fixed)
    inputs = {
        "images": films,
        "prepared": PREPARED,
        "image_ids": rows["image_id"].tolist(),
        "weights": record.sha256,
    }
    tables = computed_once(study.artifacts, NAME, inputs, lambda: _tables(fixed, rows, state))
    files = {
        "mini-MIAS, the images and Info.txt": films,
        f"{record.source}, its values": record.sha256,
    }
    return Computed(tables, files)


def _tables(study: Study, rows: pd.DataFrame, state: dict[str, Any]) -> dict[str, pd.DataFrame]:
    features = _features(study, rows, state)
    order = rows["patient_id"].argsort(kind="stable").to_numpy()  # film pairs side by side
    labels, patients = (
        rows["label"].to_numpy(int)[order],
        rows["patient_id"].to_numpy(str)[order],
    )
    heads = [
        {
            "head": name,
            **_estimate(labels, held_out(name, features[order], labels, patients), patients),
        }
        for name in HEADS
    ]
    return {TABLE: pd.DataFrame(heads), CHANCE: _chance(features[order], labels, patients)}


def _features(study: Study, rows: pd.DataFrame, state: dict[str, Any]) -> np.ndarray:
    """Mean and maximum of each channel of the last feature map: (images, 2 C) float32."""
    import torch
    from tqdm.auto import tqdm

    from mammo.models.transfer import Extractor

    images, extractor = study.images("mias"), Extractor(BACKBONE, state)
    pooled = []
    with torch.inference_mode():
        for row in tqdm(images.rows(rows["image_id"]), f"features ({BACKBONE})", unit="image"):
            grey = torch.from_numpy(images[row])
            maps = extractor(grey[None, None])
            pooled.append(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)[0].numpy())
    return np.stack(pooled)


def held_out(
    name: str, features: np.ndarray, labels: np.ndarray, patients: np.ndarray
) -> np.ndarray:
    """Rank of each image within the part that was held out with it: (repeats, images)."""
    from scipy.stats import rankdata
    from sklearn.model_selection import StratifiedGroupKFold

    ranks = np.empty((REPEATS, len(labels)))
    for repeat in range(REPEATS):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for train, test in folds.split(features, labels, patients):
            fitted = head(name).fit(features[train], labels[train])
            ranks[repeat, test] = rankdata(fitted.decision_function(features[test])) / len(test)
    return ranks


def _estimate(labels: np.ndarray, ranks: np.ndarray, patients: np.ndarray) -> dict[str, Any]:
    """Mean auROC over the repeats; a replicate draws patients and takes the mean likewise."""
    aurocs = [auroc(labels, row) for row in ranks]
    replicates = bootstrap_aurocs(labels, ranks, patients, N_BOOTSTRAP, SEED).mean(axis=0)
    lower, upper = np.nanquantile(replicates, _LEVELS)
    return {
        "n": len(labels),
        "n_positive": int(labels.sum()),
        "n_patients": len(np.unique(patients)),
        "auroc": float(np.mean(aurocs)),
        "lower": float(lower),
        "upper": float(upper),
        "least": min(aurocs),
        "greatest": max(aurocs),
        "confidence": CONFIDENCE,
        "n_bootstrap": N_BOOTSTRAP,
        "seed": SEED,
    }


def _chance(features: np.ndarray, labels: np.ndarray, patients: np.ndarray) -> pd.DataFrame:
    """What the first head gives where no label belongs to its film; pairs of films stay pairs."""
    generator = np.random.default_rng(SEED)
    means = []
    for _ in range(PERMUTATIONS):
        permuted = generator.permutation(labels.reshape(-1, 2)).ravel()
        ranks = held_out(HEADS[0], features, permuted, patients)
        means.append(np.mean([auroc(permuted, row) for row in ranks]))
    lower, upper = np.quantile(means, _LEVELS)
    found = {"mean": np.mean(means), "sd": np.std(means, ddof=1), "lower": lower, "upper": upper}
    return pd.DataFrame([{"head": HEADS[0], "n_permutations": PERMUTATIONS, **found}])


def _images_sha256(study: Study) -> str:
    folder = Path(study.table("mias")["path"].iloc[0]).parent
    return contents_sha256(folder, DOWNLOADS["mias"].contents)
