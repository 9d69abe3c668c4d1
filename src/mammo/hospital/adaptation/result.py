"""What an institution's own data would bring, as tables."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Adaptation:
    """What a model scores on an institution's patients held aside, by what was done for it.

    Attributes
    ----------
    model : str
        Its key in `mammo.models.MODELS`.
    dataset, source, weights : str
        What the local set is called; whether its images are "real" or "synthetic"; where the
        weights come from.
    curve : DataFrame
        One row an amount of local patients and training: ``fraction`` (of all local patients),
        ``n_local_patients``, ``n_local_malignant`` (those of them with a malignant image), ``run``,
        ``auroc``.
    summary : DataFrame
        One row an amount: its columns as above, then those of `mean_aurocs` and of `gains` over no
        local patients (`mammo.evaluation.tables.trainings`), ``p_holm`` over all amounts and
        harmonisation, and the ``verdict`` of `mammo.evaluation.verdicts.gain`.
    alternatives : DataFrame
        One row for the model as it is, and one for each alternative to training: ``alternative``,
        ``needs_labels``, ``n_local_patients`` that it is estimated on, ``n_reversed`` (trainings
        whose scores recalibration put in the opposite order), the columns of ``summary``, then
        ``brier``, ``ece``, ``in_the_large``, ``intercept`` and ``slope`` of the first training,
        each with ``_lower`` and ``_upper``.
    skipped : DataFrame
        ``what`` could not be had, and the ``reason``.
    """

    model: str
    dataset: str
    source: str
    weights: str
    curve: pd.DataFrame
    summary: pd.DataFrame
    alternatives: pd.DataFrame
    skipped: pd.DataFrame

    def alternative(self, name: str) -> pd.Series:
        """Return the row of ``alternatives`` of that name."""
        return self.alternatives.set_index("alternative").loc[name]
