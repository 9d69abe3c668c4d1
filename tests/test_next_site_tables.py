"""The next site of models in a table of scores."""

import math

import numpy as np
import pandas as pd
import pytest

from made_scores import made_scores
from mammo.evaluation import auroc_covariance
from mammo.evaluation.next_site import next_site
from mammo.evaluation.tables.next_site import next_sites
from mammo.evaluation.tables.scores import Settings

SETTINGS = Settings(n_bootstrap=100)


def results(scored: pd.DataFrame, dataset: str) -> tuple[float, float]:
    rows = scored[(scored["model"] == "first") & (scored["dataset"] == dataset)]
    groups = rows["patient_id"].to_numpy()
    aurocs, covariance = auroc_covariance(rows["y_true"], rows["y_score"], groups)
    return float(aurocs[0]), math.sqrt(covariance[0, 0])


def test_external_sets_are_summarised_and_the_drop_has_the_error_at_home():
    scored = made_scores()
    row = next_sites(scored, SETTINGS).set_index("model").loc["first"]
    north, south, home = (results(scored, name) for name in ("north", "south", "home"))
    wanted = next_site(*zip(north, south, strict=True))
    assert row["sites"] == "north, south" and row["n_sites"] == 2
    assert row["auroc"] == pytest.approx(wanted.mean)
    assert row["auroc_next_upper"] == pytest.approx(wanted.prediction_upper)
    drop = wanted.drop_from(*home)
    assert (row["drop"], row["drop_next_lower"]) == pytest.approx(
        (home[0] - wanted.mean, drop.prediction_lower)
    )


def test_sets_of_few_patients_and_single_sets_predict_nothing():
    scored = made_scores()
    of_south = scored["dataset"] == "south"
    few = scored[~of_south | (scored["patient_id"] < "south-024")]  # eight with cancer
    assert next_sites(few, SETTINGS).empty
    assert next_sites(scored[~of_south], SETTINGS).empty
    without = scored[scored["dataset"] != "home"]
    assert np.isnan(next_sites(without, SETTINGS)["drop"]).all()
