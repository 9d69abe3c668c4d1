"""Ribli's frcnn_cad: a Faster R-CNN, its arithmetic of boxes, its input and its Caffe weights."""

from __future__ import annotations

from mammo.models.frcnn_cad.network import (
    BLOCKS,
    CLASSES,
    PUBLISHED,
    Detections,
    DetectorSettings,
    FasterRCNN,
    build,
    image_score,
)

__all__ = [
    "BLOCKS",
    "CLASSES",
    "PUBLISHED",
    "Detections",
    "DetectorSettings",
    "FasterRCNN",
    "build",
    "image_score",
]
