"""Every data set as the internal one: the paper's own models, trained and tested on each set.

Each set is divided into parts by patient. A model learns from all parts of a set but one, and
scores that one and the part of the same number of every other set; so every image is scored once
after training on each set, by a model that has not seen its patient, and all models of one set
learn from equally many patients.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mammo.datasets.splits import parts_of_patients
from mammo.files.artifacts import table_digest
from mammo.study.families.extraction import Extraction

if TYPE_CHECKING:
    from mammo.study import Study

_FILE = "scores.csv"
_KEPT = ["training", "dataset", "image_id", "part", "n_train", "y_score"]


def transfer_scores(study: Study, model: str) -> pd.DataFrame:
    """Return a model's scores of every image after training on each set.

    Returns
    -------
    DataFrame
        `mammo.evaluation.tables.transfer.COLUMNS` in any order; sets without both classes are not
        learnt from.
    """
    kept = pd.read_csv(transfer_folder(study, model) / _FILE, dtype={"image_id": str})
    facts = pd.concat([study.table(name) for name in study.datasets])
    facts = facts[["dataset", "image_id", "patient_id", "label"]]
    scored = kept.merge(facts, on=["dataset", "image_id"], validate="m:1")
    return scored.rename(columns={"label": "y_true"}).assign(model=model)


def transfer_folder(study: Study, model: str) -> Path:
    """Return the artifact folder with the scores of a model trained on each set."""
    tables = {name: study.table(name) for name in study.datasets}
    p = study.parameters
    extraction = Extraction(study)
    folders = {name: extraction.features_folder(model, name, "ddsm") for name in tables}
    inputs = {
        "model": model,
        "features": {name: folder.name for name, folder in folders.items()},
        "images": {
            name: table_digest(rows[["image_id", "patient_id", "label"]])
            for name, rows in tables.items()
        },
        **p.named("transfer_folds", "transfer_equal_sizes", "seed"),
    }

    def make(folder: Path) -> dict[str, Any]:
        from mammo.training.features import FeatureCache
        from mammo.training.linear_head import pooled_features

        features = {
            name: pooled_features(FeatureCache(folders[name]), rows["image_id"])
            for name, rows in tables.items()
        }
        scores = pd.concat(_scored(tables, features, p.transfer_folds, study), ignore_index=True)
        scores[_KEPT].to_csv(folder / _FILE, index=False)
        return {"scores": len(scores)}

    return study.artifacts.build("transfer_matrix", inputs, make)


def _scored(
    tables: dict[str, pd.DataFrame], features: dict[str, np.ndarray], n_parts: int, study: Study
) -> Iterator[pd.DataFrame]:
    from tqdm.auto import tqdm

    from mammo.training.linear_head import head_scores

    seed = study.parameters.seed
    parts = {
        name: parts_of_patients(rows["label"], rows["patient_id"], n_parts, seed)
        for name, rows in tables.items()
    }
    least = min(int((part != number).sum()) for part in parts.values() for number in range(n_parts))
    most = least if study.parameters.transfer_equal_sizes else None
    for training, rows in tqdm(tables.items(), "train on each set", unit="set"):
        for number in range(n_parts):
            chosen = _learnt_from(rows, parts[training] != number, most, seed)
            labels = rows["label"].to_numpy(int)[chosen]
            if len(np.unique(labels)) < 2:
                continue
            own = {name: np.flatnonzero(part == number) for name, part in parts.items()}
            inputs = [features[name][places] for name, places in own.items()]
            found = head_scores(features[training][chosen], labels, inputs)
            facts = {"training": training, "part": number, "n_train": len(chosen)}
            for (name, places), scores in zip(own.items(), found, strict=True):
                ids = tables[name]["image_id"].to_numpy()[places]
                yield pd.DataFrame({"dataset": name, "image_id": ids, "y_score": scores, **facts})


def _learnt_from(
    rows: pd.DataFrame, is_free: np.ndarray, most: int | None, seed: int
) -> np.ndarray:
    """Return the places of the images to learn from: of patients at random, up to so many."""
    places = np.flatnonzero(is_free)
    if most is None:
        return places
    patients = rows["patient_id"].iloc[places]
    order = np.random.default_rng(seed).permutation(np.sort(patients.unique()))
    rank = pd.Series(np.arange(len(order)), order)
    places = places[np.argsort(patients.map(rank).to_numpy(), kind="stable")]
    return np.sort(places[:most])
