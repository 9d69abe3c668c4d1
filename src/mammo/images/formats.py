"""The format of an image file, told by its content and never by its name."""

HEAD_BYTES = 132
"""What `format_of` looks at."""

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"\xff\xd8\xff": "JPEG",
    b"P5": "PGM",
    # DICOM without the preamble of PS3.10 section 7.1: the group of the first element.
    b"\x02\x00": "DICOM",
    b"\x08\x00": "DICOM",
}


def format_of(head: bytes) -> str:
    """Return "DICOM", "PNG", "TIFF", "JPEG", "PGM", "other" or "empty" by a file's first bytes."""
    # DICM first: the preamble before it may hold a TIFF header (PS3.10 section 7.1).
    if head[128:HEAD_BYTES] == b"DICM":
        return "DICOM"
    named = (name for signature, name in _SIGNATURES.items() if head.startswith(signature))
    return next(named, "other" if head else "empty")
