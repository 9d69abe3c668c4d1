"""Names of patients, studies and images that are spelt in one way here and in another there."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator

Spelling = Callable[[str], str]
"""What is left of a name to compare it by."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
EXCEL_TEXT = re.compile(r"""="(.*)"|'(.*)""")
"""What keeps Excel from reading a number."""
_GAPS = re.compile(r"[\s_\-‐-―]+")
_PIECES = re.compile(r"[\s_\-/]+")
_SUFFIX = re.compile(  # the last part of a UID is none
    r"(?:\.(?:dcm|dicom|ima|png|tiff?|jpe?g|nii))*\.[a-z]\w{0,6}$", re.IGNORECASE
)
_MODALITY = re.compile(r"(?:mg|cr|dx|sc|ot)\.(?=\d+\.\d)")
_LONGEST_SHAPE = 24


def loosely(text: str) -> str:
    """Return a name without what spreadsheets and people change in it.

    That is capitals, forms of letters (NFC and NFD), blanks and which sign parts pieces, zeros at
    the beginning of numbers, ``.0`` behind a number, the marks by which Excel keeps text, and the
    modality that DCMTK writes before a UID.
    """
    word = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().strip()
    if marked := EXCEL_TEXT.fullmatch(word):
        word = marked[1] or marked[2] or ""
    word = _GAPS.sub(" ", word).strip()
    word = _MODALITY.sub("", re.sub(r"^(\d+)(?:\.0+|,0)$", r"\1", word), count=1)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", word)


def without_folder(name: str) -> str:
    """Return the last part of a path."""
    return name.rpartition("/")[2]


def without_suffix(name: str) -> str:
    """Return the last part of a path without the suffix of a file."""
    return _SUFFIX.sub("", without_folder(name))


def pairs(ours: Iterable[str], theirs: Collection[str], *spellings: Spelling) -> dict[str, str]:
    """Say which name there is meant by each name here.

    Names that are written alike are one. The others are compared as one spelling after the other
    leaves them, and are one where it makes no two names of a side alike.

    Parameters
    ----------
    ours, theirs : collections of str
    spellings : callables
        The strictest first.

    Returns
    -------
    dict of str to str
        Of those names of ours that are theirs.
    """
    ours, theirs = dict.fromkeys(ours), dict.fromkeys(theirs)
    found = {name: name for name in ours if name in theirs}
    for spelt in spellings:
        if len(found) == len(ours):
            break
        here, there = (_by_key((spelt(name), name) for name in side) for side in (ours, theirs))
        for key, names in here.items():
            if len(names) == len(there.get(key, ())) == 1:
                found.setdefault(*names, *there[key])
    return found


def pairs_by_ends(ours: Collection[str], theirs: Collection[str]) -> dict[str, str]:
    """Pair names of which one is the beginning or the end of the other, and of no second.

    Names are compared by whole pieces: ``462`` is an end of ``10006_462.png`` and of
    ``10006/462.dcm``, and no end of ``1462``.

    Returns
    -------
    dict of str to str
        Of ours to theirs; a name that may be several is in none.
    """
    here, there = ({name: _pieces(name) for name in side} for side in (ours, theirs))
    return _by_ends(here, there) | {name: other for other, name in _by_ends(there, here).items()}


def _by_ends(short: dict[str, tuple[str, ...]], long: dict[str, tuple[str, ...]]) -> dict[str, str]:
    whole = _by_key((pieces, name) for name, pieces in short.items())
    ends = _by_key((end, name) for name, pieces in long.items() for end in _ends(pieces))
    return {
        names[0]: ends[pieces][0]
        for pieces, names in whole.items()
        if len(names) == len(ends.get(pieces, ())) == 1
    }


def _pieces(name: str) -> tuple[str, ...]:
    last_two = _SUFFIX.sub("", "/".join(name.split("/")[-2:]))
    return tuple(loosely(piece) for piece in _PIECES.split(last_two) if piece)


def _ends(pieces: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield from {*(pieces[start:] for start in range(len(pieces))),
                *(pieces[:end] for end in range(1, len(pieces)))}  # fmt: skip


def _by_key(named: Iterable[tuple[object, str]]) -> dict:
    groups: dict[object, list[str]] = defaultdict(list)
    for key, name in named:
        groups[key].append(name)
    return groups


def shape(name: str) -> str:
    """Return how a name is made up, such as ``Aa99-9``, which tells nobody's."""
    kinds = {"Lu": "A", "Ll": "a", "Lo": "a", "Nd": "9"}
    letters = (kinds.get(unicodedata.category(one), one) for one in name[:_LONGEST_SHAPE])
    return "".join(one if one.isprintable() else "?" for one in letters)
