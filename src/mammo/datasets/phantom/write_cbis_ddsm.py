"""CBIS-DDSM's native files: the NBIA tree of Secondary Capture images and four case tables."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from mammo.datasets.phantom import dicom_file
from mammo.datasets.phantom.acquisition import DDSM_SCANNERS, FilmSettings, develop
from mammo.datasets.phantom.imaging import Exposure, Streams, exposures
from mammo.datasets.phantom.population import Case
from mammo.datasets.phantom.sheet import SheetSettings, background

FILM = FilmSettings()
# By eye: most show a label.
SHEET = SheetSettings(label_rate=0.75, strip_rate=0.10, mirrored=False)
FRAMES_MM = ((240.0, 180.0), (300.0, 240.0))
# CBIS-DDSM's images are optical densities, clipped by the usual converters, bright where dense.
CLIP = (0.05, 3.0)

PATHS = ("image file path", "cropped image file path", "ROI mask file path")
_WHERE = ("left or right breast", "image view", "abnormality id", "abnormality type")
_RATINGS = ("assessment", "pathology", "subtlety")
COLUMNS = {
    "mass": ("patient_id", "breast_density", *_WHERE, "mass shape", "mass margins", *_RATINGS),
    "calcification": (
        *("patient_id", "breast density", *_WHERE, "calc type", "calc distribution", *_RATINGS),
    ),
}
SHORT = {"mass": "Mass", "calcification": "Calc"}
SIDE = {"L": "LEFT", "R": "RIGHT"}


def write_case(case: Case, streams: Streams, folder: Path, pixel_mm: float) -> Iterator[dict]:
    """Write one patient's images and masks; yield a table row for each abnormality."""
    for exposure in exposures(case, streams, pixel_mm, FRAMES_MM):
        pixels = acquire(exposure, case.scanner)
        for kind, split in sorted({(le.kind, le.split) for le in exposure.breast.lesions}):
            save = partial(_save, exposure, streams.entropy, folder)
            yield from _write_group(case, exposure, pixels, kind, split, save)


def acquire(exposure: Exposure, scanner_name: str | None = None) -> np.ndarray:
    """Return a film, digitised by one of DDSM's scanners, as CBIS-DDSM's 16-bit pixels.

    Without a name the scanner is drawn. It is drawn in any case, so that no other draw changes.
    """
    film, placement = develop(exposure.projection, FILM, exposure.noise), exposure.placement
    drawn = DDSM_SCANNERS[int(exposure.artefact.integers(len(DDSM_SCANNERS)))]
    scanner = next((s for s in DDSM_SCANNERS if s.name == scanner_name), drawn)
    text, pixel_mm = (exposure.breast.laterality, exposure.view), exposure.projection.pixel_mm
    sheet = background(placement.shape, pixel_mm, SHEET, text, placement.right, exposure.artefact)
    darkest = FILM.density_range[1]
    density = darkest * (1 - placement.mount(1 - film / np.float32(darkest), sheet))
    density = scanner.optical_density(scanner.digitise(density, exposure.noise))
    bright = (CLIP[1] - np.clip(density, *CLIP)) / (CLIP[1] - CLIP[0])
    return np.rint(bright * 65535).astype(np.uint16)


def _write_group(
    case: Case,
    exposure: Exposure,
    pixels: np.ndarray,
    kind: str,
    split: str,
    save: Callable[..., str],
) -> Iterator[dict]:
    """Write an image as often as it has lesions of a kind and split, with their crops and masks."""
    breast, patient = exposure.breast, f"P_{case.number + 1:05d}"
    name = f"{SHORT[kind]}-{split}_{patient}_{SIDE[breast.laterality]}_{exposure.view}"
    image = save(pixels, name, name, "full mammogram images")
    chosen = [
        (lesion, trace)
        for lesion, trace in zip(breast.lesions, exposure.projection.traces, strict=True)
        if (lesion.kind, lesion.split) == (kind, split)
    ]
    for number, (lesion, trace) in enumerate(chosen, start=1):
        mask = exposure.placement.mask(trace.contour, exposure.projection.pixel_mm)
        roi = f"{name}_{number}"
        crop = save(_crop(pixels, mask), name, roi, "ROI mask images")
        files = (image, crop, save(mask, name, roi, "ROI mask images", 2))
        where = (patient, case.density, SIDE[breast.laterality], exposure.view, number, kind)
        rated = (lesion.form, lesion.edge, lesion.assessment, lesion.pathology, lesion.subtlety)
        row = dict(zip((*COLUMNS[kind], *PATHS), (*where, *rated, *files), strict=True))
        # The case tables break the line inside one quoted path: of the mask for masses, of the
        # crop for calcifications.
        row[PATHS[2] if kind == "mass" else PATHS[1]] += "\n"
        yield row | {"table": f"{SHORT[kind].lower()}_{split}"}


def _crop(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Cut the region's box and stretch it to the full range, as the release's crops look."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return pixels[:2, :2]
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    low, high = float(cut.min()), float(cut.max())
    return np.rint((cut - low) * (65535 / max(high - low, 1))).astype(np.uint16)


def _save(
    exposure: Exposure,
    entropy: tuple[int, ...],
    folder: Path,
    pixels: np.ndarray,
    image: str,
    name: str,
    series_name: str,
    number: int = 1,
) -> str:
    """Write one file where the NBIA Data Retriever puts it; return its path in the tables."""
    parts = (("study",), ("series",), ("image", number))
    study, series, _ = identifiers = tuple(
        dicom_file.uid(*entropy, image, name, *part) for part in parts
    )
    bits = 8 * pixels.itemsize
    ds = dicom_file.image_dataset(pixels, bits, dicom_file.SECONDARY_CAPTURE, identifiers)
    ds.PatientID = ds.PatientName = name
    ds.ConversionType = "WSD"
    ds.SeriesDescription = series_name
    ds.PatientOrientation = exposure.view
    ds.Laterality = exposure.breast.laterality
    ds.Manufacturer = "Synthetic phantom (screen film)"
    ds.InstanceNumber = str(number)
    place = f"01-01-2000-DDSM-NA-{study[-5:]}/1.000000-{series_name}-{series[-5:]}/1-{number}.dcm"
    dicom_file.save(ds, folder / "CBIS-DDSM" / name / place)
    return f"{name}/{study}/{series}/{number - 1:06d}.dcm"


def write_tables(rows: list[dict], folder: Path) -> None:
    """Write the four case description tables with the release's headers and line ends."""
    for kind in SHORT:
        for split, suffix in (("Training", "train"), ("Test", "test")):
            short = SHORT[kind].lower()
            own = [row for row in rows if row["table"] == f"{short}_{split}"]
            table = pd.DataFrame(own, columns=[*COLUMNS[kind], *PATHS])
            file = folder / f"{short}_case_description_{suffix}_set.csv"
            table.to_csv(file, index=False, lineterminator="\r\n")
