"""Harmonisation of grey levels: one place's images made alike to another's, without labels."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mammo.errors import MammoError
from mammo.images.store import WHITE, ImageStore

LANDMARKS = (10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 990, 999)
"""Per mille of an image's pixels above black; the last is where a prepared breast is white."""

_LEVELS = WHITE + 1


def landmarks(images: Iterable[NDArray[np.uint16]]) -> NDArray[np.float64]:
    """Return the mean grey value of images at each landmark.

    Parameters
    ----------
    images : iterable of ndarray of uint16
        Prepared images, 65535 is white. Black, which all outside of the breast is, does not count.
        One image at a time is held.

    Returns
    -------
    ndarray of float64, shape (len(LANDMARKS),)
        Rising. Each image counts once, however large its breast; their order does not matter.

    Raises
    ------
    MammoError
        If no image has a pixel above black.

    References
    ----------
    Nyul LG, Udupa JK. On standardizing the MR image intensity scale. Magn Reson Med
    1999;42:1072-1081 (landmarks of each image, averaged over a set).
    """
    total, count = np.zeros(len(LANDMARKS), dtype=np.int64), 0
    for image in images:
        up_to = np.bincount(np.asarray(image)[image > 0], minlength=_LEVELS).cumsum()
        if up_to[-1]:
            wanted = -(-up_to[-1] * np.array(LANDMARKS) // 1000)
            total += np.searchsorted(up_to, wanted)
            count += 1
    if not count:
        raise MammoError("no image has a pixel above black: there are no grey levels to harmonise")
    return total / count


def mapping(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return the grey value that each of a source's becomes, so that landmarks meet a target's.

    Parameters
    ----------
    source, target : ndarray of float64
        As `landmarks` returns them.

    Returns
    -------
    ndarray of uint16, shape (65536,)
        Straight between landmarks, and never falling: the order of grey values stays. Black stays
        black, and white white.
    """
    known = np.concatenate([[0], source, [WHITE]])
    wanted = np.concatenate([[0], target, [WHITE]])
    known, first = np.unique(known, return_index=True)
    wanted = np.maximum.reduceat(wanted, first)
    return np.rint(np.interp(np.arange(_LEVELS), known, wanted)).astype(np.uint16)


class MappedImages:
    """Images of a store as a mapping shows them, computed as they are asked for.

    Parameters
    ----------
    images : ndarray of uint16, shape (N, rows, columns)
        Usually a memory map.
    table : ndarray of uint16, shape (65536,)
        As `mapping` returns it.
    """

    def __init__(self, images: NDArray[np.uint16], table: NDArray[np.uint16]) -> None:
        self.shape = images.shape
        self._images, self._table = images, table

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, rows: int | slice | NDArray[np.int64]) -> NDArray[np.uint16]:
        return self._table[self._images[rows]]


class HarmonisedStore(ImageStore):
    """An image store whose images a mapping has made alike to others'.

    Parameters
    ----------
    folder : Path
        Of the store as it was built.
    table : ndarray of uint16, shape (65536,)
        As `mapping` returns it.
    """

    def __init__(self, folder: Path, table: NDArray[np.uint16]) -> None:
        super().__init__(folder)
        self.images = MappedImages(self.images, table)
