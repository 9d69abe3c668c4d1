"""INbreast's native files: AllDICOMs, the semicolon table, outlines as property lists."""

import hashlib
import plistlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from mammo.datasets.phantom import dicom_file
from mammo.datasets.phantom.acquisition import DetectorSettings, process, store
from mammo.datasets.phantom.imaging import Exposure, Streams, exposures
from mammo.datasets.phantom.population import Case

DETECTOR = DetectorSettings()
# MammoNovation's two formats: 2560 x 3328 and 3328 x 4084 pixels of .07 mm.
FRAMES_MM = ((233.0, 179.0), (286.0, 233.0))
ROOT = "INbreast Release 1.0"
HEADER = (
    *("Patient ID", "Patient age", "Laterality", "View", "Acquisition date", "File Name"),
    *("ACR", "Bi-Rads"),
)
# Stored values: 14 bits, air 0, the presentation window well inside them.
CENTRE, WIDTH = 2600, 3600


def write_case(case: Case, streams: Streams, folder: Path, pixel_mm: float) -> Iterator[dict]:
    """Write one patient's images and outlines; yield a table row for each image."""
    patient = hashlib.sha256(repr((streams.entropy, case.number)).encode()).hexdigest()[:16]
    # The release's own acquisition months.
    month = streams.generator("population").choice([200802, 200901, 200902, 201001])
    for index, exposure in enumerate(exposures(case, streams, pixel_mm, FRAMES_MM)):
        number = 50000000 + 100 * case.number + 24 * index
        side, view = exposure.breast.laterality, exposure.view
        short = "ML" if view == "MLO" else view
        name = f"{number}_{patient}_MG_{side}_{short}_ANON.dcm"
        source = (*streams.entropy, "inbreast", case.number)
        ds = dicom_file.presentation_dataset(
            exposure, acquire(exposure), 14, source, f"series {side} {view}"
        )
        ds.PatientID = ds.PatientName = "removed"
        ds.Manufacturer = "Synthetic phantom (MammoNovation-like)"
        ds.WindowCenter, ds.WindowWidth = CENTRE, WIDTH
        dicom_file.save(ds, folder / ROOT / "AllDICOMs" / name)
        if exposure.breast.lesions:
            _write_outlines(exposure, folder / ROOT / "AllXML" / f"{number}.xml")
        values = ("removed", "removed", side, view, month, number, case.density)
        yield dict(zip(HEADER, (*values, exposure.breast.birads), strict=True))


def acquire(exposure: Exposure) -> np.ndarray:
    """Return a processed image as 14-bit stored values: air is 0, the window is linear."""
    signal, breast = process(exposure.projection, DETECTOR, exposure.noise)
    # The look-up table with its soft ends is applied by the machine, as in the release's files.
    soft = 1 / (1 + np.exp(-4 * signal))
    return store(CENTRE + WIDTH * (soft - 0.5), breast, exposure.placement, 14)


def _write_outlines(exposure: Exposure, path: Path) -> None:
    regions = []
    pixel_mm = exposure.projection.pixel_mm
    traced = zip(exposure.breast.lesions, exposure.projection.traces, strict=True)
    for index, (lesion, trace) in enumerate(traced):
        points = exposure.placement.points(trace.contour, pixel_mm)
        named = {
            "IndexInImage": index,
            "Name": "Mass" if lesion.kind == "mass" else "Cluster",
            "NumberOfPoints": len(points),
            "Point_px": [f"({x:.6f}, {y:.6f})" for x, y in points],
            "Point_mm": [f"({x:.6f}, {y:.6f}, 0.000000)" for x, y in points * pixel_mm],
            "Type": 15,
        }
        regions.append(named)
    content = {"Images": [{"ImageIndex": 0, "NumberOfROIs": len(regions), "ROIs": regions}]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plistlib.dumps(content))


def write_tables(rows: list[dict], folder: Path) -> None:
    """Write INbreast.csv."""
    table = pd.DataFrame(rows, columns=list(HEADER))
    table.to_csv(folder / ROOT / "INbreast.csv", sep=";", index=False, lineterminator="\r\n")
