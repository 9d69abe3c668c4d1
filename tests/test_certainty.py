from __future__ import annotations

import pandas as pd
import pytest

from mammo.paper import plus_minus, sampling_error
from mammo.paper.drops import published_drops, published_gains
from mammo.report.tables import certainty


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
    counts = plus_minus.replicates_for_print(widths)
    for key, row in counts.iterrows():
        for number in row:
            assert plus_minus.SMALLEST <= widths[key] / number**0.5 < plus_minus.LARGEST
        assert widths[key] / (row["most"] + 1) ** 0.5 < plus_minus.SMALLEST
    assert counts["fewest"].max() > counts["most"].min()


def test_a_reading_that_would_print_alike_is_not_ruled_out(intervals):
    alike = intervals.assign(hanley_mcneil=0.012)
    verdicts = [reading.verdict for reading in plus_minus.readings(alike)]
    assert verdicts[0] == verdicts[2] == verdicts[3] == plus_minus.POSSIBLE
    assert "some number serves all" in plus_minus.readings(alike)[3].gives
    assert "0 readings cannot" in certainty.reading_sentence(alike).data


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
    assert "An honest ±0.01 takes 15," in certainty.needed_sentence().data


def test_drops_that_do_not_remain_are_named(intervals):
    drops = published_drops(intervals)
    text = certainty.drop_sentence(drops).data
    assert "Of the 16 drops of models trained on DDSM alone, 16 remain significant" in text
    assert "of the 3 of the model trained on mixed data, 0 do (not AlexNet on MIAS," in text
    assert "p = 0.22 on MIAS, 0.13 on INbreast" in text
    weak = drops.assign(p_holm_by_patient=drops["p_holm_by_patient"].mask(drops.index == 3, 0.2))
    assert "15 remain significant after Holm's adjustment (not VGG16 on MIAS)" in (
        certainty.drop_sentence(weak).data
    )
    verdicts = certainty.drop_table(weak).shown["After Holm"]
    assert verdicts.iloc[3] == "in doubt"
    assert verdicts.iloc[-1] == "not significant"


def test_gains_that_do_not_remain_are_named(intervals):
    gains = published_gains(intervals)
    text = certainty.gain_sentence(gains).data
    assert (
        "Of the 3 gains, 1 remains significant (not AlexNet on MIAS, AlexNet on INbreast)" in text
    )
    assert certainty.gain_table(gains).shown["Gain"].tolist() == ["0.12", "0.16", "0.19"]


def test_coverage_is_shown_in_percent_a_column_a_method():
    rows = pd.DataFrame(
        [
            {
                "dataset": "mias",
                "area": 0.52,
                "icc": icc,
                "method": method,
                "n_simulations": 200,
                "n_covered": covered,
                "mean_width": 0.1,
            }
            for icc in (0.0, 0.5)
            for method, covered in (("by patient", 190), ("by image", 180))
        ]
    )
    shown = certainty.coverage_table(rows).shown
    assert shown["by patient"].tolist() == ["95.0%"] * 2
    assert shown["by image"].tolist() == ["90.0%"] * 2
    assert shown["Shared by a patient"].tolist() == ["0%", "50%"]
    assert list(shown.columns)[-2:] == ["by patient", "by image"]
