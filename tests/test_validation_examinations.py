"""A thousand women are counted by examination, at the site's prevalence and at the study's."""

from dataclasses import replace

import pytest

from made_evidence import made_evidence
from mammo.evaluation import operating_point
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.examinations import AT_SITE, IN_STUDY
from mammo.hospital.validation.protocol import Protocol


def scores_alone(patients: int = 60, points: tuple[str, ...] = ("youden",), **stated) -> Evidence:
    """Return evidence as `of_scores` makes it, the threshold in use before other points."""
    protocol = Protocol(**stated)
    first = [] if protocol.threshold is None else [f"threshold={protocol.threshold}"]
    return made_evidence(
        {"alpha": (None, 1.5)}, (0, patients), points=(*first, *points), protocol=protocol
    )


def test_an_examination_is_recalled_if_any_of_its_images_is():
    evidence = scores_alone(threshold=0.6, prevalence=0.006)
    images = evidence.evaluation.scored
    women = images.groupby("patient_id")[["y_true", "y_score"]].max()
    wanted = operating_point(women["y_true"], women["y_score"], women.index, 0.6)
    rows = evidence.screened.set_index("among")
    assert rows.index.tolist() == [AT_SITE, IN_STUDY]
    for row in rows.to_dict("records"):
        assert row["sensitivity"] == pytest.approx(wanted.sensitivity.value)
        assert row["specificity_lower"] == pytest.approx(wanted.specificity.lower)
        assert row["n_images"] == 60
        assert row["chosen"] == "threshold in use"
    assert rows.loc[AT_SITE, "found"] == pytest.approx(6 * wanted.sensitivity.value)
    assert rows.loc[AT_SITE, "found"] + rows.loc[AT_SITE, "missed"] == pytest.approx(6)
    assert rows.loc[IN_STUDY, "prevalence"] == women["y_true"].mean()
    assert rows.loc[IN_STUDY, "positive_predictive_value"] == pytest.approx(
        wanted.positive_predictive_value.value
    )


def by_breast(evidence: Evidence) -> Evidence:
    """Make the CC view that of the left breast, which is the malignant one, the MLO the right."""
    scored = evidence.evaluation.scored
    sided = scored.assign(laterality=scored["view"].map({"CC": "L", "MLO": "R"}))
    return replace(evidence, evaluation=replace(evidence.evaluation, scored=sided))


@pytest.mark.parametrize("patients", [(0, 90), (90, 90)], ids=["given or half", "carried over"])
@pytest.mark.parametrize("points", ["youden", "threshold=0.6"])
def test_a_cancer_is_found_only_where_its_own_breast_is_flagged(patients, points):
    """A false alarm in the healthy breast recalls the woman, and finds no cancer."""
    home = None if patients[0] == 0 else 1.0
    made = made_evidence(
        {"alpha": (home, 1.0)}, patients, points=(points,), protocol=Protocol(prevalence=0.006)
    )
    whole, sided = made.screened.iloc[0], by_breast(made).screened.iloc[0]
    for name in ("threshold", "sensitivity", "specificity", "recalled", "n_images", "n_malignant"):
        assert sided[name] == whole[name]
    own = made.evaluation.scored
    cancers = own[(own["split"] == "test") & (own["y_true"] == 1)]
    if sided["n_images"] == 90:  # else the half on which no threshold was chosen
        flagged = (cancers["y_score"] >= sided["threshold"]).mean()
        assert sided["found_share"] == pytest.approx(flagged)
    assert sided["found_share"] < sided["sensitivity"] == whole["found_share"]
    assert sided["found"] == pytest.approx(6 * sided["found_share"])
    assert sided["found"] + sided["missed"] == pytest.approx(6)
    assert sided["found_lower"] < sided["found"] < sided["found_upper"]


def test_labels_of_examinations_do_not_say_which_breast_has_the_cancer():
    made = scores_alone(threshold=0.6)
    assert not made.screened["by_breast"].any()
    assert by_breast(made).screened["by_breast"].all()
    of_studies = replace(by_breast(made), scored_unit="study")
    assert not of_studies.screened["by_breast"].any()


def test_scores_an_examination_has_are_counted_on_both_sides():
    evidence = made_evidence({"alexnet": (2.0, 0.5)}, points=("sensitivity=0.9",))
    row = evidence.screened.iloc[0]
    assert (row["per_internal_examination"], row["per_examination"]) == (2, 2)
    assert scores_alone(threshold=0.6).screened["per_internal_examination"].isna().all()


def test_the_mean_is_taken_where_it_is_the_rule():
    highest, mean = (scores_alone(threshold=0.6, rule=rule).screened for rule in ("max", "mean"))
    assert mean["sensitivity"].iloc[0] < highest["sensitivity"].iloc[0]


def test_examinations_of_a_patient_stay_apart_where_scores_name_them():
    evidence = scores_alone(threshold=0.6)
    scored = evidence.evaluation.scored
    by_view = replace(evidence.evaluation, scored=scored.assign(study_id=scored["image_id"]))
    assert replace(evidence, evaluation=by_view).screened["n_images"].tolist() == [120]
    some = scored["image_id"].where(scored.index > 0, None)
    partly = replace(evidence.evaluation, scored=scored.assign(study_id=some))
    assert replace(evidence, evaluation=partly).screened["n_images"].tolist() == [60]


def test_without_a_threshold_one_is_chosen_on_half_and_measured_on_the_other_half():
    row = scores_alone().screened.iloc[0]
    assert row["n_patients"] == 30
    assert row["chosen"] == "threshold chosen for Youden on 50% of the patients, the others tested"


def test_with_internal_validation_the_threshold_is_carried_over_by_examination():
    evidence = made_evidence({"alexnet": (2.0, 0.5)}, points=("sensitivity=0.9",))
    row = evidence.screened.iloc[0]
    assert row["chosen"] == "threshold chosen in internal validation for sensitivity 0.9"
    assert row["n_images"] == row["n_patients"] == 200
    women = evidence.evaluation.scored.groupby(["dataset", "patient_id"])[["y_true", "y_score"]]
    internal = women.max().loc["cbis_ddsm"]
    found = (internal.loc[internal["y_true"] == 1, "y_score"] >= row["threshold"]).mean()
    assert 0.9 <= found < 0.92


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_one_class_gives_no_numbers():
    evidence = scores_alone(threshold=0.6, prevalence=0.006)
    one = replace(evidence.evaluation, scored=evidence.evaluation.scored.assign(y_true=0))
    assert replace(evidence, evaluation=one).screened.empty
