"""Patches of whole images, from lesions and from elsewhere, and windows cut out in any turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm

from mammo.datasets.lesions import EDGES
from mammo.errors import UnreadableImageError
from mammo.images.breast_mask import segment
from mammo.images.store import WHITE, ImageStore

CLASSES = (
    "background",
    "malignant calcification",
    "benign calcification",
    "malignant mass",
    "benign mass",
)
"""Classes of a patch, by number; a patch classifier's outputs stand in this order."""
MALIGNANT = (1, 3)
"""Numbers of the classes that are cancer."""

_SIDE, _ROWS, _STEP = 224, 1152, 32
_OVERLAP = 0.9
_TRIES = 64
_ANYWHERE = 0.25


def patch_size(rows: int) -> int:
    """Return the side of a patch in pixels, in images of so many rows.

    Shen's patches have 224 pixels in images of 1,152 rows; others have the same share of the rows,
    rounded to a multiple of 32, at which the networks' maps are whole.
    """
    return max(1, round(_SIDE * rows / _ROWS / _STEP)) * _STEP


def sample(
    store: ImageStore,
    images: pd.DataFrame,
    lesions: pd.DataFrame,
    *,
    per_lesion: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Choose patches around the lesions of images, and as many where there is none.

    A patch covers at least .9 of the most that a patch of its size can cover of the lesion's box
    (Shen et al., Sci Rep 2019;9:12495: an overlap of .9). An image's background patches touch none
    of its lesions; three in four lie with their centre in the breast, the others anywhere: a
    whole image shows film, labels and borders too, and a classifier that has never seen them takes
    them for anything. They are as many as its lesion patches, or `per_lesion` where it has none.
    Lesions that are neither mass nor calcification give no patch.

    Parameters
    ----------
    store : ImageStore
        Of whole images.
    images : DataFrame
        image_id and patient_id of the images that patches are taken from, all in the store.
    lesions : DataFrame
        As `mammo.datasets.lesions.lesions` gives it.
    per_lesion : int
        Patches of each lesion.
    seed : int
        An image's patches depend on it, and on the image's row in the store.

    Returns
    -------
    DataFrame
        image_id; row in the store; top and left pixel; class (number of `CLASSES`); patient_id.
    """
    size = patch_size(store.images.shape[1])
    shape = store.images.shape[1:]
    of_image = lesions.groupby("image_id").indices
    edges = lesions[list(EDGES)].to_numpy(float)
    kinds = np.array([_class(*facts) for facts in lesions[["malignant", "lesion_type"]].to_numpy()])
    found = []
    rows = store.rows(images["image_id"])
    progress = tqdm(total=len(images), desc="sample patches", unit="image", delay=1)
    for image_id, patient, row in zip(images["image_id"], images["patient_id"], rows, strict=True):
        rng = np.random.default_rng([seed, row])
        chosen = of_image.get(image_id, np.zeros(0, int))
        boxes = _within(store.geometry(image_id).to_prepared(edges[chosen]), shape)
        corners = [
            (*corner, kind)
            for box, kind in zip(boxes, kinds[chosen], strict=True)
            if kind
            for corner in _around(box, size, shape, per_lesion, rng)
        ]
        wanted = len(corners) or per_lesion
        corners += [(*corner, 0) for corner in _elsewhere(store[row], boxes, size, wanted, rng)]
        found += [(image_id, row, *corner, patient) for corner in corners]
        progress.update()
    progress.close()
    return pd.DataFrame(found, columns=["image_id", "row", "top", "left", "class", "patient_id"])


def _class(malignant: int, lesion_type: str | None) -> int:
    if not isinstance(lesion_type, str):
        return 0
    return CLASSES.index(f"{'malignant' if malignant else 'benign'} {lesion_type}")


def _within(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Boxes of at least one pixel, inside of an image."""
    low = np.clip(boxes[:, :2], 0, np.array(shape) - 1)
    return np.hstack([low, np.clip(boxes[:, 2:], low + 1, shape)])


def _around(
    box: np.ndarray, size: int, shape: tuple[int, ...], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Corners (count, 2) of patches that cover the box nearly as well as they can."""
    low, high = box[:2], box[2:]
    most = np.minimum(high - low, size)
    first = low - size + most
    tried = rng.uniform(
        first - (1 - _OVERLAP) * most, high - most + (1 - _OVERLAP) * most, (_TRIES * count, 2)
    )
    corners = np.clip(np.rint(tried), 0, np.array(shape) - size).astype(int)
    covered = np.minimum(corners + size, high) - np.maximum(corners, low)
    good = corners[(np.maximum(covered, 0) / most).prod(axis=1) >= _OVERLAP]
    middle = np.clip(np.rint((low + high - size) / 2), 0, np.array(shape) - size).astype(int)
    return np.concatenate([good, np.tile(middle, (count, 1))])[:count]


def _elsewhere(
    image: np.ndarray, boxes: np.ndarray, size: int, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Corners (up to count, 2) of patches that touch none of the boxes, most in the breast."""
    try:
        breast = segment(image)
    except UnreadableImageError:
        return np.zeros((0, 2), int)
    places, scale = np.argwhere(breast), np.divide(image.shape, breast.shape)
    tried = (places[rng.integers(len(places), size=_TRIES * count)] + 0.5) * scale
    corners = np.clip(np.rint(tried - size / 2), 0, np.array(image.shape) - size).astype(int)
    inside = breast[tuple(((corners + size / 2) / scale).astype(int).T)]
    is_free = rng.random(len(corners)) < _ANYWHERE
    free = rng.integers(0, np.array(image.shape) - size, (len(corners), 2), endpoint=True)
    corners, inside = np.where(is_free[:, None], free, corners), inside | is_free
    apart = (corners[:, None] >= boxes[:, 2:]) | (corners[:, None] + size <= boxes[:, :2])
    return corners[inside & apart.any(axis=2).all(axis=1)][:count]


@dataclass(frozen=True)
class Augmentation:
    """How windows are varied at random; the defaults are Shen's.

    Attributes
    ----------
    rotation : float
        Degrees at most, either way.
    shear : float
        Radians at most, either way.
    zoom : (float, float)
        Least and greatest factor, drawn for rows and columns apart.
    intensity : float
        Greatest shift of the grey values, either way; they stay in [0, 1].
    flips : bool
        Whether half of the windows are flipped, left to right and top to bottom.
    """

    rotation: float = 25.0
    shear: float = 0.2
    zoom: tuple[float, float] = (0.8, 1.2)
    intensity: float = 20 / 255
    flips: bool = True

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        """Return a matrix (2, 2) from centred window to centred image (x, y), and a grey shift."""
        angle = np.deg2rad(rng.uniform(-self.rotation, self.rotation))
        shear = rng.uniform(-self.shear, self.shear)
        zoom = rng.uniform(*self.zoom, size=2)
        signs = np.where(rng.random(2) < 0.5 * self.flips, -1.0, 1.0)
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        sheared = np.array([[1, -np.sin(shear)], [0, np.cos(shear)]])
        return turned @ sheared * (zoom * signs), rng.uniform(-self.intensity, self.intensity)


class Windows:
    """Windows of one shape in stored images, by number; read from disk when they are asked for.

    Parameters
    ----------
    images : ndarray of uint16, shape (N, rows, columns)
        65535 is 1.0.
    places : ndarray of int, shape (n, 3)
        Of each window its image, and its first row and column there.
    shape : (int, int)
        Of every window.
    """

    def __init__(self, images: np.ndarray, places: np.ndarray, shape: tuple[int, int]) -> None:
        self._images, self._places, self.shape = images, places, shape

    @classmethod
    def of_patches(cls, store: ImageStore, patches: pd.DataFrame) -> Windows:
        """Return the patches that `sample` chose."""
        size = patch_size(store.images.shape[1])
        return cls(store.images, patches[["row", "top", "left"]].to_numpy(int), (size, size))

    @classmethod
    def of_whole_images(cls, images: np.ndarray, rows: np.ndarray) -> Windows:
        """Return whole images of a store, by their rows."""
        places = np.multiply.outer(np.asarray(rows, int), [1, 0, 0])
        return cls(images, places, images.shape[1:])

    def __len__(self) -> int:
        return len(self._places)

    def batch(self, numbers: np.ndarray) -> Tensor:
        """Return the windows as they are: (B, 1, h, w), float32 in [0, 1]."""
        height, width = self.shape
        cut = [
            self._images[row, top : top + height, left : left + width]
            for row, top, left in self._places[numbers]
        ]
        return torch.from_numpy(np.stack(cut)[:, None].astype(np.float32)).div_(WHITE)

    def augmented(
        self,
        numbers: np.ndarray,
        augmentation: Augmentation,
        generators: Sequence[np.random.Generator],
    ) -> Tensor:
        """Return the windows, each varied as its generator draws: (B, 1, h, w), in [0, 1].

        A turned window shows the image around it; beyond the image its border is repeated.
        """
        drawn = zip(numbers, map(augmentation.draw, generators), strict=True)
        varied = [self._turned(self._places[number], *draw) for number, draw in drawn]
        return torch.from_numpy(np.stack(varied)[:, None])

    def _turned(self, place: np.ndarray, turn: np.ndarray, shift: float) -> np.ndarray:
        row, top, left = place
        height, width = self.shape
        middle = np.array([width - 1, height - 1]) / 2
        corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]) * middle @ turn.T
        reach = np.abs(corners).max(axis=0)
        centre = middle + np.array([left, top])
        first = np.maximum(np.floor(centre - reach).astype(int) - 1, 0)
        last = np.ceil(centre + reach).astype(int) + 2
        around = self._images[row, first[1] : last[1], first[0] : last[0]].astype(np.float32)
        matrix = np.column_stack([turn, centre - first - turn @ middle])
        varied = cv2.warpAffine(
            around,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.clip(varied / WHITE + np.float32(shift), 0, 1, dtype=np.float32)
