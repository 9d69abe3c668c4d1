"""Characters that may stand on a page, whoever wrote the text."""

import unicodedata

REPLACEMENT = "\ufffd"
_JOINERS = "\u200c\u200d\u00ad"  # within words of some scripts, and the soft hyphen


def visible(value: object) -> str:
    """Return a value as text in which nothing is hidden and nothing steers.

    Control characters, NUL among them, marks that reverse the direction of what follows
    (Boucher and Anderson, Trojan Source, 2021), lone surrogates and characters without a meaning
    become U+FFFD. Line feeds, tabs, spaces of all widths and joiners within words stay.
    """
    text = str(value).replace("\r\n", "\n")
    if text.isprintable():
        return text
    return "".join(char if _may_stand(char) else REPLACEMENT for char in text)


def _may_stand(char: str) -> bool:
    return char.isprintable() or char in "\n\t" + _JOINERS or unicodedata.category(char) == "Zs"
