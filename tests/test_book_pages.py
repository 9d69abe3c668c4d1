"""What the book's own extensions make of a page: numbers, folds, links, ways out."""

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from pybtex.database import parse_file

import project
from mammo.book import rendering
from mammo.book.chapters import Chapter, chapters
from mammo.book.published_page import command, with_rerun
from mammo.parameters import DataParameters, EvaluationParameters, Parameters, sources
from mammo.report.figures.style import Picture
from mammo.report.page.blocks import Group, Table

pytestmark = pytest.mark.book
PROSE = (
    "# Comparison\n\nThe auROC is an area, and the auROC again. An `auROC` in code, a "
    "{term}`view`, operating points, cited {cite:p}`delong1988,wang2020`."
)


class Bar:
    """A bar of progress, as tqdm shows it where ipywidgets is installed."""

    def _repr_html_(self) -> str:
        return "bar of progress"


def code(source: str, shown: object = None, *tags: str) -> nbformat.NotebookNode:
    outputs = []
    if shown is not None:
        data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
        if isinstance(shown, Bar):
            data["application/vnd.jupyter.widget-view+json"] = {"model_id": "1"}
        outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]
    return nbformat.v4.new_code_cell(
        source, outputs=outputs, execution_count=1, metadata={"tags": list(tags)}
    )


def comparison_page() -> str:
    table = pd.DataFrame({"Model": ["first"], "auROC": [0.5]})
    cells = [
        nbformat.v4.new_markdown_cell(PROSE),
        code("n_bootstrap = 10", None, "parameters"),
        code("import mammo", None, "hide-input"),
        code("paper", Table(table, "Table 3. External auROC", name="table-3"), "hide-input"),
        code("own", Table(table, "Pairs & more", name="pairs"), "hide-input", "hide-output"),
        code("curve", Picture(Figure(), "a curve", "Calibration"), "hide-input"),
        code("progress", Bar(), "hide-input"),
        code(
            "bare", Group((Picture(Figure(), "bare"), Picture(Figure(), "b", "Last"))), "hide-input"
        ),
        code("roc", Picture(Figure(), "curves", "Fig. 2. ROC", name="fig-2"), "hide-input"),
    ]
    metadata = {
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        "mammo": {"chapter": "comparison"},
        "papermill": {"input_path": "/secret"},
    }
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))


def rendered(folder: Path, repository: str = "") -> dict[str, BeautifulSoup]:
    """Return the pages of a small book, by name."""
    made = project.copy(folder)
    for chapter in chapters(made.root).values():
        title = nbformat.v4.new_markdown_cell(f"# {chapter.name}")
        text = nbformat.writes(nbformat.v4.new_notebook(cells=[title], metadata={"mammo": {}}))
        if chapter.name == "comparison":
            text = comparison_page()
        published = with_rerun(text, chapter, Parameters())
        rendering.publish(published, made.root / "book" / chapter.page)
    if repository:
        citation = made.root / "CITATION.cff"
        citation.write_text(f'{citation.read_text()}repository-code: "{repository}"\n')
    rendering.render(made.root)
    return {
        name: BeautifulSoup((made.html / f"{name}.html").read_text(), "html.parser")
        for name in made.pages()
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, BeautifulSoup]:
    return rendered(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def page(pages) -> BeautifulSoup:
    return pages["chapters/03_comparison"]


def test_the_papers_numbers_stay_and_others_are_numbered_by_chapter(page):
    captions = [one.get_text().rstrip(" #") for one in page.select("caption")]
    assert captions == ["Table 3. External auROC", "Table S3.1. Pairs & more"]
    figures = [one.get_text().partition(" #")[0] for one in page.select("figcaption")]
    assert figures == ["Fig. S3.1. Calibration", "Fig. S3.2. Last", "Fig. 2. ROC"]
    assert [one.get("id") for one in page.select("figure")] == [
        "fig-s3-1",
        None,
        "fig-s3-2",
        "fig-2",
    ]


def test_each_is_linked_and_names_the_command_that_makes_it(page):
    for anchor in ("table-3", "pairs", "fig-s3-1", "fig-2"):
        (block,) = page.select(f"#{anchor}")
        assert block.select_one(".headerlink")["href"] == f"#{anchor}"
        (made,) = block.select(".mammo-made a")
        assert made.get_text() == "mammo run comparison"
        assert page.select_one(made["href"])


def test_set_up_cells_are_folded_at_the_end_with_the_command(page):
    section = page.select("article section")[-1]
    assert section.select_one("h2").get_text().startswith("Rerun this page")
    (fold,) = section.select("details")
    assert "mammo run comparison" in fold.get_text()
    assert [cell.get_text().strip() for cell in fold.select(".cell")] == [
        "n_bootstrap = 10",
        "import mammo",
        "progress",
    ]
    assert not any("n_bootstrap" in cell.get_text() for cell in page.select("h1 ~ div.cell"))


def test_bars_of_progress_are_left_out(page):
    assert "bar of progress" not in page.get_text()


def test_a_long_table_is_folded_below_its_caption(page):
    fold = page.select_one("#pairs").find_parent("details")
    assert fold.select_one("summary").get_text() == "Table S3.1. Pairs & more"
    assert page.select_one("#table-3").find_parent("details") is None


def test_a_term_is_linked_where_it_is_used_first(page):
    prose = page.select_one("article p")
    linked = [(one.get_text(), one["href"]) for one in prose.select("a[href*=glossary]")]
    assert linked == [
        ("auROC", "../glossary.html#term-auROC"),
        ("view", "../glossary.html#term-View"),
        ("operating points", "../glossary.html#term-Operating-point"),
    ]


def test_a_citation_shows_its_reference_and_is_named_alike_in_the_list(page, pages):
    cited = page.select(".bibtex-citation a")
    assert [one.get_text() for one in cited] == ["DeLong et al., 1988", "Wang et al., 2020"]
    for one in cited:
        assert "doi:10." in one["title"]
        listed = pages["references"].select_one(f"#{one['href'].partition('#')[2]}")
        assert listed.select_one(".label").get_text().strip("[]") == one.get_text()
        assert listed.select_one("a[href^='https://doi.org/10.']")


def test_each_reference_is_cited_and_can_be_opened():
    book = project.ROOT / "book"
    sources = [*project.ROOT.glob("notebooks/*.py"), *book.glob("*.md")]
    texts = " ".join(source.read_text(encoding="utf-8") for source in sources)
    listed = parse_file(str(book / "references.bib")).entries
    found = re.findall(r"\{cite:p\}`([^`]+)`", texts)
    cited = {key for keys in found for key in keys.split(",")}
    assert cited == set(listed)
    assert all({"doi", "url"} & set(entry.fields) for entry in listed.values())


def test_every_page_ends_with_paper_citation_licence_and_version(pages):
    for name, page in pages.items():
        footer = page.select_one(".mammo-ways-out")
        assert footer.select_one("a[href='https://doi.org/10.1016/j.jacr.2020.01.006']")
        text = " ".join(footer.get_text().split())
        assert "Wang X, Liang G" in text and "Cite this book" in text
        assert "Licence BSD-3-Clause" in text
        assert re.search(r"version \d+\.\d+\.\d+, (commit [0-9a-f]{9}.*, )?\d{4}-\d\d-\d\d", text)
        assert name == "rerun" or footer.select_one("a[href$='rerun.html']")
        assert (
            "A number here is published" in page.select_one("footer.bd-footer-content").get_text()
        )


def test_without_a_repository_no_page_offers_to_edit_or_run(pages):
    for page in pages.values():
        assert "Repository" not in page.select_one(".mammo-ways-out").get_text()
        assert not page.select(".dropdown-ways-out, a[href*=binder], a[href*=colab]")


@pytest.mark.long
def test_with_a_repository_each_page_can_be_run_edited_and_reported(tmp_path):
    pages = rendered(tmp_path, "https://github.com/someone/mammo")
    buttons = {
        one.get_text().strip(): one["href"]
        for one in pages["chapters/03_comparison"].select(".dropdown-ways-out a")
    }
    home = "https://github.com/someone/mammo"
    in_lab = "lab%2Ftree%2Fnotebooks%2F03_comparison.py%3Ffactory%3DJupytext%2520Notebook"
    assert buttons == {
        "Run on Binder": f"https://mybinder.org/v2/gh/someone/mammo/main?urlpath={in_lab}",
        "Open in Colab": "https://colab.research.google.com/github/someone/mammo/blob/notebooks/"
        "chapters/03_comparison.ipynb",
        "Edit this page": f"{home}/edit/main/notebooks/03_comparison.py",
        "Report an issue": f"{home}/issues/new",
    }
    edit = pages["index"].select_one(".dropdown-ways-out a[href*=edit]")["href"]
    assert edit == f"{home}/edit/main/notebooks/00_front_page.py"
    glossary = [one.get_text().strip() for one in pages["glossary"].select(".dropdown-ways-out a")]
    assert glossary == ["Edit this page", "Report an issue"]
    assert pages["glossary"].select_one(f".mammo-ways-out a[href='{home}']")


def test_the_front_page_is_in_the_contents_and_readmes_recipes_have_their_page(pages):
    for page in pages.values():
        assert page.select_one(
            ".bd-sidebar-primary a[href='#'], .bd-sidebar-primary a[href$='index.html']"
        )
    headings = [
        one.get_text().rstrip("#") for one in pages["rerun"].select("article :is(h1, h2, h3)")
    ]
    readme = (project.ROOT / "README.md").read_text()
    for heading in headings[1:]:
        assert re.search(rf"^##+ {re.escape(heading)}$", readme, re.M)
    assert {"Rerun", "Edit", "Extend", "A chapter", "A model"} <= set(headings)


CHAPTER = Chapter(
    "trial", "notebooks/trial.py", "chapters/trial.ipynb", (DataParameters, EvaluationParameters)
)


def test_the_command_names_what_the_usual_file_does_not_say(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").touch()
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "demo.yaml").write_text("seed: 3\n")
    monkeypatch.chdir(tmp_path)
    usual = sources.validate({"seed": 3})
    assert command(CHAPTER, usual) == "mammo run trial"
    changed = sources.validate({"seed": 3, "n_bootstrap": 500, "unit": "image", "epochs": 2})
    assert command(CHAPTER, changed) == "mammo run trial -p n_bootstrap 500 -p unit image"
    others = {"operating_points": ["youden"], "data_root": "/somewhere"}
    words = command(CHAPTER, sources.validate({"seed": 3, **others}))
    assert words == "mammo run trial -p operating_points '[\"youden\"]'"
    rerun = nbformat.reads(with_rerun(comparison_page(), CHAPTER, usual), as_version=4)
    assert "/secret" not in nbformat.writes(rerun)
    assert rerun.metadata["mammo"]["source"] == "notebooks/trial.py"
    assert yaml.safe_load((tmp_path / "params" / "demo.yaml").read_text()) == {"seed": 3}
