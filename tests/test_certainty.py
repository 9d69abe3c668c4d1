from __future__ import annotations

from pathlib import Path

import jupytext
import pandas as pd
import pytest

import paper_readings
from mammo.paper import plus_minus, published, sampling_error
from mammo.paper.drops import published_drops, published_gains
from mammo.paper.published import EXTERNAL, dataset_title, short_title
from mammo.report.tables import certainty
from paper_statements import images_needed, nearest_miss


@pytest.fixture(scope="module")
def intervals() -> pd.DataFrame:
    return sampling_error.published_intervals(seed=2)


def test_what_is_ruled_out_and_what_is_not(intervals):
    verdicts = [reading.verdict for reading in plus_minus.readings(intervals)]
    assert verdicts == [
        *[plus_minus.RULED_OUT] * 4,
        plus_minus.PARTLY,
        plus_minus.POSSIBLE,
    ]
    shown = certainty.readings_table(intervals).shown.to_string()
    assert "MIAS ±0.086, INbreast ±0.066, Institution (UKy) ±0.026" in shown
    assert "of Table 4's fifths ±0.056 to ±0.200" in shown
    assert "7.6 times as wide on one set as on another" in shown


def test_by_patient_the_whole_sets_alone_would_prove_little(intervals):
    """MIAS and UKy are 3.3 times apart by image, and about 3, which rounding hides, by patient."""
    by_image, by_patient = (
        plus_minus.expected_widths(intervals, unit) for unit in ("image", "patient")
    )
    assert plus_minus.ratio(by_image["Table 3"]) == pytest.approx(3.27, abs=0.01)
    assert 2.8 < plus_minus.ratio(by_patient["Table 3"]) < 3.2
    assert plus_minus.ratio(by_patient) > 6 > plus_minus.ALLOWED == pytest.approx(3)


def test_no_number_of_replicates_serves_all_sets(intervals):
    widths = plus_minus.expected_widths(intervals, "image")
    counts = paper_readings.replicates_for_print(widths)
    for key, row in counts.iterrows():
        for number in row:
            assert plus_minus.SMALLEST <= widths[key] / number**0.5 < plus_minus.LARGEST
        assert widths[key] / (row["most"] + 1) ** 0.5 < plus_minus.SMALLEST
    assert counts["fewest"].max() > counts["most"].min()


@pytest.mark.parametrize("seed", [2020, 1])
def test_each_reading_gives_what_the_sets_sizes_give(seed):
    intervals = sampling_error.published_intervals(seed)
    assert plus_minus.readings(intervals) == paper_readings.readings(intervals)


def test_a_reading_that_would_print_alike_is_not_ruled_out(intervals):
    alike = intervals.assign(hanley_mcneil=0.012)
    verdicts = [reading.verdict for reading in paper_readings.readings(alike)]
    assert verdicts[0] == verdicts[2] == verdicts[3] == plus_minus.POSSIBLE
    assert "some number serves all" in paper_readings.readings(alike)[3].gives


def test_every_published_cell_has_its_interval(intervals):
    table = certainty.interval_table(intervals)
    assert len(table.shown) == 26
    row = table.shown.iloc[6]
    assert row[["Model", "Data set", "Printed"]].tolist() == ["Ours, AlexNet", "MIAS", "0.46 ±0.01"]
    assert row["By formula"] == "±0.084"
    low, _, high = row["95% interval"].partition(" to ")
    assert float(low) < 0.46 < 0.5 < float(high)


def test_sentences_say_what_is_proved_and_what_is_plausible(intervals):
    text = certainty.reading_sentence(intervals).data
    assert text.startswith("**Proved**") and "**Only made plausible**" in text
    assert "7.6 times larger" in text and "4 readings cannot print" in text
    assert "3.3 times by image" in text
    text = certainty.interval_sentence(intervals).data
    assert "±0.08 on MIAS" in text and "±0.03 on Institution (UKy)" in text


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
    both = differences[["p_holm", "p_holm_by_patient"]].max(axis=1)
    return (both < certainty.LEVEL) & (differences["difference"] > 0)


@pytest.mark.parametrize("seed", [2020, 1, 2])
def test_the_text_says_which_drops_and_gains_remain_whatever_the_seed(seed):
    intervals = sampling_error.published_intervals(seed)
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
    low, high = published.PRINTED_OWN_VALIDATION[0], published.PRINTED_RANGE[1]
    text = prose()
    assert f"{low} as the lowest at home and {high} as the highest elsewhere" in text
    listed = ", ".join(f"{nearest_miss(name):.2f} on {dataset_title(name)}" for name in EXTERNAL)
    assert f"the two values would differ with p = {listed}." in text


def test_the_text_says_how_many_images_the_printed_error_takes():
    chance, good = (images_needed(area, 0.3, published.PRINTED_HALF_WIDTH) for area in (0.5, 0.9))
    assert (
        f"An honest ±0.01 takes {chance:,} independent images at an auROC of 0.5, and {good:,} at "
        "0.9, if 30% of them are malignant."
    ) in prose()


def test_drops_that_do_not_remain_are_marked(intervals):
    drops = published_drops(intervals)
    weak = drops.assign(p_holm_by_patient=drops["p_holm_by_patient"].mask(drops.index == 3, 0.2))
    verdicts = certainty.drop_table(weak).shown["After Holm"]
    assert verdicts.iloc[3] == "in doubt"
    assert verdicts.iloc[-1] == "not significant"


def test_gains_are_shown_as_differences(intervals):
    gains = published_gains(intervals)
    assert certainty.gain_table(gains).shown["Gain"].tolist() == ["0.12", "0.16", "0.19"]
