"""Where the breast is: apart from labels, film borders and clear film edges."""

import cv2
import numpy as np

from mammo.errors import UnreadableImageError

_LONG_SIDE = 512
_DARKER, _BRIGHTER = 0.05, 3.0
"""Times the range of nearly all pixels that the rest may lie beyond it: digits, dead pixels."""
_FEW_PERCENT = 2
"""Percent of the pixels that may be such, on either side."""
_ALIKE = 2
_GREY_MARGIN = 0.05
_OPENING = 21
_RESTORED = 13
_SMALLEST_FRACTION, _LARGEST_FRACTION = 0.02, 0.97
_LEAST_BACKGROUND = 0.02  # of a film, by which its grey is told
_WHOLE_SIDE = 0.95
_WHITE, _NEARLY_ALL, _MOST_EDGES = 229, 0.9, 0.35


def segment(pixels: np.ndarray) -> np.ndarray:
    """Mask of the breast, with the pectoral muscle and whatever skin adjoins it.

    1. Shrink to 512 pixels on the long side, and stretch to the darkest and brightest grey.
    2. Threshold just above the film's background (see `_threshold`).
    3. Open with a disc of 21 pixels: parts from the breast what is thin or barely touches it,
       such as labels, characters and film edges. Keep the largest part. A label that lies
       against the breast over its whole side stays in (2 of the 322 films of mini-MIAS).
    4. Give back what the disc could not reach within 6 pixels of it, such as the nipple, and
       fill holes.
    5. Where this is the whole of the film, its background is brighter than a frame around it: the
       frame is left out, and what is within stretched anew.

    Parameters
    ----------
    pixels : numpy.ndarray of float32, shape (rows, columns)
        Presentation values, air darker than the breast.

    Returns
    -------
    numpy.ndarray of bool, at most 512 pixels on the long side
        The same field of view as `pixels`, at reduced resolution.

    Raises
    ------
    UnreadableImageError
        If nothing stands out from the background on at least 2% of the image, no background is
        left, or the background is white.
    """
    small = shrink(pixels)
    grey = stretched(small)
    if grey.min() == grey.max():
        raise UnreadableImageError("the image is blank, and no breast stands out")
    check_polarity(grey)
    place = film(grey)
    mask = _segment(grey)
    is_on_frame = mask.sum() > mask[place].sum()  # which a text may touch
    if not is_on_frame and not _fills(mask[place]):
        return mask
    grey = np.zeros_like(grey)
    grey[place] = stretched(small[place])
    within = _segment(grey)
    if not _fills(within[place]):
        return within
    if is_on_frame or _fills(mask):
        raise UnreadableImageError(
            "no background stands out from the breast, which would fill the whole image: export "
            "it with the window that it is looked at with"
        )
    return mask


def _fills(mask: np.ndarray) -> bool:
    """Whether a mask is nearly all of an image, or leaves its sides to no background.

    A breast is cut off at one side, and the muscle at another; what lies along three is a frame.
    """
    sides = sorted(side.mean() for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    return mask.mean() > _LARGEST_FRACTION or sides[0] > 0.5 or sides[1] > _WHOLE_SIDE


def check_polarity(grey: np.ndarray) -> None:
    """Refuse an image whose air is white, as one is whose grey values are inverted.

    Air surrounds the breast on three sides, and is most of the border. The clear edge of a film
    may be, too: unless there is more white than edges have, lines that are white nearly from end
    to end are not looked at. Nor is a frame of one grey, which may be black.

    Parameters
    ----------
    grey : numpy.ndarray of uint8, shape (rows, columns)
        As `stretched` returns it.

    Raises
    ------
    UnreadableImageError
    """
    white = grey >= _WHITE
    within = white[film(grey)]
    is_air = any(
        _border(area) > 0.5 and area.mean() > _MOST_EDGES and not _is_all(area)
        for area in (white, within)
    )
    for _ in range(2):  # sides first, then top and bottom
        kept = np.flatnonzero(within.sum(axis=0) < _NEARLY_ALL * len(within))
        within = within[:, kept[0] : kept[-1] + 1].T if kept.size else within[:, :0].T
    if is_air or (not _is_all(within) and _border(within) > 0.5):
        raise UnreadableImageError(
            "its air is white: its grey values are inverted (in a DICOM file its Photometric "
            "Interpretation (0028,0004) is wrong), invert them or export the image again as DICOM"
        )


def _is_all(white: np.ndarray) -> bool:
    """Whether no room for a breast is left beside what is white."""
    return not white.size or white.mean() > 1 - _SMALLEST_FRACTION


def _border(mask: np.ndarray) -> float:
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())


def _segment(grey: np.ndarray) -> np.ndarray:
    """Return the mask of a breast that stands out from a dark background."""
    above = (grey > _threshold(grey)).astype(np.uint8)
    # Beyond the image is background: else a strip along its edge would survive the opening.
    outside = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    opened = cv2.morphologyEx(above, cv2.MORPH_OPEN, _disc(_OPENING), **outside)
    core = _largest_part(opened)
    if core.mean() < _SMALLEST_FRACTION:
        raise UnreadableImageError("no breast stands out from the background")
    mask = _largest_part(cv2.dilate(core, _disc(_RESTORED)) & above)
    return _fill_holes(mask).astype(bool)


def _threshold(grey: np.ndarray) -> int:
    """Grey level just above the background's.

    Otsu's threshold parts bright tissue from the rest and would cut the skin off. Below it, the
    triangle method (Zack et al., J Histochem Cytochem 1977;25:741) finds the foot of the
    background's peak. Black columns and rows that pad the film are left out: their zeros would
    hide the film's own background. A margin keeps out the glow around labels.
    """
    otsu = int(cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)[0])
    film = _without_padding(grey)
    counts = np.bincount(film[film <= otsu], minlength=otsu + 1).astype(float)
    counts = np.convolve(np.pad(counts, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    dark = counts[: otsu // 2 + 1]
    if dark.sum() < _LEAST_BACKGROUND * film.size:  # A text on it may be darker than background.
        dark = counts
    peak = int(dark.argmax())
    tail = counts[peak:] / max(counts[peak], 1)
    foot = int((np.linspace(1, 0, tail.size) - tail).argmax())
    return peak + foot + max(2, round(_GREY_MARGIN * otsu))


def _without_padding(grey: np.ndarray) -> np.ndarray:
    lit = grey > 2
    rows = np.flatnonzero(lit.mean(axis=1) > 0.05)
    columns = np.flatnonzero(lit.mean(axis=0) > 0.05)
    if not rows.size or not columns.size:
        return grey
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _disc(diameter: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))


def _largest_part(mask: np.ndarray) -> np.ndarray:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    areas = statistics[1:, cv2.CC_STAT_AREA]
    return (labels == 1 + areas.argmax()).astype(np.uint8) if areas.size else np.zeros_like(mask)


def _fill_holes(mask: np.ndarray) -> np.ndarray:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros_like(mask), contours, -1, 1, cv2.FILLED)


def chest_wall_on_right(mask: np.ndarray) -> bool | None:
    """Whether the breast is cut off straight at its right-hand side; None if neither is.

    The chest wall is the straight side of the breast: many rows of its mask end there, where the
    side of the nipple is round.
    """
    rows = mask.any(axis=1)
    first = mask.argmax(axis=1)[rows]
    last = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)[rows]
    slack = max(1, round(0.02 * mask.shape[1]))
    left = np.count_nonzero(first <= first.min() + slack)
    right = np.count_nonzero(last >= last.max() - slack)
    if max(left, right) < 1.5 * min(left, right):
        return None
    return bool(right > left)


def shrink(pixels: np.ndarray) -> np.ndarray:
    """Return an image of at most 512 pixels on the long side, float32."""
    scale = min(1.0, _LONG_SIDE / max(pixels.shape))
    columns, rows = (max(1, round(side * scale)) for side in pixels.shape[::-1])
    return cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)


def stretched(small: np.ndarray) -> np.ndarray:
    """Return 8-bit grey from black to white, whatever part of the range the image takes up.

    Scan lines and dust are removed by a median filter.
    """
    low, high = map(float, np.percentile(small, (_FEW_PERCENT, 100 - _FEW_PERCENT)))
    bottom, top = float(small.min()), float(small.max())
    if bottom < low - _DARKER * (high - low):
        bottom = low
    if high > low:
        top = min(top, high + _BRIGHTER * (high - low))
    if top <= bottom:
        return np.zeros(small.shape, np.uint8)
    grey = np.rint((small - np.float32(bottom)) * np.float32(255 / (top - bottom)))
    return cv2.medianBlur(grey.clip(0, 255).astype(np.uint8), 5)


def film(grey: np.ndarray) -> tuple[slice, slice]:
    """Return rows and columns without the lines of one grey that frame an image."""
    top, bottom = _uniform_ends(grey)
    left, right = _uniform_ends(grey[top:bottom].T)
    return slice(top, bottom), slice(left, right)


def _uniform_ends(lines: np.ndarray) -> tuple[int, int]:
    """Return the first line of several greys, and the line behind the last."""
    several = np.flatnonzero(np.ptp(lines, axis=1) > _ALIKE)
    return (int(several[0]), int(several[-1]) + 1) if several.size else (0, len(lines))
