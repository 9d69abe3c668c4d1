import re
import shutil
from pathlib import Path

import pytest

import project
from conftest import Book
from mammo.book import pdf
from mammo.errors import MammoError


def test_without_a_browser_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    monkeypatch.setattr(pdf, "_of_playwright", lambda: None)
    with pytest.raises(MammoError, match="apt install chromium"):
        pdf.browser()


def test_a_browser_on_the_path_is_taken_first(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", {"google-chrome": "/usr/bin/google-chrome"}.get)
    monkeypatch.setattr(pdf, "_of_playwright", lambda: "/own/chromium")
    assert pdf.browser() == "/usr/bin/google-chrome"


def test_a_browser_that_prints_nothing_is_named(tmp_path, monkeypatch):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(pdf, "browser", lambda: str(program))
    monkeypatch.setattr(pdf.rendering, "render_as_one_page", lambda _: tmp_path / "index.html")
    with pytest.raises(MammoError, match="broken"):
        pdf.print_book(tmp_path)
    assert not (tmp_path / "book").exists()


@pytest.mark.book
@pytest.mark.browser
@pytest.mark.long
def test_the_book_is_printed_whole(book: Book, tmp_path: Path):
    if not any(map(shutil.which, pdf.BROWSERS)):
        pytest.skip("no browser: install chromium")
    made = project.copy(tmp_path / "printed", book.project.root)
    for part in ("chapters", "index.ipynb"):
        source, target = (of.root / "book" / part for of in (book.project, made))
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    outcome = made.run(project.BIN / "python", "-m", "mammo.book.pdf")
    assert outcome.returncode == 0, outcome.stderr
    printed = made.root / "book" / "_build" / "mammo.pdf"
    assert outcome.stdout == f"The book is at {printed}\n"
    content = printed.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) > 20
    page = (made.root / "book" / "_build" / "singlehtml" / "index.html").read_text()
    assert page.count('<div class="mammo-table"') >= 25
