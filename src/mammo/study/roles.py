"""What the study's models are trained on."""

from typing import Literal

TrainingData = Literal["ddsm", "mixed"]
"""What a model is trained on: DDSM's training patients, or also a part of each external set."""
