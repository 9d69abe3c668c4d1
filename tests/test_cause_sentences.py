"""Sentences and tables on causes: what is said, and what is not where numbers do not bear it."""

import numpy as np
import pandas as pd
import pytest

from mammo.evaluation.attribution import Cells, switches
from mammo.evaluation.tables.attribution import divided_drop
from mammo.evaluation.tables.scores import Settings
from mammo.report import cause_sentences
from mammo.report.tables import causes

FACTORS = tuple(causes.CAUSES)
SETTINGS = Settings(n_bootstrap=200, seed=1)


def divided(n: int = 300, signal: float = 2.0, harm: float = 1.8):
    """A digital image takes most of the signal away; nothing else matters."""
    rng = np.random.default_rng(3)
    malignant, noise = rng.random(n) < 0.5, rng.normal(0, 1, (2, n))
    is_on = switches(len(FACTORS))
    scores = [
        (signal - harm * row[0]) * malignant + noise[0] + 0.1 * row[5] * noise[1] for row in is_on
    ]
    labels = np.tile(malignant, (len(is_on), 1))
    return divided_drop(Cells(FACTORS, labels, np.stack(scores), np.ones(labels.shape)), SETTINGS)


def parts(**changes: object) -> pd.DataFrame:
    row = {
        "model": "alexnet", "dataset": "mias", "internal": 0.8, "internal_lower": 0.7, "own": 0.78,
        "external": 0.6, "drop": 0.2, "drop_p_holm": 0.01, "difficulty": 0.02,
        "difficulty_lower": -0.1, "difficulty_upper": 0.14, "difficulty_p_holm": 0.8,
        "mismatch": 0.18, "mismatch_lower": 0.05, "mismatch_upper": 0.3, "mismatch_p_holm": 0.02,
        "internal_n_train": 100.0, "own_n_train": 90.0, "n_rarer_patients": 50,
        "second_n_rarer_patients": 20, "confidence": 0.95, "unit": "patient",
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


def test_a_drop_is_parted_where_it_is_shown():
    said = cause_sentences.parts_sentence(parts()).data
    assert said.startswith("Of 1 drop, 1 is shown")
    assert "AlexNet on MIAS loses 0.20: mismatch +0.18 (+0.05 to +0.30) is shown." in said
    assert "difficulty" not in said


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"drop_p_holm": 0.3}, "not interpreted"),
        ({"internal_lower": 0.45}, "where the internal interval reaches 0.5: AlexNet on MIAS."),
        ({"second_n_rarer_patients": 6}, "under 10 patients of a class: AlexNet on MIAS."),
    ],
)
def test_parts_are_not_interpreted_without_a_drop(changes, reason):
    said = cause_sentences.parts_sentence(parts(**changes)).data
    assert "0 are shown" in said
    assert reason in said
    assert "loses" not in said


def test_trainings_of_unequal_size_are_said():
    said = cause_sentences.parts_sentence(parts(own_n_train=10.0)).data
    assert "up to 10 times as many images" in said
    assert "want of images" not in cause_sentences.parts_sentence(parts()).data


def test_the_cause_that_did_it_is_named_and_no_other():
    found = divided()
    said = cause_sentences.shares_sentence(found, "alexnet").data
    share = found.shares.set_index("factor").loc["acquisition", "share"]
    assert f"Shown of 5 causes, after Holm's adjustment: acquisition {share:+.2f}" in said
    assert "placebo" not in said
    assert "label rule" not in said


def test_without_a_drop_shares_are_not_interpreted():
    said = cause_sentences.shares_sentence(divided(harm=0.0), "alexnet").data
    assert "does not show a drop, so that the shares are not interpreted" in said
    assert "Shown of" not in said


def test_a_model_that_guesses_internally_has_nothing_to_lose():
    said = cause_sentences.shares_sentence(divided(signal=0.0, harm=0.0), "alexnet").data
    assert "no drop can be expected" in said


def test_of_few_patients_nothing_is_concluded():
    said = cause_sentences.shares_sentence(divided(n=16), "alexnet").data
    assert "nothing is concluded" in said


def test_the_gates_hold_and_are_told():
    found = causes.gates_table(divided()).shown
    assert list(found["Holds"]) == ["yes"] * 3


def test_a_gate_that_does_not_hold_is_told():
    broken = divided()
    broken.shares.loc[broken.shares["factor"] == "placebo", ["share_lower", "share_upper"]] = (1, 2)
    assert list(causes.gates_table(broken).shown["Holds"]) == ["no", "yes", "yes"]


def test_the_table_of_shares_states_patients_and_multiplicity():
    table = causes.shares_table(divided())
    assert "300 patients" in table.note
    assert "Holm over 5" in table.note
    assert table.shown["p, Holm"].iloc[-1] == "–"


def test_the_table_of_parts_has_the_three_aurocs():
    table = causes.parts_table(
        parts(drop_lower=0.1, drop_upper=0.3, n_patients=90, second_n_patients=40),
        {"mias": "real"},
    )
    (row,) = table.shown.to_dict("records")
    assert row["auROCs"].replace("\u00a0", " ") == "0.80; 0.60; 0.78"
    assert row["Drop"].replace("\u00a0", " ") == "+0.20 (+0.10 to +0.30)"
    assert row["p, Holm"] == "0.800; 0.020"
    assert "Patients tested: DDSM 90, MIAS 40." in table.note


def test_hits_name_what_was_left_out_once_for_each_reason():
    hits = pd.DataFrame([{"model": "vgg16", "dataset": "mias", "lower": 0.1}])
    said = cause_sentences.hits_sentence(hits, {"AlexNet": "guesses", "ResNet50": "guesses"}).data
    assert "in 1 of 1 rows (intervals above 0, each alone): VGG16 on MIAS." in said
    assert "Left out: AlexNet; ResNet50 (guesses)." in said


def test_nothing_computed_is_said_in_every_table():
    nothing = pd.DataFrame()
    tables = [
        causes.matrix_table(nothing, {}),
        causes.parts_table(nothing, {}),
        causes.hits_table(nothing, {}),
    ]
    assert all(table.shown["Result"].iloc[0].startswith("none: ") for table in tables)
    assert "No model" in cause_sentences.parts_sentence(nothing).data
