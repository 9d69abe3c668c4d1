import json

import pandas as pd
import pytest

from made_scores import made_scores
from mammo.evaluation.tables.operating_points import STEPS, carried_over, criterion, threshold_grid
from mammo.evaluation.tables.scores import Settings
from mammo.report.figures.explorer import ThresholdExplorer

SETTINGS = Settings(confidence=0.9)
CRITERIA = [criterion(text) for text in ("sensitivity=0.9", "youden")]
MEASURED = [
    f"{name}{bound}"
    for name in ("sensitivity", "specificity")
    for bound in ("", "_lower", "_upper")
]


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return made_scores()


@pytest.fixture(scope="module")
def grid(scored) -> pd.DataFrame:
    return threshold_grid(scored, CRITERIA, SETTINGS)


def test_a_threshold_of_the_grid_gives_what_it_gives_when_it_is_named(scored, grid):
    for _, row in grid[grid["criterion"] == ""].sample(5, random_state=0).iterrows():
        named = carried_over(scored, [criterion(f"threshold={row['threshold']!r}")], SETTINGS)
        same = (named[["model", "dataset"]] == row[["model", "dataset"]]).all(axis=1)
        assert named[same].iloc[0][MEASURED].tolist() == row[MEASURED].tolist()


def test_what_the_criteria_choose_is_in_the_grid_exactly(scored, grid):
    chosen = carried_over(scored, CRITERIA, SETTINGS)
    key = ["model", "dataset", "split", "criterion", "threshold", *MEASURED]
    pd.testing.assert_frame_equal(
        grid[grid["criterion"] != ""].sort_values(key[:4])[key].reset_index(drop=True),
        chosen.sort_values(key[:4])[key].reset_index(drop=True),
    )


def test_the_grid_is_the_same_on_each_set_of_a_model_and_rises_over_all_scores(scored, grid):
    for model, rows in grid.groupby("model"):
        by_set = [part["threshold"].tolist() for _, part in rows.groupby("dataset")]
        assert len(by_set) == 3 and all(part == by_set[0] for part in by_set)
        assert by_set[0] == sorted(set(by_set[0]))
        assert len(by_set[0]) <= 3 * (STEPS + 1) + len(CRITERIA)
        scores = scored.loc[scored["model"] == model, "y_score"]
        assert by_set[0][0] == pytest.approx(scores.min(), rel=1e-3)
        assert by_set[0][-1] == pytest.approx(scores.max(), rel=1e-3)


def test_a_set_of_one_class_is_left_out_and_a_model_without_a_home_keeps_the_grid(scored):
    external = scored[(scored["dataset"] != "home")]
    external = external.assign(y_true=external["y_true"].where(external["dataset"] == "north", 0))
    grid = threshold_grid(external, CRITERIA, SETTINGS)
    assert set(grid["dataset"]) == {"north"}
    assert set(grid["criterion"]) == {""}


def test_the_figure_holds_the_grid_and_no_image(scored, grid):
    figure = ThresholdExplorer(grid, {"home": "synthetic"}, "The table holds the same.")
    data = json.loads(figure.json)
    assert (data["confidence"], data["counted"]) == (0.9, ["woman", "women"])
    assert [model["title"] for model in data["models"]] == ["first", "second"]
    model = data["models"][0]
    rows = grid[grid["model"] == "first"]
    assert list(model["chosen"]) == list(
        dict.fromkeys(rows.loc[rows["criterion"] != "", "criterion"])
    )
    assert [one["title"] for one in model["sets"]] == ["home, synthetic", "north", "south"]
    assert [one["internal"] for one in model["sets"]] == [True, False, False]
    north = rows[rows["dataset"] == "north"]
    assert model["sets"][1]["specificity"][2] == pytest.approx(north["specificity_upper"], abs=1e-6)
    shown = figure._repr_html_()
    assert 'data-curves="{&#34;confidence&#34;' in shown
    assert "north-0" not in shown
    assert "The table holds the same." in shown
