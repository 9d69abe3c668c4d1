"""Facts from image headers, read without decoding a pixel."""

from __future__ import annotations

from pathlib import Path

from tqdm.auto import tqdm

from mammo.errors import UnreadableImageError

DICOM_SUFFIXES = (".dcm", ".dicom")
RASTER_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".pgm")

_TAGS = [
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
    "PatientOrientation",
    "AcquisitionDate",
    "StudyDate",
]
_CROSS_SECTIONS = (
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
        return _raster_facts(path)
    return _dicom_facts(path)


def _dicom_facts(path: Path) -> dict[str, object]:
    from pydicom import dcmread

    # A damaged header makes pydicom raise nearly anything; each costs its own row only.
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
        return _facts_of(header)
    except Exception as error:
        raise UnreadableImageError(f"the DICOM header is unreadable: {error}") from error


def _facts_of(header) -> dict[str, object]:
    spacing = header.get("PixelSpacing") or header.get("ImagerPixelSpacing")
    side = str(header.get("ImageLaterality") or header.get("Laterality") or "").upper()
    date = str(header.get("AcquisitionDate") or header.get("StudyDate") or "")
    return {
        "presentation_intent": _text(header.get("PresentationIntentType")),
        "photometric_interpretation": _text(header.get("PhotometricInterpretation")),
        "bits_stored": header.get("BitsStored"),
        "manufacturer": _text(header.get("Manufacturer")),
        "pixel_spacing_mm": float(spacing[0]) if spacing else None,
        "rows": header.get("Rows"),
        "columns": header.get("Columns"),
        "laterality": side if side in ("L", "R") else None,
        "view": _view(header),
        "acquisition_year": int(date[:4]) if date[:4].isdigit() else None,
        "excluded": _unfit(header),
    }


def _view(header) -> str | None:
    """View Position (0018,5101); CBIS-DDSM has it in Patient Orientation (0020,0020)."""
    orientation = header.get("PatientOrientation")
    orientation = orientation if isinstance(orientation, str) else ""
    view = _text(header.get("ViewPosition")) or orientation.strip()
    return view.upper() if view else None


def _unfit(header) -> str | None:
    if header.get("SOPClassUID") in _CROSS_SECTIONS:
        return "a tomosynthesis or CT image, not a mammogram"
    if str(header.get("PresentationIntentType", "")).strip().upper() == "FOR PROCESSING":
        return "a raw image FOR PROCESSING: export the FOR PRESENTATION image"
    if not header.get("Rows") or not header.get("Columns"):
        return "the DICOM file holds no image"
    return None


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


def _raster_facts(path: Path) -> dict[str, object]:
    from PIL import Image

    # Pillow answers a damaged header with several kinds of error, among them SyntaxError.
    try:
        with Image.open(path) as image:
            columns, rows = image.size
            bits = _RASTER_BITS.get(image.mode, 16 if image.mode.startswith("I") else None)
    except Exception as error:
        detail = str(error).replace(str(path), path.name)
        raise UnreadableImageError(f"the image header is unreadable: {detail}") from error
    return {"rows": rows, "columns": columns, "bits_stored": bits}
