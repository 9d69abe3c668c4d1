import numpy as np
import pytest

from mammo.evaluation.design_effect import PRIOR_PATIENTS, design_effect, effective_patients


def test_equal_patients_count_as_such_and_unequal_ones_less():
    assert effective_patients(np.repeat(np.arange(6), 4)) == 6
    assert effective_patients(np.repeat(np.arange(5), [1, 1, 2, 4, 8])) == pytest.approx(256 / 86)
    assert effective_patients(np.array([3, 3, 7])) == pytest.approx(9 / 5)  # numbers may have gaps


def test_images_that_are_patients_of_their_own_are_independent():
    deviations = np.random.default_rng(0).normal(size=30)
    deviations -= deviations.mean()
    assert design_effect(deviations, np.arange(30)) == pytest.approx(1, abs=1e-12)


def test_where_nothing_varies_a_patient_is_worth_one_image():
    units = np.repeat(np.arange(4), 3)
    assert design_effect(np.zeros(12), units) == 3
    assert design_effect(np.full(12, 1e-17), units) == 3
    assert design_effect(np.array([0.5, -0.5]), np.array([0, 0])) == 2


@pytest.mark.parametrize(("icc", "n_patients"), [(0.0, 4000), (0.5, 4000), (1.0, 50)])
def test_it_is_drawn_from_the_largest_to_what_many_patients_show(icc, n_patients):
    """The variance of a patient's mean of four images is (1 + 3 icc) / 4."""
    generator = np.random.default_rng(1)
    own = np.repeat(generator.normal(size=n_patients), 4)
    deviations = np.sqrt(icc) * own + np.sqrt(1 - icc) * generator.normal(size=4 * n_patients)
    deviations -= deviations.mean()
    shown = 1 + 3 * icc
    weight = PRIOR_PATIENTS / (PRIOR_PATIENTS + n_patients)
    found = design_effect(deviations, np.repeat(np.arange(n_patients), 4))
    assert found == pytest.approx(weight * 4 + (1 - weight) * shown, rel=0.1)
