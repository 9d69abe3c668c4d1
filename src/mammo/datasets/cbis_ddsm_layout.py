"""Where the files of CBIS-DDSM's images lie: NBIA Data Retriever trees and Kaggle's JPEG variant.

The CSV tables name files as TCIA once kept them; every download renames folders and files. What
survives is the first folder (DICOM's Patient ID), the SeriesInstanceUID where folders or
``metadata.csv`` carry it, and else the last five digits of the UID at the end of a folder name.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from mammo.datasets.original_tables import read_table

IMAGE_SUFFIXES = (".dcm", ".jpg", ".jpeg", ".png")
_FOLDER = re.compile(r"(Calc|Mass)-(Training|Test)_P_\d+_(LEFT|RIGHT)_(CC|MLO)(_\d+)?")
_KAGGLE_PREFIX = "CBIS-DDSM/"
_SUFFIX_DIGITS = 5


class ImageTree:
    """The image files of a download, by folder name and by SeriesInstanceUID.

    Parameters
    ----------
    files : iterable of Path
        All files of the download; ``metadata.csv`` (NBIA) and ``dicom_info.csv`` (Kaggle) among
        them are read.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        files = list(files)
        images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
        self._by_folder: dict[str, list[Path]] = defaultdict(list)
        self._by_series: dict[str, list[Path]] = defaultdict(list)
        for image in images:
            for part in image.parts[-5:-1]:
                if _FOLDER.fullmatch(part):
                    self._by_folder[part].append(image)
            self._by_series[image.parent.name].append(image)
        tables = {"metadata.csv": self._add_nbia_table, "dicom_info.csv": self._add_kaggle_table}
        for file in files:
            if file.name in tables:
                tables[file.name](file, set(images))

    def full_image(self, image_id: str, series_uid: str) -> Path | None:
        """Return the file of a full image, the largest if it is there several times, or None."""
        files = self._series(image_id, series_uid) or self._by_folder.get(image_id, [])
        if len(files) < 2:
            return files[0] if files else None
        return max(files, key=lambda file: file.stat().st_size)

    def roi_files(self, roi_id: str, series_uids: Sequence[str]) -> list[Path]:
        """Return the crop and mask files of a lesion; only their content tells which is which."""
        folder = self._by_folder.get(roi_id, [])
        return folder or [file for uid in series_uids for file in self._by_series.get(uid, [])]

    def _series(self, folder: str, series_uid: str) -> list[Path]:
        if not series_uid:
            return []
        suffix = "-" + series_uid[-_SUFFIX_DIGITS:]
        files = self._by_folder.get(folder, [])
        return self._by_series.get(series_uid) or [
            file for file in files if file.parent.name.endswith(suffix)
        ]

    def _add_nbia_table(self, table: Path, images: set[Path]) -> None:
        by_parent = defaultdict(list)
        for image in images:
            by_parent[image.parent].append(image)
        for row in _rows(table, ("Subject ID", "Series UID", "File Location")):
            location = PurePosixPath(row["File Location"].replace("\\", "/"))
            files = sorted(by_parent.get(table.parent / location, []))
            self._add(row["Subject ID"], row["Series UID"], files)

    def _add_kaggle_table(self, table: Path, images: set[Path]) -> None:
        root = table.parent.parent
        for row in _rows(table, ("PatientID", "SeriesInstanceUID", "image_path")):
            file = root / row["image_path"].removeprefix(_KAGGLE_PREFIX)
            self._add(row["PatientID"], row["SeriesInstanceUID"], [file] if file in images else [])

    def _add(self, folder: str, series_uid: str, files: list[Path]) -> None:
        for known in (self._by_folder[folder], self._by_series[series_uid]):
            known += [file for file in files if file not in known]


def _rows(table: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    return read_table(table, columns)[list(columns)].to_dict("records")
