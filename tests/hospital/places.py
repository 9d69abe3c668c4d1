"""Where a hospital's files lie: a disc with DICOMDIR, folders with odd names, an archive."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.fileset import FileSet
from pydicom.uid import UID

from .contents import File
from .planted import Planter

ODD_NAMES = (
    "{}",
    "2nd try, clean {}",
    '"copy" of \'{}',
    "Müller 乳房 {}",
    "line\nbreak {}",
    "-{}",
    "very_long_" * 20 + "{}",
    "=cmd|'!A0{}",
    "<b>&amp;{}",
    ";%s%0a$(x){}",
)
"""File names as they come, and as they hurt."""

Layout = Callable[[Sequence[File], Path, Planter], list[dict]]
"""Writes files below a hospital's folder; returns their rows with `path` and `member`."""


def in_folders(files: Sequence[File], root: Path, planter: Planter) -> list[dict]:
    """Lay each patient's files into a folder, under odd names."""
    rows = []
    for number, file in enumerate(files):
        folder = root / "PACS export" / str(file.row["patient"])
        path = folder / ODD_NAMES[number % len(ODD_NAMES)].format(_name(file, planter))
        rows.append(file.row | put(file.content, path, root))
    return rows


def on_disc(files: Sequence[File], root: Path, planter: Planter) -> list[dict]:
    """Lay files without suffix beside a DICOMDIR (PS3.10 8, PS3.3 F)."""
    if not files:
        return []
    disc = FileSet()
    disc.UID = UID(planter.value("UID of the DICOMDIR", "UI"))
    disc.ID = planter.value("ID of the DICOMDIR", "SH")
    instances = [disc.add(dcmread(io.BytesIO(file.content))).SOPInstanceUID for file in files]
    folder = root / f"CD {planter.value('name of the disc', 'SH')}"
    disc.write(folder)
    disc._stage["t"].cleanup()  # else a ResourceWarning comes when nobody expects it
    places = {
        instance.SOPInstanceUID: Path(instance.path).relative_to(root).as_posix()
        for instance in disc
    }
    return [
        file.row | {"path": places[instance]}
        for file, instance in zip(files, instances, strict=True)
    ]


def in_archive(files: Sequence[File], root: Path, planter: Planter) -> list[dict]:
    """Lay files into a zip archive, with a letter."""
    if not files:
        return []
    path = root / f"Studien {planter.value('name of the archive', 'SH')}.zip"
    rows = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = planter.value("comment of the archive").encode()
        for file in files:
            member = f"{file.row['patient']}/{_name(file, planter)}"
            archive.writestr(zipfile.ZipInfo(member), file.content, zipfile.ZIP_DEFLATED)
            rows.append(file.row | {"path": path.relative_to(root).as_posix(), "member": member})
        letter = planter.value("letter in the archive")
        archive.writestr(zipfile.ZipInfo("letter.txt"), letter)
        row = {"kind": "no image", "member": "letter.txt"}
        rows.append(row | {"path": path.relative_to(root).as_posix()})
    return rows


def put(content: bytes, path: Path, root: Path) -> dict[str, str]:
    """Write a file; return its place in the hospital's folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"path": path.relative_to(root).as_posix()}


def _name(file: File, planter: Planter) -> str:
    return planter.value(f"file name of {file.what}", "SH") + file.ending
