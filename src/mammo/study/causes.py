"""What is behind a drop: what follows from trainings on each set, and from single causes.

The steps that take long are in `mammo.study.transfer_matrix` and `mammo.study.controlled_factors`;
nothing here is part of their artifacts' code.
"""

import numpy as np
import pandas as pd

from mammo.datasets.phantom.factors import FACTORS, LEFT_OUT, POSITIVE, Variant, density_weights
from mammo.evaluation.attribution import Cells, switches
from mammo.evaluation.tables.transfer import transfer_results
from mammo.study import INTERNAL, Study
from mammo.study.controlled_factors import factor_scores
from mammo.study.families import models_of
from mammo.study.results import settings
from mammo.study.transfer_matrix import transfer_scores


def transfer_matrix(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the matrix of the study's own models and the parts of their drops.

    Returns
    -------
    matrix, parts : DataFrame
        As `mammo.evaluation.tables.transfer.transfer_results`; empty without such a model.
    """
    models = models_of(study, "ours")
    if not models:
        return pd.DataFrame(), pd.DataFrame()
    scored = pd.concat([transfer_scores(study, model) for model in models], ignore_index=True)
    return transfer_results(scored, settings(study), INTERNAL)


def factor_cells(study: Study) -> Cells:
    """Return labels, scores and weights of the same subjects under every mix of `FACTORS`."""
    subjects, scores = factor_scores(study)
    read = subjects["birads"].isin(POSITIVE).to_numpy()
    pathology = subjects["malignant"].to_numpy(bool)
    weights = density_weights(subjects["density"].to_numpy())
    is_read = ~subjects["birads"].isin(LEFT_OUT).to_numpy()
    labels, found, counts = [], [], []
    for row in switches(len(FACTORS)):
        on = dict(zip(FACTORS, row.tolist(), strict=True))
        digitiser = on["digitiser"] and not on["acquisition"]
        variant = Variant(on["acquisition"], on["subtlety"], digitiser, on["placebo"])
        labels.append(read if on["labels"] else pathology)
        found.append(scores.loc[variant, "y_score"].to_numpy())
        counts.append(
            (weights if on["density"] else 1.0) * (is_read if on["labels"] else np.ones(len(read)))
        )
    return Cells(FACTORS, np.stack(labels), np.stack(found), np.stack(counts))
