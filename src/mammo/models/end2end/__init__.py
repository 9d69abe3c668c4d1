"""Shen's end2end: networks as data, as torch modules, and as Keras saved them."""

from __future__ import annotations

from mammo.models.end2end.layers import backbone_layers, top_layers
from mammo.models.end2end.network import (
    DDSM_MEAN,
    End2End,
    FlipAveraged,
    PatchClassifier,
    build,
    close_residual_branches,
    initialise,
    load_imagenet,
)

__all__ = [
    "DDSM_MEAN",
    "End2End",
    "FlipAveraged",
    "PatchClassifier",
    "backbone_layers",
    "build",
    "close_residual_branches",
    "initialise",
    "load_imagenet",
    "top_layers",
]
