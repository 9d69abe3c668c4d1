"""An institution's files: For Presentation DICOM and a table of labels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from mammo.datasets.phantom import dicom_file
from mammo.datasets.phantom.acquisition import DetectorSettings, process, store
from mammo.datasets.phantom.imaging import Exposure, Streams, exposures
from mammo.datasets.phantom.population import Case

# Another vendor than INbreast's: more detail, flatter interior (by eye, see DetectorSettings).
DETECTOR = DetectorSettings(
    scatter=0.15,
    equalisation=(0.80, 0.95),
    detail=(0.35, 0.60),
    fine_detail=(0.20, 0.40),
    window=(1.5, 1.9),
    level=(0.45, 0.65),
)
# 2560 x 3328 and 3328 x 4096 pixels of .07 mm.
FRAMES_MM = ((233.0, 179.0), (287.0, 233.0))
COLUMNS = ["file", "patient_id", "laterality", "view", "label", "pathology", "density", "birads"]
# 12-bit stored values for the VOI LUT function SIGMOID, air 0.
CENTRE, WIDTH = 2300, 900


def write_case(case: Case, streams: Streams, folder: Path, pixel_mm: float) -> Iterator[dict]:
    """Write one patient's images; yield a table row for each."""
    patient = f"S{case.number + 1:04d}"
    for exposure in exposures(case, streams, pixel_mm, FRAMES_MM):
        breast, view = exposure.breast, exposure.view
        source = (*streams.entropy, "institution", case.number)
        ds = dicom_file.presentation_dataset(exposure, acquire(exposure), 12, source, "series")
        ds.PatientID = ds.PatientName = patient
        ds.Manufacturer = "Synthetic phantom (Hologic-like)"
        ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = CENTRE, WIDTH, "SIGMOID"
        file = f"images/{patient}/{patient}_{breast.laterality}_{view}.dcm"
        dicom_file.save(ds, folder / file)
        pathology = "MALIGNANT" if breast.malignant else "BENIGN"
        birads = breast.lesions[0].assessment if breast.lesions else 1
        label = int(breast.malignant)
        values = (file, patient, breast.laterality, view, label, pathology, case.density, birads)
        yield dict(zip(COLUMNS, values, strict=True))


def acquire(exposure: Exposure) -> np.ndarray:
    """Return a processed image as 12-bit stored values: air is 0."""
    signal, breast = process(exposure.projection, DETECTOR, exposure.noise)
    return store(CENTRE + WIDTH * signal, breast, exposure.placement, 12)


def write_tables(rows: list[dict], folder: Path) -> None:
    """Write labels.csv."""
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "labels.csv", index=False)
