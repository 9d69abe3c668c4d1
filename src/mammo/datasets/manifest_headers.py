"""What the headers of a released set's images say, for its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm.auto import tqdm

from mammo.datasets.exclusions import unreadable
from mammo.datasets.fitness import unfit_raster, wrong_kind
from mammo.errors import UnreadableImageError
from mammo.files import containers
from mammo.files.opening import opened
from mammo.images import dicom_header, raster
from mammo.images.elements import Header

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
