"""mini-MIAS' native files: PGM of 1024 x 1024 pixels of .2 mm and Info.txt."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mammo.datasets.phantom.acquisition import MIAS_SCANNER, FilmSettings, develop
from mammo.datasets.phantom.imaging import Exposure, Streams, exposures
from mammo.datasets.phantom.population import Case
from mammo.datasets.phantom.sheet import Placement, SheetSettings, background

PIXEL_MM = 0.2
SIZE = 1024
FILM = FilmSettings()
SHEET = SheetSettings()
FRAMES_MM = ((216.0, 200.0),)
# Widths of the scans in pixels of .2 mm: small, medium, large, extra large.
SCAN_WIDTHS = (400, 512, 650, 1000)
TISSUE = {1: "F", 2: "G", 3: "D", 4: "D"}
# Four of the release's 115 abnormal images have no coordinates (its note 3).
WITHOUT_PLACE = 4 / 115

INFO = """\
              SYNTHETIC PHANTOM IMAGES in the format of the
              MAMMOGRAPHIC IMAGE ANALYSIS SOCIETY
                  MiniMammographic Database

Computed phantoms, not patients.

1st column: reference number.
2nd column: character of background tissue: F fatty, G fatty-glandular, D dense-glandular.
3rd column: class of abnormality: CALC, CIRC, SPIC, MISC, ARCH, ASYM or NORM.
4th column: severity: B benign, M malignant.
5th, 6th columns: x, y image-coordinates of the centre, the origin at the bottom left.
7th column: approximate radius (in pixels) of a circle enclosing the abnormality.

=================================================================

"""


def write_case(case: Case, streams: Streams, folder: Path, pixel_mm: float) -> Iterator[dict]:
    """Write a pair of images; yield a row of Info.txt for each, whatever `pixel_mm` says."""
    for exposure in exposures(case, streams, PIXEL_MM, FRAMES_MM):
        # Info.txt: even numbers are left, odd numbers right.
        number = 2 * case.number + (1 if exposure.breast.laterality == "R" else 2)
        scan = choose_scan(exposure)
        pixels = acquire(exposure, scan)
        header = f"P5\n# synthetic phantom\n{SIZE} {SIZE}\n255\n".encode("ascii")
        (folder / f"mdb{number:03d}.pgm").write_bytes(header + pixels.tobytes())
        yield {"number": number, "text": _row(case, exposure, scan, number)}


def choose_scan(exposure: Exposure) -> Placement:
    """Choose the narrowest scan that holds the breast, and place the view on it."""
    projection = exposure.projection
    inside = np.flatnonzero((projection.distance > 0).any(0))
    wanted = inside[-1] + exposure.artefact.uniform(2, 25) / PIXEL_MM
    width = next((w for w in SCAN_WIDTHS if w > wanted), SCAN_WIDTHS[-1])
    # The image is cut or padded about its centre; the breast's middle is near it.
    row = (SIZE - projection.distance.shape[0]) // 2
    return Placement((SIZE, width), row, 0, exposure.breast.laterality == "R")


def acquire(exposure: Exposure, scan: Placement) -> np.ndarray:
    """Return a film as the digitiser's 8-bit grey levels in the centre of the square."""
    film = develop(exposure.projection, FILM, exposure.noise)
    text = (exposure.breast.laterality, exposure.view)
    sheet = background(scan.shape, PIXEL_MM, SHEET, text, scan.right, exposure.artefact)
    bright = scan.mount(np.clip(1 - film / np.float32(3.2), 0, 1), sheet)
    grey = MIAS_SCANNER.digitise(3.2 * (1 - bright), exposure.noise)
    pixels = np.zeros((SIZE, SIZE), np.uint8)
    left = _margin(scan)
    pixels[:, left : left + scan.shape[1]] = grey.astype(np.uint8)
    return pixels


def _margin(scan: Placement) -> int:
    return (SIZE - scan.shape[1]) // 2


def _row(case: Case, exposure: Exposure, scan: Placement, number: int) -> str:
    breast = exposure.breast
    start = f"mdb{number:03d} {TISSUE[case.density]} {breast.category}"
    if not breast.lesions:
        return start
    start += " M" if breast.malignant else " B"
    if exposure.artefact.random() < WITHOUT_PLACE:
        return f"{start} *NOTE 3*"
    trace = exposure.projection.traces[0]
    x, y = scan.points(np.array([trace.x_mm, trace.y_mm]), PIXEL_MM)
    radius = max(trace.radius_mm / PIXEL_MM, 1)
    return f"{start} {x + _margin(scan):.0f} {SIZE - y:.0f} {radius:.0f}"


def write_tables(rows: list[dict], folder: Path) -> None:
    """Write Info.txt."""
    lines = [row["text"] for row in sorted(rows, key=lambda row: row["number"])]
    (folder / "Info.txt").write_text(INFO + "\n".join(lines) + "\n", encoding="ascii")
