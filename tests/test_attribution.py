"""A drop divided among factors: on scores whose causes are known."""

import numpy as np
import pytest

from mammo.evaluation.attribution import Cells, attribute, interval, permuted, switches

FACTORS = ("noise", "labels", "mix", "placebo")
N = 400


@pytest.fixture(scope="module")
def cells() -> Cells:
    """Signal that noise hides, labels that are read otherwise, a mix that is easier, a placebo."""
    rng = np.random.default_rng(5)
    malignant = rng.random(N) < 0.5
    dense = rng.random(N) < 0.5
    signal = 2.0 * malignant * np.where(dense, 0.3, 1) + rng.normal(0, 1, N)
    noise, read = rng.normal(0, 2, N), malignant ^ (rng.random(N) < 0.25)
    is_on = switches(len(FACTORS))
    jitter = 0.05 * rng.normal(0, 1, (2, N))
    return Cells(
        FACTORS,
        np.stack([read if row[1] else malignant for row in is_on]),
        np.stack([signal + row[0] * noise + jitter[int(row[3])] for row in is_on]),
        np.stack([np.where(dense, 1.6, 0.4) if row[2] else np.ones(N) for row in is_on]),
    )


@pytest.fixture(scope="module")
def found(cells):
    return attribute(cells, 400, seed=1)


def test_shares_sum_to_the_drop_in_the_values_and_in_every_replicate(found):
    values, replicates = found.shares
    drop, of_replicates = found.drop(-1)
    assert values.sum() == pytest.approx(drop, abs=1e-12)
    assert replicates.sum(axis=0) == pytest.approx(of_replicates, abs=1e-12)
    assert drop > 0.15


def test_causes_are_found_and_the_placebo_is_not(found):
    values, replicates = found.shares
    for number in range(3):
        assert interval(replicates[number], 0.95)[0] > 0
    lower, upper = interval(replicates[3], 0.95)
    assert lower < 0 < upper
    assert abs(values[3]) < 0.01


def test_with_labels_dealt_at_random_nothing_is_left(cells):
    aurocs = permuted(cells, 200, seed=2)
    assert aurocs.shape == (16, 200)
    assert aurocs.mean(axis=1) == pytest.approx(0.5, abs=0.01)
    assert (aurocs[0] - aurocs[-1]).mean() == pytest.approx(0, abs=0.01)


def test_the_cells_share_their_draws(found):
    # Otherwise an idle factor would have an interval as wide as that of two independent sets.
    _, replicates = found.shares
    assert replicates[3].std() < 0.2 * found.replicates[0].std()


def test_replicates_that_are_undefined_do_not_count():
    assert interval(np.array([np.nan, 1.0, 1.0]), 0.9) == (1, 1)
    assert np.isnan(interval(np.array([np.nan]), 0.9)).all()
