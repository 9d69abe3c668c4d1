"""What the paper's drops hang on: how many remain if its numbers, or its errors, were others."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mammo.evaluation.planning import hanley_mcneil_standard_error
from mammo.paper.drops import published_drops
from mammo.paper.sampling_error import Z_95

LEVEL = 0.05
_END2END = ("end2end_vgg16", "end2end_resnet50")


class Assumption(NamedTuple):
    """What is assumed, in words, and the intervals that follow."""

    words: str
    intervals: pd.DataFrame


def drops_by_assumption(intervals: pd.DataFrame) -> pd.DataFrame:
    """Count the drops of models trained on DDSM alone that remain, assumption by assumption.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.

    Returns
    -------
    DataFrame
        ``assumption``, ``n_drops``, ``n_remaining`` (significant after Holm over all drops, those
        after mixed training included) and ``lost``, the models and sets of the others.
    """
    rows = []
    for words, changed in _assumptions(intervals):
        drops = published_drops(changed)
        drops = drops[drops["place"] == "Table 3"]
        remains = (drops["p_holm"] < LEVEL) & (drops["difference"] > 0)
        lost = drops.loc[~remains, ["model", "dataset"]]
        rows.append(
            {
                "assumption": words,
                "n_drops": len(drops),
                "n_remaining": int(remains.sum()),
                "lost": list(lost.itertuples(index=False, name=None)),
            }
        )
    return pd.DataFrame(rows)


def _assumptions(intervals: pd.DataFrame) -> list[Assumption]:
    doubled = intervals.assign(hanley_mcneil=np.sqrt(2) * intervals["hanley_mcneil"])
    return [
        Assumption("the printed values, if images were independent", intervals),
        Assumption("a patient's images alike", _with_errors(intervals, "simulated_by_patient")),
        Assumption(
            "so, and UKy's patients with images of one class alone",
            _with_errors(intervals, "simulated_one_class"),
        ),
        Assumption("all variances twice as large", doubled),
        Assumption(
            "end2end at 0.75 internally, as a user found for its VGG16",
            _with_internal(
                intervals, lambda rows: rows["model"].isin(_END2END), lambda auroc: 0.75
            ),
        ),
        Assumption(
            "end2end at 0.69 internally, as the same user found for its ResNet50",
            _with_internal(
                intervals, lambda rows: rows["model"].isin(_END2END), lambda auroc: 0.69
            ),
        ),
        Assumption(
            "every internal value too high by 0.05",
            _with_internal(intervals, lambda rows: rows["auroc"] > 0, lambda auroc: auroc - 0.05),
        ),
    ]


def _with_errors(intervals: pd.DataFrame, name: str) -> pd.DataFrame:
    return intervals.assign(hanley_mcneil=intervals[name])


def _with_internal(intervals: pd.DataFrame, which, becomes) -> pd.DataFrame:
    """Return the intervals with other internal values, and the errors that go with those."""
    changed = intervals.copy()
    for place in changed.index[(changed["split"] == "validation") & which(changed)]:
        row = changed.loc[place]
        auroc = becomes(row["auroc"])
        error = hanley_mcneil_standard_error(auroc, row["n_malignant"], row["n_benign"])
        changed.loc[place, ["auroc", "hanley_mcneil"]] = [auroc, Z_95 * error]
    return changed
