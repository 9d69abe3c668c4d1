"""The report's page: every block, whatever stands in it, as one closed and well-formed file."""

import base64
import csv
import html
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup
from matplotlib.figure import Figure as Drawing

from mammo.datasets.check_report import Finding
from mammo.report.figures.style import Picture, drawing
from mammo.report.page import blocks
from mammo.report.page.cells import LONGEST, grid
from mammo.report.page.characters import visible
from mammo.report.page.render import render

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
VOID = {"meta", "img", "circle", "path"}
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style><script>alert(1)</script>",
    '" onerror="alert(1)" x=\'',
    "javascript:alert(1)",
    "--><!-- ]]> <![CDATA[",
    "{{ 7 * 7 }} {% raw %} {# #}",
    "&lt;b&gt; &amp;#0;",
    "\0null\0",
    "\u202ereversed\u2066\u2069\u200f",
    "\ud800 alone",
    "w" * 10_000,
    "word " * 2_000,
]


def picture(kind: str = "svg") -> Picture:
    with drawing():
        figure = Drawing(figsize=(3, 2))
        figure.subplots().plot([0, 1])
    return Picture(figure, "A rising line.", kind=kind)


def every_block(text: str) -> list:
    """All blocks, with the text in every place that takes one."""
    frame = pd.DataFrame({text: [text, "b"], "n": [1, 2]})
    shown = picture()
    return [
        blocks.Prose(text),
        *(blocks.Notice(kind, text, text) for kind in ("ok", "note", "warning", "error")),
        blocks.Findings([Finding("ok", text), Finding("error", text, text)]),
        blocks.Table(frame, text, text),
        blocks.Table(frame, text, collapsed=True, most_rows=1),
        blocks.Figure(Picture(shown.figure, text), text),
        blocks.Thumbnails([blocks.Thumbnail(PNG, text, text)], text),
        blocks.KeyFigures([blocks.KeyFigure(text, text, text, text)]),
        blocks.NextSteps([text, text], text),
    ]


def page_of(text: str) -> blocks.Page:
    sections = [
        blocks.Section(text, every_block(text), "first"),
        blocks.Section(text, [], "second"),
    ]
    return blocks.Page(
        text, text, {text: text}, sections, [blocks.KeyFigures([blocks.KeyFigure("a", text, "b")])]
    )


class Read(HTMLParser):
    """Elements of a page in their order, its ids and its text; elements are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data[:50]}")

    unknown_decl = handle_pi = handle_comment

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name))]


@pytest.fixture(scope="module")
def harmless() -> Read:
    return Read(render(page_of("word")))


def test_the_file_needs_nothing_and_runs_nothing(harmless):
    source = render(page_of("word"))
    assert not re.search(r"https?:|url\(|@import|//\w|<(?:script|link|iframe|object|base)", source)
    assert all(address.startswith("data:image/") for address in harmless.values("src"))
    assert all(address.startswith("#") for address in harmless.values("href"))
    (policy,) = (
        attributes["content"]
        for tag, attributes in harmless.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_it_is_a_document_with_a_language_and_one_first_heading(harmless):
    assert render(page_of("word")).startswith("<!DOCTYPE html>\n")
    tags = [tag for tag, _ in harmless.elements]
    assert harmless.elements[0] == ("html", {"lang": "en"})
    assert [tags.count(tag) for tag in ("title", "h1", "main", "nav")] == [1, 1, 1, 1]


def test_references_within_the_page_have_their_targets(harmless):
    ids = harmless.values("id")
    assert len(set(ids)) == len(ids)
    links = [address.removeprefix("#") for address in harmless.values("href")]
    assert links == ["page_report", "first", "second"]
    assert {*links, *harmless.values("aria-labelledby")} <= set(ids)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_changes_the_structure_of_the_page(harmless, text):
    assert Read(render(page_of(text))).shape == harmless.shape


@given(st.text(st.characters(exclude_characters="*`\n"), min_size=1, max_size=60))
def test_any_text_is_shown_and_stays_text(text):
    held = [blocks.Notice("note", text), blocks.KeyFigures([blocks.KeyFigure(text, text, text)])]
    source = render(blocks.Page(text, text, {text: text}, [blocks.Section(text, held, "one")]))
    source.encode()
    assert [tag for tag, _ in Read(source).elements].count("strong") == 0
    (value,) = re.findall(r'<dd class="value">(.*?)</dd>', source, re.S)
    assert html.unescape(value) == visible(text)


@pytest.mark.parametrize(
    ("char", "stays"),
    [
        ("\0", False), ("\x1b", False), ("\x7f", False), ("\x85", False), ("\r", False),
        ("\u202a", False), ("\u202e", False), ("\u2066", False), ("\u2069", False),
        ("\u200e", False), ("\u061c", False), ("\u200b", False), ("\ufeff", False),
        ("\u2028", False), ("\ud800", False), ("\uffff", False), ("\U000e0041", False),
        ("\n", True), ("\t", True), ("\xa0", True), ("\u200d", True), ("\xad", True),
        ("é", True), ("א", True), ("腫", True), ("\u0301", True), ("😀", True),
    ],
)  # fmt: skip
def test_characters_that_steer_or_hide_are_replaced_and_others_stay(char, stays):
    assert visible(f"a{char}b") == f"a{char if stays else chr(0xFFFD)}b"


def test_line_ends_of_windows_are_line_ends():
    assert visible("a\r\nb") == "a\nb"


class Disguised(str):
    """Text that claims to be HTML."""

    def __html__(self) -> str:
        return "<b>bold</b>"


@pytest.mark.parametrize("text", [Markup("<b>bold</b>"), Disguised("<b>bold</b>")])
def test_what_claims_to_be_html_is_text_all_the_same(harmless, text):
    read = Read(render(page_of(text)))
    assert read.shape == harmless.shape
    assert "".join(read.text).count("<b>bold</b>") > 20


def test_equal_pages_give_equal_bytes():
    assert render(page_of("word")) == render(page_of("word"))


def shown(block) -> str:
    source = render(blocks.Page("t", "", {}, [blocks.Section("s", [block], "one")]))
    return source.partition('<h2 id="one_title">s</h2>\n')[2].partition("</section>")[0]


def test_marks_in_running_text():
    assert shown(blocks.Prose("a **b c** and `d <e>`, **f\n\n* g ` h")) == (
        '<p class="prose">a <strong>b c</strong> and <code>d &lt;e&gt;</code>, **f</p>\n'
        '<p class="prose">* g ` h</p>\n'
    )


@pytest.mark.parametrize(
    ("kind", "word"),
    [("ok", "Good"), ("note", "Note"), ("warning", "Warning"), ("error", "Problem")],
)
def test_each_severity_has_a_word_and_a_sign_of_its_own(kind, word):
    for block in (
        blocks.Notice(kind, "text", "remedy"),
        blocks.Findings([Finding(kind, "text", "remedy")]),
    ):
        source = shown(block)
        assert f"{word}</span>" in source
        assert "What to do:</span> remedy" in source
    others = {"ok", "note", "warning", "error"} - {kind}
    drawn = re.search("<svg.*?</svg>", shown(blocks.Notice(kind, "")))[0]
    assert all(drawn not in shown(blocks.Notice(other, "")) for other in others)


def test_an_unknown_severity_is_an_error():
    with pytest.raises(UndefinedError, match="fatal"):
        shown(blocks.Notice("fatal", "text"))


def test_a_picture_is_an_image_of_its_own_kind_and_width():
    for kind, media_type in (("svg", "svg+xml"), ("png", "png")):
        one = picture(kind)
        source = shown(blocks.Figure(one, "The caption"))
        encoded = base64.b64encode(one.render()).decode()
        assert f'alt="A rising line." src="data:image/{media_type};base64,{encoded}"' in source
        assert '<img width="300" style="min-width: 300px"' in source
        assert "The caption</figcaption>" in source


def test_thumbnails_keep_their_bytes():
    source = shown(blocks.Thumbnails([blocks.Thumbnail(PNG, "left MLO", "Missed")], "The worst"))
    (address,) = re.findall(r'alt="left MLO" src="data:image/png;base64,([^"]*)"', source)
    assert base64.b64decode(address) == PNG


VALUES = pd.DataFrame(
    {
        "name": ["first", None],
        "count": [1234, 5],
        "share": [0.123456, np.nan],
        "large": [12345.0, 1234.5],
        "auROC": ["0.71 (0.65 to 0.77)", "–"],
        "p": ["< 0.001", "0.2"],
        "known": [True, False],
        "mixed": ["12", "none"],
    }
)


def test_cells_are_text_and_columns_of_numbers_are_told():
    headings, rows, n_rows = grid(VALUES)
    assert [[cell.text for cell in row] for row in rows] == [
        ["first", "1,234", "0.1235", "12,345", "0.71 (0.65 to 0.77)", "< 0.001", "yes", "12"],
        ["–", "5", "–", "1,234", "–", "0.2", "no", "none"],
    ]
    kinds = ["text", "number", "number", "number", "number", "number", "text", "text"]
    assert [cell.kind for cell in headings] == kinds
    assert [[cell.kind for cell in row] for row in rows] == [kinds, kinds]
    assert n_rows == 2


def test_headings_name_their_rows_and_columns():
    source = shown(blocks.Table(VALUES, "caption"))
    assert '<th scope="col" class="number">count</th>' in source
    assert '<tr><th scope="row" class="text">first</th><td class="number">1,234</td>' in source
    assert '<span class="caption">caption</span></caption>' in source


def test_long_cells_end_in_an_ellipsis_and_may_be_broken():
    (long,), (short,) = grid(pd.DataFrame({"a": ["w" * 10_000, "w " * 20]})).rows
    assert long.text == "w" * (LONGEST - 1) + "…"
    assert (long.kind, short.kind) == ("long", "text")


def test_rows_that_are_left_out_are_counted():
    source = shown(blocks.Table(pd.DataFrame({"a": range(1500)}), "caption", most_rows=3))
    assert source.count('<th scope="row"') == 3
    assert "The first 3 of 1,500 rows are shown." in source
    assert "rows are shown" not in shown(
        blocks.Table(pd.DataFrame({"a": range(3)}), "c", most_rows=3)
    )


def test_a_table_without_rows_says_so():
    assert "No rows." in shown(blocks.Table(pd.DataFrame({"a": [], "b": []}), "caption"))
    assert "No rows." in shown(blocks.Table(pd.DataFrame(), "caption"))


def test_a_shut_table_stands_behind_its_switch_and_not_in_it():
    source = shown(blocks.Table(VALUES, "caption", collapsed=True))
    assert source.index("</details>") < source.index("<table>")
    assert "<details>" not in shown(blocks.Table(VALUES, "caption"))


def test_a_shut_table_says_how_many_rows_it_has():
    for n_rows, words in ((0, "0 rows"), (1, "1 row"), (1500, "1,500 rows")):
        frame = pd.DataFrame({"a": range(n_rows)})
        source = shown(blocks.Table(frame, "caption", collapsed=True))
        assert f'<span class="rows">{words}</span>' in source


def test_next_steps_have_a_title_unless_it_is_taken_away():
    assert "What to do next</p>" in shown(blocks.NextSteps(["a"]))
    assert shown(blocks.NextSteps(["a"], title="")).startswith('<div>\n<ol class="next-steps">')


def test_columns_of_one_name_are_kept_apart():
    twice = pd.DataFrame([[1, "a"]], columns=["same", "same"])
    assert [cell.text for cell in grid(twice).rows[0]] == ["1", "a"]


@pytest.mark.parametrize("anchor", ["", "Your data", "1st", 'a" onclick="', "a_b", "javascript:"])
def test_an_anchor_is_a_plain_name(anchor):
    with pytest.raises(ValueError, match="an anchor is like"):
        blocks.Section("title", [], anchor)


def test_two_sections_of_one_anchor_are_refused():
    with pytest.raises(ValueError, match="anchor of its own"):
        blocks.Page(
            "t", "s", {}, [blocks.Section("a", [], "same"), blocks.Section("b", [], "same")]
        )


def test_a_group_shows_its_blocks_one_below_the_other():
    tables = [blocks.Table(pd.DataFrame({"a": [1]}), f"Table {n}", name=f"t{n}") for n in (1, 2)]
    group = blocks.Group(tables)
    assert group._repr_html_() == "".join(table._repr_html_() for table in tables)
    assert repr(group).index("Table 1") < repr(group).index("Table 2")
    assert blocks.Group()._repr_html_() == ""


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("https://doi.org/10.1000/a-b_c#d", True),
        ("see https://doi.org/10.1000/a", False),
        ('https://doi.org/"onclick="x', False),
        ("javascript:alert(1)", False),
        ("http://doi.org/10.1000/a", False),
        ("https:///x", False),
        ("https://localhost/x", False),
    ],
)
def test_a_notebook_makes_a_link_of_an_address_alone(text, is_link):
    table = blocks.Table(pd.DataFrame({"name": ["a"], "link": [text]}), "caption", name="t")
    html = table._repr_html_()
    assert (f'<a href="{text}">doi</a>' in html) == is_link
    assert html.count("<a ") == 1 + is_link, "one is the table's CSV"


def test_a_badge_is_set_in_a_notebook_and_not_in_a_report():
    table = blocks.Table(pd.DataFrame({"set": ["MIAS"], "source": ["real"]}), "caption", name="t")
    assert '<span class="mammo-badge mammo-real">real</span>' in table._repr_html_()
    assert "badge" not in shown(table)


def test_tabs_hold_all_their_blocks_and_one_alone_needs_none():
    table = blocks.Table(pd.DataFrame({"a": ["<b>"]}), "Caption & more", name="one")
    both = blocks.Tabs("models", {"First": table, "<Second>": table})._repr_html_()
    assert both.count("Caption &amp; more</span></caption>") == 2
    assert re.findall(r'<label for="([^"]+)">(.*?)</label>', both) == [
        ("models-tab-1", "First"),
        ("models-tab-2", "&lt;Second&gt;"),
    ]
    assert re.findall(r'id="(models-tab-\d)"( checked)?', both) == [
        ("models-tab-1", " checked"),
        ("models-tab-2", ""),
    ]
    assert blocks.Tabs("models", {"First": table})._repr_html_() == table._repr_html_()
    assert blocks.Tabs("models", {})._repr_html_() == ""


def test_a_cell_that_breaks_its_line_stays_one_cell_of_the_csv():
    data = pd.DataFrame({"word": ["a\r=1+1", "b\n@c", "d"]})
    read = list(csv.reader(io.StringIO(blocks.Table(data, "words").csv, newline="")))
    assert read == [["word"], ["a\r=1+1"], ["b\n@c"], ["d"]]
