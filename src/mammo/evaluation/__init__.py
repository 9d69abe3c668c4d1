"""Performance from labels and scores alone: the auROC and its bootstrap interval.

Needs numpy only, neither torch nor pydicom, so that a vendor's score file is evaluated by the very
code that evaluates the models trained here.
"""

from __future__ import annotations

from mammo.evaluation.auroc import auroc, hanley_mcneil_standard_error
from mammo.evaluation.bootstrap import Estimate, auroc_interval, bootstrap_aurocs

__all__ = [
    "Estimate",
    "auroc",
    "auroc_interval",
    "bootstrap_aurocs",
    "hanley_mcneil_standard_error",
]
