"""Performance from labels and scores alone, as a reviewer of medical imaging expects it.

Takes arrays: labels, scores, patients. Needs numpy, scipy and numba, neither torch nor pydicom, so
that a vendor's scores are evaluated by the very code that evaluates the models trained here.
"""

from mammo.evaluation.aggregation import aggregate, fill_missing
from mammo.evaluation.auroc import auroc
from mammo.evaluation.auroc_difference import (
    Comparison,
    Scored,
    compare_models,
    compare_sets,
    non_inferiority,
)
from mammo.evaluation.bootstrap import auroc_interval, bootstrap_aurocs, statistic_interval
from mammo.evaluation.calibration import brier, calibration_line, reliability_curve
from mammo.evaluation.calibration_error import (
    debiased_calibration_error,
    expected_calibration_error,
)
from mammo.evaluation.clustered import auroc_covariance, delong_interval, obuchowski_interval
from mammo.evaluation.curves import (
    average_precision,
    partial_auroc,
    roc_curve,
    sensitivity_at,
    specificity_at,
    value_of,
)
from mammo.evaluation.inference import holm, smallest_detectable_difference
from mammo.evaluation.inputs import Estimate
from mammo.evaluation.operating_points import (
    operating_point,
    operating_points,
    threshold_for_sensitivity,
    threshold_for_specificity,
    youden_threshold,
)
from mammo.evaluation.readers import mean_reader, readers_against_model
from mammo.evaluation.score_interval import headline_auroc, score_interval

__all__ = [
    "Comparison",
    "Estimate",
    "Scored",
    "aggregate",
    "auroc",
    "auroc_covariance",
    "auroc_interval",
    "average_precision",
    "bootstrap_aurocs",
    "brier",
    "calibration_line",
    "compare_models",
    "compare_sets",
    "debiased_calibration_error",
    "delong_interval",
    "expected_calibration_error",
    "fill_missing",
    "headline_auroc",
    "holm",
    "mean_reader",
    "non_inferiority",
    "obuchowski_interval",
    "operating_point",
    "operating_points",
    "partial_auroc",
    "readers_against_model",
    "reliability_curve",
    "roc_curve",
    "score_interval",
    "sensitivity_at",
    "smallest_detectable_difference",
    "specificity_at",
    "statistic_interval",
    "threshold_for_sensitivity",
    "threshold_for_specificity",
    "value_of",
    "youden_threshold",
]
