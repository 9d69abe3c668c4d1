import base64
import io
import math
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from mammo.errors import MammoError
from mammo.report.estimates import ESTIMATE_COLUMNS
from mammo.report.page.blocks import Table
from mammo.report.tables import paper


def estimate(model: str, dataset: str, split: str, auroc: float, **changes: object) -> dict:
    return {
        "model": model,
        "dataset": dataset,
        "split": split,
        "source": "synthetic",
        "weights": "random",
        "authors_weights": False,
        "may_have_seen": (),
        "auroc": auroc,
        "lower": auroc - 0.05,
        "upper": auroc + 0.05,
        "confidence": 0.95,
        "unit": "patient",
        "n_images": 1322,
        "n_patients": 161,
        "n_malignant": 52,
        "n_rarer_patients": 40,
        "n_bootstrap": 2000,
        "n_valid": 1999,
        "method": "score interval (Newcombe's method 5) by patient",
        "percentile_lower": 0.4,
        "percentile_upper": 0.6,
        "seed": 7,
        "n_runs": 1,
        "run_sd": math.nan,
        **changes,
    }


@pytest.fixture
def estimates() -> pd.DataFrame:
    rows = [
        estimate("alexnet", "cbis_ddsm", "validation", 0.714),
        estimate("alexnet", "mias", "test", 0.523, source="real", weights="ImageNet"),
        estimate("alexnet", "inbreast", "test", 0.487),
        estimate("my_model", "mias", "test", 0.6),
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=list(ESTIMATE_COLUMNS))


def row(table, **where) -> pd.Series:
    shown = table.shown
    for column, value in where.items():
        shown = shown[shown[column.replace("_", " ")] == value]
    assert len(shown) == 1
    return shown.iloc[0]


def test_table_3_shows_the_computed_beside_the_published_value(estimates):
    table = paper.table3(estimates)
    cell = row(table, Model="Wang et al., AlexNet", Data_set="MIAS")
    assert cell["Published"] == "0.46 ±0.01"
    assert cell["Computed here"] == "0.52"
    assert cell["95% interval"] == "0.47 to 0.57"
    assert cell["Source"] == "real"
    assert "Weights. AlexNet: ImageNet. AlexNet, my_model: random." in table.note
    assert cell["Patients; images; malignant"] == "161; 1,322; 52"
    assert row(table, Model="Wang et al., AlexNet", Data_set="INbreast")["Source"] == "synthetic"


def test_every_cell_of_the_paper_is_there_and_says_why_it_has_no_value(estimates):
    shown = paper.table3(estimates).shown
    assert len(shown) == 6 * 3 + 1
    words = shown.set_index(["Model", "Data set"])["Computed here"]
    assert words["end2end, VGG16", "MIAS"] == "not part of this build"
    assert words["Wang et al., VGG16", "MIAS"] == "not part of this build"
    published = shown.set_index(["Model", "Data set"])["Published"]
    assert published["end2end, VGG16", "MIAS"] == "0.63 ±0.01"
    assert published["frcnn_cad", "MIAS"] == published["frcnn_cad", "INbreast"] == "trained on it"
    assert published["my_model", "MIAS"] == "–"


def test_the_spread_over_trainings_stands_apart_from_the_interval(estimates):
    assert "SD over trainings" not in paper.table3(estimates).shown
    repeated = estimates["dataset"] == "mias"
    spread = estimates.assign(
        run_sd=estimates["run_sd"].mask(repeated, 0.0123), n_runs=1 + 4 * repeated
    )
    table = paper.table3(spread)
    cell = row(table, Model="Wang et al., AlexNet", Data_set="MIAS")
    assert (cell["SD over trainings"], cell["95% interval"]) == ("0.012", "0.47 to 0.57")
    assert row(table, Model="Wang et al., AlexNet", Data_set="INbreast")["SD over trainings"] == "–"
    assert "over 5 trainings that differ in their seed alone" in table.note
    assert "it is no part of the interval" in table.note


def test_a_model_that_the_paper_does_not_know_has_its_row(estimates):
    cell = row(paper.table3(estimates), Model="my_model")
    assert (cell["Published"], cell["Computed here"]) == ("–", "0.60")


def test_a_set_that_the_weights_may_have_seen_holds_no_value(estimates):
    detector = estimate("frcnn_cad", "institution", "test", 0.6)
    assert "frcnn_cad (trained here)" in set(paper.table3(pd.DataFrame([detector])).shown["Model"])
    authors = {"authors_weights": True, "may_have_seen": ("cbis_ddsm", "mias", "inbreast")}
    shown = paper.table3(pd.DataFrame([{**detector, **authors}])).shown.set_index("Data set")
    assert shown.loc["MIAS", "Computed here"].iloc[-1] == "trained on it"
    assert shown.loc["INbreast", "Computed here"].iloc[-1] == "trained on it"
    computed = shown.loc["Institution (UKy)"].iloc[-1]
    assert computed[["Model", "Computed here"]].tolist() == ["frcnn_cad (authors' weights)", "0.60"]
    seen = estimates.assign(may_have_seen=[("mias",)] * len(estimates))
    assert row(paper.table3(seen), Model="my_model")["Computed here"] == "trained on it"
    assert row(paper.table3(seen), Model="my_model")["95% interval"] == "–"


def test_a_detector_trained_here_is_another_model_than_the_papers():
    here = [
        estimate("frcnn_cad", dataset, split, auroc)
        for dataset, split, auroc in [
            ("cbis_ddsm", "validation", 0.7),
            ("mias", "test", 0.6),
            ("inbreast", "test", 0.5),
        ]
    ]
    made = pd.DataFrame(here).assign(weights="random; trained on synthetic images")
    internal = (
        paper.table2(made).shown.query("Model.str.startswith('frcnn_cad')").set_index("Data set")
    )
    assert internal["Published"].to_dict() == {"INbreast": "0.95", "DDSM": "trained on it"}
    assert internal["Computed here"].to_dict() == {
        "INbreast": paper.TESTED_EXTERNALLY,
        "DDSM": "0.70",
    }
    external = (
        paper.table3(made).shown.query("Model.str.startswith('frcnn_cad')").set_index("Data set")
    )
    assert external.loc["MIAS", ["Published", "Computed here"]].tolist() == [
        "trained on it",
        "0.60",
    ]


def test_table_2_holds_the_validation_results_only(estimates):
    shown = paper.table2(estimates).shown
    assert len(shown) == 6
    assert list(shown["Computed here"]) == ["0.71", *["not part of this build"] * 5]
    assert list(shown["Published"][-3:]) == ["0.88", "0.88", "0.95"]
    assert list(shown["Data set"])[-1] == "INbreast"


def test_table_4_stands_beside_the_model_trained_on_ddsm_alone(estimates):
    mixed = estimates[estimates["model"] == "alexnet"].assign(auroc=[0.7, 0.61, 0.62])
    table = paper.table4(mixed, estimates)
    assert list(table.shown["Data set"]) == ["DDSM", "MIAS", "INbreast", "Institution (UKy)"]
    mias = row(table, Data_set="MIAS")
    assert (mias["Published, DDSM only"], mias["Published, mixed"]) == ("0.46", "0.58 ±0.01")
    assert (mias["Computed, DDSM only"], mias["Computed, mixed"]) == ("0.52", "0.61")
    assert row(table, Data_set="DDSM")["Published, DDSM only"] == "0.71"
    uky = row(table, Data_set="Institution (UKy)")
    assert uky["Computed, mixed"] == "not part of this build"
    assert paper.table4(mixed).data["ddsm_only_auroc"].isna().all()


def test_without_any_estimate_the_published_values_remain(nothing):
    assert (paper.table2(nothing).shown["Published"] != "–").all()
    assert len(paper.table3(nothing).shown) == 18
    assert list(paper.table4(nothing).shown["Published, mixed"])[1:] == [
        "0.58 ±0.01",
        "0.67 ±0.01",
        "0.68 ±0.01",
    ]
    assert paper.table3(nothing).note == ""


def test_one_class_reads_undefined(nothing):
    one = estimate("alexnet", "mias", "test", math.nan, n_malignant=0)
    shown = row(paper.table3(pd.DataFrame([one])), Model="Wang et al., AlexNet", Data_set="MIAS")
    assert shown["Computed here"] == "undefined: one class only"
    assert shown["95% interval"] == "–"


def test_the_note_says_how_the_intervals_were_made(estimates):
    note = paper.table3(estimates).note
    assert "Intervals: 95%, score interval (Newcombe's method 5) by patient; beside them" in note
    assert "percentile bootstrap of patients, 2,000 replicates" in note
    assert "at least 1,999 held both classes), seed 7" in note


def test_each_row_says_on_which_images_it_was_computed(estimates):
    shown = paper.table3(estimates).shown
    assert set(shown.loc[shown["95% interval"] != "–", "Source"]) == {"real", "synthetic"}
    real = paper.table3(estimates.assign(source="real")).shown
    assert "synthetic" not in set(real["Source"])


def test_weights_that_all_models_share_stand_alone(estimates):
    note = paper.table3(estimates.assign(weights="random")).note
    assert "Weights: random." in note


def test_table_4_names_its_models_where_there_are_more():
    rows = [estimate(model, "mias", "test", 0.6) for model in ("alexnet", "vgg16")]
    assert "Model" not in paper.table4(pd.DataFrame(rows[:1])).shown
    assert list(paper.table4(pd.DataFrame(rows)).shown["Model"])[::4] == [
        "Wang et al., AlexNet",
        "Wang et al., VGG16",
    ]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda e: e.drop(columns=["weights", "seed"]), r"lack the columns \['weights', 'seed'\]"),
        (lambda e: e.assign(source="phantom"), "source .*use 'real' or 'synthetic'"),
        (lambda e: pd.concat([e, e]), "alexnet, cbis_ddsm, validation twice"),
    ],
)
def test_estimates_that_break_the_contract_are_refused(estimates, spoil, message):
    with pytest.raises(MammoError, match=message):
        paper.table3(spoil(estimates))


@pytest.fixture
def summary() -> pd.DataFrame:
    columns = ["source", "cases", "patients", "images", "images_total", "excluded", "malignant"]
    columns += ["benign", "malignant_percent", "benign_percent"]
    index = pd.Index(["mias", "inbreast", "institution"], name="dataset")
    rows = [
        ["real", 161, 161, 322, 322, 0, 52, 270, 16.149, 83.851],
        ["synthetic", 29, 27, 97, 103, 6, 25, 72, 25.77, 74.23],
        ["real", 10, 10, 40, 40, 0, 20, 20, 50.0, 50.0],
    ]
    return pd.DataFrame(rows, index=index, columns=columns)


def test_table_1_has_the_published_row_and_the_row_of_this_build(summary):
    table = paper.table1(summary)
    assert len(table.shown) == 4 + 3
    real = row(table, Data_set="MIAS", Row="real")
    assert (real["Cases"], real["Patients"], real["Images"]) == ("161", "161", "322")
    assert real["Malignant; benign"] == "16%; 84%"
    published = row(table, Data_set="INbreast", Row="published")
    assert (published["Images"], published["Malignant; benign"]) == ("387 of 410", "26%; 72%")
    assert row(table, Data_set="INbreast", Row="synthetic")["Images"] == "97 of 103"


def test_simulated_and_own_images_do_not_borrow_the_papers_origin(summary):
    table = paper.table1(summary)
    assert row(table, Data_set="INbreast", Row="synthetic")["Origin"] == "simulated"
    assert row(table, Data_set="Institution (UKy)", Row="real")["Origin"] == "your own"


class Parsed(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_html_is_well_formed_and_accessible(estimates):
    page = Parsed(paper.table3(estimates)._repr_html_())
    assert page.open == []
    assert page.tags.count("caption") == page.tags.count("thead") == 1
    scopes = [attributes.get("scope") for tag, attributes in page.attributes if tag == "th"]
    assert scopes.count("col") == 7
    assert scopes.count("row") == 19
    assert None not in scopes
    spans = [attributes.get("class") for tag, attributes in page.attributes if tag == "span"]
    assert spans.count("mammo-badge mammo-real") == 1
    assert page.texts.count("synthetic") == 2


def test_the_csv_link_holds_the_numbers_in_full(estimates):
    html = paper.table3(estimates)._repr_html_()
    assert 'download="table-3.csv"' in html
    encoded = re.search(r"base64,([A-Za-z0-9+/=]+)", html).group(1)
    csv = pd.read_csv(io.BytesIO(base64.b64decode(encoded)))
    assert csv.loc[csv["model"] == "alexnet", "auroc"].iloc[0] == 0.523
    assert csv["published"].notna().sum() == 16


def test_text_is_escaped():
    frame = pd.DataFrame({"<b>": ["<script>alert(1)</script>"]})
    html = Table(frame, "a < b", name='x"y')._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert 'id="x&#34;y"' in html
    assert "a &lt; b" in html


def test_numbers_stand_on_the_right_and_words_do_not():
    frame = pd.DataFrame({"set": ["MIAS"], "images": [1322], "share": [0.16149], "seen": [None]})
    frame["said"], frame["interval"] = "3 of 9 lie above", "0.42 to 0.60"
    html = Table(frame, "Plain", name="plain")._repr_html_()
    assert '<td class="mammo-number">1,322</td>' in html
    assert '<td class="mammo-number">0.1615</td>' in html
    assert '<td class="mammo-number">0.42 to 0.60</td>' in html
    assert "<td>–</td>" in html
    assert "<td>3 of 9 lie above</td>" in html
    assert '<th scope="row">MIAS</th>' in html


def test_the_text_form_has_caption_and_values(estimates):
    text = repr(paper.table3(estimates))
    assert text.startswith(
        "Table 3. External auROC of models trained on DDSM, published and computed\n"
    )
    assert "0.46 ±0.01" in text
