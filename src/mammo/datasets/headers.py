"""Facts from image headers, read without decoding a pixel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from mammo.containers import open_binary
from mammo.datasets import dicom_header
from mammo.datasets.dicom_header import text
from mammo.errors import UnreadableImageError

if TYPE_CHECKING:
    from pydicom import Dataset

DICOM_SUFFIXES = (".dcm", ".dicom")
RASTER_FORMATS = ("PPM", "PNG", "TIFF", "JPEG")
RASTER_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".pgm")

DICOM_TAGS = [
    "SOPClassUID",
    "PresentationIntentType",
    "PhotometricInterpretation",
    "BitsStored",
    "Manufacturer",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "Rows",
    "Columns",
    "ImageLaterality",
    "Laterality",
    "ViewPosition",
    "ViewCodeSequence",
    "PatientOrientation",
    "AcquisitionDate",
    "StudyDate",
]
CROSS_SECTIONS = (
    "1.2.840.10008.5.1.4.1.1.13.1.3",  # Breast Tomosynthesis
    "1.2.840.10008.5.1.4.1.1.2",  # CT: how some vendors write tomosynthesis
)
_RASTER_BITS = {"1": 1, "L": 8, "P": 8, "RGB": 8, "RGBA": 8, "LA": 8, "I;16": 16, "I;16B": 16}


def add_header_facts(rows: list[dict], title: str) -> list[dict]:
    """Complete the rows of a manifest with what the headers of their files say.

    What a row already states is kept. A header that cannot be read, or that belongs to no
    presentation mammogram, excludes its row with the reason; excluded rows are left as they are.

    Parameters
    ----------
    rows : list of dict
        Rows with ``path`` (and perhaps ``excluded``).
    title : str
        Name of the data set for the progress bar.
    """
    progress = tqdm(rows, desc=f"{title}: image headers", unit="image", delay=1, leave=False)
    return [row if row.get("excluded") else _completed(row) for row in progress]


def _completed(row: dict) -> dict:
    try:
        facts = read_facts(row["path"])
    except UnreadableImageError as error:
        return {**row, "excluded": str(error)}
    return {**facts, **{name: value for name, value in row.items() if value is not None}}


def is_image(path: Path) -> bool:
    """Say whether a file is an image, by its suffix or, where that says nothing, as DICOM."""
    suffix = path.suffix.lower()
    if suffix in (*DICOM_SUFFIXES, *RASTER_SUFFIXES):
        return True
    return path.name != "DICOMDIR" and suffix[1:].isdigit() == bool(suffix) and _has_magic(path)


def _has_magic(path: Path) -> bool:
    """DICOM PS3.10 section 7.1: 128 bytes of preamble, then DICM."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def read_facts(path: str | Path) -> dict[str, object]:
    """Read the header facts of one image file.

    Returns
    -------
    dict
        Keys are manifest columns; what the header does not say is None. ``excluded`` is set for
        images that are not meant for presentation.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal.
    """
    path = Path(path)
    if path.suffix.lower() in RASTER_SUFFIXES:
        return raster_facts(path)
    return _dicom_facts(path)


def _dicom_facts(path: Path) -> dict[str, object]:
    header, _ = dicom_header.read_header(path, DICOM_TAGS)
    return facts_of(header)


def facts_of(header: Dataset) -> dict[str, object]:
    """Return the manifest's columns of a DICOM header that has `DICOM_TAGS`.

    Raises
    ------
    UnreadableImageError
        As `read_facts`.
    """
    try:
        return {
            "presentation_intent": text(header.get("PresentationIntentType")),
            "photometric_interpretation": text(header.get("PhotometricInterpretation")),
            "bits_stored": header.get("BitsStored"),
            "manufacturer": text(header.get("Manufacturer")),
            "pixel_spacing_mm": dicom_header.spacing_mm(header),
            "rows": header.get("Rows"),
            "columns": header.get("Columns"),
            "laterality": dicom_header.laterality(header),
            "view": dicom_header.view(header),
            "acquisition_year": dicom_header.year(header),
            "excluded": _unfit(header),
        }
    except (ValueError, TypeError, IndexError) as error:
        kind = type(error).__name__
        raise UnreadableImageError(f"the DICOM header is damaged: {kind}") from error


def _unfit(header: Dataset) -> str | None:
    if header.get("SOPClassUID") in CROSS_SECTIONS:
        return "a tomosynthesis or CT image, not a mammogram"
    if (text(header.get("PresentationIntentType")) or "").upper() == "FOR PROCESSING":
        return "a raw image FOR PROCESSING: export the FOR PRESENTATION image"
    if not header.get("Rows") or not header.get("Columns"):
        return "the DICOM file holds no image"
    return None


def raster_facts(path: Path) -> dict[str, object]:
    """Return the size and depth of a PNG, TIFF, JPEG or PGM file.

    Raises
    ------
    UnreadableImageError
        As `read_facts`.
    """
    from PIL import Image

    # Pillow answers a damaged header with several kinds of error, among them SyntaxError.
    try:
        with open_binary(path) as file, Image.open(file, formats=RASTER_FORMATS) as image:
            columns, rows = image.size
            bits = _RASTER_BITS.get(image.mode, 16 if image.mode.startswith("I") else None)
    except Exception as error:
        kind = type(error).__name__
        raise UnreadableImageError(f"the image header is damaged: {kind}") from error
    return {"rows": rows, "columns": columns, "bits_stored": bits}
