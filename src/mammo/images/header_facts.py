"""Facts from image headers, read without decoding a pixel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tqdm.auto import tqdm

from mammo.errors import UnreadableImageError
from mammo.files.opening import naming_faults, opened
from mammo.images import dicom_header
from mammo.images.dicom_header import Header, text

if TYPE_CHECKING:
    import PIL.Image

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
MAX_PIXELS = 80_000_000
"""The largest mammograms have 30 million; what is larger is refused by every reader of images."""

_WHOLE_NUMBERS = ("Rows", "Columns", "BitsStored")
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
        with opened(path) as file:
            return raster_facts(file)
    header, _ = dicom_header.read_header(path, DICOM_TAGS)
    return facts_of(header)


def facts_of(header: Header) -> dict[str, object]:
    """Return the manifest's columns of a DICOM header that has `DICOM_TAGS`.

    Raises
    ------
    UnreadableImageError
        As `read_facts`.
    """
    with naming_faults("the DICOM header"):
        dicom_header.require_whole(header, _WHOLE_NUMBERS)
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


def _unfit(header: Header) -> str | None:
    if header.get("SOPClassUID") in CROSS_SECTIONS:
        return "a tomosynthesis or CT image, not a mammogram"
    if (text(header.get("PresentationIntentType")) or "").upper() == "FOR PROCESSING":
        return "a raw image FOR PROCESSING: export the FOR PRESENTATION image"
    if not header.get("Rows") or not header.get("Columns"):
        return "the DICOM file holds no image"
    return None


def raster_facts(file: BinaryIO) -> dict[str, object]:
    """Return the size and depth of an open PNG, TIFF, JPEG or PGM file, and whether it is fit.

    Raises
    ------
    UnreadableImageError
        As `read_facts`.
    """
    from PIL import Image

    with naming_faults("the image header"), Image.open(file, formats=RASTER_FORMATS) as image:
        columns, rows = image.size
        bits = _RASTER_BITS.get(image.mode, 16 if image.mode.startswith("I") else None)
        return {"rows": rows, "columns": columns, "bits_stored": bits, "excluded": _odd(image)}


def _odd(image: PIL.Image.Image) -> str | None:
    if image.width * image.height > MAX_PIXELS:
        return f"more than {MAX_PIXELS:,} pixels"
    if getattr(image, "n_frames", 1) > 1:
        return "several pages in one file: export each image to a file of its own"
    # A TIFF of mode "I" has 32 bits or signed values; a PNG or PGM of this mode has 16 bits.
    known = image.mode in _RASTER_BITS or image.mode.startswith("I")
    if not known or (image.format, image.mode) == ("TIFF", "I"):
        return "its pixels are not grey values of 8 or 16 bits: export them so"
    return None
