"""The book's figures, each a `Picture` with its text alternative."""

from __future__ import annotations

from mammo.report.figures.architecture import transfer_model
from mammo.report.figures.architecture_published import end2end_model, frcnn_model
from mammo.report.figures.attention import attention_of_models
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.images import Example, example_images, intensity_histograms
from mammo.report.figures.looked_at import Activation, Detected, Looked, hit
from mammo.report.figures.mixed import mixed_training
from mammo.report.figures.roc import roc_curves
from mammo.report.figures.stages import staged_training
from mammo.report.figures.style import Picture
from mammo.report.figures.training import training_curves

__all__ = [
    "Activation",
    "Detected",
    "Example",
    "Looked",
    "Picture",
    "attention_of_models",
    "auroc_forest",
    "end2end_model",
    "example_images",
    "frcnn_model",
    "hit",
    "intensity_histograms",
    "mixed_training",
    "roc_curves",
    "staged_training",
    "training_curves",
    "transfer_model",
]
