"""Each verdict follows its rule, and no verdict rests on a handful of patients."""

import math

import numpy as np
import pandas as pd
import pytest

from mammo.evaluation import verdicts
from mammo.evaluation.tables.drops import drops_between_sets, model_pairs
from mammo.evaluation.tables.scores import Settings

ENOUGH = {"n_rarer_patients": 10, "confidence": 0.95}


def auroc(lower: float, upper: float, n: int = 10) -> dict[str, float]:
    return {"auroc": (lower + upper) / 2, "lower": lower, "upper": upper, "n_rarer_patients": n}


@pytest.mark.parametrize(
    ("row", "internal", "rank"),
    [
        (auroc(0.51, 0.9), None, "better"),
        (auroc(0.5, 0.9), None, "open"),
        (auroc(0.2, 0.49), None, "worse"),
        (auroc(0.51, 0.9, 9), None, "too few"),
        (auroc(math.nan, 0.9, 9) | {"auroc": 1.0}, None, "too few"),
        (auroc(math.nan, math.nan) | {"auroc": 0.8}, None, "unknown"),
        (auroc(math.nan, math.nan, 0), None, "unknown"),
        (auroc(0.51, 0.9), auroc(0.6, 0.7), "better"),
        (auroc(0.51, 0.9), auroc(0.45, 0.7), "guesses internally"),
        (auroc(0.51, 0.9), auroc(0.6, 0.7, 9), "guesses internally"),
        (auroc(0.2, 0.49), auroc(0.45, 0.7), "worse"),
    ],
)
def test_an_auroc_is_judged_by_its_interval_its_patients_and_the_internal_one(row, internal, rank):
    assert verdicts.against_guessing(row, internal) == rank


def drop(**changes: object) -> dict[str, object]:
    usual = {
        **ENOUGH, "second_n_rarer_patients": 10, "difference": 0.2, "lower": 0.1, "p_holm": 0.01,
        "p_non_inferior_holm": 0.9, "first_above_guessing": True,
    }  # fmt: skip
    return usual | changes


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "shown"),
        ({"p_holm": 0.05}, "shown"),
        ({"p_holm": 0.06}, "shown alone"),
        ({"p_holm": 0.06, "lower": -0.1}, "open"),
        ({"p_non_inferior_holm": 0.02}, "small"),
        ({"p_non_inferior_holm": 0.02, "p_holm": 0.3, "lower": -0.1}, "none"),
        ({"p_non_inferior_holm": 0.03, "p_holm": 0.3, "lower": -0.1}, "open"),
        (
            {"p_non_inferior_holm": 0.02, "p_holm": 0.3, "lower": -0.1}
            | {"first_above_guessing": False},
            "open",
        ),
        ({"difference": -0.2, "lower": -0.3}, "open"),
        ({"n_rarer_patients": 9}, "too few"),
        ({"second_n_rarer_patients": 9}, "too few"),
        ({"lower": math.nan, "p_holm": math.nan, "p_non_inferior_holm": math.nan}, "unknown"),
    ],
)
def test_a_drop_is_judged_after_the_adjustment(changes, verdict):
    assert verdicts.drop(drop(**changes)) == verdict


def test_no_loss_is_excluded_of_a_model_that_guesses_internally():
    excluded = {"p_non_inferior_holm": 0.001, "lower": -0.01}
    assert verdicts.non_inferiority(drop(**excluded)) == "shown"
    weak = drop(**excluded, first_above_guessing=False)
    assert verdicts.non_inferiority(weak) == "guesses internally"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "gained"),
        ({"difference": -0.1}, "lost"),
        ({"p_holm": 0.06}, "open"),
        ({"n_runs": 1}, "one training"),
        ({"n_rarer_patients": 9, "n_runs": 1}, "too few"),
        ({"p_holm": math.nan}, "unknown"),
    ],
)
def test_a_gain_takes_several_trainings(changes, verdict):
    usual = {**ENOUGH, "n_runs": 3, "p_holm": 0.01, "difference": 0.1}
    assert verdicts.gain(usual | changes) == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "not shown off"),
        ({"slope_upper": 0.9}, "off"),
        ({"in_the_large_lower": 0.1}, "off"),
        ({"slope_upper": math.nan}, "unknown"),
        ({"n_rarer_patients": 9}, "too few"),
    ],
)
def test_calibration_is_off_where_an_interval_excludes_what_is_right(changes, verdict):
    usual = {
        **ENOUGH, "in_the_large_lower": -0.2, "in_the_large_upper": 0.3, "slope_lower": 0.7,
        "slope_upper": 1.2,
    }  # fmt: skip
    assert verdicts.calibration(usual | changes) == verdict


def test_a_threshold_of_few_patients_is_not_judged():
    home = {"sensitivity": 0.9, "specificity": 0.9, "n_rarer_patients": 10}
    home |= {f"{name}_lower": 0.8 for name in ("sensitivity", "specificity")}
    here = home | {"sensitivity": 0.5, "sensitivity_upper": 0.7, "specificity_upper": 1}
    assert verdicts.threshold([(home, here)]) == "moved"
    assert verdicts.threshold([(home, here | {"sensitivity_upper": 0.9})]) == "may have moved"
    assert verdicts.threshold([(home, here | {"n_rarer_patients": 9})]) == "too few"


def test_a_claim_is_placed_by_the_interval():
    row = auroc(0.7, 0.8)
    assert [verdicts.claim(row, value) for value in (0.9, 0.75, 0.6)] == [
        "above", "within", "below",
    ]  # fmt: skip
    assert verdicts.claim(row | {"n_rarer_patients": 9}, 0.9) == "too few"


def made(seed: int, distances: tuple[float, ...], n_patients: int = 60) -> pd.DataFrame:
    """Scores of one model in internal validation and of one on each of several external sets."""
    rng = np.random.default_rng(seed)
    tables = []
    for place, distance in enumerate(distances):
        labels = np.arange(n_patients) % 2
        tables.append(
            pd.DataFrame(
                {
                    "model": "m", "dataset": f"set {place}",
                    "split": "test" if place else "validation",
                    "patient_id": [f"{place}-{n}" for n in range(n_patients)],
                    "image_id": [f"{place}-{n}" for n in range(n_patients)],
                    "y_true": labels,
                    "y_score": distance * labels + rng.normal(size=n_patients),
                }
            )
        )  # fmt: skip
    return pd.concat(tables)


SETTINGS = Settings(n_bootstrap=200)


def test_one_sided_families_are_adjusted():
    """Each p alone would exclude the loss in one of the sets; Holm multiplies the smallest."""
    found = drops_between_sets(made(1, (1.5, 1.5, 1.5, 1.5)), SETTINGS, margin=0.1)
    least = found["p_non_inferior"].idxmin()
    assert found.loc[least, "p_non_inferior_holm"] == pytest.approx(
        3 * found.loc[least, "p_non_inferior"]
    )
    alone = found["p_non_inferior"] <= 0.025
    adjusted = found["p_non_inferior_holm"] <= 0.025
    assert found["non_inferior"].tolist() == adjusted.tolist()
    assert (adjusted <= alone).all()


def test_a_model_at_chance_is_never_no_worse():
    """Without assay sensitivity, internal chance would be "kept" in an external test."""
    tables = [made(seed, (0.0, 0.0), 400) for seed in range(12)]
    found = pd.concat([drops_between_sets(table, SETTINGS, margin=0.15) for table in tables])
    assert (found["p_non_inferior_holm"] <= 0.025).sum() > 6
    assert found["non_inferior"].sum() <= 1


def test_few_patients_give_no_verdict_however_many_images():
    table = made(2, (2.0, 2.0), 19)
    images = [table.assign(image_id=table["image_id"] + end) for end in "abcd"]
    found = drops_between_sets(pd.concat(images), SETTINGS, margin=0.5)
    assert found["n_images"].tolist() == [76] and found["n_rarer_patients"].tolist() == [9]
    assert found["verdict"].tolist() == ["too few"] and not found["non_inferior"].any()
    other = pd.concat(images).assign(model="n")
    pairs = model_pairs(pd.concat([*images, other]), SETTINGS)
    assert set(pairs["verdict"]) == {"too few"}


def test_every_verdict_states_its_rule():
    assert set(verdicts.rules()) == {
        "any", "auROC", "drop", "parts of a drop", "no worse", "gain", "threshold", "calibration",
        "difference", "acceptance",
    }  # fmt: skip
    assert "fewer than 10 patients" in verdicts.rules()["any"]


PARTED = {
    "drop": 0.1,
    "drop_p_holm": 0.01,
    "internal_lower": 0.6,
    "n_rarer_patients": 40,
    "second_n_rarer_patients": 12,
    "confidence": 0.95,
}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "shown"),
        ({"drop": -0.1}, "open"),
        ({"drop_p_holm": 0.06}, "open"),
        ({"drop_p_holm": math.nan}, "open"),
        ({"internal_lower": 0.5}, "guesses internally"),
        ({"internal_lower": math.nan}, "guesses internally"),
        ({"second_n_rarer_patients": 9}, "too few"),
    ],
)
def test_a_drops_parts_are_read_where_it_is_shown(changes, wanted):
    assert verdicts.parted_drop({**PARTED, **changes}) == wanted


def test_a_part_is_shown_by_its_own_adjusted_p_value():
    row = {"confidence": 0.9, "mismatch_p_holm": 0.08, "p_holm": 0.2}
    assert verdicts.is_shown(row, "mismatch")
    assert not verdicts.is_shown(row)


FOUND = {"auroc": 0.8, "lower": 0.75, "upper": 0.85, "n_rarer_patients": 40}


def test_the_rule_of_a_criterion_covers_what_is_stated_and_what_is_adjusted():
    assert "what a maker states" in verdicts.rules()["acceptance"]
    assert "model by model, without an adjustment" in verdicts.rules()["acceptance"]


@pytest.mark.parametrize(
    ("least", "changes", "wanted"),
    [
        (0.75, {}, "met"),
        (0.76, {}, "undecided"),
        (0.85, {}, "undecided"),
        (0.86, {}, "not met"),
        (0.5, {"n_rarer_patients": 9}, "too few"),
        (0.5, {"lower": math.nan, "upper": math.nan}, "unknown"),
    ],
)
def test_an_acceptable_auroc_is_judged_by_the_interval(least, changes, wanted):
    assert verdicts.acceptable({**FOUND, **changes}, least) == wanted


DROP = {
    "lower": -0.02,
    "margin": 0.05,
    "p_non_inferior_holm": 0.01,
    "first_above_guessing": True,
    "n_rarer_patients": 40,
    "second_n_rarer_patients": 40,
    "confidence": 0.95,
}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "met"),
        ({"p_non_inferior_holm": 0.03}, "undecided"),
        ({"p_non_inferior_holm": 0.9, "lower": 0.06}, "not met"),
        ({"first_above_guessing": False}, "undecided"),
        ({"second_n_rarer_patients": 9}, "too few"),
        ({"p_non_inferior_holm": math.nan}, "unknown"),
    ],
)
def test_no_worse_is_judged_by_its_own_test_and_the_margin(changes, wanted):
    assert verdicts.no_worse({**DROP, **changes}) == wanted
