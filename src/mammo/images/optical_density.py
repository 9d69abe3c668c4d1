"""Optical density of raw DDSM films from the grey levels of their four scanners.

Only for the original DDSM files (LJPEG, or 16-bit images made from them). CBIS-DDSM is optical
density already: its curators converted it before they wrote the DICOM files (Lee et al., Sci Data
2017;4:170177), so there the conversion is no step at all, and doing it again would be wrong.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Scanner = Literal["dba", "howtek_mgh", "lumisys", "howtek_ismd"]

OD_RANGE = (0.05, 4.0)
"""Densities outside of this come from dust and from beyond the scanners' range."""


def from_grey_levels(grey: np.ndarray, scanner: Scanner) -> np.ndarray:
    """Optical density of a film from one scanner's grey levels.

    The calibrations are those that the University of South Florida publishes with the DDSM.

    Parameters
    ----------
    grey : numpy.ndarray
        Grey levels as digitised: 16-bit for the DBA scanner, 12-bit for the others.
    scanner : {"dba", "howtek_mgh", "lumisys", "howtek_ismd"}
        DBA M2100 and Howtek 960 of Massachusetts General Hospital, Lumisys 200 of Wake Forest,
        Howtek MultiRad850 of ISMD.

    Returns
    -------
    numpy.ndarray of float32
        Optical density, clipped to 0.05-4.0. A grey level of 0 counts as 1, the darkest that the
        DBA's logarithm can tell.
    """
    grey = np.asarray(grey, dtype=np.float32)
    match scanner:
        case "dba":
            density = (np.log10(np.maximum(grey, 1)) - 4.80662) / -1.07553
        case "howtek_mgh":
            density = 3.789 - 0.00094568 * grey
        case "lumisys":
            density = (grey - 4096.99) / -1009.01
        case "howtek_ismd":
            density = 3.96604095240593 - 0.00099055807612 * grey
        case _:
            raise ValueError(f"unknown scanner {scanner!r}")
    return np.clip(density, *OD_RANGE).astype(np.float32)


def to_presentation(density: np.ndarray) -> np.ndarray:
    """Presentation values of optical densities: 0 to 4 becomes white (1) to black (0)."""
    return (1 - np.asarray(density, dtype=np.float32) / OD_RANGE[1]).astype(np.float32)
