"""The small book in a real browser, wide and narrow."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from conftest import Book
from contrast import faint_texts

pytestmark = [pytest.mark.book, pytest.mark.browser]
PAGES = {
    "index": (1, 2),
    "chapters/01_datasets": (4, 2),
    "chapters/02_models": (3, 7),
    "chapters/03_comparison": (10, 4),
    "chapters/04_why_it_fails": (5, 2),
    "chapters/05_mixed_data": (3, 1),
    "chapters/06_your_data": (8, 5),
    "chapters/07_evidence": (6, 4),
    "chapters/08_how_sure": (10, 2),
    "chapters/90_provenance": (5, 0),
    "reporting": (0, 0),
    "rerun": (0, 0),
    "glossary": (0, 0),
    "references": (0, 0),
}
"""Tables and figures on each page."""

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module", params=SIZES)
def window(request, browser) -> Iterator:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    yield context
    context.close()


class Watched:
    """A page in a window, and all that goes wrong on it."""

    def __init__(self, window, address: str) -> None:
        self.faults: list[str] = []
        self.tab = window.new_page()
        self.tab.on("console", self._note_message)
        self.tab.on("pageerror", lambda error: self.faults.append(str(error)))
        self.tab.on("requestfailed", lambda request: self.faults.append(f"failed {request.url}"))
        self.tab.on("request", self._note_request)
        self.tab.goto(address, wait_until="load")
        self.tab.wait_for_load_state("networkidle")

    def _note_message(self, message) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _note_request(self, request) -> None:
        if urlparse(request.url).scheme not in ("file", "data", "blob"):
            self.faults.append(f"asked another host: {request.url}")


@pytest.fixture(scope="module")
def opened(window, book: Book) -> Callable[[str], Watched]:
    """Open a page of the book; one that is open already is returned as it is."""

    @cache
    def open_page(name: str) -> Watched:
        return Watched(window, (book.project.html / f"{name}.html").as_uri())

    return open_page


def test_the_pages_are_those_of_the_contents(book):
    assert list(PAGES) == book.project.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_a_fault_and_fits_the_window(opened, name):
    page = opened(name)
    assert page.faults == []
    width = page.tab.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width[0] <= width[1]
    assert page.tab.locator("article h1").is_visible()


ONCE_ALL_IS_OPEN = """async () => {
  document.querySelectorAll('details').forEach(part => { part.open = true })
  const tables = Array.from(document.querySelectorAll('div.mammo-table'), table => {
    const caption = table.querySelector('caption')
    const download = table.querySelector('a[download]')
    const visible = caption.checkVisibility() && download.checkVisibility()
    return { caption: caption.innerText, visible }
  })
  const figures = []
  for (const image of document.querySelectorAll('article img:not(.mammo-strip img)')) {
    image.closest('.mammo-tab')?.previousElementSibling.click()
    image.scrollIntoView()
    await image.decode()
    figures.push({ alt: image.alt, visible: image.checkVisibility() && image.naturalWidth > 0 })
  }
  return { tables, figures }
}"""


@pytest.mark.parametrize("name", PAGES)
def test_tables_have_captions_and_figures_are_drawn_once_all_is_open(opened, name):
    found = opened(name).tab.evaluate(ONCE_ALL_IS_OPEN)
    assert (len(found["tables"]), len(found["figures"])) == PAGES[name]
    for table in found["tables"]:
        assert table["visible"] and len(table["caption"]) > 10
    for figure in found["figures"]:
        assert figure["visible"] and len(figure["alt"]) > 30


def test_links_of_the_front_page_lead_to_pages_that_are_there(window, book):
    page = Watched(window, (book.project.html / "index.html").as_uri())
    links = page.tab.locator("article a[href], nav a[href], .sidebar-primary-item a[href]")
    addresses = {
        address
        for address in links.evaluate_all("links => links.map(link => link.href)")
        if address.startswith("file:")
    }
    targets = {Path(unquote(urlparse(address).path)) for address in addresses}
    assert {f"{Path(name).name}.html" for name in PAGES} <= {target.name for target in targets}
    for target in targets:
        assert target.is_file(), target
    page.tab.locator("article a", has_text="Comparison").first.click()
    page.tab.wait_for_load_state("load")
    assert page.tab.url.endswith("chapters/03_comparison.html")
    assert page.tab.locator("#table-3").is_visible()
    assert page.faults == []


def test_a_table_is_downloaded_as_csv(opened):
    tab = opened("chapters/03_comparison").tab
    with tab.expect_download() as caught:
        tab.locator("#table-3 a[download]").click()
    assert caught.value.suggested_filename == "table-3.csv"
    header, *rows = Path(caught.value.path()).read_text().splitlines()
    assert header.startswith("model,dataset,split")
    assert len(rows) >= 16


@pytest.mark.parametrize("name", PAGES)
def test_a_page_weighs_little_beside_its_images(book, name):
    text = (book.project.html / f"{name}.html").read_text(encoding="utf-8")
    assert len(re.sub(r"data:image/[^\"]*", "", text)) < 2_000_000


@pytest.mark.parametrize("name", PAGES)
def test_text_stands_out_from_its_ground(browser, book, name):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto((book.project.html / f"{name}.html").as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    tab.add_style_tag(content="* { transition: none !important }")
    for mode in ("light", "dark"):
        tab.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)
        assert faint_texts(tab) == [], mode
    context.close()


def test_one_switch_shows_all_code_of_a_page(window, book):
    tab = Watched(window, (book.project.html / "chapters" / "03_comparison.html").as_uri()).tab
    cells = tab.locator("details.above-input .highlight")
    switch = tab.get_by_role("button", name="Show the code")
    assert cells.count() > 5 and not cells.first.is_visible()
    switch.focus()
    tab.keyboard.press("Enter")
    assert all(cell.is_visible() for cell in cells.all())
    tab.get_by_role("button", name="Hide the code").click()
    assert not any(cell.is_visible() for cell in cells.all())
    tab.close()


def test_a_frame_shows_that_there_is_more_until_its_end_is_reached(window, book):
    tab = Watched(window, (book.project.html / "chapters" / "03_comparison.html").as_uri()).tab
    frame = tab.locator("#table-3 .mammo-scroll")
    is_cut = frame.evaluate("frame => frame.scrollWidth > frame.clientWidth + 2")
    assert is_cut == (tab.viewport_size["width"] < 1000)
    assert ("mammo-more-right" in frame.get_attribute("class").split()) == is_cut
    frame.evaluate("frame => frame.scrollTo(frame.scrollWidth, 0)")
    tab.wait_for_function("!document.querySelector('#table-3 .mammo-more-right')")
    tab.close()


def test_tabs_are_changed_by_keyboard_and_all_printed(window, book):
    tab = Watched(window, (book.project.html / "chapters" / "02_models.html").as_uri()).tab
    first, second = tab.locator("#models-end2end-tab-1 ~ .mammo-tab").all()
    assert first.is_visible() and not second.is_visible()
    tab.locator("#models-end2end-tab-1").focus()
    tab.keyboard.press("ArrowRight")
    assert second.is_visible() and not first.is_visible()
    tab.emulate_media(media="print")
    assert second.is_visible() and first.is_visible()
    tab.close()
