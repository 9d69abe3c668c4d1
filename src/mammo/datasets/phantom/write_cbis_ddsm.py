"""CBIS-DDSM's native files: the NBIA tree of Secondary Capture images and four case tables."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from mammo.datasets.phantom import dicom_file
from mammo.datasets.phantom.film import DDSM_SCANNERS, FilmSettings, develop
from mammo.datasets.phantom.imaging import Exposure, at_chest_wall, exposures, frame_shape
from mammo.datasets.phantom.lesion_plan import Lesion
from mammo.datasets.phantom.population import Case
from mammo.datasets.phantom.sheet import Placement, SheetSettings, background
from mammo.datasets.phantom.streams import Streams

FILM = FilmSettings()
SHEET = SheetSettings(
    label_rate=0.75, strip_rate=0.10, mirrored=False
)  # By eye: most show a label.
FRAMES_MM = ((240.0, 180.0), (300.0, 240.0))
# CBIS-DDSM's images are optical densities, clipped by the usual converters, bright where dense.
CLIP = (0.05, 3.0)

PATHS = ("image file path", "cropped image file path", "ROI mask file path")
COLUMNS = {
    "mass": [
        "patient_id",
        "breast_density",
        "left or right breast",
        "image view",
        "abnormality id",
        "abnormality type",
        "mass shape",
        "mass margins",
        "assessment",
        "pathology",
        "subtlety",
    ],
    "calcification": [
        "patient_id",
        "breast density",
        "left or right breast",
        "image view",
        "abnormality id",
        "abnormality type",
        "calc type",
        "calc distribution",
        "assessment",
        "pathology",
        "subtlety",
    ],
}
SHORT = {"mass": "Mass", "calcification": "Calc"}
SIDE = {"L": "LEFT", "R": "RIGHT"}


def write_case(case: Case, streams: Streams, folder: Path, pixel_mm: float) -> list[dict]:
    """Write one patient's images and masks; return a table row for each abnormality."""
    rows = []
    for exposure in exposures(case, streams, pixel_mm, FRAMES_MM):
        shape = frame_shape(exposure, FRAMES_MM)
        placement = at_chest_wall(shape, exposure.breast.laterality)
        pixels = acquire(exposure, placement)
        groups = sorted({(lesion.kind, lesion.split) for lesion in exposure.breast.lesions})
        for kind, split in groups:
            rows += _write_group(case, streams, exposure, placement, pixels, kind, split, folder)
    return rows


def acquire(exposure: Exposure, placement: Placement) -> np.ndarray:
    """Return a film, digitised by one of DDSM's scanners, as CBIS-DDSM's 16-bit pixels."""
    film = develop(exposure.projection, FILM, exposure.noise)
    scanner = DDSM_SCANNERS[int(exposure.artefact.integers(len(DDSM_SCANNERS)))]
    text = (exposure.breast.laterality, exposure.view)
    sheet = background(
        placement.shape,
        exposure.projection.pixel_mm,
        SHEET,
        text,
        placement.right,
        exposure.artefact,
    )
    darkest = FILM.density_range[1]
    density = darkest * (1 - placement.mount(1 - film / np.float32(darkest), sheet))
    density = scanner.optical_density(scanner.digitise(density, exposure.noise))
    bright = (CLIP[1] - np.clip(density, *CLIP)) / (CLIP[1] - CLIP[0])
    return np.rint(bright * 65535).astype(np.uint16)


def _write_group(
    case: Case,
    streams: Streams,
    exposure: Exposure,
    placement: Placement,
    pixels: np.ndarray,
    kind: str,
    split: str,
    folder: Path,
) -> list[dict]:
    breast, patient = exposure.breast, f"P_{case.number + 1:05d}"
    name = f"{SHORT[kind]}-{split}_{patient}_{SIDE[breast.laterality]}_{exposure.view}"
    key = (*streams.entropy, name)
    image = _save(pixels, 16, key, name, "full mammogram images", 1, exposure, folder)
    chosen = [
        (lesion, trace)
        for lesion, trace in zip(breast.lesions, exposure.projection.traces, strict=True)
        if (lesion.kind, lesion.split) == (kind, split)
    ]
    rows = []
    for number, (lesion, trace) in enumerate(chosen, start=1):
        mask = placement.mask(trace.contour, exposure.projection.pixel_mm)
        roi = f"{name}_{number}"
        crop = _save(_crop(pixels, mask), 16, key, roi, "ROI mask images", 1, exposure, folder)
        outlined = _save(mask, 8, key, roi, "ROI mask images", 2, exposure, folder)
        row = _row(case, exposure, lesion, number)
        # The case tables break the line inside one quoted path: of the mask for masses, of the
        # crop for calcifications.
        broken = PATHS[2] if kind == "mass" else PATHS[1]
        row |= dict(zip(PATHS, (image, crop, outlined), strict=True))
        row[broken] += "\n"
        rows.append(row | {"table": f"{SHORT[kind].lower()}_{split}"})
    return rows


def _row(case: Case, exposure: Exposure, lesion: Lesion, number: int) -> dict:
    values = (
        f"P_{case.number + 1:05d}",
        case.density,
        SIDE[exposure.breast.laterality],
        exposure.view,
        number,
        lesion.kind,
        lesion.form,
        lesion.edge,
        lesion.assessment,
        lesion.pathology,
        lesion.subtlety,
    )
    return dict(zip(COLUMNS[lesion.kind], values, strict=True))


def _crop(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Cut the region's box and stretch it to the full range, as the release's crops look."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return pixels[:2, :2]
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    low, high = float(cut.min()), float(cut.max())
    return np.rint((cut - low) * (65535 / max(high - low, 1))).astype(np.uint16)


def _save(
    pixels: np.ndarray,
    bits: int,
    key: tuple,
    name: str,
    series_name: str,
    number: int,
    exposure: Exposure,
    folder: Path,
) -> str:
    """Write one file where the NBIA Data Retriever puts it; return its path in the tables."""
    study = dicom_file.uid(*key, name, "study")
    series = dicom_file.uid(*key, name, "series")
    instance = dicom_file.uid(*key, name, "image", number)
    ds = dicom_file.image_dataset(
        pixels, bits, dicom_file.SECONDARY_CAPTURE, (study, series, instance)
    )
    ds.PatientID = ds.PatientName = name
    ds.ConversionType = "WSD"
    ds.SeriesDescription = series_name
    ds.PatientOrientation = exposure.view
    ds.Laterality = exposure.breast.laterality
    ds.Manufacturer = "Synthetic phantom (screen film)"
    ds.InstanceNumber = str(number)
    file = (
        folder
        / "CBIS-DDSM"
        / name
        / f"01-01-2000-DDSM-NA-{study[-5:]}"
        / f"1.000000-{series_name}-{series[-5:]}"
        / f"1-{number}.dcm"
    )
    dicom_file.save(ds, file)
    return f"{name}/{study}/{series}/{number - 1:06d}.dcm"


def write_tables(rows: list[dict], folder: Path) -> None:
    """Write the four case description tables with the release's headers and line ends."""
    for kind in SHORT:
        for split, suffix in (("Training", "train"), ("Test", "test")):
            short = SHORT[kind].lower()
            path = folder / f"{short}_case_description_{suffix}_set.csv"
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(
                    stream, [*COLUMNS[kind], *PATHS], extrasaction="ignore", lineterminator="\r\n"
                )
                writer.writeheader()
                writer.writerows(row for row in rows if row["table"] == f"{short}_{split}")
