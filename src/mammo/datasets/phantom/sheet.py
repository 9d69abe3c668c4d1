"""From a view to an image as it is kept: frame, side, labels, unexposed strips."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class SheetSettings:
    """What else is on a film; drawn independently of everything in the breast.

    Parameters
    ----------
    label_rate : float
        Share of the films with an identification label (39% of mini-MIAS at least).
    strip_rate : float
        Share with a white, unexposed strip at the free edge (6% of mini-MIAS at least).
    fog : float
        Largest rise of the dark background, of full scale; most films have none.
    mirrored : bool
        Whether labels read mirrored, as on mini-MIAS.
    """

    label_rate: float = 0.40
    strip_rate: float = 0.06
    fog: float = 0.03
    mirrored: bool = True


@dataclass(frozen=True)
class Placement:
    """Where a view lies in its image.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    row, column : int
        Of the view's first pixel, before the image is turned to its side.
    right : bool
        Whether the image is mirrored, the chest wall at the right.
    """

    shape: tuple[int, int]
    row: int
    column: int
    right: bool

    def mount(self, view: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Lay a view over a background; what reaches beyond it is cut off."""
        image = background.copy()
        source_row, source_column = max(-self.row, 0), max(-self.column, 0)
        row, column = max(self.row, 0), max(self.column, 0)
        part = view[source_row:, source_column:][: self.shape[0] - row, : self.shape[1] - column]
        target = image[row : row + part.shape[0], column : column + part.shape[1]]
        np.maximum(target, part, out=target)
        return self.turn(image)

    def turn(self, image: np.ndarray) -> np.ndarray:
        """Mirror the image of a right breast."""
        return np.ascontiguousarray(image[:, ::-1]) if self.right else image

    def points(self, points_mm: np.ndarray, pixel_mm: float) -> np.ndarray:
        """Map points (x, y) in mm of the view to pixels (x, y) of the image."""
        pixels = np.asarray(points_mm, float) / pixel_mm + (self.column - 0.5, self.row - 0.5)
        if self.right:
            pixels[..., 0] = self.shape[1] - 1 - pixels[..., 0]
        return pixels

    def mask(self, contour_mm: np.ndarray, pixel_mm: float) -> np.ndarray:
        """Return a mask of 0 and 255 of the image's shape, filled within a contour."""
        mask = np.zeros(self.shape, np.uint8)
        corners = np.rint(self.points(contour_mm, pixel_mm)).astype(np.int32)
        return cv2.fillPoly(mask, [corners], 255)


def background(
    shape: tuple[int, int],
    pixel_mm: float,
    settings: SheetSettings,
    text: tuple[str, str],
    right: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw the film behind a breast, before it is turned to its side.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pixel_mm : float
    settings : SheetSettings
    text : tuple of str
        The label's two lines.
    right : bool
        Whether the image will be mirrored.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray
        float32 (rows, columns): black with fog, label and strip, white = 1.
    """
    # Every number is drawn whether it is used or not, so that a switched rate moves nothing else.
    fog, has_label, has_strip, strip_mm = rng.uniform(size=4)
    sheet = np.full(shape, settings.fog * fog**5, np.float32)
    label = _label(pixel_mm, text, settings.mirrored != right, rng)
    top, right = rng.uniform(5, 22) / pixel_mm, rng.uniform(4, 34) / pixel_mm
    if has_label < settings.label_rate:
        row, column = int(top), int(shape[1] - right - label.shape[1])
        target = sheet[row : row + label.shape[0], max(column, 0) : column + label.shape[1]]
        np.maximum(target, label[: target.shape[0], -target.shape[1] :], out=target)
    if has_strip < settings.strip_rate:
        sheet[:, -max(int((2 + 22 * strip_mm**2) / pixel_mm), 1) :] = 0.97
    return sheet


def _label(
    pixel_mm: float, text: tuple[str, str], mirrored: bool, rng: np.random.Generator
) -> np.ndarray:
    """Draw a lead label of about 24 x 14 mm with two lines of letters, a little askew."""
    step = 0.2
    height, width = int(rng.uniform(20, 27) / step), int(rng.uniform(12, 16) / step)
    plate = np.full((height, width), 235, np.uint8)
    for line, baseline in zip(text, (0.46, 0.88), strict=True):
        size = 0.36 * height / 21
        (wide, _), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, size, 4)
        size *= min(1.0, 0.8 * width / wide)
        origin = (int(0.12 * width), int(baseline * height))
        cv2.putText(plate, line, origin, cv2.FONT_HERSHEY_SIMPLEX, size, 25, 4, cv2.LINE_AA)
    plate = plate[:, ::-1] if mirrored else plate
    margin = 12
    canvas = cv2.copyMakeBorder(plate, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    middle = (canvas.shape[1] / 2, canvas.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, rng.uniform(-6, 6), 1)
    canvas = cv2.warpAffine(canvas, turn, canvas.shape[::-1])
    size = (max(round(n * step / pixel_mm), 1) for n in canvas.shape[::-1])
    return cv2.resize(canvas, tuple(size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
