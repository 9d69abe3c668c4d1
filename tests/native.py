"""Small files in the exact native formats of the data sets."""

import plistlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

UID_ROOT = "1.3.6.1.4.1.9590.100.1.2."
CALC_HEADER = (
    "patient_id,breast density,left or right breast,image view,abnormality id,abnormality type,"
    "calc type,calc distribution,assessment,pathology,subtlety,image file path,"
    "cropped image file path,ROI mask file path"
)
MASS_HEADER = CALC_HEADER.replace("breast density", "breast_density").replace(
    "calc type,calc distribution", "mass shape,mass margins"
)
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MAMMOGRAPHY = "1.2.840.10008.5.1.4.1.1.1.2"


def write_dicom(path: Path, pixels: np.ndarray, **elements: object) -> Path:
    """Write an uncompressed monochrome DICOM file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = elements.get("SOPClassUID", SECONDARY_CAPTURE)
    meta.MediaStorageSOPInstanceUID = elements.get("SOPInstanceUID") or "1.2.3"
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = FileDataset(str(path), Dataset(), file_meta=meta, preamble=b"\0" * 128)
    bits = pixels.dtype.itemsize * 8
    standard = {
        "SOPClassUID": SECONDARY_CAPTURE,
        "SOPInstanceUID": "1.2.3",
        "Modality": "MG",
        "PhotometricInterpretation": "MONOCHROME2",
        "SamplesPerPixel": 1,
        "PixelRepresentation": 0,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "PixelData": pixels.tobytes(),
    }
    for keyword, value in {**standard, **elements}.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def lesion(patient: str, **changes: str) -> dict[str, str]:
    """One row of a case description table, without its paths."""
    return {
        "patient": patient,
        "density": "2",
        "side": "LEFT",
        "view": "CC",
        "abnormality": "1",
        "assessment": "4",
        "pathology": "BENIGN",
        **changes,
    }


def series_uid(folder: str, what: str) -> str:
    """A SeriesInstanceUID that depends on the folder and on what the series holds."""
    return UID_ROOT + str(sum(ord(letter) * 97**i for i, letter in enumerate(folder + what)))


def folder_name(kind: str, split: str, row: dict[str, str]) -> str:
    return (
        f"{kind}-{'Training' if split == 'train' else 'Test'}_{row['patient']}_{row['side']}"
        f"_{row['view']}"
    )


def write_case_table(folder: Path, kind: str, split: str, rows: Sequence[dict[str, str]]) -> Path:
    """Write a case description CSV as TCIA does: CRLF, and an LF inside a quoted path."""
    lines = [CALC_HEADER if kind == "Calc" else MASS_HEADER]
    for row in rows:
        image = folder_name(kind, split, row)
        roi = f"{image}_{row['abnormality']}"
        paths = [
            f"{image}/{series_uid(image, 'study')}/{series_uid(image, 'full')}/000000.dcm",
            f"{roi}/{series_uid(roi, 'study')}/{series_uid(roi, 'roi')}/000001.dcm",
            f"{roi}/{series_uid(roi, 'study')}/{series_uid(roi, 'roi')}/000000.dcm",
        ]
        quoted = 1 if kind == "Calc" else 2
        paths[quoted] = f'"{paths[quoted]}\n"'
        lesion_type = row.get("type", "calcification" if kind == "Calc" else "mass")
        facts = [row["patient"], row["density"], row["side"], row["view"], row["abnormality"]]
        facts += [lesion_type, "N/A", "N/A", row["assessment"], row["pathology"], "3"]
        lines.append(",".join(facts + paths))
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{kind.lower()}_case_description_{split}_set.csv"
    table.write_bytes("\r\n".join([*lines, ""]).encode())
    return table


def write_cbis_tables(folder: Path, rows: dict[tuple[str, str], Sequence[dict[str, str]]]) -> None:
    """Write all four tables; those not in `rows` have a header only."""
    for kind in ("Calc", "Mass"):
        for split in ("train", "test"):
            write_case_table(folder, kind, split, rows.get((kind, split), ()))


def nbia_path(root: Path, name: str, what: str, number: int = 1, new: bool = True) -> Path:
    """Path of a file as the NBIA Data Retriever writes it: today's names, or the classic ones."""
    study, series = series_uid(name, "study"), series_uid(name, what)
    if not new:
        return root / name / study / series / f"{number - 1:06d}.dcm"
    title = "full mammogram images" if what == "full" else "ROI mask images"
    return (
        root
        / "manifest-ZkhPvrLo5216730872708713142"
        / "CBIS-DDSM"
        / name
        / f"08-29-2017-DDSM-NA-{study[-5:]}"
        / f"1.000000-{title}-{series[-5:]}"
        / f"1-{number}.dcm"
    )


def write_nbia_image(
    root: Path, kind: str, split: str, row: dict[str, str], new: bool = True
) -> Path:
    """Write a full image, and its lesion's crop and mask, as Secondary Capture DICOM."""
    name = folder_name(kind, split, row)
    full = nbia_path(root, name, "full", 1, new)
    side = {"LEFT": "L", "RIGHT": "R"}[row["side"]]
    pixels = np.full((40, 30), 60000, np.uint16)
    write_dicom(full, pixels, Laterality=side, PatientOrientation=row["view"], PatientID=name)
    roi = f"{name}_{row['abnormality']}"
    mask = np.zeros((41, 30), np.uint8)
    mask[10:20, 5:15] = 255
    write_dicom(nbia_path(root, roi, "roi", 1, new), np.full((9, 9), 65535, np.uint16))
    write_dicom(nbia_path(root, roi, "roi", 2, new), mask)
    return full


def write_inbreast_image(
    folder: Path, number: str, patient: str, side: str, view: str, **elements: object
) -> Path:
    """Write a For Presentation mammogram under INbreast's file name; MLO is called ML there."""
    short = "ML" if view == "MLO" else view
    standard = {
        "SOPClassUID": MAMMOGRAPHY,
        "PresentationIntentType": "FOR PRESENTATION",
        "ImagerPixelSpacing": [0.07, 0.07],
        "BitsStored": 14,
        "HighBit": 13,
        "Manufacturer": "SIEMENS",
    }
    return write_dicom(
        folder / f"{number}_{patient}_MG_{side}_{short}_ANON.dcm",
        np.arange(48, dtype=np.uint16).reshape(8, 6),
        **{**standard, **elements},
    )


def write_inbreast_table(folder: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    """Rows are (laterality, view, yyyymm, number, ACR, BI-RADS)."""
    header = "Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads"
    lines = [header, *(";".join(("removed", "removed", *row)) for row in rows), ""]
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "INbreast.csv"
    table.write_bytes("\r\n".join(lines).encode("ascii"))
    return table


def write_inbreast_outlines(path: Path, rois: dict[str, Sequence[str]]) -> Path:
    """Write an OsiriX property list: ROI name -> points "(x, y)"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [{"Name": name, "Point_px": list(points)} for name, points in rois.items()]
    path.write_bytes(plistlib.dumps({"Images": [{"ImageIndex": 0, "ROIs": listed}]}))
    return path


def write_pgm(path: Path, shape: tuple[int, int] = (8, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = f"P5\n{shape[1]} {shape[0]}\n255\n".encode()
    path.write_bytes(header + bytes(range(256))[: shape[0] * shape[1]])
    return path


def write_info(folder: Path, rows: Sequence[str]) -> Path:
    """Write Info.txt: prose, then the rows, with the trailing spaces of the original."""
    folder.mkdir(parents=True, exist_ok=True)
    prose = ["MAMMOGRAPHIC IMAGE ANALYSIS SOCIETY", "", "1st column: MIAS reference number.", ""]
    info = folder / "Info.txt"
    info.write_text("\n".join([*prose, *(row + " " for row in rows), "=" * 65, ""]))
    return info


def write_png(path: Path, bits: int = 16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    dtype = np.uint16 if bits == 16 else np.uint8
    Image.fromarray(np.arange(48, dtype=dtype).reshape(8, 6)).save(path)
    return path


def mammogram(number: int) -> np.ndarray:
    """A left breast in few pixels: uint16, shape (120, 90); another number, other grey values."""
    rows, columns = np.mgrid[-1:1:120j, 0:1:90j]
    grey = np.random.default_rng(number).uniform(20000, 50000, rows.shape)
    return np.where(rows**2 + (columns / 0.8) ** 2 < 0.8, grey, 0).astype(np.uint16)


def write_institution(root: Path, table: str, names: Sequence[str]) -> Path:
    """Write an institution's set under a data root: For Presentation DICOM and its labels."""
    folder = root / "institution"
    for number, name in enumerate(names):
        facts = {"ImageLaterality": "L", "ViewPosition": "CC", "SOPInstanceUID": f"1.2.3.{number}"}
        write_dicom(folder / name, mammogram(number), **facts)
    (folder / "labels.csv").write_text(table)
    return folder
