import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.evaluation import auroc
from mammo.evaluation.jackknife import jackknife_aurocs


def left_out_by_hand(y_true: np.ndarray, scores: np.ndarray, units: np.ndarray) -> list[float]:
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for unit in range(units.max() + 1):
            rest = units != unit
            found.append(auroc(y_true[rest], scores[rest]) if rest.any() else np.nan)
    return found


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 6), st.integers(0, 2**32))
def test_equals_leaving_each_unit_out_by_hand(n_images, n_units, n_levels, seed):
    generator = np.random.default_rng(seed)
    y_true = generator.integers(0, 2, n_images)
    scores = generator.integers(-n_levels, n_levels + 1, n_images) / 3
    units = np.unique(generator.integers(0, n_units, n_images), return_inverse=True)[1]
    found = jackknife_aurocs(y_true == 1, scores, units)
    expected = left_out_by_hand(y_true, scores, units)
    if 0 < y_true.sum() < n_images:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)
    else:
        assert np.isnan(found).all()


def test_equals_leaving_each_image_out_by_hand():
    generator = np.random.default_rng(3)
    y_true, scores = generator.integers(0, 2, 300), generator.normal(size=300)
    units = np.arange(300)
    np.testing.assert_allclose(
        jackknife_aurocs(y_true == 1, scores, units),
        left_out_by_hand(y_true, scores, units),
        rtol=0,
        atol=1e-14,
    )


def test_is_undefined_without_the_only_patient_of_a_class():
    labels = np.array([True, True, False, False, False])
    found = jackknife_aurocs(labels, np.array([3.0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 2]))
    assert np.isnan(found).tolist() == [True, False, False]
    assert found[1:] == pytest.approx([2.5 / 4, 3 / 4])
