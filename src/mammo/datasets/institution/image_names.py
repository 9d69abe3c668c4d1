"""The names by which a table of labels may call an image."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from mammo.errors import DatasetError


class ImageNames:
    """An index of images by their names.

    A table calls an image by its place in the folder; by the end of that, such as the file's name
    alone; by either without suffix; by its SOP Instance UID; or by a longer path that ends in its
    place, since tables are written where folders have other names. What comes first here is taken.

    Parameters
    ----------
    images : DataFrame
        ``place``, ``instance`` and ``excluded`` of `mammo.datasets.institution.inspection.COLUMNS`.
    folder : Path
        That the images lie in.
    spelt : callable
        How names are compared.
    """

    def __init__(self, images: pd.DataFrame, folder: Path, spelt: Callable[[str], str]) -> None:
        self._folder, self._spelt = folder, spelt
        self._instance, self._excluded = images["instance"], images["excluded"]
        self._named: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for image in images.itertuples():
            parts = image.place.relative_to(folder).parts
            for rank, name in _names(parts, image.place.stem, image.instance):
                self._named[self._respelt(name)][rank].append(image.Index)

    def find(self, written: str, line: int) -> list[int]:
        """Return the image that a line of the table names: several if they are copies of one.

        Raises
        ------
        DatasetError
            If it may be any of several.
        """
        found = self._candidates(written)
        if self._are_several(found):
            raise DatasetError(
                f"the table of labels, line {line}: the image may be any of {len(found)} files; "
                f"write its place below {self._folder}"
            )
        return found

    def find_only(self, written: str) -> list[int]:
        """Return the image that a name is of, as `find`; none where it may be any of several."""
        found = self._candidates(written)
        return [] if self._are_several(found) else found

    def _candidates(self, written: str) -> list[int]:
        found = self._best(written)
        return [number for number in found if self._excluded[number] is None] or list(found)

    def _are_several(self, found: Sequence[int]) -> bool:
        copies = {self._instance[number] for number in found}
        return len(found) > 1 and (len(copies) > 1 or None in copies)

    def _best(self, written: str) -> Sequence[int]:
        parts = [part for part in written.split("/") if part not in ("", ".")]
        if ranks := self._named.get(self._respelt("/".join(parts))):
            return ranks[min(ranks)]
        for start in range(1, len(parts)):
            ranks = self._named.get(self._respelt("/".join(parts[start:])), {})
            if whole := ranks.get(_WHOLE) or ranks.get(_WHOLE_STEM):
                return whole
        return []

    def _respelt(self, name: str) -> str:
        return "/".join(map(self._spelt, name.split("/")))


_WHOLE, _END, _WHOLE_STEM, _END_STEM, _INSTANCE = range(5)


def _names(parts: Sequence[str], stem: str, instance: str | None) -> Iterator[tuple[int, str]]:
    for last, whole, end in ((parts[-1], _WHOLE, _END), (stem, _WHOLE_STEM, _END_STEM)):
        renamed = (*parts[:-1], last)
        yield whole, "/".join(renamed)
        yield from ((end, "/".join(renamed[start:])) for start in range(1, len(parts)))
    if instance:
        yield _INSTANCE, instance
