"""The reporting checklists point to headings that the chapters have."""

import re

from mammo.book.chapters import chapters
from project import ROOT

_TITLE = r"'((?:[^']|'(?=\w))+)'"
_PLACE = re.compile(rf"\{{doc\}}`[^<`]*<([^>]+)>`((?:(?:,| and) {_TITLE})*)")


def test_each_title_is_a_heading_of_its_chapter():
    text = (ROOT / "book" / "reporting.md").read_text(encoding="utf-8")
    sources = {
        chapter.page.removesuffix(".ipynb"): (ROOT / chapter.source).read_text(encoding="utf-8")
        for chapter in chapters(ROOT).values()
    }
    named = [
        (page, title)
        for page, titles, _ in _PLACE.findall(text)
        for title in re.findall(_TITLE, titles)
    ]
    assert len(named) > 50
    missing = [
        (page, title)
        for page, title in named
        if not re.search(rf"^# #+ {re.escape(title)}$", sources[page], re.M)
    ]
    assert not missing
