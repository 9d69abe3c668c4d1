"""What hospitals' tables say: words for classes and sides, BI-RADS, density, views, ages."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal

from mammo.datasets.rules import classes_of
from mammo.images import dicom_header

Meaning = Literal["positive", "negative", "excluded"]

EMPTY = ("", "na", "n/a", "nan", "none", "null")

CLASSES: dict[Meaning, tuple[str, ...]] = {
    "positive": (
        *("1", "true", "yes", "y", "positive", "malignant", "malignancy", "cancer", "carcinoma"),
        *("invasive", "invasive carcinoma", "invasive cancer", "idc", "invasive ductal carcinoma"),
        *("ilc", "invasive lobular carcinoma", "dcis", "ductal carcinoma in situ"),
        *("maligne", "maligno", "maligna", "malin", "bösartig", "krebs", "karzinom", "carcinome"),
        *("kwaadaardig", "ja", "oui", "si"),
        *("birads4", "birads5", "birads6"),
    ),
    "negative": (
        *("0", "false", "no", "n", "negative", "benign", "benign without callback", "normal"),
        *("no cancer", "non cancer", "non malignant", "not malignant", "no malignancy"),
        *("negative for malignancy", "no evidence of malignancy"),
        *("benigne", "benigno", "benigna", "bénin", "gutartig", "goedaardig", "nein", "non", "nee"),
        *("birads1", "birads2"),
    ),
    "excluded": (
        *("unknown", "unclear", "indeterminate", "uncertain", "pending", "not available"),
        *("birads0", "birads3"),
    ),
}
"""The built-in vocabulary; case, accents, spaces, hyphens and underscores do not matter.

BI-RADS as in the paper: 1 and 2 negative, 4 to 6 positive, 3 dropped; 0 is no assessment yet.
Lesions of uncertain potential (LCIS, atypia, papilloma) are left to the user.
"""

SIDES = {
    "L": (
        *("l", "left", "lt", "links", "li", "lks", "gauche", "g", "izquierda", "izquierdo", "izq"),
        *("l.", "lt.", "li.", "left breast", "lt breast", "linke brust", "sein gauche"),
        *("sinistra", "sinistro", "sin", "sx", "esquerda"),
    ),
    "R": (
        *("r", "right", "rt", "rechts", "re", "droite", "droit", "d", "derecha", "derecho", "der"),
        *("r.", "rt.", "re.", "right breast", "rt breast", "rechte brust", "sein droit"),
        *("destra", "destro", "dx", "direita"),
    ),
    "both": (
        *("b", "both", "bilateral", "bilat", "beide", "beidseits", "bds", "lr", "rl"),
        *("l+r", "r+l", "l/r", "r/l", "left and right"),
    ),
    "": (*EMPTY, "u", "unknown"),
}
"""Sides in English, German, Dutch, French, Spanish, Italian and Portuguese.

B and U are those of Image Laterality (DICOM PS3.3 C.8.11.1) and Laterality. A letter that is left
in one language and right in another, or a number, is not among them: S, I, E, H, V, P, 1, 2.
"""

_BIRADS = re.compile(r"(birads|acr|category|cat|kategorie)?:?([0-35-6]|4[abc]?)(\.0+)?")
_DENSITY = re.compile(r"(?:birads|acr|density|dichte|type|typ)?:?([1-4a-d])(?:\.0+)?")
_NUMBER = re.compile(r"(-?\d+)(?:\.0+|,0)")
_NEGATIVE = re.compile(r"\s*[-‐–−]\s*\d")
_AGE = re.compile(r"(\d{1,3})(?:\.\d+)?y?")
_VIEW = re.compile(r"[A-Z0-9]{1,8}")
_VIEWS = {"CRANIOCAUDAL": "CC", "MEDIOLATERALOBLIQUE": "MLO"}
VIEWS = ("CC", "MLO", "ML", "LM", "LMO", "XCCL", "XCCM", "FB", "AT", "SIO", "CV")
"""Views that images have (DICOM PS3.16 CID 4014)."""
_OLDEST = 90


def normalised(text: str) -> str:
    """Return a word without case, accents, spaces, hyphens and underscores; ``1.0`` is ``1``.

    What stands before a number alone is its sign, and stays.
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    word = "".join(
        p for p in parts if not (p.isspace() or unicodedata.combining(p) or p in "_-‐–−")
    )
    word = "-" * bool(_NEGATIVE.match(text)) + word
    number = _NUMBER.fullmatch(word)
    return number[1] if number else word or text


def is_empty(text: str) -> bool:
    """Say whether a cell states nothing."""
    return normalised(text) in EMPTY


_SIDE_OF = {normalised(word): name for name, words in SIDES.items() for word in words}


def birads(text: str) -> str | None:
    """Return the BI-RADS category that a text is: 0 to 6, 4a, 4b or 4c; None if it is none."""
    found = _BIRADS.fullmatch(normalised(text))
    return found[2] if found else None


def is_bare_category(word: str) -> bool:
    """Say whether a normalised word is a number, perhaps with a letter, that may be a category."""
    found = _BIRADS.fullmatch(word)
    return found is not None and found[1] is None


class Vocabulary:
    """Which words of a column are which class: the user's, then the built-in ones.

    Parameters
    ----------
    column : {"label", "pathology", "birads"}
        A bare number is a BI-RADS category only in the last.
    given : mapping of {"positive", "negative", "excluded"} to words
        If one of them makes positive what the built-in words have negative, or the other way
        round, then no built-in word holds: half a turned-round scale would be worse than none.

    Raises
    ------
    ParameterError
        If a word is given for two classes.
    """

    def __init__(self, column: str, given: Mapping[Meaning, Sequence[str]]) -> None:
        self.column = column
        self.given = classes_of(
            {name: [self.word(text) for text in texts] for name, texts in given.items()}
        )
        self.built_in = {
            normalised(word): name for name, words in CLASSES.items() for word in words
        }
        pairs = {(name, self.built_in.get(word)) for word, name in self.given.items()}
        if pairs & {("positive", "negative"), ("negative", "positive")}:
            self.built_in = {}
        self.known = self.built_in | self.given

    def word(self, text: str) -> str:
        """Return the word by which a text is known; that of a BI-RADS category is ``birads4a``."""
        word = normalised(text)
        found = _BIRADS.fullmatch(word)
        is_category = found and (found[1] or self.column == "birads")
        return f"birads{found[2]}" if is_category else word

    def meaning(self, text: str) -> Meaning | None:
        """Return the class that a text is; None if the words do not say.

        What is said of 4 holds for 4a, 4b and 4c, unless something is said of them.
        """
        word = self.word(text)
        return self.known.get(word) or self.known.get(re.sub("^(birads4)[abc]$", r"\1", word))

    def spelling(self, text: str) -> str | None:
        """Return a known word in lower case with single spaces; None if it is not known."""
        return " ".join(re.split(r"[\s_-]+", text.lower())) if self.meaning(text) else None

    def examples(self) -> str:
        """Return the user's words and the commonest built-in ones, for an error."""
        common = [word for words in CLASSES.values() for word in words[:6]] if self.built_in else []
        categories = ["BI-RADS categories"] if self.built_in else []
        return ", ".join(dict.fromkeys([*self.given, *common, *categories]))


def side(text: str) -> str | None:
    """Return ``L``, ``R``, ``both`` or, if it is not stated, an empty text; None if unclear."""
    return _SIDE_OF.get(normalised(text) if text else text)


def side_and_view(text: str) -> tuple[str, str | None]:
    """Split a view such as ``RCC`` into its side (or an empty text) and the view in capitals.

    The view is None where it is no short word.
    """
    word = normalised(text).upper()
    side, known = dicom_header.side_and_view(word)
    if known:
        return side or "", known
    view = _VIEWS.get(word, word)
    return "", view if _VIEW.fullmatch(view) else None


def density(text: str) -> str | None:
    """Return the ACR density that a text is: 1 to 4 or a to d; None if it is none."""
    found = _DENSITY.fullmatch(normalised(text))
    return found[1] if found else None


def age(text: str) -> int | None:
    """Return an age in years, 90 standing for 90 and more; None if it is none.

    Above 89 an age identifies a person (45 CFR 164.514(b)(2)(i)(C)).
    """
    found = _AGE.fullmatch(normalised(text))
    return min(int(found[1]), _OLDEST) if found else None
