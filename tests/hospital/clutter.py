"""Copies of images, and everything else that is no image."""

import os
from collections.abc import Sequence
from pathlib import Path

from pydicom import dcmread

from .encoding import set_syntax, to_bytes
from .places import put
from .planted import Planter

_NOT_UTF8 = os.fsdecode("Überweisung (Kopie).dcm".encode("latin-1"))


def add_copies(rows: Sequence[dict], root: Path, planter: Planter) -> list[dict]:
    """Copy an image byte by byte, and another with new identifiers but the same pixels.

    The first copy's name is no UTF-8. Both are of fit images in files of their own.
    """
    first, second = [row for row in rows if _is_plain(row)][:2]
    folder = root / f"Kopien {planter.value('name of the folder of copies', 'SH')}"
    same = put((root / first["path"]).read_bytes(), folder / _NOT_UTF8, root)
    ds = dcmread(root / second["path"])
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        setattr(ds, keyword, planter.value(f"{keyword} of the copy", "UI"))
    ds.PatientName = planter.value("PatientName of the copy", "PN")
    set_syntax(ds, ds.file_meta.TransferSyntaxUID)
    again = put(to_bytes(ds), folder / "anonymised.dcm", root)
    unlabelled = dict.fromkeys(("label", "pathology", "birads", "comment"))
    return [
        first | same | unlabelled | {"kind": "duplicate file"},
        second | again | unlabelled | {"kind": "duplicate pixels"},
    ]


def add_clutter(root: Path, planter: Planter) -> list[dict]:
    """Write an empty image, what operating systems and offices leave, and a link to above."""

    def text(what: str) -> str:
        return planter.value(what)

    others = {
        "notes.txt": f"Call {text('notes.txt')} again\n".encode(),
        "report.pdf": f"%PDF-1.4\n% {text('report.pdf')}\n%%EOF\n".encode(),
        "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + text("Thumbs.db").encode("utf-16-le"),
        ".DS_Store": b"\0\0\0\1Bud1" + text(".DS_Store").encode("utf-16-be"),
        "._IM000001.dcm": b"\0\5\26\7\0\2\0\0Mac OS X        " + text("AppleDouble").encode(),
    }
    folder = root / f"Sonstiges {text('name of the folder of clutter')}"
    rows = [put(b"", folder / "leer.dcm", root) | {"kind": "empty"}]
    for name, content in others.items():
        rows.append(put(content, folder / name, root) | {"kind": "no image"})
    (folder / "back to the start").symlink_to(root, target_is_directory=True)
    return rows


def _is_plain(row: dict) -> bool:
    """Whether a row is of a fit DICOM image in a file of its own."""
    return row["kind"] == "mammogram" and "member" not in row and "vendor" in row
