"""Lesion outlines of INbreast: OsiriX property lists of points."""

import plistlib
import re
import warnings
from pathlib import Path

MAX_BYTES = 64 * 2**20
"""Outline files beyond this size are not read; the release's are some megabytes at most."""
MOST_PIXELS = 100_000
"""Coordinate beyond which no point can lie in an image."""
_POINT = re.compile(
    r"\(\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*,\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*\)", re.IGNORECASE
)


def lesion_boxes(path: Path) -> list[dict]:
    """Read the box around each outlined lesion.

    Parameters
    ----------
    path : Path
        XML property list; points are strings "(x, y)" under ``Point_px``, in pixels from the top
        left.

    Returns
    -------
    list of dict
        Half-open boxes row_min, col_min, row_max, col_max in pixels of the image, with the
        outline's name in lower case as kind. Empty, with a warning, where the file is unreadable:
        outlines are an extra and cost no image.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES} bytes")
        with path.open("rb") as file:
            images = plistlib.load(file, fmt=plistlib.FMT_XML)["Images"]
        return [box for image in images for roi in image["ROIs"] if (box := _box(roi))]
    # plistlib passes on whatever its XML parser and value conversions raise.
    except Exception as error:
        kind = type(error).__name__
        warnings.warn(f"{path}: lesion outlines are left out, not readable ({kind})", stacklevel=2)
        return []


def _box(roi: dict) -> dict | None:
    points = [match for text in roi["Point_px"] if (match := _POINT.fullmatch(text.strip()))]
    if not points:
        return None
    columns = [float(point[1]) for point in points]
    rows = [float(point[2]) for point in points]
    if max(map(abs, [*columns, *rows])) > MOST_PIXELS:
        raise ValueError("a point beyond any image")
    return {
        "row_min": int(min(rows)),
        "col_min": int(min(columns)),
        "row_max": int(max(rows)) + 1,
        "col_max": int(max(columns)) + 1,
        "kind": str(roi.get("Name", "")).strip().lower() or "unnamed",
    }
