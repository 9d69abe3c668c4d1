"""The threshold to drag, in a browser: its numbers are those that ``mammo evaluate`` computes."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest

from conftest import Book
from made_scores import made_scores
from mammo.evaluation import operating_point
from mammo.evaluation.screening import per_thousand
from mammo.evaluation.tables.operating_points import threshold_grid
from mammo.evaluation.tables.scores import Settings
from mammo.paper.published import model_title
from mammo.report.figures.explorer import ThresholdExplorer
from mammo.study import Study, results
from project import ROOT

pytestmark = [pytest.mark.book, pytest.mark.browser]
MODEL = "end2end_vgg16"


@pytest.fixture(scope="module")
def study(book: Book) -> Study:
    return Study(book.project.parameters("params/ci.yaml"))


@pytest.fixture
def tab(browser, book: Book) -> Iterator:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((book.project.html / "chapters" / "03_comparison.html").as_uri())
    page.locator(".mammo-explorer").scroll_into_view_if_needed()
    page.get_by_label("Model", exact=True).select_option(label=model_title(MODEL))
    yield page
    page.close()


def numbers(tab) -> dict[str, list[list[float]]]:
    """Return the shown rows: of each column the value and its bounds."""
    rows = tab.locator(".mammo-explorer tbody tr").all()
    return {
        row.locator("th").inner_text(): [
            [float(text) for text in re.findall(r"[\d.]+", cell.inner_text())]
            for cell in row.locator("td").all()
        ]
        for row in rows
    }


def threshold(tab) -> float:
    caption = tab.locator(".mammo-explorer caption").inner_text()
    return float(caption.rpartition(" ")[2])


def evaluated(book: Book, study: Study, at: float, folder) -> pd.DataFrame:
    """Return what `mammo evaluate` says of the model's scores at a threshold, by data set."""
    folder.mkdir()
    results.predictions(study, MODEL).to_csv(folder / "scores.csv", index=False)
    outcome = book.project.mammo(
        *("evaluate", folder / "scores.csv", "--at", f"threshold={at!r}"),
        *("--per", "patient", "--rule", "max"),
        *("--output", folder / "results", "--replicates", "100"),
    )
    assert outcome.returncode == 0, outcome.stderr
    return pd.read_csv(folder / "results" / "operating_points.csv").set_index("dataset")


def test_a_dragged_threshold_gives_what_mammo_evaluate_computes(tab, book, study, tmp_path):
    before = threshold(tab), numbers(tab)
    slider = tab.get_by_label("Threshold", exact=True)
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=5)
    tab.mouse.up()
    at, shown = threshold(tab), numbers(tab)
    assert (at, shown) != before
    expected = evaluated(book, study, at, tmp_path / "evaluated")
    for place, dataset in enumerate(("cbis_ddsm", "mias")):
        row = expected.loc[dataset]
        for name in ("sensitivity", "specificity"):
            bounds = [row[name], row[f"{name}_lower"], row[f"{name}_upper"]]
            percents = [100 * value for value in bounds]
            assert shown[name.capitalize()][place] == pytest.approx(percents, abs=0.0501)


def test_recalls_and_cancers_follow_from_the_prevalence_that_is_set(tab, study):
    tab.get_by_label("Cancers per 1,000 women").fill("20")
    chosen = tab.get_by_role("button", name="sensitivity 0.9")
    chosen.click()
    assert chosen.get_attribute("aria-pressed") == "true"
    tab.keyboard.press("Tab")
    slider = tab.get_by_label("Threshold", exact=True)
    for _ in range(10):
        slider.press("ArrowRight")
    shown, at = numbers(tab), threshold(tab)
    assert slider.get_attribute("aria-valuetext") == f"threshold {at:g}"
    assert chosen.get_attribute("aria-pressed") == "false"
    rows = results.predictions(study, MODEL)
    for place, dataset in enumerate(("cbis_ddsm", "mias")):
        part = rows[rows["dataset"] == dataset]
        of_woman = part.groupby("patient_id")[["y_true", "y_score"]].max()
        point = operating_point(of_woman["y_true"], of_woman["y_score"], of_woman.index, at)
        women = per_thousand(point.sensitivity, point.specificity, 0.020)[:3]
        names = ("Women recalled per 1,000", "Cancers found of 20", "Cancers missed of 20")
        for name, count in zip(names, women, strict=True):
            assert shown[name][place] == pytest.approx(list(count), abs=0.0501)


def test_another_set_and_the_keyboard_change_what_is_shown_and_said(tab):
    before = numbers(tab)
    sets = tab.get_by_label("External set", exact=True)
    sets.select_option(index=1)
    after = numbers(tab)
    assert after["Sensitivity"][0] == before["Sensitivity"][0]
    assert "INbreast" in tab.locator(".mammo-explorer thead").inner_text()
    said = tab.locator(".mammo-explorer [role=status]")
    tab.get_by_label("Threshold", exact=True).press("Home")
    tab.wait_for_function(
        "document.querySelector('.mammo-explorer [role=status]').textContent"
        ".includes('sensitivity 100.0%, specificity 0.0%')"
    )
    assert said.get_attribute("aria-live") == "polite"


def test_curves_tell_a_corner_and_take_a_click(tab):
    plot = tab.locator(".mammo-explorer svg")
    curve = plot.locator(".curve").first
    points = [tuple(map(float, pair.split(","))) for pair in curve.get_attribute("points").split()]
    scale = plot.bounding_box()["width"] / float(plot.get_attribute("viewBox").split()[2])
    x, y = points[len(points) // 3]
    plot.hover(position={"x": x * scale, "y": y * scale})
    tip = tab.locator(".mammo-explorer-tip")
    assert re.search(
        r"threshold [\d.e-]+: sensitivity [\d.]+%, specificity [\d.]+%", tip.inner_text()
    )
    before = threshold(tab)
    plot.click(position={"x": x * scale, "y": y * scale})
    after = threshold(tab)
    assert after != before
    assert f"threshold {after:g}" in tip.inner_text()


def test_it_is_left_out_of_print_where_the_static_figure_stays(tab):
    tab.emulate_media(media="print")
    assert not tab.locator(".mammo-explorer").is_visible()
    assert tab.locator("figure", has_text="What thresholds chosen on the internal set").is_visible()


def test_without_scripts_the_static_figure_and_a_sentence_are_there(browser, book):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((book.project.html / "chapters" / "03_comparison.html").as_uri())
    assert "where scripts run" in page.locator(".mammo-explorer").inner_text()
    assert page.locator(
        "figure", has_text="What thresholds chosen on the internal set"
    ).is_visible()
    assert page.locator("details.above-input summary").first.is_visible()
    context.close()


def test_without_an_internal_set_the_external_test_is_shown_alone(browser):
    scored = made_scores()
    grid = threshold_grid(scored[scored["dataset"] == "north"], [], Settings())
    block = ThresholdExplorer(grid, {}, "No script.", ("exam", "exams"))
    page = browser.new_page()
    page.set_content(block._repr_html_())
    page.add_script_tag(path=ROOT / "book" / "_static" / "threshold_explorer.js")
    (column,) = page.locator(".mammo-explorer thead th").all()
    assert "External test" in column.inner_text()
    row = grid.iloc[0]
    sizes = f"{row['n_images']} exams, {row['n_malignant']} with cancer"
    assert sizes in column.inner_text()
    note = page.locator(".mammo-explorer .mammo-note").inner_text()
    assert note.startswith("No internal set of these models is at hand")
    assert "By exam: the highest score of both breasts" in note
    assert not page.locator(".mammo-explorer-presets").is_visible()
    page.close()
