"""What columns of a hospital's table may be that go by no usual name."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from mammo.datasets.institution.labels.words import (
    CLASSES,
    VIEWS,
    is_empty,
    normalised,
    side,
    side_and_view,
)
from mammo.files.spreadsheet import Sheet

_NUMBER = re.compile(r".*(nr|no|num|nummer|number|numero|id|code|pseudonym)")
_NO_NAME = re.compile(r".*(date|datum|fecha|data|series|serie|machine|device|site|index|version)")
_SHORTEST = 5  # letters of a name that says something within another
_WORDS = {normalised(word) for words in CLASSES.values() for word in words}
_DECIDING = ("label", "pathology", "birads")


def guesses_of(
    sheet: Sheet, found: Mapping[str, int], aliases: Mapping[str, Sequence[str]]
) -> dict[int, str]:
    """Guess what columns are of which nothing is known, by what they hold, then by their names.

    Parameters
    ----------
    sheet : Sheet
    found : mapping
        Our names of columns to the places that they were found in.
    aliases : mapping
        Our names to the usual ones.

    Returns
    -------
    dict
        Places to names of ours that were not found, each at most once.
    """
    has_label = not found.keys().isdisjoint(_DECIDING)
    missing = [
        name for name in aliases if name not in found and not (name == "label" and has_label)
    ]
    guessed: dict[int, str] = {}
    for guess in (_by_content, _by_name):
        for place, title in enumerate(sheet.header):
            if place in found.values() or place in guessed or not title:
                continue
            name = guess(title, sheet.columns[place], aliases)
            if name in missing:
                guessed[place] = name
                missing.remove(name)
    return guessed


def _by_content(_: str, texts: Sequence[str], __: Mapping[str, Sequence[str]]) -> str | None:
    words = {text for text in set(texts) if not is_empty(text)}
    if not words or len(words) > len(_WORDS):
        return None
    if all(side(word) for word in words) and len({side(word) for word in words}) > 1:
        return "laterality"
    if all(side_and_view(word)[1] in VIEWS for word in words):
        return "view"
    return "label" if len(words) > 1 and {normalised(word) for word in words} <= _WORDS else None


def _by_name(title: str, texts: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> str | None:
    word = normalised(title)
    if _NO_NAME.match(word):
        return None
    for name, usual in aliases.items():
        if name == "image" and 2 * len(set(texts)) < len(texts):
            continue  # path1 may be pathology
        known = [normalised(one) for one in usual]
        if any(len(one) >= _SHORTEST and one in word for one in known):
            return name
        if get_close_matches(word, known, 1, 0.85):
            return name
    return "patient_id" if _NUMBER.fullmatch(word) else None
