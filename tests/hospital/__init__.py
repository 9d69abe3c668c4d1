"""A hospital's folder of images and labels, written in its vendors' manner, with its junk.

    made = hospital.write(folder)                                  # phantoms: seconds
    made = hospital.write(folder, patients=300, size=(96, 72), draw=hospital.sketches)
    assert hospital.find_planted(output, made.planted) == []

Everything follows from the arguments alone.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import labels
from .breasts import Drawing, phantoms, sketches
from .clutter import add_clutter, add_copies
from .contents import dicom_files, extra_files, raster_files
from .devices import DEVICES
from .examination import examine
from .extras import EXTRAS, FIT
from .labels import LabelTable
from .places import in_archive, in_folders, on_disc
from .planted import STEM, Planter
from .search import find_planted, planted_in

__all__ = [
    "Hospital", "LabelTable", "find_planted", "labels", "phantoms", "planted_in", "sketches",
    "write",
]  # fmt: skip

COLUMNS = (
    "path", "member", "kind", "expected_exclusion", "number", "patient", "study", "laterality",
    "view", "vendor", "transfer_syntax", "photometric", "label", "pathology", "birads", "comment",
)  # fmt: skip
EXPORTS = (
    (dicom_files, on_disc),
    (dicom_files, in_folders),
    (dicom_files, in_archive),
    (dicom_files, in_folders),
    (dicom_files, on_disc),
    (raster_files, in_folders),
)
"""What a patient's files are, and where they are laid, in turn."""


@dataclass(frozen=True)
class Hospital:
    """What was written.

    Parameters
    ----------
    folder : Path
    labels : LabelTable
        labels.csv in the folder: a row for each image, but for one image none, and one row of an
        image that is not there. `labels` makes other tables of `images`.
    images : DataFrame
        A row for each file but labels.csv and DICOMDIR, None where something does not apply:
        `path` below the folder and `member` of an archive; `kind`, of `extras.EXTRAS` or
        "mammogram", "no label", "duplicate file", "duplicate pixels", "empty" or "no image";
        `expected_exclusion`, the kind unless it can be scored; `number` of the patient, from 0;
        `patient` (ID), `study` (accession number), `vendor`, `transfer_syntax` (UID) and
        `photometric` as the file says them; `laterality` and `view` as far as they can be known;
        `label`, `pathology`, `birads`, `comment` as the table of labels says them.
    planted : dict of str to str
        Where a recognisable value was planted, and the value.
    """

    folder: Path
    labels: LabelTable
    images: pd.DataFrame
    planted: dict[str, str]


def write(
    folder: Path | str,
    *,
    patients: int = 12,
    seed: int = 0,
    size: tuple[int, int] = (320, 256),
    planted: bool = True,
    draw: Drawing = phantoms,
) -> Hospital:
    """Write a hospital's folder.

    Parameters
    ----------
    folder : path
        To be made.
    patients : int
        Each has four views. Six have every place, nine every device.
    seed : int
        Of the breasts and the UIDs.
    size : tuple of int
        Rows and columns of every view; for phantoms at least 287 rows.
    planted : bool
        Whether names begin with the stem that `find_planted` knows, and `planted` tells them.
    draw : callable
        `phantoms` or `sketches`.
    """
    root = Path(folder)
    planter = Planter(seed, STEM if planted else "PATIENT")
    laid = {layout: [] for _, layout in EXPORTS}
    for number in range(patients):
        make_files, layout = EXPORTS[number % len(EXPORTS)]
        exam = examine(number, DEVICES[_turn(number) % len(DEVICES)], planter)
        views = draw(number, seed, size)
        laid[layout] += make_files(exam, views, planter)
        laid[in_folders] += extra_files(exam, views, range(number, len(EXTRAS), patients), planter)
    rows = [row for layout, files in laid.items() for row in layout(files, root, planter)]
    _unlabel_last(rows)
    rows += add_copies(rows, root, planter)
    rows += add_clutter(root, planter)
    images = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    images = images.where(images.notna(), None)
    images["expected_exclusion"] = images["kind"].where(~images["kind"].isin(FIT), None)
    gone = planter.value("image of a label without an image", "SH")
    table = labels.write_csv(
        labels.orphan(labels.of_images(images), image=f"{gone}.dcm"), root / "labels.csv"
    )
    return Hospital(root, table, images, planter.values if planted else {})


def _turn(number: int) -> int:
    """How many patients with DICOM files came before."""
    return number - number // len(EXPORTS)


def _unlabel_last(rows: list[dict]) -> None:
    last = [row for row in rows if row["kind"] == "mammogram"][-1]
    last |= dict.fromkeys(("label", "pathology", "birads", "comment")) | {"kind": "no label"}
