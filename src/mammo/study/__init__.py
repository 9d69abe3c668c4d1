"""The study: from parameters to artifacts, scores and estimates."""

from mammo.study.roles import EXTERNAL, INTERNAL, TrainingData
from mammo.study.study import Study

__all__ = ["EXTERNAL", "INTERNAL", "Study", "TrainingData"]
