from pathlib import Path

import jupytext
import pandas as pd
import pytest

import paper_readings
import paper_statements
from mammo.datasets.roles import EXTERNAL
from mammo.evaluation import holm
from mammo.paper import plus_minus, published, sampling_error
from mammo.paper.drops import (
    detectable_drops,
    drops_by_assumption,
    published_drops,
    published_gains,
    published_next_sites,
)
from mammo.paper.published import dataset_title, short_title
from mammo.report.tables import certainty
from mammo.report.tables.next_site import next_site_sentence, next_site_table
from paper_statements import images_needed, nearest_miss


@pytest.fixture(scope="module")
def intervals() -> pd.DataFrame:
    return sampling_error.published_intervals()


def test_what_is_ruled_out_and_what_is_not(intervals):
    verdicts = [reading.verdict for reading in plus_minus.readings(intervals)]
    assert verdicts == [
        *[paper_readings.RULED_OUT] * 4,
        paper_readings.PARTLY,
        paper_readings.POSSIBLE,
    ]
    shown = certainty.readings_table(intervals).shown.to_string()
    assert "MIAS ±0.086, INbreast ±0.066, Institution (UKy) ±0.026" in shown
    assert "of Table 4's fifths ±0.056 to ±0.200" in shown
    assert "7.6 times as wide on one set as on another" in shown


def test_by_patient_the_whole_sets_alone_would_prove_little(intervals):
    """MIAS and UKy are 3.3 times apart by image, and about 3, which rounding hides, by patient.

    With patients of one class they are less, so that only Table 4's fifths rule a reading out.
    """

    def ratio(assumed: plus_minus.Assumed, place: str = "Table") -> float:
        return plus_minus.ratio(plus_minus.expected_widths(intervals, assumed, place))

    assert ratio("image", "Table 3") == pytest.approx(3.27, abs=0.01)
    assert ratio("patient", "Table 3") == pytest.approx(2.99, abs=0.04)
    assert ratio("one class", "Table 3") == pytest.approx(1.94, abs=0.04)
    assert ratio("patient") > 6 and ratio("one class") > 4
    assert pytest.approx(3) == paper_readings.ALLOWED


def test_no_number_of_replicates_serves_all_sets(intervals):
    widths = plus_minus.expected_widths(intervals, "image")
    counts = paper_readings.replicates_for_print(widths)
    for key, row in counts.iterrows():
        for number in row:
            assert paper_readings.SMALLEST <= widths[key] / number**0.5 < paper_readings.LARGEST
        assert widths[key] / (row["most"] + 1) ** 0.5 < paper_readings.SMALLEST
    assert counts["fewest"].max() > counts["most"].min()


def test_each_reading_gives_what_the_sets_sizes_give(intervals):
    assert plus_minus.readings(intervals) == paper_readings.readings(intervals)


def test_a_reading_that_would_print_alike_is_not_ruled_out(intervals):
    alike = intervals.assign(hanley_mcneil=0.012)
    verdicts = [reading.verdict for reading in paper_readings.readings(alike)]
    assert verdicts[0] == verdicts[2] == verdicts[3] == paper_readings.POSSIBLE
    assert "some number serves all" in paper_readings.readings(alike)[3].gives


def test_every_published_cell_has_its_interval(intervals):
    table = certainty.interval_table(intervals)
    assert len(table.shown) == 26
    row = table.shown.iloc[6]
    assert row[["Model", "Data set", "Printed"]].tolist() == [
        "Wang et al., AlexNet",
        "MIAS",
        "0.46 ±0.01",
    ]
    assert row["By formula"] == "±0.084"
    low, _, high = row["95% interval"].partition(" to ")
    assert float(low) < 0.46 < 0.5 < float(high)


def test_sentences_say_what_is_ruled_out_and_what_is_possible(intervals):
    text = certainty.reading_sentence(intervals).data
    assert text.startswith("**Ruled out, by one argument**")
    assert "**Possible, and no more**" in text and "7.6 times larger" in text
    assert "rests on Table 4's values being one test each of a fifth of a set" in text
    assert "3.3 times apart by image, about 3.0 by patient and 1.9 with patients of one" in text
    assert "alone they would rule out nothing by patient" in text
    text = certainty.interval_sentence(intervals).data
    assert "±0.08 on MIAS" in text and "±0.03 on Institution (UKy) (the last ±0.041 if" in text
    assert "9 to 11 of the 16 external intervals include 0.5" in text
    assert "expert" not in text  # whose value has no interval to be tested with


def prose() -> str:
    """The text of the chapter, in one line."""
    file = Path(__file__).parents[1] / "notebooks" / "08_how_sure.py"
    cells = jupytext.read(file).cells
    return " ".join(" ".join(c.source for c in cells if c.cell_type == "markdown").split())


def named(differences: pd.DataFrame) -> str:
    return ", ".join(
        f"{short_title(row.model)} on {dataset_title(row.dataset)}"
        for row in differences.itertuples()
    )


def remain(differences: pd.DataFrame) -> pd.Series:
    every = differences[["p_holm", "p_holm_by_patient", "p_holm_one_class"]].max(axis=1)
    return (every < certainty.LEVEL) & (differences["difference"] > 0)


def test_the_text_says_which_drops_and_gains_remain(intervals):
    drops, gains = published_drops(intervals), published_gains(intervals)
    alone, mixed = (drops[drops["place"] == place] for place in ("Table 3", "Table 4"))
    assert remain(alone).all() and not remain(mixed).any()
    text = prose()
    assert f"Of the {len(alone)} drops of models trained on DDSM alone, {len(alone)} rem" in text
    assert f"of the {len(mixed)} of the model trained on mixed data, 0 do (not {named(mixed)})" in (
        text
    )
    assert f"Of the {len(gains)} gains, {remain(gains).sum()} remains significant" in text
    assert f"significant (not {named(gains[~remain(gains)])}): a fifth" in text


def test_the_text_has_the_p_values_of_the_abstracts_nearest_ends():
    low, high = paper_statements.PRINTED_OWN_VALIDATION[0], paper_statements.PRINTED_RANGE[1]
    text = prose()
    assert f"{low} as the lowest internal value and {high} as the highest external one" in text
    listed = ", ".join(f"{nearest_miss(name):.2f} on {dataset_title(name)}" for name in EXTERNAL)
    assert f"the two values would differ with p = {listed}." in text


def test_the_text_says_how_many_images_the_printed_error_takes():
    chance, good = (images_needed(area, 0.3, published.PRINTED_HALF_WIDTH) for area in (0.5, 0.9))
    assert (
        f"a half-width of 0.01 would take {chance:,} of them at an auROC of 0.5, and {good:,} at "
        "0.9, with 30% malignant."
    ) in prose()
    chance, good = (images_needed(area, 0.3, paper_readings.LARGEST) for area in (0.5, 0.9))
    assert f"for which {chance:,} and {good:,} are enough" in prose()


def test_how_many_drops_remain_hangs_on_what_is_assumed(intervals):
    found = drops_by_assumption(intervals)
    assert found["n_remaining"].tolist() == [16, 16, 16, 15, 14, 13, 15]
    assert set(found["n_drops"]) == {16}
    shown = certainty.assumption_table(found).shown
    assert (
        shown["Not significant"].tolist()[3] == "VGG16 on MIAS"
        and shown["Not significant"].tolist()[0] == "none"
    )
    assert shown["Significant"].tolist()[5] == "13 of 16"


def test_inbreasts_gain_hangs_on_a_correlation_that_is_not_known(intervals):
    gains = published_gains(intervals).set_index("dataset")
    assert gains.loc["inbreast", "p_holm"] > 0.05 > holm(gains["p_shared"])[1]
    table = certainty.gain_table(gains.reset_index())
    assert "by how much the two values are correlated is not known: at 0.45" in table.note
    assert table.shown["95% interval"].tolist()[0] == "-0.10 to 0.34"
    assert table.shown["Smallest detectable"].tolist() == ["0.31", "0.23", "0.09"]


def test_a_fourth_site_could_find_nearly_anything(intervals):
    rows = published_next_sites(intervals).set_index("model")
    row = rows.loc["end2end_resnet50"]
    reach = row["auroc_next_upper"] - row["auroc"]
    assert (row["auroc"], reach) == pytest.approx((0.57, 0.47), abs=0.005)
    assert "frcnn_cad" not in rows.index  # of one external set
    text = next_site_sentence(rows.reset_index()).data
    assert text.startswith("3 sites carry almost no prediction: end2end ResNet50")
    assert "0.57 on average, and at the next site anything from 0.11 to 1.00" in text
    table = next_site_table(rows.reset_index(), "name", "caption")
    assert table.shown["Next site"].iloc[-1] == "0.11 to 1.00"
    assert next_site_table(rows.iloc[:0], "name", "caption").shown["Result"].tolist() == [
        "none: no model has results on two external sets with enough patients"
    ]


def test_what_is_detectable_by_patient_is_said_in_numbers(intervals):
    note = certainty.detectable_table(detectable_drops(), intervals).note
    assert "0.92 times on MIAS" in note and "1.55 times if each patient's images are of one" in note


def test_drops_that_do_not_remain_are_marked(intervals):
    drops = published_drops(intervals)
    weak = drops.assign(p_holm_one_class=drops["p_holm_one_class"].mask(drops.index == 3, 0.2))
    verdicts = certainty.drop_table(weak).shown["After Holm"]
    assert verdicts.iloc[3] == "in doubt"
    assert verdicts.iloc[-1] == "not significant"


def test_gains_are_shown_as_differences(intervals):
    gains = published_gains(intervals)
    assert certainty.gain_table(gains).shown["Gain"].tolist() == ["0.12", "0.16", "0.19"]
