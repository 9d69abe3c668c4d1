"""Sentences on a validation say what its numbers say, and no more."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_evidence import HOME, REAL, changed, made_evidence, made_preflight
from mammo.datasets.check_report import Finding
from mammo.evaluation.inputs import check_images
from mammo.evaluation.score_interval import precision_of
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.hospital.shift.comparison import Shift
from mammo.hospital.validation import words
from mammo.hospital.validation.conclusions import (
    claim_of,
    drop_of,
    patients_needed,
    rank_of,
    threshold_of,
    times_as_many_patients,
)
from mammo.hospital.validation.evidence import OWN, Claimed, Evidence, Weights

MAKER = Claimed(0.93, "its maker states", "on images that are not known")
AUTHORS = Claimed(0.88, "its authors published", "on images of a set that it learnt from in part")


def claiming(claimed: Claimed | None, distance: float = 1.5, patients: int = 200) -> Evidence:
    weights = {"alpha": Weights("not known", "not known", claimed)}
    return made_evidence({"alpha": (None, distance)}, (0, patients), weights=weights, sources={})


def steps(evidence: Evidence) -> str:
    return "\n".join(words.next_steps(evidence))


def numbers(text: str) -> list[str]:
    return re.findall(r"[+-]?\d\.\d\d", text)


def test_the_numbers_of_a_verdict_are_those_of_the_tables():
    evidence = made_evidence({"alexnet": (2.0, 0.5)})
    own, home = evidence.own.loc["alexnet"], evidence.internal.loc["alexnet"]
    drop = evidence.drops.loc["alexnet"]
    plain = [f"{row[name]:.2f}" for row in (own, home) for name in ("auroc", "lower", "upper")]
    signed = [f"{drop[name]:+.2f}" for name in ("difference", "lower", "upper")]
    assert numbers(words.verdict(evidence, "alexnet")) == plain + signed


def test_a_drop_that_is_shown_is_called_one():
    evidence = made_evidence({"alexnet": (2.5, 0.3)})
    assert drop_of(evidence, "alexnet") == "shown"
    said = words.verdict(evidence, "alexnet")
    assert said.startswith("**AlexNet** has an auROC of ")
    assert ") by image at this site, " in said and "Holm" not in said
    assert (
        "In internal validation (DDSM, real) it had " in said
        and ": a drop is shown (drop +0." in said
    )
    assert "Ask on which devices and patients AlexNet did better than at this site" in steps(
        evidence
    )
    assert "is open" not in steps(evidence)


def test_a_drop_below_the_margin_is_shown_and_small():
    evidence = changed(
        made_evidence({"alexnet": (2.0, 2.0)}), "drops",
        lower=0.01, upper=0.04, difference=0.02, p_non_inferior_holm=0.01, p_holm=0.001,
    )  # fmt: skip
    said = words.verdict(evidence, "alexnet")
    assert "a drop is shown, of less than 0.05 (drop +0.02, +0.01 to +0.04)." in said
    assert "did better than at this site" not in steps(evidence)


def test_a_drop_that_holm_does_not_grant_is_shown_alone_and_left_open():
    evidence = made_evidence({"alexnet": (2.5, 0.3), "vgg16": (2.5, 0.3)})
    changed(evidence, "drops", lower=0.001, p_non_inferior_holm=0.9, p_holm=[0.08, 0.001])
    said = words.verdict(evidence, "alexnet")
    assert "if this model is taken alone" in said
    assert "and not once all 2 are counted (p = 0.080 after Holm)" in said
    said = words.verdict(evidence, "vgg16")
    assert "a drop is shown (" in said and "), after Holm over these 2 drops alone." in said
    assert "patients VGG16 did better" in steps(evidence)
    assert "hides in the results of AlexNet is open" in steps(evidence)


def test_a_loss_that_is_excluded_is_no_worse():
    evidence = made_evidence({"alexnet": (1.5, 1.5)}, (900, 900), margin=0.1)
    assert drop_of(evidence, "alexnet") == "none"
    assert "it loses less than 0.1 at this site, if anything (drop " in words.verdict(
        evidence, "alexnet"
    )
    assert "is open" not in steps(evidence)


def test_what_is_neither_shown_nor_excluded_names_the_drop_that_would_have_been_found():
    evidence = made_evidence({"alexnet": (2.0, 1.9)}, (300, 100))
    assert drop_of(evidence, "alexnet") == "open"
    least = evidence.drops.loc["alexnet", "smallest_detectable"]
    assert least < evidence.internal.loc["alexnet", "auroc"] - 0.5
    assert (
        f"with these data a drop of {least:.2f} would be found four times in five"
        in words.verdict(evidence, "alexnet")
    )


def test_a_drop_to_guessing_is_the_largest_that_is_spoken_of():
    evidence = made_evidence({"alexnet": (0.8, 0.8)}, (300, 33))
    assert "not even a drop to guessing would be found" in words.verdict(evidence, "alexnet")


def test_a_model_that_guesses_at_home_has_nothing_to_lose():
    evidence = made_evidence({"alexnet": (0.0, 0.0)})
    assert "guessing might have reached the internal validation, too" in words.verdict(
        evidence, "alexnet"
    )


def test_without_a_standard_error_no_test_is_claimed():
    evidence = changed(
        made_evidence({"alexnet": (2.0, 2.0)}), "drops",
        lower=math.nan, upper=math.nan, standard_error=math.nan, smallest_detectable=math.nan,
        p_non_inferior_holm=math.nan, p_holm=math.nan,
    )  # fmt: skip
    assert "there are too few patients to test whether that is a drop." in words.verdict(
        evidence, "alexnet"
    )
    assert drop_of(evidence, "alexnet") == "unknown"
    assert "hides in the results" not in steps(evidence)


@pytest.mark.parametrize(
    ("distance", "rank", "sentence", "step"),
    [
        (2.0, "better", "better than guessing", None),
        (0.0, "open", "which guessing might have reached", "Do not rely on alpha at this site"),
        (-2.0, "worse", "worse than guessing", "the wrong way round in the scores of alpha"),
    ],
)
def test_guessing_is_told_from_better_and_worse(distance, rank, sentence, step):
    evidence = claiming(None, distance)
    assert rank_of(evidence, "alpha") == rank
    assert sentence in words.verdict(evidence, "alpha")
    assert "There is no internal validation to compare it with." in words.verdict(evidence, "alpha")
    for other in ("Do not rely on", "the wrong way round"):
        assert (other in steps(evidence)) == (step is not None and other in step)


def test_one_class_is_not_judged():
    evidence = claiming(MAKER)
    scored = evidence.evaluation.scored.assign(y_true=0)
    found = evidence.evaluation
    with pytest.warns(UserWarning, match="one class"):
        one = Evidence(
            Evaluation(scored, found.settings, found.margin, found.criteria), {}, evidence.weights
        )
        said = words.verdict(one, "alpha")
    assert said == "**alpha** cannot be judged: both classes are needed, and there is only one."
    assert "Add images of the other class" in steps(one)
    assert claim_of(one, "alpha") is None


@pytest.mark.parametrize(("distance", "place"), [(1.0, "above"), (2.0, "within"), (5.0, "below")])
def test_what_a_maker_states_is_set_beside_the_interval_and_not_called_published(distance, place):
    evidence = claiming(MAKER, distance, 200)
    assert claim_of(evidence, "alpha") == place
    said = words.verdict(evidence, "alpha")
    assert (
        f"Its maker states 0.93, {place} this interval, on images that are not known, so that "
        "no drop can be tested." in said
    )
    assert "published" not in said
    assert ("claimed for alpha: it lies above" in steps(evidence)) == (place == "above")


def test_what_authors_published_is_not_called_stated():
    said = words.verdict(claiming(AUTHORS), "alpha")
    assert "Its authors published 0.88, " in said and "learnt from in part" in said
    assert "maker" not in said


def test_steps_for_several_models_are_one_that_names_them():
    models = dict.fromkeys(("alexnet", "vgg16", "resnet50"), (3.0, 0.0))
    found = words.next_steps(made_evidence(models))
    assert sum("AlexNet, VGG16 and ResNet50" in step for step in found) == 3
    assert len(found) == len(set(found)) == 5


def test_how_many_patients_it_takes_is_how_many_it_takes():
    """The patients are there that many times: then a loss is excluded with 80% power."""
    evidence = made_evidence({"alexnet": (2.0, 1.9)}, (3000, 60))
    factor = times_as_many_patients(evidence, "alexnet")
    assert factor == pytest.approx(7, abs=6)
    scored, found = evidence.evaluation.scored, evidence.evaluation
    for copies, is_enough in ((math.ceil(1.1 * factor), True), (math.ceil(factor / 2), False)):
        own = scored[scored["dataset"] == OWN]
        more = [
            own.assign(
                patient_id=own["patient_id"] + f" {copy}", image_id=own["image_id"] + f" {copy}"
            )
            for copy in range(copies)
        ]
        grown = Evaluation(
            pd.concat([scored[scored["dataset"] == HOME], *more]),
            found.settings, found.margin, found.criteria,
        )  # fmt: skip
        assert (grown.drops["smallest_detectable"].iloc[0] < found.margin) == is_enough


def test_patients_are_planned_by_the_intervals_that_decide():
    """The bound of an unlucky study with so many patients like these, and no fewer, reaches."""
    evidence = made_evidence({"alexnet": (2.0, 1.9)}, (900, 100), margin=0.1)
    row = patients_needed(evidence).set_index("model").loc["alexnet"]
    scored = evidence.evaluation.scored
    here = scored[scored["dataset"] == OWN]
    assert row["n_malignant_patients"] == 34
    images = check_images(here["y_true"], here["y_score"], here["patient_id"].to_numpy(), "patient")

    def unlucky_bound(n: float) -> float:
        found = precision_of(images, images.scores, times=n / 34)
        return found.at(found.area - 0.8416212336 * math.sqrt(found.variance)).bounds(0.025)[0]

    least = evidence.own.loc["alexnet", "auroc"] - 0.1
    assert unlucky_bound(row["for_area"]) >= least > unlucky_bound(row["for_area"] - 1)
    assert row["for_drop"] == pytest.approx(34 * times_as_many_patients(evidence, "alexnet"))
    alone = patients_needed(claiming(None))
    assert np.isnan(alone["for_drop"]).all()


def test_numbers_of_patients_are_no_more_exact_than_they_can_be():
    assert words._times([3]) == "about 3 times"
    assert words._times([3, 12]) == "about 3 to 12 times"
    assert words._times([3, 142]) == "3 to more than 100 times"
    assert words._times([142, 5000]) == "more than 100 times"


def test_where_the_internal_set_is_too_small_no_number_of_own_patients_is_promised():
    evidence = changed(
        made_evidence({"alexnet": (2.0, 1.9)}, (40, 400)), "drops", p_holm=0.9, lower=-0.01
    )
    assert times_as_many_patients(evidence, "alexnet") == math.inf
    assert "no number of own patients would settle it" in steps(evidence)
    assert "times as many" not in steps(evidence)


def test_where_the_margin_would_have_been_found_only_more_patients_are_asked_for():
    evidence = made_evidence({"alexnet": (2.0, 1.8)}, (900, 900), margin=0.12)
    changed(evidence, "drops", p_holm=0.9, p_non_inferior_holm=0.9, lower=-0.01)
    assert times_as_many_patients(evidence, "alexnet") <= 1
    said = steps(evidence)
    assert "would be excluded four times in five, if nothing were lost: more patients" in said


@pytest.mark.parametrize(
    ("here", "judged", "step"),
    [
        ((0.88, 0.80, 0.95), "kept", None),
        ((0.70, 0.55, 0.90), "may have moved", "Do not trust thresholds of AlexNet yet"),
        ((0.50, 0.40, 0.60), "moved", "Do not keep thresholds of AlexNet"),
    ],
)
def test_a_threshold_is_judged_by_loss_and_intervals(here, judged, step):
    evidence = made_evidence({"alexnet": (2.0, 2.0)}, points=("youden",))
    value, lower, upper = ([0.9, here[0]], [0.85, here[1]], [0.95, here[2]])
    changed(
        evidence, "operating_points",
        sensitivity=value, sensitivity_lower=lower, sensitivity_upper=upper,
        specificity=0.8, specificity_lower=0.7, specificity_upper=0.9,
    )  # fmt: skip
    assert threshold_of(evidence, "alexnet") == judged
    assert ("thresholds of" in steps(evidence)) == (step is not None)
    assert step is None or step in steps(evidence)


def test_without_an_internal_set_no_threshold_is_judged():
    assert threshold_of(claiming(None), "alpha") is None


@pytest.mark.parametrize(
    ("count", "words_"),
    [(0, None), (1, "Clear up the warning on"), (3, "Clear up the 3 warnings on")],
)
def test_warnings_on_the_data_come_first(count, words_):
    findings = [Finding("warning", f"wrong {number}") for number in range(count)]
    checked = made_preflight(*findings, Finding("note", "known"), Finding("ok", "good"))
    found = words.next_steps(made_evidence({"alexnet": (2.0, 2.0)}, preflight=checked))
    assert ("Clear up" in found[0]) == (words_ is not None)
    assert words_ is None or words_ in found[0]


def test_models_of_synthetic_images_are_named_before_all_else():
    weights = {"alexnet": Weights("random", "synthetic"), "vgg16": REAL}
    evidence = made_evidence({"alexnet": (2.5, 0.3), "vgg16": (2.5, 0.3)}, weights=weights)
    first, *others = words.next_steps(evidence)
    assert first.startswith("**Take no conclusion about AlexNet**")
    assert "patients VGG16 did better than at this site" in "\n".join(others)
    assert "AlexNet" not in "\n".join(others)  # and none is drawn


def shift(auroc: float, p: float, training: str = "real") -> Shift:
    empty = pd.DataFrame()
    sets = pd.DataFrame({"dataset": [HOME, OWN], "source": [training, "real"]})
    domain = pd.DataFrame([{"auroc": auroc, "p_value": p, "confidence": 0.95, "reason": ""}])
    return Shift(sets, empty, empty, empty, domain)


@pytest.mark.parametrize(
    ("found", "is_said"),
    [
        (shift(0.95, 0.001), True),
        (shift(0.95, 0.2), False),
        (shift(0.7, 0.001), False),
        (shift(math.nan, math.nan), False),
        (shift(0.95, 0.001, training="synthetic"), False),
    ],
    ids=["clear", "chance", "slight", "too few", "phantoms against patients"],
)
def test_images_are_called_unlike_only_where_that_is_shown(found, is_said):
    said = steps(made_evidence({"alexnet": (2.0, 2.0)}, shift=found))
    assert ("These images look unlike those of DDSM (real)" in said) == is_said


@settings(deadline=None, max_examples=30)
@given(
    home=st.floats(-1, 4),
    here=st.floats(-2, 4),
    patients=st.tuples(st.integers(6, 60), st.integers(6, 60)),
    margin=st.sampled_from([0.02, 0.05, 0.2]),
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_sentence_claims_more_than_the_interval_holds(home, here, patients, margin):
    evidence = made_evidence({"alexnet": (home, here)}, patients, margin)
    said, todo = words.verdict(evidence, "alexnet"), steps(evidence)
    assert not re.search(r"\b(nan|inf)\b", said + todo)
    own, drop = evidence.own.loc["alexnet"], evidence.drops.loc["alexnet"]
    at_home = evidence.internal.loc["alexnet"]
    is_sensitive = at_home["n_rarer_patients"] >= 10 and at_home["lower"] > 0.5
    enough = own["n_rarer_patients"] >= 10
    both = enough and at_home["n_rarer_patients"] >= 10
    is_loss_excluded = both and is_sensitive and drop["upper"] < margin
    assert ("better than guessing" in said) == (own["lower"] > 0.5 and enough and is_sensitive)
    assert ("worse than guessing" in said) == (own["upper"] < 0.5 and enough)
    assert ("Add patients before anything" in todo) == (not enough)
    is_shown = both and drop["lower"] > 0
    assert ("a drop is shown" in said) == is_shown
    assert ("loses less than" in said or "of less than" in said) == is_loss_excluded
    assert ("did better than at this site" in todo) == (is_shown and not is_loss_excluded)


def test_what_was_scored_is_called_what_it_is():
    evidence = claiming(None)
    n = int(evidence.own["n_malignant"].iloc[0])
    assert words.size(evidence) == f"400 images ({n} malignant) of 200 patients"
    by_study = made_evidence({"alpha": (None, 1.0)}, (0, 200), scored_unit="study", sources={})
    assert words.size(by_study) == f"400 studies ({n} malignant) of 200 patients"


def test_a_handful_of_cases_is_no_verdict():
    evidence = made_evidence({"alexnet": (2.0, -30.0)}, (200, 4))
    assert evidence.own.loc["alexnet", ["auroc", "lower"]].tolist() == [0, 0]
    assert rank_of(evidence, "alexnet") == "too few"
    said = words.verdict(evidence, "alexnet")
    assert "site, from fewer than 10 patients of one class, who settle nothing" in said
    assert "fewer than 10 patients of one class leave all open" in steps(evidence)


def test_many_images_of_few_patients_are_no_verdict():
    """Forty images of three patients: what counts is the patients."""
    evidence = made_evidence({"alexnet": (2.0, 3.0)}, (200, 3))
    scored = evidence.evaluation.scored
    more = [
        scored[scored["dataset"] == OWN].assign(image_id=lambda rows, c=copy: rows["image_id"] + c)
        for copy in "abcdef"
    ]
    vars(evidence.evaluation)["scored"] = pd.concat([scored, *more])
    assert evidence.own.loc["alexnet", "n_images"] == 42
    assert "who settle nothing" in words.verdict(evidence, "alexnet")
    assert "loses less than" not in words.verdict(evidence, "alexnet")
    assert "Do not keep thresholds" not in steps(evidence)


def test_nothing_is_better_than_guessing_that_guesses_at_home():
    evidence = made_evidence({"alexnet": (0.1, 2.0)}, (60, 300))
    assert evidence.internal.loc["alexnet", "lower"] < 0.5 < evidence.own.loc["alexnet", "lower"]
    said = words.verdict(evidence, "alexnet")
    assert "since guessing might have reached its internal validation" in said
    assert "on AlexNet at this site: guessing might have reached the internal" in steps(evidence)
    assert "loses less than" not in said


def test_lists_read_as_sentences():
    assert words.numbered(["one", "two"]) == "1. one\n2. two"
    assert words.listed(["alexnet"]) == "AlexNet"
    assert words.listed(["alexnet", "end2end_vgg16", "new"]) == "AlexNet, end2end VGG16 and new"
