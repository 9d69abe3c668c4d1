"""An institution's own images with a table of labels; the paper's UKy set is its card."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets import manifest
from mammo.datasets.card import Counts, DatasetCard
from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.folders import candidates, source_of
from mammo.datasets.institution.intake import (
    TABLE_NAMES,
    Intake,
    image_folder,
    image_pseudonym,
    read_intake,
)
from mammo.datasets.institution.labels import LabelLayout
from mammo.datasets.institution.labels.words import VIEWS
from mammo.errors import DatasetError
from mammo.files import containers
from mammo.files.pseudonyms import key_of, pseudonym

CARD = DatasetCard(
    name="institution",
    title="UKy",
    origin="United States",
    years="2014-2017",
    use="Testing",
    modality="FFDM",
    licence="private: the paper's images are not released; yours stay yours",
    citation=(
        "Wang X, Liang G, Zhang Y, Blanton H, Bessinger Z, Jacobs N. Inconsistent performance of "
        "deep learning models on mammogram classification. J Am Coll Radiol 2020;17:796-803. "
        "doi:10.1016/j.jacr.2020.01.006"
    ),
    url="https://doi.org/10.1016/j.jacr.2020.01.006",
    how_to_get=(
        "the paper's UKy images are private; this place is for images of your own",
        "name your folder and your table of labels: mammo check institution FOLDER --labels TABLE; "
        "or put the images into DATA_ROOT/institution/ with a table labels.csv or labels.xlsx",
        "the table has one row an image, breast or study: columns such as image, patient_id, "
        "laterality (L or R) and label (0 or 1, pathology in words, or BI-RADS)",
    ),
    published=Counts(
        cases=507,
        images=1872,
        images_total=1872,
        malignant=779,
        benign=1093,
        malignant_percent=58,
        benign_percent=42,
    ),
)

RULES = {
    name: f"institution_{name}" for name in ("columns", "positive", "negative", "excluded", "level")
}
MEANS = ("table", "workers")

_STATED = (
    *("photometric_interpretation", "presentation_intent", "bits_stored", "manufacturer"),
    *("pixel_spacing_mm", "rows", "columns", "acquisition_year", "laterality", "pathology"),
    *("birads", "density", "image_id", "patient_id", "study_id", "excluded"),
)


def find(data_root: Path) -> Path | None:
    """Return the folder ``institution`` under the data root, whatever is in it."""
    found = candidates(Path(data_root), ("institution", "uky"))
    return next((path for path in found if path.is_dir()), None)


def load(
    path: Path,
    *,
    source: str = "real",
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    positive: Sequence[str] = (),
    negative: Sequence[str] = (),
    excluded: Sequence[str] = (),
    level: str | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Read a folder of images and its table of labels.

    Parameters
    ----------
    path : Path
        Folder or zip archive with DICOM files (any name), PNG, TIFF, JPEG or PGM at any depth.
    source : {"real", "synthetic"}
        What the manifest's source column says, unless the folder is marked as synthetic.
    table : str, optional
        The table of labels; without it ``labels.csv`` or ``labels.xlsx`` in the folder.
    columns, positive, negative, excluded, level
        How the table is to be read: `mammo.datasets.institution.labels.LabelLayout`.
    workers : int
        Processes that read headers.

    Returns
    -------
    DataFrame
        Manifest. Patients, studies and images have pseudonyms (`mammo.files.pseudonyms`). Images
        that cannot be used, and rows of the table without an image, are excluded with the reason.
        The table's side and view stand before the header's, and those before the file name's.

    Raises
    ------
    DatasetError
        If the folder holds no image or no table, or the table cannot be understood.
    """
    layout = LabelLayout(
        columns=columns or {}, positive=positive, negative=negative, excluded=excluded, level=level
    )
    intake = read_intake(
        Path(path), Path(table) if table else None, layout, source=source, workers=workers
    )
    if intake.labels is None or intake.images.empty:
        raise DatasetError(
            f"{path} holds {len(intake.images)} images and {'a' if intake.labels else 'no'} table "
            f"of labels: both are needed (the table as {' or '.join(TABLE_NAMES)}, or named); or "
            "remove the folder to use a synthetic set"
        )
    return manifest_of(intake)


def manifest_of(intake: Intake) -> pd.DataFrame:
    """Return the manifest of an intake: its images, then rows of its table without an image."""
    shared = {"dataset": CARD.name, "source": intake.source}
    rows = [_row(file) for file in intake.images.to_dict("records")]
    if len(intake.absent):
        key = key_of(intake.source)
        rows += [_absent(line, key) for line in intake.absent["line"].tolist()]
    return manifest.build({**row, **shared} for row in rows)


def places(path: Path, source: str) -> dict[str, Path]:
    """Return where each image of a folder lies, by its pseudonym, which its place determines."""
    folder = image_folder(Path(path))
    key = key_of(source_of(folder, (), source))
    files = containers.walk(folder, lambda _: None)
    return {image_pseudonym(file, folder, key): file for file in files}


def _row(file: Mapping[str, object]) -> dict[str, object]:
    view = file["view"]
    return {
        **{name: file[name] for name in _STATED},
        "path": str(file["place"]),
        "label": None if file["excluded"] else file["label"],
        "view": view if view in VIEWS else None,  # other text may be a name
    }


def _absent(line: object, key: bytes) -> dict[str, object]:
    return {
        "image_id": pseudonym(key, "absent", f"{line}"),
        "excluded": Exclusion(Kind.LINE_NOT_FOUND, line),
    }
