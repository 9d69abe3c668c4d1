from dataclasses import replace

import pytest

from adapted import made_up_adaptation
from mammo.hospital.adaptation import words as report


def test_no_gain_is_told_with_what_could_have_shown():
    result = made_up_adaptation(runs=6)
    least = result.summary["smallest_detectable"].iloc[1:]
    assert report.training(result) == (
        "None of these amounts (20 to 40 local patients) showed a gain. With the 120 patients held "
        "aside (120 images, 60 malignant), a true gain of "
        f"{least.min():.2f} to {least.max():.2f} would have shown with 80% power, and a smaller "
        "one cannot be excluded."
    )


def test_few_degrees_of_freedom_quote_the_upper_bound_of_the_gain():
    """Two trainings that differ know their own spread too badly to say what they could show."""
    result = made_up_adaptation(runs=2)
    assert (result.summary["df"].iloc[1:] < 4).any()
    result.summary["smallest_detectable"] = float("nan")
    most = result.summary["difference_upper"].iloc[1:]
    assert (
        f"the upper bounds of the gain are {most.min():+.2f} to {most.max():+.2f}."
    ) in report.training(result)


def test_one_training_and_few_patients_conclude_nothing():
    one = made_up_adaptation((0.2, 2.5), harmonised=2.5, runs=1)
    assert report.training(one).startswith("No gain is concluded: one training")
    assert "one training, from which nothing is concluded" in report.harmonising(one)
    few = made_up_adaptation((0.2, 3.5), n_patients=18)
    assert "fewer than 10 patients of one class, who settle nothing" in report.training(few)


def test_the_smallest_amount_that_showed_a_gain_is_named():
    sentence = report.training(made_up_adaptation((0.2, 0.2, 1.5, 1.6)))
    assert sentence.startswith("40 local patients are the smallest of these amounts to show")
    assert "p < 0.001 after Holm's adjustment, paired). Of 1 larger amounts, all did." in sentence


def test_a_larger_amount_that_showed_none_is_not_passed_over():
    sentence = report.training(made_up_adaptation((0.2, 1.5, 0.2, 1.5)))
    assert "20 local patients are the smallest" in sentence
    assert "Of 2 larger amounts, 1 did." in sentence


def test_a_loss_is_told():
    sentence = report.training(made_up_adaptation((1.5, 1.5, 0.1)))
    assert "None of these amounts" in sentence
    assert "With 40 local patients the auROC fell, and significantly." in sentence


def test_too_few_patients_are_told_as_such():
    result = made_up_adaptation()
    result.summary[["smallest_detectable", "difference_upper"]] = float("nan")
    assert "they are too few to say what they could have shown" in report.training(result)


def test_no_amount_at_all_is_told():
    assert report.training(made_up_adaptation((0.2,))) == (
        "No amount of local patients could be tried."
    )


@pytest.mark.parametrize(
    ("distance", "verdict"), [(0.2, "no significant change"), (1.5, ": a significant change")]
)
def test_harmonisation_is_judged_by_its_p_value(distance, verdict):
    assert verdict in report.harmonising(made_up_adaptation(harmonised=distance))


def test_recalibration_says_what_it_mends_and_what_it_cannot():
    sentence = report.recalibrating(made_up_adaptation())
    assert "on the labels of 480 local patients keeps the order of the scores" in sentence
    assert "at this site's share of malignant images" in sentence
    assert "from -1.25 to +0.10 (0 is right), and the Brier score from 0.30 to 0.21" in sentence
    turned = report.recalibrating(made_up_adaptation(n_reversed=2))
    assert "turned the order of the scores round in 2 of 3 trainings" in turned
    result = made_up_adaptation()
    assert report.recalibrating(replace(result, alternatives=result.alternatives[:2])) == ""


def test_sentences_end_with_what_they_were_computed_on():
    *found, made = report.sentences(made_up_adaptation())
    assert made.startswith("Computed on synthetic images; weights: random")
    assert found[-1] == "Left out: 90% of the patients, since they are too many."


def test_the_curves_table_has_amounts_gains_and_what_its_intervals_cover():
    table = report.curve_table(made_up_adaptation())
    assert table.shown["Local patients"].tolist()[:2] == ["0 (0%)", "20 (3.33%)"]
    assert table.shown["Gain"].iloc[0] == "–"
    assert table.shown["p, Holm"].iloc[0] == "–"
    assert "the same 120 patients held aside" in table.note
    assert "for these very trainings" in table.note
    assert "other patients and other trainings" in table.note


def test_one_training_has_no_spread_and_the_note_says_what_is_not_known():
    table = report.curve_table(made_up_adaptation(runs=1))
    assert "SD over trainings" not in table.shown
    assert "how much another training differs is not known from one" in table.note


def test_the_table_of_alternatives_says_what_each_needs():
    shown = report.alternatives_table(made_up_adaptation()).shown
    assert shown["AlexNet"].tolist() == ["as it is", "harmonised", "recalibrated"]
    assert shown["Labels"].tolist() == ["not needed", "not needed", "needed"]
    assert shown["In the large"].tolist() == ["-1.25", "-1.20", "+0.10"]
