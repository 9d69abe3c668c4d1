"""Whether a file holds a mammogram that classifiers are made for, and what else its header says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from mammo.datasets.exclusions import Exclusion, Kind, unreadable
from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.files.opening import opened
from mammo.images import dicom_header, fitness, raster
from mammo.images.elements import Header, numbers, text
from mammo.images.fitness import Fault
from mammo.images.image import MAX_BYTES, MAX_PIXELS
from mammo.images.pixel_data import PixelData

if TYPE_CHECKING:
    from pydicom.uid import UID

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
TAGS = (
    *fitness.TAGS,
    "BurnedInAnnotation",
    "ViewPosition",
    "ViewCodeSequence",
    "ViewModifierCodeSequence",
    "PatientOrientation",
    "EstimatedRadiographicMagnificationFactor",
)
"""Keywords of the elements that `unfit` asks for."""

_MAGNIFIED = 1.3
"""Contact views have a factor of 1.0 to 1.2, magnification views of 1.5 to 2."""


def unfit(header: Header, syntax: UID | None, pixels: PixelData) -> Exclusion | None:
    """Return the first reason why a file cannot be scored, None if it may be.

    Whether it can be read is the reader's own judgement (`mammo.images.fitness`).

    Parameters
    ----------
    header : mapping
        Keyword to value, of `TAGS`.
    syntax : pydicom.uid.UID or None
        The transfer syntax.
    pixels : PixelData

    Returns
    -------
    Exclusion or None
        Without any value of the file that could name a patient.

    Raises
    ------
    UnreadableImageError
        If the header is damaged.
    """
    return (
        wrong_kind(header)
        or _screenshot(header)
        or _wrong_view(header)
        or _first(fitness.wrong_pixels(header))
        or _first(fitness.wrong_encoding(header, syntax, pixels))
    )


def wrong_kind(header: Header) -> Exclusion | None:
    """Return why an image is no grey projection that is meant to be looked at, None if it is one.

    Parameters
    ----------
    header : pydicom.Dataset or mapping
        Has the elements `dicom_header.KIND_TAGS`.

    Raises
    ------
    UnreadableImageError
        If the header is damaged.
    """
    return _first(fitness.wrong_kind(header))


def _first(faults: Iterator[Fault]) -> Exclusion | None:
    return next((Exclusion(Kind[fault.kind], fault.detail) for fault in faults), None)


def is_secondary_capture(header: Header) -> bool:
    """Whether an image was captured from a screen or scanned, and not sent by its device."""
    return (text(header.get("SOPClassUID")) or "").startswith(_SECONDARY_CAPTURE)


def _screenshot(header: Header) -> Exclusion | None:
    is_marked = is_secondary_capture(header) and dicom_header.says_yes(header, "BurnedInAnnotation")
    return Exclusion(Kind.SCREENSHOT) if is_marked else None


def _wrong_view(header: Header) -> Exclusion | None:
    found = dicom_header.modifiers(header)
    factors = numbers(header.get("EstimatedRadiographicMagnificationFactor"))
    if dicom_header.view(header) == "SPECIMEN":
        return Exclusion(Kind.SPECIMEN)
    if "magnification" in found or any(factor > _MAGNIFIED for factor in factors):
        return Exclusion(Kind.PART_OF_BREAST, "magnification")
    if "spot compression" in found:
        return Exclusion(Kind.PART_OF_BREAST, "spot compression")
    return None


def unfit_raster(facts: Mapping[str, object], size: int) -> Exclusion | None:
    """Return why a PNG, TIFF, JPEG or PGM cannot be scored, None if it may be.

    Parameters
    ----------
    facts : mapping
        Of `mammo.images.raster.raster_facts`.
    size : int
        Bytes of the file.
    """
    if size > MAX_BYTES:
        return Exclusion(Kind.TOO_MANY_BYTES, f"{MAX_BYTES:,}")
    if facts["rows"] * facts["columns"] > MAX_PIXELS:
        return Exclusion(Kind.TOO_LARGE, f"{MAX_PIXELS:,}")
    if facts["pages"] > 1:
        return Exclusion(Kind.PAGES)
    return None if facts["bits_stored"] else Exclusion(Kind.NOT_GREY)


_TAGS = (*dicom_header.FACT_TAGS, *dicom_header.KIND_TAGS)


def add_header_facts(rows: list[dict], title: str) -> list[dict]:
    """Complete the rows of a manifest with what the headers of their files say.

    What a row already states is kept. A header that cannot be read, or that belongs to no
    presentation mammogram, excludes its row; excluded rows are left as they are.

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
    path = Path(row["path"])
    is_raster = path.suffix.lower() in raster.SUFFIXES
    try:
        facts = _read_raster(path) if is_raster else read_dicom_facts(path)[0]
    except UnreadableImageError as error:
        return {**row, "excluded": unreadable(error)}
    return {**facts, **{name: value for name, value in row.items() if value is not None}}


def _read_raster(path: Path) -> dict[str, object]:
    with opened(path) as file:
        facts = raster.raster_facts(file)
    excluded = unfit_raster(facts, containers.size(path))
    del facts["pages"]
    return {**facts, "excluded": excluded}


def read_dicom_facts(path: Path, tags: Sequence[str] = ()) -> tuple[dict[str, object], Header]:
    """Read the columns of a manifest that the header of a DICOM file fills.

    Parameters
    ----------
    path : Path
    tags : sequence of str
        Keywords of further elements to be read.

    Returns
    -------
    facts : dict
        What the header does not say is None; ``excluded`` is set where it belongs to no
        presentation mammogram.
    header : dict

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal.
    """
    with opened(path) as file:
        header, _, _ = dicom_header.read_header(file, (*_TAGS, *tags))
    return {**dicom_header.facts_of(header), "excluded": wrong_kind(header)}, header
