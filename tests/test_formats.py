"""Formats of image files are told by what the files begin with."""

import pytest

from mammo.images import format_of


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0" * 128 + b"DICM", "DICOM"),
        (b"II*\0" + b"\0" * 124 + b"DICM", "DICOM"),  # a TIFF header in the preamble
        (b"\x08\0\x05\0CS\x0a\0ISO_IR 100", "DICOM"),
        (b"\x02\0\0\0UL", "DICOM"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"P5\n8 8", "PGM"),
        (b"P2\n8 8", "other format"),
        (b"BM\x36\x10\0\0\0\0\0\0", "other format"),
        (b"BMI,age,label", "other"),
        (b"GIF89a", "other format"),
        (b"RIFF\x10\0\0\0WEBPVP8L", "other format"),
        (b"\0\0\0\x0cjP  \r\n", "other format"),
        (b"\x5c\x01\0\0", "other format"),
        (b"%PDF-1.4", "other"),
        (b"PK\x03\x04" + b"\0" * 26 + b"img1.dcm", "archive"),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "other"),
        (b"\x1f\x8b\x08", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"Rar!\x1a\x07", "archive"),
        (b"x".ljust(257, b"\0") + b"ustar\00000", "archive"),
        (b"", "empty"),
    ],
)
def test_formats_are_told_by_content(head, kind):
    assert format_of(head) == kind
