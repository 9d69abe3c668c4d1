from types import SimpleNamespace

import pandas as pd
import pytest

from made_scores import made_scores
from mammo.evaluation.tables import operating_points, subgroups
from mammo.evaluation.tables.drops import drops_between_sets, model_pairs
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import criterion
from mammo.evaluation.tables.scores import Settings
from mammo.hospital.validation.sections import rechosen_table
from mammo.report.tables import comparison
from mammo.report.tables.formats import thresholds

SETTINGS = Settings(n_bootstrap=200)
SOURCES = {"home": "real", "north": "synthetic"}


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return made_scores()


def test_drops_show_interval_adjusted_p_and_what_could_have_been_seen(scored):
    drops = drops_between_sets(scored, SETTINGS)
    table = comparison.drop_table(drops, SOURCES)
    first, shown = drops.iloc[0], table.shown.iloc[0]
    assert shown["Drop"] == f"{first['difference']:.2f}"
    assert shown["95% interval"] == f"{first['lower']:.2f} to {first['upper']:.2f}"
    assert shown["Smallest detectable drop"] == f"{first['smallest_detectable']:.2f}"
    assert shown["No worse by 0.05"] in ("shown", "not shown")
    assert table.shown["External set"].tolist() == ["north, synthetic", "south"] * 2
    assert "Holm over 4 comparisons, so that a table of more or fewer may come to" in table.note
    for method in set(drops["method"]):
        assert method in table.note
    pd.testing.assert_frame_equal(table.data, drops)


def test_a_drop_below_zero_is_called_a_gain(scored):
    drops = drops_between_sets(scored, SETTINGS).assign(difference=[0.126, -0.126, -0.001, 0.0])
    shown = comparison.drop_table(drops, SOURCES).shown["Drop"].tolist()
    assert shown == ["0.13", "gain 0.13", "0.00", "0.00"]


def test_p_values_are_never_shown_as_zero(scored):
    drops = drops_between_sets(scored, SETTINGS).assign(p_holm=[0, 1e-9, 0.0123, float("nan")])
    assert comparison.drop_table(drops, SOURCES).shown["p, Holm"].tolist() == [
        "< 0.001",
        "< 0.001",
        "0.012",
        "–",
    ]


def test_pairs_come_with_the_clearest_difference_first(scored):
    table = comparison.pair_table(model_pairs(scored, SETTINGS), SOURCES)
    assert table.data["p_value"].is_monotonic_increasing
    assert len(table.shown) == 3
    assert "Paired: the same images" in table.note


def test_operating_points_name_threshold_and_intervals(scored):
    rules = [criterion(text) for text in ("youden", "specificity=0.999")]
    points = operating_points.carried_over(scored, rules, SETTINGS)
    table = comparison.operating_point_table(points, SOURCES)
    row = points.iloc[0]
    assert table.shown["Sensitivity"].iloc[0] == (
        f"{row['sensitivity']:.2f} ({row['sensitivity_lower']:.2f} to "
        f"{row['sensitivity_upper']:.2f})"
    )
    assert "effective number of patients" in table.note
    assert set(table.shown["Chosen for"]) == {"Youden", "specificity 0.999"}


def test_predictive_values_have_intervals_and_the_share_they_hold_for(scored):
    points = operating_points.carried_over(scored, [criterion("youden")], SETTINGS)
    shown = comparison.operating_point_table(points, SOURCES).shown
    row = points.iloc[0]
    spans = [
        f"{row[name]:.2f} ({row[f'{name}_lower']:.2f} to {row[f'{name}_upper']:.2f})"
        for name in ("ppv", "npv")
    ]
    assert shown["PPV; NPV"].iloc[0] == "; ".join(spans)
    assert shown["Malignant"].iloc[0] == f"{row['n_malignant'] / row['n_images']:.0%}"
    none = points.assign(ppv=float("nan"), ppv_lower=float("nan"), ppv_upper=float("nan"))
    assert comparison.operating_point_table(none, {}).shown["PPV; NPV"].iloc[0].startswith("–; 0.")


def test_a_half_that_chose_no_threshold_says_for_whom_predictive_values_hold(scored):
    points = operating_points.rechosen(scored, [criterion("youden")], SETTINGS)
    note = rechosen_table(SimpleNamespace(rechosen=points, sources=SOURCES)).note
    assert "flatters itself" in note and "share of malignant images" in note


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.6, 0.5], ["0.6", "0.5"]),
        ([0.9999997, 0.99999, 1.0], ["0.9999997", "0.99999", "1"]),
        ([0.95, 0.9501], ["0.95", "0.9501"]),
        ([3e-9, 0.0, float("inf")], ["3e-09", "0", "none"]),
        ([0.25, 0.25], ["0.25", "0.25"]),
    ],
)
def test_thresholds_have_the_digits_that_tell_them_apart(values, texts):
    assert thresholds(values) == texts


def test_a_given_threshold_is_named_as_it_was_given():
    assert criterion("threshold=0.9999997").name == "threshold 0.9999997"
    assert criterion("threshold=0.5").name == "threshold 0.5"


def test_calibration_stands_before_and_after(scored):
    evaluation = Evaluation(scored, SETTINGS, 0.05, [])
    table = comparison.calibration_table(evaluation.calibration, SOURCES)
    assert table.shown["Scores"].tolist() == ["as scored"] * 6 + ["as scored", "recalibrated"] * 4
    assert table.shown["Patients"].tolist() == ["all"] * 6 + ["held aside"] * 8


def test_a_line_through_scores_of_0_and_1_is_not_measurable(scored):
    saturated = scored.assign(y_score=scored["y_score"].round())
    data = Evaluation(saturated, SETTINGS, 0.05, []).calibration
    assert data["in_the_large"].notna().any()
    shown = comparison.calibration_table(data, SOURCES).shown
    for column in ("In the large", "Slope"):
        assert (shown[column][shown["Scores"] == "as scored"] == (
            "not measurable: 100% of scores are 0 or 1"
        )).all()  # fmt: skip


def test_sets_that_cannot_be_recalibrated_are_named(scored):
    model = scored["model"].iloc[0]
    alike = (scored["model"] == model) & (scored["dataset"] == "north")
    flat = scored.assign(y_score=scored["y_score"].mask(alike, 0.5))
    with pytest.warns(UserWarning, match="no calibration line"):
        data = Evaluation(flat, SETTINGS, 0.05, []).calibration
    note = comparison.calibration_table(data, SOURCES).note
    assert f"or to one class: {comparison.short_title(model)} on north, synthetic. Verdict" in note
    note = comparison.calibration_table(
        Evaluation(scored, SETTINGS, 0.05, []).calibration, SOURCES
    ).note
    assert "Not recalibrated" not in note and "share of malignant images" in note


def test_small_subgroups_are_marked_and_stay(scored):
    found = subgroups.subgroup_aurocs(scored, ["view", "density"], SETTINGS)
    table = comparison.subgroup_table(found, SOURCES)
    by_density = table.shown[table.shown["By"] == "Density"]
    assert by_density["auROC"].str.endswith("(too few)").all()
    assert not table.shown.loc[table.shown["By"] == "View", "auROC"].str.contains("few").any()
    assert len(table.shown) == len(found)


@pytest.mark.parametrize(
    "make",
    [
        lambda empty: comparison.drop_table(empty, {}),
        lambda empty: comparison.pair_table(empty, {}),
        lambda empty: comparison.operating_point_table(empty, {}),
        lambda empty: comparison.subgroup_table(empty, {}),
        lambda empty: comparison.calibration_table(empty, {}),
    ],
)
def test_a_table_without_rows_says_why(make):
    assert make(pd.DataFrame()).shown["Result"].iloc[0].startswith("none: ")
