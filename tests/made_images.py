"""Image stores made in code: breasts of power-law texture, each patient with two images."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.hospital.shift.comparison import ImageSet
from mammo.images.store import ImageStore

SIDE = 64
Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def texture(seed: int, exponent: float = 3.0, side: int = SIDE) -> NDArray[np.float64]:
    """A random field in [0, 1] whose power spectrum falls as 1/f^exponent."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = 1
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=(side, side)))
    field = np.fft.ifft2(white * frequency ** (-exponent / 2)).real
    return (field - field.min()) / np.ptp(field)


def stored(grey: NDArray[np.float64]) -> NDArray[np.uint16]:
    """A prepared image of grey in [0, 1]: half an ellipse at the left, black around it."""
    rows, columns = np.mgrid[: grey.shape[0], : grey.shape[1]] / grey.shape[0]
    outside = np.hypot((rows - 0.5) / 0.48, columns / 0.95) > 1
    return np.where(outside, 0, 1 + np.rint(65534 * np.clip(grey, 0, 1))).astype(np.uint16)


def unchanged(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    return grey


def darker(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    return grey**2


def noisier(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    return grey + np.random.default_rng(0).normal(0, 0.03, grey.shape)


def blurred(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    return cv2.GaussianBlur(grey, (0, 0), 1)


def image_set(
    folder: Path,
    patients: range,
    change: Change = unchanged,
    *,
    dataset: str = "mias",
    source: str = "synthetic",
    side: int = SIDE,
) -> ImageSet:
    """A set whose patients have a CC and an MLO view each, every image changed in the same way."""
    folder.mkdir()
    rows = pd.DataFrame(
        [
            {
                "dataset": dataset,
                "source": source,
                "patient_id": f"patient{patient:03d}",
                "image_id": f"{patient:03d}{view}",
                "view": view,
            }
            for patient in patients
            for view in ("CC", "MLO")
        ]
    )
    pixels = [stored(change(texture(seed, side=side))) for seed in map(_seed, rows["image_id"])]
    np.save(folder / "images.npy", np.stack(pixels))
    geometry = {
        "row_min": 10, "col_min": 0, "row_max": 210, "col_max": 100, "flipped": False,
        "row_scale": side / 200, "col_scale": side / 100, "row_offset": 0,
    }  # fmt: skip
    records = [json.dumps({"image_id": image_id, **geometry}) for image_id in rows["image_id"]]
    (folder / "images.jsonl").write_text("\n".join([*records, ""]))
    return ImageSet(ImageStore(folder), rows)


def _seed(image_id: str) -> int:
    return 2 * int(image_id[:3]) + image_id.endswith("MLO")
