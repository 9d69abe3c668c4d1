"""From what a hospital's table says of each row to 0, 1, or the reason for neither."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mammo.datasets.institution.labels.columns import refuse_value
from mammo.datasets.institution.labels.words import (
    Meaning,
    Vocabulary,
    is_bare_category,
    is_empty,
    normalised,
)
from mammo.errors import DatasetError

DECIDING = ("label", "pathology", "birads")
"""The columns that may give the label; the first that is there does."""

_OF_SEVERITY = "0 is invasive cancer there, 1 is in situ, 4 and 5 are benign"
_OF_BENIGN = "1 or yes is said there of what is benign"
_BENIGN = re.compile(
    r"(?:no|non|not|without|free(?:of)?|ohne|sin|sans)"
    r"(?:cancer|malignan\w*|finding|krebs|befund)|cancerfree|beni(?:gn|n)|gutartig|goedaardig|(?<!ab)normal"
    r"|healthy|gesund|unauff|negativ|^(?:is)?(?:controls?|san[oa]|sain)$"
)
_MALIGNANT = re.compile(r"malig|cancer|krebs|bosartig|positiv|abnormal")
_SHOWN = 8
_BARE = ("true", "false", "yes", "no", "y", "n", "ja", "nein", "oui", "non", "si", "nee")


def classify(
    path: Path,
    table: pd.DataFrame,
    given: Mapping[Meaning, Sequence[str]],
    titles: Mapping[str, str],
) -> tuple[pd.DataFrame, list[str], str]:
    """Give each row its label.

    Parameters
    ----------
    path : Path
        Named in errors.
    table : DataFrame
        Column ``line`` and those of `DECIDING` that the file has, as text.
    given : mapping of {"positive", "negative", "excluded"} to words
        The user's words, beside the built-in ones (`labels.words.CLASSES`).
    titles : mapping of str to str
        What the file calls each column.

    Returns
    -------
    labels : DataFrame
        Index of the table; ``label`` (Int64; 1 positive, 0 negative, or missing) and ``no_label``
        (str, the reason for a missing one, else None).
    notes : list of str
        What was assumed.
    meaning : str
        Which words were taken for which class, and how often.

    Raises
    ------
    DatasetError
        If no column can give labels, the one that is there is known to count otherwise, a value is
        not known, or the scale of the numbers is in doubt.
    """
    column = _deciding(path, table)
    vocabulary = Vocabulary(column, given)
    _refuse_otherwise_counted(path, table[column], vocabulary, titles[column])
    _refuse_doubtful_numbers(path, table[column], vocabulary)
    meanings = _meanings(path, table, vocabulary)
    reasons = {text: _reason(text, meaning, vocabulary) for text, meaning in meanings.items()}
    labels = pd.DataFrame({"label": _classes(table[column].map(meanings))})
    told = list(map(reasons.__getitem__, table[column].tolist()))
    labels["no_label"] = pd.Series(told, dtype="object")
    notes = [*_notes(vocabulary), *_disagreement(path, table, labels["label"], vocabulary)]
    return labels, notes, _meaning(table[column], meanings, vocabulary)


def _meaning(texts: pd.Series, meanings: Mapping[str, Meaning | None], known: Vocabulary) -> str:
    counts: dict[Meaning, Counter[str]] = {"positive": Counter(), "negative": Counter()}
    for text, count in texts.value_counts().items():
        if meanings[text] in counts:
            counts[meanings[text]][known.word(text)] += count
    malignant, benign = (
        ", ".join(f"{_shown(word)} ({count:,})" for word, count in found.most_common(_SHOWN))
        or "nothing"
        for found in counts.values()
    )
    return f"{known.column}: taken for malignant {malignant}, for benign {benign}"


def _classes(meanings: pd.Series) -> pd.Series:
    return meanings.map({"positive": 1, "negative": 0}).astype("Int64")


def _deciding(path: Path, table: pd.DataFrame) -> str:
    for column in DECIDING:
        if column in table and not all(map(is_empty, table[column].unique())):
            return column
    raise DatasetError(f"{path} has a column of labels, but no row holds one: fill it")


def _refuse_otherwise_counted(
    path: Path, texts: pd.Series, vocabulary: Vocabulary, title: str
) -> None:
    reason = counts_otherwise(title)
    words = {vocabulary.word(text) for text in texts.unique() if not is_empty(text)}
    bare = {word for word in words if word.isdecimal() or word in _BARE}
    if reason and bare - vocabulary.given.keys():
        raise DatasetError(
            f"{path}: the column {title!r} counts otherwise than a label, where 1 is malignant "
            f"({reason}): say what each of its values is (--positive VALUE, --negative VALUE or "
            "--exclude VALUE, each as often as needed)"
        )


def counts_otherwise(title: str) -> str | None:
    """Return what is known of a column whose 1 is not malignant, by its name."""
    word = normalised(title)
    if word == "pathseverity":
        return _OF_SEVERITY
    rest = _BENIGN.sub("", word)
    return _OF_BENIGN if rest != word and not _MALIGNANT.search(rest) else None


def _refuse_doubtful_numbers(path: Path, texts: pd.Series, vocabulary: Vocabulary) -> None:
    """Refuse bare numbers that may be BI-RADS where 0 and 1 are expected, or the other way round.

    A BI-RADS of 1 is benign and a label of 1 is malignant.
    """
    words = {normalised(text) for text in texts.unique() if not is_empty(text)}
    numbers = {word for word in words if is_bare_category(word)}
    if any(word[0] == "-" for word in words):
        return  # no scale of these has numbers below zero, which are refused for themselves
    if all(vocabulary.word(number) in vocabulary.given for number in numbers):
        return
    if vocabulary.column == "birads":
        is_doubtful = words <= {"0", "1"}
    else:
        is_doubtful = numbers not in ({"0"}, {"0", "1"})
    if is_doubtful:
        raise DatasetError(
            f"{path}: the {vocabulary.column} column holds {', '.join(sorted(numbers))}, which may "
            "be BI-RADS, where 1 is benign, or labels, where 1 is malignant: name the column that "
            "is meant (--column birads THEIRS or --column label THEIRS), or say what each value "
            "is (--positive, --negative or --exclude VALUE)"
        )


def _meanings(path: Path, table: pd.DataFrame, vocabulary: Vocabulary) -> dict[str, Meaning | None]:
    """Return what each distinct text means; None if it is empty."""
    texts = table[vocabulary.column]
    meanings = {text: vocabulary.meaning(text) for text in texts.unique()}
    unknown = {text: found is None and not is_empty(text) for text, found in meanings.items()}
    fault = (
        f"is not known; known are {vocabulary.examples()}: say what it is (--positive WORD, "
        "--negative WORD or --exclude WORD)"
    )
    refuse_value(path, table, texts.map(unknown), vocabulary.column, fault)
    return meanings


def _reason(text: str, meaning: Meaning | None, vocabulary: Vocabulary) -> str | None:
    if meaning is None:
        return f"{vocabulary.column} is empty"
    if meaning == "excluded":
        return f"{_shown(vocabulary.word(text))} is neither class"
    return None


def _shown(word: str) -> str:
    return word.replace("birads", "BI-RADS ") if word.startswith("birads") else repr(word)


def _notes(vocabulary: Vocabulary) -> list[str]:
    notes = []
    if vocabulary.column == "birads" and vocabulary.built_in:
        notes.append(
            "labels are BI-RADS: 1 and 2 negative, 4 to 6 positive, 0 and 3 neither, but where "
            "words were given for them; BI-RADS is a reader's opinion, not a biopsy"
        )
    if not vocabulary.built_in:
        notes.append("only the given words are classes, since they turn the usual ones round")
    return notes


def _disagreement(
    path: Path, table: pd.DataFrame, label: pd.Series, vocabulary: Vocabulary
) -> list[str]:
    """Compare labels with a column of pathology beside them."""
    if vocabulary.column != "label" or "pathology" not in table:
        return []
    known = Vocabulary("pathology", {})
    pathology = _classes(table["pathology"].map(known.meaning))
    compared = label.notna() & pathology.notna()
    differs = compared & (label != pathology)
    if not differs.any():
        return []
    if differs.sum() == compared.sum() and not vocabulary.given:
        raise DatasetError(
            f"{path}: label and pathology contradict each other in every row, as if 0 and 1 were "
            "turned round; say what they are (--positive VALUE --negative VALUE)"
        )
    first = table.loc[differs, "line"].iloc[0]
    return [
        f"label and pathology contradict each other in {int(differs.sum())} of "
        f"{int(compared.sum())} rows, the first in line {first}; the label was taken"
    ]
