"""Name a reference in the list as the text does: by its authors and its year."""

from collections.abc import Iterable, Iterator

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as UnsortedStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx

_MOST_NAMED = 2
"""Authors; of more the first is named, as in the text."""


class AuthorYear(BaseLabelStyle):
    """Labels such as "Wang et al., 2020"."""

    def format_labels(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Yield the label of each entry."""
        for entry in entries:
            names = [_last_name(person) for person in entry.persons.get("author", [])]
            authors = " and ".join(names) if len(names) <= _MOST_NAMED else f"{names[0]} et al."
            yield f"{authors}, {entry.fields.get('year', 'no year')}"


class Style(UnsortedStyle):
    """The list's style: plain, by author and year."""

    default_sorting_style = "author_year_title"
    default_label_style = AuthorYear


def _last_name(person: object) -> str:
    return " ".join([*person.prelast_names, *person.last_names]).replace("{", "").replace("}", "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the style under the name that ``_config.yml`` gives it."""
    register_plugin("pybtex.style.formatting", "author_year", Style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
