import numpy as np
import pandas as pd
import pytest

from mammo.datasets import DATASETS
from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.paper import sampling_error
from mammo.paper.drops import detectable_drops, published_drops, published_gains
from mammo.paper.published import TABLE_2, TABLE_3, TABLE_4, find
from mammo.paper.sampling_error import simulated_errors, simulated_key
from paper_statements import images_needed, independent_half_width, nearest_miss
from published_errors import DESIGNS, ERRORS, ONE_CLASS, simulated_standard_errors


@pytest.fixture(scope="module")
def intervals() -> pd.DataFrame:
    return sampling_error.published_intervals()


@pytest.mark.parametrize(("dataset", "design"), [*DESIGNS.items(), *ONE_CLASS.items()])
def test_designs_have_the_published_numbers(dataset, design):
    labels, patients = design.labels_and_patients
    card = DATASETS[dataset].card
    if dataset == INTERNAL:
        assert patients.max() + 1 == card.released.cases // 5
        assert abs(len(labels) - card.released.images / 5) < 1
    else:
        assert patients.max() + 1 == card.published.cases
        assert len(labels) == card.published.images
    assert labels.sum() == sampling_error.class_sizes(dataset)[0]


def test_half_widths_are_those_to_be_expected_of_the_sets_sizes(intervals):
    """Values computed apart from this code: see Hanley and McNeil's equations 1 and 2."""
    whole = intervals[intervals["place"] == "Table 3"]
    mean = whole.groupby("dataset")["hanley_mcneil"].mean()
    assert mean["mias"] == pytest.approx(0.086, abs=0.002)
    assert mean["inbreast"] == pytest.approx(0.066, abs=0.001)
    assert mean["institution"] == pytest.approx(0.026, abs=0.001)
    assert len(intervals) == len(TABLE_2 + TABLE_3 + TABLE_4)


def test_the_simulation_agrees_with_the_formula_where_images_are_independent(intervals):
    near_half = intervals[intervals["auroc"] < 0.7]
    ratio = near_half["simulated"] / near_half["hanley_mcneil"]
    assert ratio.between(0.85, 1.15).all()
    assert ratio.mean() == pytest.approx(1, abs=0.04)


def test_every_value_has_its_simulated_errors():
    keys = {simulated_key(cell) for cell in TABLE_2 + TABLE_3 + TABLE_4}
    assert set(simulated_errors().index) == keys and simulated_errors().index.is_unique
    assert (simulated_errors()["n_simulations"] >= 20_000).all()


@pytest.mark.parametrize(
    ("cells", "dataset"), [(TABLE_3, "mias"), (TABLE_4, "institution"), (TABLE_2, INTERNAL)]
)
def test_recorded_errors_are_those_of_a_simulation(cells, dataset):
    """1,500 sets: within four standard errors of a standard deviation."""
    cell = next(one for one in cells if one.dataset == dataset)
    found = simulated_standard_errors(cell, 1500, seed=5)
    recorded = simulated_errors().loc[simulated_key(cell), list(ERRORS)].to_dict()
    assert found == pytest.approx(recorded, rel=4 / np.sqrt(2 * 1500))


def test_patients_of_one_class_widen_the_interval_where_nothing_is_known(intervals):
    wider = intervals["simulated_one_class"] / intervals["simulated_by_patient"]
    of_uky = intervals["dataset"] == "institution"
    assert (wider[of_uky] > 1.4).all() and (wider[~of_uky] == 1).all()


def test_patients_whose_images_share_a_label_widen_the_interval(intervals):
    ddsm = intervals[(intervals["dataset"] == INTERNAL) & (intervals["auroc"] < 0.8)]
    assert (ddsm["simulated_by_patient"] > 1.1 * ddsm["simulated"]).all()


def test_table_4_is_tested_on_a_fifth(intervals):
    rows = intervals[(intervals["place"] == "Table 4") & (intervals["split"] == "test")]
    assert rows[["n_malignant", "n_benign"]].to_numpy().tolist() == [
        [52 // 5, 270 // 5],
        [100 // 5, 287 // 5],
        [779 // 5, 1093 // 5],
    ]


def test_large_drops_remain_and_those_after_mixed_training_do_not(intervals):
    drops = published_drops(intervals)
    assert len(drops) == len(TABLE_3) + 3
    alone = drops[drops["place"] == "Table 3"]
    assert (alone["p_holm"] < 0.01).all()
    assert (drops.loc[drops["place"] == "Table 4", "p"] > 0.2).all()
    row = alone[(alone["model"] == "vgg16") & (alone["dataset"] == "mias")].iloc[0]
    error = np.hypot(
        *(
            sampling_error.expected_standard_error(find(cells, "vgg16", dataset))
            for cells, dataset in ((TABLE_2, INTERNAL), (TABLE_3, "mias"))
        )
    )
    assert row["difference"] == pytest.approx(0.17)
    assert row["p"] == pytest.approx(2 * (1 - _phi(0.17 / error)), rel=1e-6)


def _phi(z: float) -> float:
    from statistics import NormalDist

    return NormalDist().cdf(z)


def test_gains_are_tested_against_the_same_model_before(intervals):
    gains = published_gains(intervals)
    assert gains["difference"].round(2).tolist() == [0.12, 0.16, 0.19]
    assert (gains["p_holm"] < 0.05).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("dataset", "p"), [("mias", 0.22), ("inbreast", 0.13), ("institution", 0.02)]
)
def test_the_nearest_ends_of_the_abstracts_ranges(dataset, p):
    assert nearest_miss(dataset) == pytest.approx(p, abs=0.005)


def test_smallest_detectable_drops():
    found = detectable_drops().set_index("internal")
    assert found.loc[0.71, "mias"] == pytest.approx(0.14, abs=0.005)
    assert found.loc[0.71, "inbreast"] == pytest.approx(0.11, abs=0.005)
    assert found.loc[0.71, "institution"] == pytest.approx(0.07, abs=0.005)
    assert list(found.columns) == list(EXTERNAL)


def test_images_needed_are_the_fewest():
    n = images_needed(0.7, 0.3, 0.02)
    assert independent_half_width(0.7, 0.3, n) <= 0.02 < independent_half_width(0.7, 0.3, n - 1)
