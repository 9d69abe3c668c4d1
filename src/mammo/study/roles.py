"""Which data set plays which part in the study, and what models are trained on."""

from typing import Literal

from mammo.datasets.roles import EXTERNAL, INTERNAL

__all__ = ["EXTERNAL", "INTERNAL", "TrainingData"]

TrainingData = Literal["ddsm", "mixed"]
"""What a model is trained on: DDSM's training patients, or also a part of each external set."""
