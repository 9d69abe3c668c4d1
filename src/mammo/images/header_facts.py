"""Facts from image headers, read without decoding a pixel."""

from typing import BinaryIO

from mammo.files.opening import naming_faults
from mammo.images import dicom_header
from mammo.images.elements import Header, term, text, whole

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

_RASTER_BITS = {"1": 1, "L": 8, "P": 8, "RGB": 8, "RGBA": 8, "LA": 8, "I;16": 16, "I;16B": 16}


def facts_of(header: Header) -> dict[str, object]:
    """Return the manifest's columns of a DICOM header that has `DICOM_TAGS`.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal.
    """
    with naming_faults("the DICOM header"):
        return {
            "presentation_intent": text(header.get("PresentationIntentType")),
            "photometric_interpretation": term(header.get("PhotometricInterpretation")) or None,
            "bits_stored": whole(header, "BitsStored"),
            "manufacturer": text(header.get("Manufacturer")),
            "pixel_spacing_mm": dicom_header.spacing_mm(header),
            "rows": whole(header, "Rows"),
            "columns": whole(header, "Columns"),
            "laterality": dicom_header.laterality(header),
            "view": dicom_header.view(header),
            "acquisition_year": dicom_header.year(header),
        }


def raster_facts(file: BinaryIO) -> dict[str, object]:
    """Return what the header of an open PNG, TIFF, JPEG or PGM file says.

    Returns
    -------
    dict
        ``rows``, ``columns``, ``pages``, and ``bits_stored``: None where the pixels are no grey
        values of up to 16 bits.

    Raises
    ------
    UnreadableImageError
        As `facts_of`.
    """
    from PIL import Image

    with naming_faults("the image header"), Image.open(file, formats=RASTER_FORMATS) as image:
        columns, rows = image.size
        bits = _RASTER_BITS.get(image.mode, 16 if image.mode.startswith("I") else None)
        # A TIFF of mode "I" has 32 bits or signed values; a PNG or PGM of this mode has 16 bits.
        if (image.format, image.mode) == ("TIFF", "I"):
            bits = None
        pages = getattr(image, "n_frames", 1)
        return {"rows": rows, "columns": columns, "bits_stored": bits, "pages": pages}
