"""Presentation values in PNG and TIFF files of 8 and 16 bits, with text in their metadata."""

import io

import numpy as np
from PIL import Image, PngImagePlugin

from .planted import Planter

FORMS = (("png", 16), ("png", 8), ("tif", 16), ("tiff", 8))
"""Suffix and bits of the four views of a patient."""

_DESCRIPTION, _SOFTWARE, _DATE_TIME, _ARTIST, _HOST = 270, 305, 306, 315, 316


def encode(presentation: np.ndarray, suffix: str, bits: int, name: str, planter: Planter) -> bytes:
    """Return the file of one view, with planted text in every field that holds text."""
    dtype = np.uint16 if bits == 16 else np.uint8
    grey = Image.fromarray(np.rint(presentation * np.iinfo(dtype).max).astype(dtype))
    stream = io.BytesIO()
    if suffix == "png":
        grey.save(stream, "PNG", pnginfo=_chunks(name, planter))
    else:
        grey.save(stream, "TIFF", compression="tiff_lzw", tiffinfo=_tags(name, planter))
    return stream.getvalue()


def _chunks(name: str, planter: Planter) -> PngImagePlugin.PngInfo:
    """The three kinds of text chunks: Latin-1, compressed, and UTF-8."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Patient", planter.value(f"PNG tEXt of {name}", "PN"))
    chunks.add_text("Comment", planter.value(f"PNG zTXt of {name}"), zip=True)
    chunks.add_itxt("Description", planter.value(f"PNG iTXt of {name}"), zip=True)
    return chunks


def _tags(name: str, planter: Planter) -> dict[int, str]:
    tags = {tag: planter.value(f"TIFF tag {tag} of {name}", "SH")
            for tag in (_DESCRIPTION, _SOFTWARE, _ARTIST, _HOST)}  # fmt: skip
    return tags | {_DATE_TIME: planter.value(f"TIFF tag {_DATE_TIME} of {name}", "DA")}
