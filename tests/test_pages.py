"""What a reader finds on the pages of the small book, read from its HTML."""

import base64
import io
import json

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag

from mammo.book.sections import (
    comparison,
    datasets,
    evidence,
    front_page,
    how_sure,
    mixed_data,
    networks,
    provenance,
    why_it_fails,
    your_data,
)
from mammo.paper import published
from mammo.report.page.blocks import Table
from mammo.report.tables import paper
from mammo.study import Study

pytestmark = pytest.mark.book

CHAPTERS = {
    "index": ["contradictions"],
    "chapters/01_datasets": ["table-1", "exclusions", "leakage", "splits"],
    "chapters/02_models": ["table-2", "weights", "ceiling"],
    "chapters/03_comparison": [
        "table-3",
        "table-3-by-image",
        "drops",
        "next-site",
        "pairs",
        "rules",
        "operating-points",
        "calibration",
        "subgroups",
        "subgroup-tests",
    ],
    "chapters/04_why_it_fails": ["transfer", "drop-parts", "shares", "gates", "lesion-hits"],
    "chapters/05_mixed_data": ["mixed-splits", "table-4", "mixed-gains"],
    "chapters/06_your_data": [
        "own-counts",
        "own-findings",
        "own-drops",
        "own-thresholds",
        "own-women-1",
        "own-women-2",
        "learning-curve",
        "alternatives",
    ],
    "chapters/07_evidence": [
        "reader-study-tests",
        "reader-study",
        "inbreast-rules",
        "scanners",
        "mias-alone",
        "who-found-what",
    ],
    "chapters/08_how_sure": [
        "expected-intervals",
        "readings",
        "published-drops",
        "drops-by-assumption",
        "published-gains",
        "published-next-site",
        "detectable",
        "coverage",
        "difference-errors",
        "share-coverage",
    ],
    "chapters/90_provenance": ["steps", "data", "weights", "parameters", "versions"],
}
"""The pages that are computed, and the tables that stand there."""

ROWS_BEHIND_ONE = {"transfer": 4, "coverage": 6}
"""Tables that show in one row what their CSV has below each other."""

PUBLISHED = [name for name in published.MODEL_TITLES if name not in published.OURS]

FIGURES = {
    "index": 2,
    "chapters/01_datasets": 2,
    "chapters/02_models": 7,
    "chapters/03_comparison": 4,
    "chapters/04_why_it_fails": 2,
    "chapters/05_mixed_data": 1,
    "chapters/06_your_data": 5,
    "chapters/07_evidence": 4,
    "chapters/08_how_sure": 2,
    "chapters/90_provenance": 0,
}


@pytest.fixture(scope="module")
def pages(book) -> dict[str, BeautifulSoup]:
    return {
        page: BeautifulSoup((book.project.html / f"{page}.html").read_text(), "html.parser")
        for page in book.project.pages()
    }


def how_sure_tables(study: Study) -> list[Table]:
    expected = how_sure.intervals()
    return [
        expected.table,
        how_sure.readings(expected.data).table,
        how_sure.drops(expected.data),
        how_sure.assumptions(expected.data),
        how_sure.gains(expected.data),
        how_sure.next_site(expected.data).table,
        how_sure.detectable(expected.data),
        *how_sure.simulated().values(),
    ]


def evidence_tables(study: Study) -> list[Table]:
    new_york, rules = evidence.reader_study(study), evidence.rules(study)
    return [
        *new_york.tables,
        *rules.tables,
        *evidence.scanners().tables,
        *evidence.mias(study).tables,
        evidence.who_found_what(new_york, rules),
    ]


def comparison_tables(study: Study) -> list[Table]:
    external = comparison.external(study)
    return [
        external.table,
        comparison.external(study, "image").table,
        *comparison.drops(study, external.data).table,
        *comparison.pairs(study),
        comparison.thresholds(study).table,
        comparison.calibration(study).table,
        *comparison.subgroups(study),
    ]


@pytest.fixture(scope="module")
def computed(book) -> dict[str, Table]:
    """The tables as they come out of the study's artifacts, in this process."""
    study = Study(book.project.parameters("params/ci.yaml"))
    found = [
        datasets.details(study),
        datasets.exclusions(study),
        datasets.official_leakage(study),
        datasets.splits(study, "ddsm"),
        datasets.splits(study, "mixed"),
        networks.validation(study).table,
        networks.reachable(study),
        *comparison_tables(study),
        why_it_fails.transfer(study).table,
        why_it_fails.parts(study).table,
        why_it_fails.shares(study).table,
        why_it_fails.gates(study),
        why_it_fails.looked(study).table,
        *mixed_data.effect(study).table,
        *your_data.check(study).table,
        your_data.aurocs(study).table,
        your_data.thresholds(study).table,
        *your_data.decision(study).table,
        *your_data.adaptation(study).table,
        *evidence_tables(study),
        front_page.contradictions(),
        provenance.weights(study),
        provenance.data(study),
        provenance.parameters(study),
        provenance.steps(Study(study.parameters)),
        *how_sure_tables(study),
    ]
    return {table.name: table for table in found}


def table_on(page: BeautifulSoup, name: str) -> Tag:
    (found,) = page.select(f"div.mammo-table#{name}")
    return found


def csv_of(table: Tag) -> pd.DataFrame:
    (link,) = table.select("a[download]")
    kind, _, encoded = link["href"].partition(";charset=utf-8;base64,")
    assert kind == "data:text/csv"
    assert link["download"] == f"{table['id']}.csv"
    return pd.read_csv(io.BytesIO(base64.b64decode(encoded)))


def shown_in(table: Tag) -> list[list[str]]:
    return [
        [cell.get_text(strip=True) for cell in row.select("th, td")]
        for row in table.select("tbody tr")
    ]


def test_every_page_of_the_contents_has_a_heading(pages):
    assert set(CHAPTERS) < set(pages)
    for page in pages.values():
        assert page.h1.get_text(strip=True).rstrip("#")


@pytest.mark.parametrize("page", CHAPTERS)
def test_nothing_is_shown_as_python_prints_it(pages, page):
    assert [output.get_text() for output in pages[page].select(".output.text_plain")] == []


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_table_has_caption_rows_and_csv(pages, page):
    found = pages[page].select("div.mammo-table")
    assert [table["id"] for table in found] == CHAPTERS[page]
    for table in found:
        assert len(table.caption.get_text(strip=True)) > 10
        rows = len(csv_of(table))
        assert len(shown_in(table)) * ROWS_BEHIND_ONE.get(table["id"], 1) == rows > 0


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (page, name)
        for page, names in CHAPTERS.items()
        for name in names
        if name not in ("versions", "steps")
    ],
)
def test_tables_hold_what_the_study_computed(pages, computed, page, name):
    table = table_on(pages[page], name)
    wanted = computed[name].data.to_csv(index=False, float_format="%.6g")
    pd.testing.assert_frame_equal(csv_of(table), pd.read_csv(io.StringIO(wanted)))
    assert len(shown_in(table)) == len(computed[name].shown)


def test_the_steps_of_the_build_are_those_of_its_artifacts(pages, computed, book):
    listed = csv_of(table_on(pages["chapters/90_provenance"], "steps"))
    key = ["Step", "Digest"]
    assert sorted(listed[key].to_numpy().tolist()) == sorted(
        computed["steps"].data[key].to_numpy().tolist()
    )
    for step, digest in listed[key].to_numpy():
        assert (book.project.artifacts / step / digest / "record.json").is_file()


@pytest.mark.parametrize(
    ("page", "name", "cells"),
    [
        ("chapters/02_models", "table-2", published.TABLE_2),
        ("chapters/03_comparison", "table-3", published.TABLE_3),
        ("chapters/05_mixed_data", "table-4", published.TABLE_4),
    ],
)
def test_published_values_stand_beside_the_computed(pages, page, name, cells):
    rows = shown_in(table_on(pages[page], name))
    for cell in cells:
        title = published.MODEL_TITLES[cell.model]
        (row,) = [
            row
            for row in rows
            if published.DATASET_TITLES[cell.dataset] in row
            and (name == "table-4" or row[0].startswith(title))
        ]
        assert cell.printed in row


def test_published_models_are_computed_and_called_trained_here(pages):
    internal = shown_in(table_on(pages["chapters/02_models"], "table-2"))
    external = shown_in(table_on(pages["chapters/03_comparison"], "table-3"))
    for rows, sets in ((internal, 1), (external, 3)):
        here = [row[0] for row in rows if row[0].endswith("(trained here)")]
        assert sorted(here) == sorted(
            sets * [f"{published.MODEL_TITLES[name]} (trained here)" for name in PUBLISHED]
        )
        absent = [row[0] for row in rows if paper.NOT_IN_THIS_BUILD in row]
        assert set(absent) == {published.MODEL_TITLES[name] for name in ("vgg16", "resnet50")}
    (row,) = [row for row in internal if row[:2] == ["frcnn_cad", "INbreast"]]
    assert "0.95" in row and paper.TESTED_EXTERNALLY in row


def test_evidence_whose_files_are_absent_is_shown_as_recorded(pages):
    article = pages["chapters/07_evidence"].article
    text = " ".join(article.get_text(" ").split())
    assert len(article.select("p .mammo-recorded")) == 3 and "mammo fetch evidence" in text
    assert "0.714" in text and "0.898" in text
    marked = {
        table["id"]: {badge.get_text() for badge in table.select(".mammo-badge")}
        for table in article.select("div.mammo-table")
    }
    assert marked.pop("scanners") == {"real"}
    assert set(map(frozenset, marked.values())) == {frozenset({"recorded"})}


OF_THIS_BUILD = set(CHAPTERS) - {"chapters/07_evidence", "chapters/08_how_sure"}


@pytest.mark.parametrize("page", sorted(OF_THIS_BUILD))
def test_every_computed_page_says_that_its_images_are_synthetic(pages, page):
    (box,) = [
        box for box in pages[page].select("div.admonition.warning") if "ynthetic" in box.get_text()
    ]
    assert "All images on this page are synthetic." in box.get_text()
    first = pages[page].select("div.mammo-table, article figure img")
    assert all(box.sourceline <= later.sourceline for later in first)


@pytest.mark.parametrize("page", CHAPTERS)
def test_figures_are_there_with_alternative_text(pages, page):
    images = pages[page].select("article img:not(.mammo-strip img)")
    assert len(images) == FIGURES[page]
    for image in images:
        assert len(image["alt"]) > 30
        kind, _, encoded = image["src"].partition(";base64,")
        assert kind in ("data:image/svg+xml", "data:image/png")
        assert len(base64.b64decode(encoded)) > 1000


def test_the_first_screen_has_the_paper_real_scores_and_this_build_and_no_code(pages, book):
    study = Study(book.project.parameters("params/ci.yaml"))
    columns = pages["index"].select(".mammo-column")
    badges = [[badge.get_text() for badge in column.select(".mammo-badge")] for column in columns]
    assert badges == [["published"], ["recorded"], ["synthetic"]]
    for column, wanted in zip(columns, front_page.findings(study).words.items, strict=True):
        shown = [" ".join(item.get_text().split()) for item in column.select("li")]
        for item, statement in zip(shown, wanted.statements, strict=True):
            assert item == f"{statement.text.replace('**', '')} {statement.page_title}"
        for link in column.select("a"):
            assert f"chapters/{link['href'].split('/')[-1].removesuffix('.html')}" in CHAPTERS
    first_heading = pages["index"].select("article h2")[0]
    assert first_heading.parent in columns
    assert not first_heading.find_previous("pre")


@pytest.mark.parametrize("page", CHAPTERS)
def test_no_page_shows_an_error_or_a_complaint(pages, page, book):
    text = pages[page].get_text()
    assert "Traceback" not in text and "Warning:" not in text
    notebook = json.loads((book.project.root / "book" / f"{page}.ipynb").read_text())
    kinds = {out["output_type"] for cell in notebook["cells"] for out in cell.get("outputs", [])}
    assert "error" not in kinds


def test_references_are_cited_and_listed(pages):
    listed = pages["references"].get_text()
    for name in ("Wang", "Heath", "Suckling", "Moreira"):
        assert name in listed
    assert pages["chapters/01_datasets"].select('a[href^="../references.html#"]')
