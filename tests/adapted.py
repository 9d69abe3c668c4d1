"""A result of `mammo.hospital.adaptation.adapt` from scores made up for it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mammo.evaluation import auroc, holm, verdicts
from mammo.evaluation.tables.scores import Settings
from mammo.evaluation.tables.trainings import gains, mean_aurocs
from mammo.hospital.adaptation.result import Adaptation

SETTINGS = Settings(n_bootstrap=200, seed=1)


def made_up_adaptation(
    distances: Sequence[float] = (0.2, 0.2, 0.2),
    *,
    harmonised: float = 0.2,
    n_patients: int = 120,
    runs: int = 3,
    n_reversed: int = 0,
) -> Adaptation:
    """Return a result in which the classes are so many standard deviations apart.

    ``distances`` are those after training with 0, 20, 40, 80, ... local patients.
    """
    rng = np.random.default_rng(7)
    labels = np.arange(n_patients) % 2
    shared = rng.normal(size=n_patients)
    own = 0.2 * rng.normal(size=(len(distances) + 1, runs, n_patients))
    apart = np.array([*distances, harmonised])[:, None, None]
    scores = apart * labels + shared + own
    patients = np.arange(n_patients)
    table = pd.concat(
        [
            mean_aurocs(labels, patients, scores, SETTINGS),
            gains(labels, patients, scores, SETTINGS),
        ],
        axis=1,
    )
    table.loc[1:, "p_holm"] = holm(table.loc[1:, "p_value"])
    table["verdict"] = [verdicts.gain(row) for row in table.to_dict("records")]
    numbers = [0, *(20 * 2**step for step in range(len(distances) - 1))]
    known = pd.DataFrame({"fraction": np.array(numbers) / 600, "n_local_patients": numbers})
    known["n_local_malignant"] = known["n_local_patients"] // 2
    curve = [
        {**known.loc[way], "run": run, "auroc": auroc(labels, scores[way, run])}
        for way in known.index
        for run in range(runs)
    ]
    return Adaptation(
        model="alexnet",
        dataset="institution",
        source="synthetic",
        weights="random; trained on synthetic images",
        curve=pd.DataFrame(curve),
        summary=pd.concat([known, table.loc[known.index]], axis=1),
        alternatives=_alternatives(table.iloc[[0, -1, 0]].reset_index(drop=True), n_reversed),
        skipped=pd.DataFrame({"what": ["90% of the patients"], "reason": ["they are too many."]}),
    )


def _alternatives(table: pd.DataFrame, n_reversed: int) -> pd.DataFrame:
    known = pd.DataFrame(
        {
            "alternative": ["as it is", "harmonised", "recalibrated"],
            "needs_labels": [False, False, True],
            "n_local_patients": [0, 480, 480],
            "n_reversed": [0, 0, n_reversed],
            "brier": [0.3, 0.29, 0.21],
            "ece": [0.2, 0.19, 0.05],
            "in_the_large": [-1.25, -1.2, 0.1],
            "slope": [0.5, 0.5, 1.0],
        }
    )
    return pd.concat([known, table], axis=1)
