"""What is known of a data set before a file is read, and the functions that find and read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Counts:
    """Counts of a data set; None where the source does not state one.

    Parameters
    ----------
    cases : int or None
        Cases: patients, or examinations where the set counts those.
    images : int or None
        Images used, after the exclusions of the label rule.
    images_total : int or None
        Images released, before exclusions.
    malignant, benign : int or None
        Images labelled malignant (positive) and benign (negative).
    malignant_percent, benign_percent : int or None
        The same in per cent of the images used, as printed.
    """

    cases: int | None = None
    images: int | None = None
    images_total: int | None = None
    malignant: int | None = None
    benign: int | None = None
    malignant_percent: int | None = None
    benign_percent: int | None = None


@dataclass(frozen=True)
class DatasetCard:
    """Card of a data set.

    Parameters
    ----------
    name : str
        Key in `mammo.datasets.DATASETS` and value of the manifest's ``dataset`` column.
    title : str
        Name as printed in tables.
    origin, years, use : str
        As in Table 1 of the paper; `use` is the part the set has in the study.
    modality : str
        "DSFM" (digitised screen film) or "FFDM" (full field digital).
    licence, citation, url : str
        Terms of use, primary reference, page of the release.
    how_to_get : tuple of str
        Steps to put the real files under the data root.
    published : Counts
        What Table 1 of the paper prints for the set.
    released : Counts
        What the release holds when read with the default label rule; nothing for an institution.
    """

    name: str
    title: str
    origin: str
    years: str
    use: str
    modality: str
    licence: str
    citation: str
    url: str
    how_to_get: tuple[str, ...]
    published: Counts
    released: Counts = field(default_factory=Counts)


@dataclass(frozen=True)
class Dataset:
    """A data set: its card, where it is, and its manifest.

    Parameters
    ----------
    card : DatasetCard
    find : callable
        ``find(data_root) -> Path | None``: where the set lies under the data root. None means
        absent; a place that is there but unusable is returned, for `load` to say what is wrong.
    load : callable
        ``load(path, *, source="real", **rules) -> DataFrame``: the manifest (see
        `mammo.datasets.manifest`). Raises `mammo.errors.DatasetError`.
    tables : callable, optional
        ``tables(folder) -> DataFrame``: the manifest that the set's tables alone give, every row
        excluded for want of its image; for sets whose tables come separately.
    places : callable, optional
        ``places(path, source) -> dict``: where each image lies, by its image_id; for sets whose
        files' names may tell who a patient is, so that no manifest on disk holds them.
    rules : mapping
        Label rules: arguments of `load`, and the parameters of a study that they are.
    means : tuple of str
        What `load` takes beside them, and the manifest does not depend on: "cache" (a folder for
        what it unpacks), "table" (a table of labels that is not in the set) or "workers".
    """

    card: DatasetCard
    find: Callable[[Path], Path | None]
    load: Callable[..., pd.DataFrame]
    tables: Callable[[Path], pd.DataFrame] | None = None
    places: Callable[[Path, str], dict[str, Path]] | None = None
    rules: Mapping[str, str] = field(default_factory=dict)
    means: tuple[str, ...] = ()
