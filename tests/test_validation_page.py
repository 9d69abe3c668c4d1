"""The report of a validation: what it holds, in which order, and that nothing in it acts."""

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from made_evidence import REAL, made_evidence, made_preflight
from mammo.datasets.check_report import Finding
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.hospital.validation import report, words
from mammo.hospital.validation.evidence import OWN, Claimed, Evidence, Weights
from mammo.hospital.validation.examples import WorstImage
from mammo.hospital.validation.report import page
from mammo.paper.published import short_title
from mammo.parameters import ProtocolParameters
from mammo.report.page.blocks import KeyFigures, Prose, Table
from mammo.report.page.render import render

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://x","y")'
TWO = {"alexnet": (2.0, 0.5), "vgg16": (2.0, 1.0)}
MAKER = Claimed(0.93, "its maker states", "on images that are not known")


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def shown(evidence: Evidence) -> Tags:
    return Tags(render(page(evidence, {"Date": "2020-01-01"})))


def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((4, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def scores_alone(**fields: object) -> Evidence:
    usual = {"sources": {}, "weights": {"alpha": Weights("not known", "not known", MAKER)}}
    return made_evidence({"alpha": (None, 1.5)}, (0, 60), **(usual | fields))


def alts(evidence: Evidence) -> list[str]:
    return [found["alt"] or "" for name, found in shown(evidence).tags if name == "img"]


def titles(evidence: Evidence) -> list[str]:
    return [section.title for section in page(evidence, {}).sections]


def test_the_report_plans_patients_and_states_the_rules_of_its_verdicts():
    text = shown(made_evidence(TWO)).text
    assert "How many patients it would take" in text
    assert "To exclude a drop of 0.05" in text
    assert "Nothing is concluded where fewer than 10 patients" in text


def test_a_report_on_images_has_its_sections_in_order():
    example = WorstImage("alexnet", "false negative", png(), "left CC", "0123456789abcdef: left CC")
    checked = made_preflight(Finding("warning", "1 image with burned-in text", "look at it"))
    evidence = made_evidence(TWO, preflight=checked, examples=[example])
    assert titles(evidence) == [
        "What was tested",
        "auROC: internal validation and this site",
        "ROC curves",
        "Operating points",
        "Scores as probabilities",
        "Subgroups",
        "What the models get most wrong",
        "How it was made",
    ]
    text = shown(evidence).text
    assert "AlexNet and VGG16 on 400 images (67 malignant) of 200 patients" in text
    assert "1 image with burned-in text" in text
    assert "Drop from internal validation to this site" in text
    assert "Models against each other at this site" in text
    assert "AlexNet: the worst false negatives, each of another patient" in text
    for paragraph in words.verdicts(evidence).split("\n\n"):
        assert paragraph.replace("**", "").partition(" has ")[2] in text


def test_what_was_left_out_is_counted_by_reason_and_no_image_is_named():
    evidence = made_evidence(TWO, preflight=made_preflight(Finding("ok", "fine")))
    text = shown(evidence).text
    assert "the same pixels as another image" in text
    assert "the file is empty" in text
    assert "deadbeef" not in text and "0123456789abcdef" not in text


def test_a_report_on_scores_says_nothing_of_home_or_images():
    note = Finding("warning", "3 rows of scores without a label, and left out", "complete them")
    evidence = scores_alone(notes=[note])
    assert titles(evidence)[:2] == ["What was tested", "auROC at this site"]
    text = shown(evidence).text
    assert "Scores came as a file: 120 images" in text
    assert "3 rows of scores without a label" in text
    assert "auROC by image at this site; its maker states 0.93" in text
    for absent in ("internal validation", "Drop from", "mammo adapt"):
        assert absent not in text


def test_given_thresholds_are_not_called_carried_over_or_chosen():
    text = shown(scores_alone(points=("youden", "threshold=0.5"))).text
    assert "Thresholds that were given, on all of these patients" in text
    assert "carried over" not in text and "DDSM" not in text
    assert "Thresholds chosen anew on half of these patients" in text
    assert "chosen anew" not in shown(scores_alone(points=("threshold=0.5",))).text


def test_carried_thresholds_are_called_so():
    text = shown(made_evidence(TWO)).text
    chosen = "a threshold chosen for sensitivity 0.9 in internal validation"
    assert f"What {chosen} gives at this site." in text
    assert "Thresholds carried over from internal validation" in text
    given = shown(made_evidence(TWO, points=("threshold=0.5",))).text
    assert "What threshold 0.5 gives at this site." in given


def test_scores_that_are_no_probabilities_are_not_drawn_as_such():
    evidence = scores_alone()
    scored = evidence.evaluation.scored
    far = replace(evidence.evaluation, scored=scored.assign(y_score=100 * scored["y_score"]))
    text = shown(replace(evidence, evaluation=far)).text
    assert "no calibration, since" in text
    assert "Share malignant against score" not in text


def test_subgroups_of_one_class_are_left_to_the_table_of_numbers():
    evidence = made_evidence({"alexnet": (2.0, 0.5)})  # all that is malignant is a CC view
    rows = evidence.evaluation.subgroups
    n_undefined = int(rows.loc[rows["dataset"] == OWN, "auroc"].isna().sum())
    assert n_undefined == 1
    assert "Left to subgroups.csv: 1 levels with one class only." in shown(evidence).text


def test_every_model_stands_on_the_first_screen():
    models = ("alexnet", "vgg16", "resnet50", "end2end_vgg16", "end2end_resnet50", "frcnn_cad")
    evidence = made_evidence(dict.fromkeys(models, (2.0, 0.5)), (60, 60))
    (figures,) = [b for b in page(evidence, {}).lead if type(b).__name__ == "KeyFigures"]
    assert [item.label for item in figures.items] == [short_title(name) for name in models]
    own, home = evidence.own.loc["frcnn_cad"], evidence.internal.loc["frcnn_cad"]
    assert figures.items[5].value == f"{own['auroc']:.2f}"
    assert figures.items[5].interval == f"{own['lower']:.2f} to {own['upper']:.2f}"
    assert figures.items[5].explanation == (
        f"auROC by image at this site; internal validation {home['auroc']:.2f}"
    )


def test_the_first_page_states_what_was_fixed_and_what_was_not():
    fixed = ProtocolParameters(
        product="MammoPro", product_version="3.1", truth="biopsy", acceptable=0.6, prevalence=0.006
    )
    made = page(scores_alone(protocol=fixed), {"Date": "2020-01-01"})
    assert made.title == "External validation of MammoPro"
    assert list(made.meta.items())[:7] == [
        ("Product", "MammoPro"),
        ("Version", "3.1"),
        ("Site", "not stated"),
        ("Period", "not stated"),
        ("Truth established by", "biopsy"),
        ("Fixed beforehand", "auROC of at least 0.6"),
        ("Judged by", "image"),
    ]
    text = shown(scores_alone(protocol=fixed)).text
    assert "Met auROC of at least 0.6, by image; by examination 0." in text
    assert "Of a criterion that was fixed beforehand." in text


def test_a_thousand_women_stand_at_both_prevalences_each_labelled():
    fixed = ProtocolParameters(prevalence=0.006)
    evidence = scores_alone(protocol=fixed, points=("threshold=0.6",))
    (table,) = [block for block in page(evidence, {}).lead if isinstance(block, Table)]
    site, study = table.shown.columns[1:]
    assert site == "at the stated prevalence: 6 with cancer"
    assert study == "in this study: 333 with cancer"
    rows = evidence.screened.set_index("among").loc["at the stated prevalence"]
    recalled = table.shown.set_index("Of 1,000 women").loc["Recalled", site]
    assert recalled == (
        f"{rows['recalled']:.0f} ({rows['recalled_lower']:.0f} to {rows['recalled_upper']:.0f})"
    )
    assert "Threshold in use: 0.6, sensitivity 0." in table.note
    assert "33% of the examinations are malignant and 17% of the images, since" in table.note
    assert "is not stated" in shown(scores_alone()).text


def test_the_note_says_of_whom_the_thousand_women_are_and_what_is_assumed():
    evidence = scores_alone(points=("threshold=0.6",))
    (table,) = [block for block in page(evidence, {}).lead if isinstance(block, Table)]
    assert table.shown["Of 1,000 women"].tolist()[1] == "Recalled, with a cancer"
    assert re.search(r"sensitivity 0\.\d\d \(.*\) of 20 examinations with cancer", table.note)
    assert re.search(r"specificity 0\.\d\d \(.*\) of 40 without", table.note)
    assert "that women at your site score like the women of this study" in table.note
    assert "do not say which breast is flagged" in table.note
    sided = evidence.evaluation.scored.assign(laterality="L")
    known = replace(evidence, evaluation=replace(evidence.evaluation, scored=sided))
    (table,) = [block for block in page(known, {}).lead if isinstance(block, Table)]
    assert table.shown["Of 1,000 women"].tolist()[1] == "Cancers found"
    assert "of the cancers by their own breast 0." in table.note


def test_images_of_an_examination_are_counted_where_a_threshold_is_carried_over():
    evidence = made_evidence(TWO)
    found = evidence.evaluation.scored
    few = found[(found["split"] == "test") | (found["view"] == "CC")]
    fewer = replace(evidence, evaluation=replace(evidence.evaluation, scored=few))
    for one, wanted in (
        (evidence, "has 2.00 images in internal validation and 2.00 at this site. "),
        (
            fewer,
            "has 1.00 images in internal validation and 2.00 at this site; the highest of more",
        ),
    ):
        table = next(block for block in page(one, {}).lead if isinstance(block, Table))
        assert wanted in table.note


def test_given_thresholds_say_at_which_share_predictive_values_hold():
    evidence = scores_alone(points=("threshold=0.5",))
    section = next(one for one in page(evidence, {}).sections if one.anchor == "operating-points")
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    assert table.shown["Malignant"].tolist() == ["17%"]
    assert "another share they are others" in table.note


def test_several_models_have_a_table_for_each_prevalence():
    evidence = made_evidence(TWO, protocol=ProtocolParameters(prevalence=0.006))
    tables = [block for block in page(evidence, {}).lead if isinstance(block, Table)]
    captions = [table.caption.partition(", ")[0] for table in tables]
    assert captions == ["Of 1,000 women at the stated prevalence", "Of 1,000 women in this study"]
    for table in tables:
        assert table.shown["Model"].tolist() == ["AlexNet", "VGG16"]
        assert "PPV, %" in table.shown and len(table.shown.columns) == 6


def test_verdicts_of_several_models_leave_their_words_and_thresholds_to_the_appendix():
    fixed = ProtocolParameters(acceptable=0.8, no_worse_than=0.05)
    made = page(made_evidence(TWO, protocol=fixed), {})
    (figures,) = [block for block in made.lead if isinstance(block, KeyFigures)]
    assert [len(item.verdicts) for item in figures.items] == [2, 2]
    assert {verdict.word for item in figures.items for verdict in item.verdicts} == {
        "Not met",
        "Undecided",
    }
    sections = {section.anchor: section.blocks for section in made.sections}
    assert not any(isinstance(block, Prose) for block in made.lead[1:-2])
    assert sections["auroc"][0] == Prose(words.verdicts(made_evidence(TWO, protocol=fixed)))
    captions = [
        block.caption for block in sections["operating-points"] if hasattr(block, "caption")
    ]
    assert "Thresholds behind the numbers of 1,000 women, by examination" in captions


def test_scores_alone_have_their_worst_cases_by_name_and_the_way_to_find_them():
    evidence = scores_alone()
    text = shown(evidence).text
    assert "What is scored most wrongly" in text
    assert "mammo locate --scores SCORES --labels LABELS NAME" in text
    own = evidence.evaluation.scored
    missed = own[own["y_true"] == 1].sort_values("y_score")["image_id"].iloc[0]
    assert missed in text


def test_what_a_maker_states_is_drawn_beside_what_was_found():
    (auroc_forest,) = [alt for alt in alts(scores_alone()) if alt.startswith("auROC with")]
    assert "stated 0.93" in auroc_forest and "experts" not in auroc_forest
    unstated = {"alpha": Weights("not known", "not known")}
    assert not [alt for alt in alts(scores_alone(weights=unstated)) if alt.startswith("auROC with")]


def test_the_roc_curve_of_a_model_alone_is_large_and_marks_the_operating_point():
    evidence = scores_alone(points=("threshold=0.6",))
    section = next(one for one in page(evidence, {}).sections if one.anchor == "curves")
    (figure,) = section.blocks
    assert figure.picture.width > 450
    assert "Marked: threshold 0.6, by image." in figure.caption
    alone = next(one for one in page(made_evidence(TWO), {}).sections if one.anchor == "curves")
    assert "Marked" in alone.blocks[0].caption


def test_figures_of_fewer_than_five_patients_a_side_say_what_is_missing():
    weights = {"alpha": Weights("not known", "not known", MAKER)}
    few = made_evidence({"alpha": (None, 1.5)}, (0, 12), sources={}, weights=weights)
    text = shown(few).text
    assert "No ROC curve is drawn: 4 patients of the rarer class are too few" in text
    assert "No reliability is drawn: " in text
    assert not [alt for alt in alts(few) if alt.startswith(("ROC", "Share"))]


def test_good_marks_nothing_that_is_only_so():
    facts = [Finding("ok", "views: CC (5)"), Finding("note", "known")]
    assert "Good" not in shown(scores_alone(notes=facts)).text
    assert "views: CC (5)" in shown(scores_alone(notes=facts)).text


def test_the_first_page_and_the_headings_speak_as_the_field_does():
    for evidence in (made_evidence(TWO), scores_alone()):
        made = page(evidence, {})
        text = Tags(render(replace(made, sections=()))).text + " ".join(titles(evidence))
        assert not re.findall(r"\b(at home|elsewhere|here and)\b", text)


def test_synthetic_images_and_models_are_marked_before_any_number():
    weights = {"alexnet": Weights("random", "synthetic"), "vgg16": REAL}
    evidence = made_evidence(TWO, weights=weights, sources={OWN: "synthetic"})
    first, second = page(evidence, {}).lead[:2]
    assert "SYNTHETIC phantoms" in first.text
    assert second.text.startswith("AlexNet: trained on synthetic images.")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_set_of_one_class_has_a_report_that_judges_nothing():
    evidence = scores_alone()
    found = evidence.evaluation
    one = Evaluation(found.scored.assign(y_true=0), found.settings, 0.05, found.criteria)
    text = shown(replace(evidence, evaluation=one)).text
    assert "cannot be judged: both classes are needed" in text
    assert not re.search(r"\bnan\b", text)


def test_intervals_that_take_images_as_independent_are_called_too_narrow():
    evidence = scores_alone()
    settings = replace(evidence.evaluation.settings, unit="image")
    by_image = replace(evidence.evaluation, settings=settings)
    assert "and are too narrow" in shown(replace(evidence, evaluation=by_image)).text
    assert "Intervals take patients as independent" in shown(evidence).text


def hostile() -> Evidence:
    """Text from tags, labels and a vendor's table wherever a report shows any."""
    evidence = made_evidence(
        {SCRIPT: (None, 1.0), FORMULA: (None, 2.0)},
        (0, 60),
        sources={},
        weights=dict.fromkeys((SCRIPT, FORMULA), Weights(SCRIPT, FORMULA)),
        preflight=made_preflight(
            Finding("warning", f"devices: {SCRIPT} {FORMULA} (12)", f"<img src=x onerror={SCRIPT}>")
        ),
        examples=[WorstImage(SCRIPT, "false negative", png(), f'"{SCRIPT}', SCRIPT)],
        protocol=ProtocolParameters(
            product=SCRIPT,
            product_version=FORMULA,
            site=SCRIPT,
            period=FORMULA,
            truth=SCRIPT,
            acceptable=0.8,
        ),
    )
    makers = np.where(np.arange(len(evidence.evaluation.scored)) % 2, SCRIPT, FORMULA)
    scored = evidence.evaluation.scored.assign(manufacturer=makers)
    return replace(evidence, evaluation=replace(evidence.evaluation, scored=scored))


def test_nothing_from_a_tag_or_table_acts_in_the_page():
    html = render(page(hostile(), {"Software": SCRIPT}))
    found = Tags(html)
    assert SCRIPT not in html
    names = {name for name, _ in found.tags}
    assert not names & {"script", "iframe", "object", "embed", "form", "base", "link"}
    for _, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/"))
    policy = [a["content"] for name, a in found.tags if a.get("http-equiv")]
    assert policy and policy[0].startswith("default-src 'none'")
    assert found.text.count(SCRIPT) > 5  # shown as text, not dropped


def test_no_cell_of_a_table_is_a_formula(tmp_path):
    written = report.write(hostile(), tmp_path)
    tables = [path for path in written if path.suffix == ".csv"]
    assert {path.name for path in tables} >= {"scores.csv", "subgroups.csv", "exclusions.csv"}
    seen = 0
    for path in tables:
        with path.open(newline="") as file:
            texts = [cell for row in csv.reader(file) for cell in row]
        for text in texts:
            is_number = re.fullmatch(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|inf)", text)
            assert is_number or not text.startswith(("=", "+", "-", "@", "\t", "\r")), text
        seen += sum(text == f"'{FORMULA}" for text in texts)
    assert seen > 100


def test_files_are_named_and_the_page_needs_none_of_them(tmp_path):
    folder = tmp_path / "new" / "report"
    written = report.write(scores_alone(), folder)
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}
    assert {"report.html", "scores.csv", "estimates.csv"} <= {path.name for path in written}
    again = report.write(scores_alone(), folder)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]
