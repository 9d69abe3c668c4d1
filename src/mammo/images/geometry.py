"""Where a prepared image lies in its native one, so that lesion boxes can follow it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Geometry:
    """Where a prepared image lies in its native one.

    Coordinates are continuous and in pixels: pixel i covers [i, i + 1). The crop box is in the
    native image; its columns are then reversed if `flipped`, scaled, and shifted by the offset.
    """

    row_min: int
    col_min: int
    row_max: int
    col_max: int
    flipped: bool
    row_scale: float
    col_scale: float
    row_offset: int

    def to_prepared(self, boxes: np.ndarray) -> np.ndarray:
        """Native boxes in the prepared image.

        Parameters
        ----------
        boxes : array_like, shape (n, 4)
            row_min, col_min, row_max, col_max in native pixels.

        Returns
        -------
        numpy.ndarray of float64, shape (n, 4)
            The same in prepared pixels; beyond the image where the box is beyond the crop.
        """
        rows, columns = _rows_and_columns(boxes)
        rows = (rows - self.row_min) * self.row_scale + self.row_offset
        columns = self.col_max - columns[:, ::-1] if self.flipped else columns - self.col_min
        return _as_boxes(rows, columns * self.col_scale)

    def to_native(self, boxes: np.ndarray) -> np.ndarray:
        """Prepared boxes in the native image: the inverse of `to_prepared`."""
        rows, columns = _rows_and_columns(boxes)
        rows = (rows - self.row_offset) / self.row_scale + self.row_min
        columns = columns / self.col_scale
        columns = self.col_max - columns[:, ::-1] if self.flipped else columns + self.col_min
        return _as_boxes(rows, columns)


def _rows_and_columns(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    boxes = np.asarray(boxes, dtype=float).reshape(-1, 4)
    return boxes[:, 0::2], boxes[:, 1::2]


def _as_boxes(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.stack([rows[:, 0], columns[:, 0], rows[:, 1], columns[:, 1]], axis=1)
