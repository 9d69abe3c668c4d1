"""A report with every block, computed from made scores, in a real browser and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from made_scores import made_scores
from mammo.datasets.check_report import Finding
from mammo.evaluation.tables import calibration
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import criterion
from mammo.evaluation.tables.scores import Settings
from mammo.images.cropped_image import PreprocessingSettings, prepare
from mammo.images.image import Image
from mammo.report.estimates import of_anybody
from mammo.report.figures.curves import reliability_curves, roc_curves
from mammo.report.page import blocks
from mammo.report.page.render import render
from mammo.report.thumbnails import thumbnail

pytestmark = pytest.mark.browser

WIDTHS = {"phone": (400, 800), "desktop": (1200, 850)}
HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
_SETS = {"home": "cbis_ddsm", "north": "institution"}


def demo() -> blocks.Page:
    """A validation report as a hospital would get it, of two models on one external set."""
    scored = made_scores(models=("resnet50", "end2end_vgg16"))
    scored = scored[scored["dataset"].isin(_SETS)].replace({"dataset": _SETS})
    points = [criterion(text) for text in ("sensitivity=0.9", "youden")]
    found = Evaluation(scored, Settings("patient", 300, 0.95, 0), 0.05, points)
    return blocks.Page(
        "Two models on 50 patients of your hospital",
        "External validation of ResNet50 and end2end (VGG16) on images of your own",
        {"Images": "200", "Patients": "50", "Malignant": "34", "Replicates": "300", "Seed": "0"},
        [
            blocks.Section("Your data", _data(scored), "your-data"),
            blocks.Section("How well the models tell cancers", _accuracy(found), "accuracy"),
            blocks.Section("Operating points", _thresholds(found), "operating-points"),
            blocks.Section("Subgroups", _subgroups(found), "subgroups"),
            blocks.Section("The worst mistakes", _mistakes(), "mistakes"),
            blocks.Section("What to do next", [_steps()], "next-steps"),
        ],
        _answer(found),
    )


def _answer(found: Evaluation) -> list[blocks.Block]:
    here = found.aurocs[found.aurocs["dataset"] == "institution"].iloc[0]
    drop = found.drops.iloc[0]
    return [
        blocks.KeyFigures(
            [
                blocks.KeyFigure(
                    "auROC of ResNet50 on your images",
                    f"{here['auroc']:.2f}",
                    "Chance that a malignant image scores above another; 0.5 is guessing.",
                    f"{here['lower']:.2f} to {here['upper']:.2f}",
                ),
                blocks.KeyFigure(
                    "Drop from its own validation",
                    f"{drop['difference']:+.2f}",
                    f"From {here['auroc'] + drop['difference']:.2f} at home.",
                    f"{drop['lower']:+.2f} to {drop['upper']:+.2f}",
                ),
                blocks.KeyFigure(
                    "Smallest drop that could be seen",
                    f"{drop['smallest_detectable']:.2f}",
                    "With 80% power, given this many patients of either kind.",
                ),
            ]
        ),
        blocks.Notice(
            "warning",
            "**ResNet50 is worse on your images than where it was made**, and the drop is more "
            "than chance explains.",
            "Do not rely on its scores before the operating point has been chosen anew.",
        ),
    ]


def _data(scored: pd.DataFrame) -> list[blocks.Block]:
    excluded = pd.DataFrame(
        {
            "Image": [f"a{number:05x}" for number in range(40)],
            "Reason": ["magnification view", "no label", "implant", "tomosynthesis slice"] * 10,
        }
    )
    return [
        blocks.Findings(
            [
                Finding("ok", "200 images of 50 patients can be used, 34 of them malignant"),
                Finding("note", "12 images are For Presentation by two vendors"),
                Finding("warning", "3 images have text burned in", "leave the thumbnails out"),
                Finding("error", f"a comment says {HOSTILE}", "check the export"),
            ]
        ),
        blocks.Table(excluded, "Excluded images and the reason of each.", collapsed=True),
        blocks.Prose(
            "Images were oriented, cropped to the breast and scaled alike.\n\n"
            "What lies outside of the breast was set to black, **labels and film edges included**."
        ),
    ]


def _accuracy(found: Evaluation) -> list[blocks.Block]:
    rows = found.aurocs
    shown = pd.DataFrame(
        {
            "Model": rows["model"],
            "Data set": rows["dataset"],
            "auROC": rows["auroc"].map("{:.2f}".format),
            "95% interval": [
                f"{low:.2f} to {high:.2f}"
                for low, high in zip(rows["lower"], rows["upper"], strict=True)
            ],
            "Images": rows["n_images"],
            "Patients": rows["n_patients"],
            "Malignant": rows["n_malignant"],
        }
    )
    curves = roc_curves(found.scored, of_anybody(rows))
    return [
        blocks.Table(shown, "Area under the ROC curve.", "Intervals: bootstrap of **patients**."),
        blocks.Figure(curves, "ROC curves at home and on your images."),
    ]


def _thresholds(found: Evaluation) -> list[blocks.Block]:
    curves = reliability_curves(calibration.reliability(found.scored, found.settings))
    rows = found.operating_points
    wide = pd.DataFrame(
        {"Model": rows["model"], "Data set": rows["dataset"], "Chosen for": rows["criterion"]}
    )
    for name in ("sensitivity", "specificity", "ppv", "npv"):
        wide[name.title()] = rows[name].map("{:.2f}".format)
        ends = zip(rows[f"{name}_lower"], rows[f"{name}_upper"], strict=True)
        wide[f"95% interval of {name}"] = [f"{low:.2f} to {high:.2f}" for low, high in ends]
    return [
        blocks.Figure(curves, "Share of malignant images against the score."),
        blocks.Table(wide, "Thresholds chosen at home, carried over.", "See `mammo evaluate`."),
    ]


def _subgroups(found: Evaluation) -> list[blocks.Block]:
    rows = found.subgroups[["model", "dataset", "subgroup", "level", "auroc", "lower", "upper"]]
    return [blocks.Table(rows, "auROC by what is known of the images.", most_rows=12)]


def _mistakes() -> list[blocks.Block]:
    kinds = ("Missed", "False alarm")
    items = [
        blocks.Thumbnail(
            drawn_thumbnail(number),
            f"Prepared mammogram {number + 1}",
            f"{kinds[number % 2]} {number // 2 + 1}: left MLO, score 0.{number + 11}",
        )
        for number in range(8)
    ]
    return [blocks.Thumbnails(items, "Images that the model got most wrong.")]


def _steps() -> blocks.NextSteps:
    return blocks.NextSteps(
        [
            "**Look at the missed cancers** in Figure 3 with a colleague.",
            "Ask the vendor for the validation set's sizes.",
            "See how much your own images would help: `mammo adapt /path --labels labels.csv`.",
        ],
        title="",
    )


def drawn_thumbnail(seed: int) -> bytes:
    """A bright half-ellipse with blurred tissue, prepared as any image is."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:400, :300].astype(np.float32)
    inside = np.hypot((rows - 200) / 165, columns / (130 + 10 * seed)) < 1
    tissue = cv2.GaussianBlur(generator.normal(0, 1, (400, 300)).astype(np.float32), (0, 0), 9)
    pixels = np.where(inside, 0.45 + 2.5 * tissue, 0.02).clip(0, 1).astype(np.float32)
    pixels = pixels[:, ::-1].copy() if seed % 2 else pixels
    image = Image(pixels=pixels, bits_stored=8)
    prepared = prepare(image, None, PreprocessingSettings(size=256))
    return thumbnail(prepared.pixels, prepared.geometry, long_side=240)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(demo()), encoding="utf-8")
    return path


class Reader:
    """The report in a window, and whatever it says or asks for."""

    def __init__(self, browser, file: Path, size: tuple[int, int]) -> None:
        self.heard: list[str] = []
        self.asked: list[str] = []
        self.window = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.tab = self.window.new_page()
        self.tab.on("console", lambda message: self.heard.append(message.text))
        self.tab.on("pageerror", lambda error: self.heard.append(str(error)))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.goto(file.as_uri(), wait_until="load")

    def overhang(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.tab.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def bottom(self, selector: str) -> float:
        box = self.tab.locator(selector).bounding_box()
        return box["y"] + box["height"]


@pytest.fixture(params=WIDTHS)
def reader(request, browser, file) -> Iterator[Reader]:
    opened = Reader(browser, file, WIDTHS[request.param])
    yield opened
    opened.window.close()


@pytest.fixture
def paper(browser, file) -> Iterator[Reader]:
    """The report as it is laid out for A4, 176 mm between the margins."""
    opened = Reader(browser, file, (665, 1000))
    opened.tab.emulate_media(media="print")
    yield opened
    opened.window.close()


def test_it_opens_silently_asks_for_nothing_and_fits_the_window(reader, file):
    assert reader.heard == []
    assert [url for url in reader.asked if not url.startswith("data:")] == [file.as_uri()]
    assert reader.overhang() <= 0
    assert reader.tab.evaluate("document.compatMode") == "CSS1Compat"


def test_what_a_label_says_is_read_and_not_run(reader):
    assert reader.tab.title() == demo().title
    assert reader.tab.locator(".findings .error p").first.inner_text().endswith(HOSTILE)
    assert reader.tab.locator("script, img:not([src^='data:'])").count() == 0


def test_the_policy_forbids_what_would_be_smuggled_in(reader):
    reader.tab.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"file:///x.png\">')"
    )
    reader.tab.wait_for_function("document.querySelector('body > img').complete")
    assert any("Content Security Policy" in text for text in reader.heard)


def test_the_first_screen_holds_the_answer(reader):
    height = reader.tab.viewport_size["height"]
    assert reader.bottom(".key-figures") < height
    assert reader.tab.locator(".lead .notice").bounding_box()["y"] < height


def test_images_are_drawn_and_described(reader):
    images = reader.tab.locator("img")
    assert images.count() == 2 + 8
    for image in images.all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("async image => { await image.decode(); return image.naturalWidth }")
        assert image.get_attribute("alt")


def test_a_wide_table_scrolls_in_its_own_frame(reader):
    frame = reader.tab.locator(".table.wide .scroll")
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    frame.evaluate("frame => { frame.scrollLeft = 200 }")
    edge = frame.bounding_box()["x"]
    assert frame.locator("tbody th").first.bounding_box()["x"] == pytest.approx(edge, abs=1)


def test_a_shut_table_opens_with_the_keyboard(reader):
    fold = reader.tab.locator(".folding .fold")
    assert not fold.is_visible()
    reader.tab.locator("summary").focus()
    reader.tab.keyboard.press("Enter")
    assert fold.is_visible()
    assert reader.overhang() <= 0


def test_the_first_key_offers_to_skip_to_the_report(reader):
    link = reader.tab.locator("a.skip")
    assert link.bounding_box()["y"] < 0
    reader.tab.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    assert link.bounding_box()["y"] >= 0
    reader.tab.keyboard.press("Enter")
    assert reader.tab.evaluate("document.activeElement.localName") == "main"


def test_the_contents_lead_to_headings_that_nothing_covers(reader):
    narrow = reader.tab.viewport_size["width"] < 992
    for link in reader.tab.locator(".contents a").all():
        link.click()
        heading = reader.tab.locator(f"{link.get_attribute('href')} > h2")
        assert heading.inner_text() == link.inner_text()
        assert heading.bounding_box()["y"] >= (reader.bottom(".contents") if narrow else 0)


def test_endless_words_are_broken_or_scroll_in_their_frames(browser, tmp_path):
    word = "w" * 3000
    endless = [
        blocks.Prose(f"**{word}** `{word}`"),
        blocks.Notice("error", word, word),
        blocks.Findings([Finding("note", word, word)]),
        blocks.Table(pd.DataFrame({word: [word], "n": [word]}), word, word),
        blocks.KeyFigures([blocks.KeyFigure(word, word, word, word)]),
        blocks.NextSteps([word]),
    ]
    file = tmp_path / "endless.html"
    page = blocks.Page(word, word, {word: word}, [blocks.Section(word, endless, "one")])
    file.write_text(render(page), encoding="utf-8")
    for size in WIDTHS.values():
        reader = Reader(browser, file, size)
        assert reader.overhang() <= 0
        reader.tab.emulate_media(media="print")
        assert reader.overhang() <= 0
        reader.window.close()


CONTRAST = """
() => {
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const ground = e => {
    const own = numbers(getComputedStyle(e).backgroundColor);
    return own.length === 3 || own[3] === 1 ? own : e.parentElement ? ground(e.parentElement)
      : [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    const pair = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    found.push((Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05));
  }
  return found;
}
"""
"""Contrast ratio of every text with its ground (WCAG 2.2, 1.4.3)."""


def test_text_stands_out_from_its_ground(reader):
    ratios = reader.tab.evaluate(CONTRAST)
    assert len(ratios) > 100
    assert min(ratios) >= 4.5


def test_on_paper_shut_tables_are_open_and_nothing_is_cut(paper):
    assert paper.tab.locator(".folding .fold").is_visible()
    assert paper.tab.locator(".folding tbody tr").last.is_visible()
    assert not paper.tab.locator("a.skip").is_visible()
    room = paper.tab.locator("main").bounding_box()["width"]
    for box in paper.tab.locator(".table:not(.wide) table, img").all():
        assert box.bounding_box()["width"] <= room
    assert (
        paper.tab.locator("thead").first.evaluate("head => getComputedStyle(head).display")
        == "table-header-group"
    )
    for selector in ("tr", ".figure", ".notice"):
        kept = paper.tab.locator(selector).first
        assert kept.evaluate("part => getComputedStyle(part).breakInside") == "avoid"


def test_it_prints_on_a4_wide_tables_across(paper):
    printed = paper.tab.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    upright = [(round(float(width)), round(float(height))) for width, height in sheets]
    assert set(upright) == {(595, 842), (842, 595)}
    assert upright.count((842, 595)) == 1
    assert 4 <= len(upright) <= 9
