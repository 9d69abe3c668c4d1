"""Which data set plays which part in the study, and what models are trained on."""

from typing import Literal

INTERNAL = "cbis_ddsm"
EXTERNAL = ("mias", "inbreast", "institution")

TrainingData = Literal["ddsm", "mixed"]
"""What a model is trained on: DDSM's training patients, or also a part of each external set."""
