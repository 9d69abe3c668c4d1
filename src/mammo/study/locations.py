"""Where a study's files are: real data sets where present, phantoms where absent."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mammo.datasets import DATASETS, FURTHER, KNOWN, STAND_INS, reader_study
from mammo.errors import ParameterError
from mammo.files.artifacts import Artifacts, FileState, digest, file_state, folder_fingerprint
from mammo.files.disk import naming_errors
from mammo.parameters import Parameters, sources
from mammo.study.phantoms import phantom_folder

WEIGHTS, DETECTIONS = "weights", "frcnn_cad"
"""Folders below the data root: imported weights, and detections that their authors released."""
RECORDED = "recorded"
"""Folder of the project with results of others' files that need not be there."""
_TABLES = (".csv", ".txt", ".xlsx")


@dataclass(frozen=True)
class Location:
    """Where a data set is read from.

    Attributes
    ----------
    path : Path
        Folder or archive.
    source : str
        "real", or "synthetic" where phantoms stand in for an absent set.
    fingerprint : str
        Digest of its files' names, sizes and times, or of the phantoms' recipe.
    """

    path: Path
    source: str
    fingerprint: str

    def files_digest(self, paths: Iterable[str]) -> str:
        """Return the digest of files of the set: each one's place in it, and its state.

        Phantoms and what was unpacked from an archive are known by their set's fingerprint, so that
        a copy of the project, whose files have other times, finds them again.
        """
        return digest([self._state(Path(path)) for path in paths])

    def _state(self, path: Path) -> tuple[object, ...]:
        if not path.is_relative_to(self.path):
            return (path.name, self.fingerprint)
        place = path.relative_to(self.path).as_posix()
        if self.source == "synthetic":
            return (place, self.fingerprint)
        file_or_archive = next((one for one in (path, *path.parents) if one.is_file()), path)
        return (place, file_state(file_or_archive))


class Locations:
    """Places of data sets and of what else the user has put below the data root.

    Parameters
    ----------
    parameters : Parameters
        Data root and recipe of the phantoms.
    artifacts : Artifacts
        Takes the phantoms.
    """

    def __init__(self, parameters: Parameters, artifacts: Artifacts) -> None:
        self.parameters = parameters
        self.artifacts = artifacts
        self._found: dict[str, Location] = {}

    @cached_property
    def data_root(self) -> Path:
        """Folder of real data sets.

        Raises
        ------
        ParameterError
            If it was named and does not exist.
        """
        root = sources.data_root(self.parameters)
        if not root.is_dir() and root != sources.resolve(sources.DEFAULT_DATA_ROOT):
            raise ParameterError(
                f"{root}: no such folder of data sets; correct data_root or $MAMMO_DATA, or name "
                "neither to use synthetic sets"
            )
        return root

    @property
    def weights(self) -> Path:
        """Folder of the authors' weights that have been imported."""
        return self.data_root / WEIGHTS

    def fingerprint(self) -> str:
        """Return the digest of all data sets, real or synthetic, and of what was imported."""
        names = {name: self.in_place_of(name) for name in DATASETS} | {n: n for n in self.further}
        places = {name: self.of(read) for name, read in names.items()}
        sets = {name: [place.source, place.fingerprint] for name, place in places.items()}
        folders = [self.data_root / name for name in (WEIGHTS, DETECTIONS, reader_study.FOLDER)]
        folders.append(sources.resolve(RECORDED))
        given = [folder_fingerprint(path) for path in (*folders, Path(self.parameters.weights))]
        tables = self._tables_beside(folders[0])
        return digest({**sets, "given": given, "tables": tables})

    @cached_property
    def further(self) -> tuple[str, ...]:
        """Names of the sets beside the paper's that are there; no phantoms stand for the others."""
        return tuple(name for name, other in FURTHER.items() if other.find(self.data_root))

    def in_place_of(self, dataset: str) -> str:
        """Return the set that is read in a set's place: itself, or a public stand-in.

        A stand-in that is there takes the institution's place where that is absent. It keeps its
        own name, so that its numbers are never taken for the institution's.
        """
        if (
            dataset != "institution"
            or self._named(dataset)
            or DATASETS[dataset].find(self.data_root)
        ):
            return dataset
        there = (name for name, other in STAND_INS.items() if other.find(self.data_root))
        return next(there, dataset)

    def of(self, dataset: str) -> Location:
        """Return where a data set is, writing phantoms where it is absent."""
        if dataset not in self._found:
            with naming_errors(self.data_root):
                real = self._named(dataset) or KNOWN[dataset].find(self.data_root)
            self._found[dataset] = (
                Location(real, "real", self._fingerprint(dataset, real))
                if real
                else self._phantoms(dataset)
            )
        return self._found[dataset]

    @property
    def labels(self) -> str | None:
        """The institution's table of labels, if one is named.

        Raises
        ------
        ParameterError
            If there is no such file.
        """
        named = self.parameters.institution_labels
        if named is None:
            return None
        table = sources.resolve(named)
        if not table.is_file():
            raise ParameterError(f"{table}: no such table of labels; correct institution_labels")
        return str(table)

    def _named(self, dataset: str) -> Path | None:
        """Return the institution's folder, if one is named."""
        named = self.parameters.institution_folder if dataset == "institution" else None
        if named is None:
            return None
        folder = sources.resolve(named)
        if not folder.exists():
            raise ParameterError(f"{folder}: no such folder or archive; correct institution_folder")
        return folder

    def _fingerprint(self, dataset: str, place: Path) -> str:
        if dataset != "institution":
            return digest([folder_fingerprint(place), self._tables_beside(place)])
        if self.labels is None:
            return folder_fingerprint(place)
        return digest([folder_fingerprint(place), folder_fingerprint(Path(self.labels))])

    def _tables_beside(self, place: Path) -> list[tuple[str, FileState]]:
        """Return the states of tables and marks beside and above a set, which belong to it too."""
        folders = (place.parent, place.parent.parent)
        within = [folder for folder in folders if folder.is_relative_to(self.data_root)]
        files = [file for folder in within for file in sorted(folder.glob("*"))]
        return [(file.name, file_state(file)) for file in files if file.suffix.lower() in _TABLES]

    def _phantoms(self, dataset: str) -> Location:
        if dataset not in DATASETS:
            raise ParameterError(
                f"{self.data_root}: {dataset} is not there, and no synthetic set stands for it; "
                f"'mammo check {dataset}' says how to get it"
            )
        folder = phantom_folder(self.parameters, self.artifacts, dataset)
        return Location(folder / "set", "synthetic", folder.name)
