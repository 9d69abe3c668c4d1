import math
import warnings

import numpy as np
import pytest
from scipy import stats

from mammo.evaluation import Estimate, auroc, auroc_interval, delong_interval, obuchowski_interval
from simulated_sets import (
    Coverage,
    Design,
    binormal_distance,
    coverage,
    expected_auroc,
    simulate,
)

MIAS = Design("a breast on each side, malignant or not", ((112, 0, 2), (47, 1, 1), (2, 2, 0)))
INBREAST = Design("two views of two breasts", ((60, 0, 4), (40, 2, 2), (8, 4, 0)))
ONE_LABEL = Design("four images, all of one label", ((70, 0, 4), (38, 4, 0)))


def bootstrap(**options):
    return lambda *data: auroc_interval(*data, n_bootstrap=600, threads=1, **options)


def band(n: int, level: float) -> tuple[float, float]:
    """Shares of n simulations that chance leaves only once in a thousand times."""
    lower, upper = stats.binom.interval(0.999, n, level)
    return lower / n, upper / n


@pytest.mark.parametrize("design", [MIAS, INBREAST], ids=["MIAS", "INbreast"])
def test_intervals_by_patient_contain_the_truth_as_often_as_they_say(design):
    intervals = {
        "percentile": bootstrap(),
        "BCa": bootstrap(bounds="bca"),
        "stratified": bootstrap(stratified=True),
        "Obuchowski": obuchowski_interval,
    }
    lower, upper = band(500, 0.95)
    for found in coverage(design, 0.75, 0.8, intervals, 500, seed=1):
        assert lower <= found.share <= upper, found


def test_intervals_by_image_contain_the_truth_too_seldom():
    """Four images that are nearly one: the errors are too small by a factor of almost two."""
    intervals = {"percentile": bootstrap(unit="image"), "DeLong": delong_interval}
    *by_image, by_patient = coverage(
        ONE_LABEL, 0.75, 0.8, intervals | {"patients": obuchowski_interval}, 400, seed=2
    )
    for found in by_image:
        assert found.share < band(400, 0.95)[0], found
        assert found.mean_width < 0.6 * by_patient.mean_width
    assert band(400, 0.95)[0] <= by_patient.share <= band(400, 0.95)[1]


def test_single_images_of_patients_need_no_care():
    design = Design("an image each", ((70, 0, 1), (50, 1, 0)))
    intervals = {"patients": obuchowski_interval, "images": delong_interval}
    by_patient, by_image = coverage(design, 0.75, 0.5, intervals, 600, seed=3)
    for found in (by_patient, by_image):
        assert band(600, 0.95)[0] <= found.share <= band(600, 0.95)[1], found
    assert by_patient.mean_width == pytest.approx(by_image.mean_width, rel=0.02)


@pytest.mark.parametrize("icc", [0, 0.3, 0.8])
@pytest.mark.parametrize("design", [MIAS, INBREAST, Design("few", ((3, 1, 1), (1, 1, 2)))])
def test_the_expected_auroc_is_the_mean_of_many_simulations(design, icc):
    """Within 4 standard errors of the mean of 2,000 simulations."""
    generator = np.random.default_rng(7)
    areas = [auroc(*simulate(design, 0.75, icc, generator)[:2]) for _ in range(2000)]
    error = np.std(areas) / math.sqrt(2000)
    assert abs(np.mean(areas) - expected_auroc(design, 0.75, icc)) < 4 * error


@pytest.mark.parametrize("icc", [0, 0.8])
@pytest.mark.parametrize("area", [0.5, 0.9])
def test_with_a_floor_most_scores_are_one_value_and_the_auroc_stays(area, icc):
    """Within 4 standard errors of the mean of 2,000 simulations; 84% of a normal lie below 1."""
    generator = np.random.default_rng(8)
    areas, shares = [], []
    for _ in range(2000):
        labels, scores, _ = simulate(MIAS, area, icc, generator, floor=1.0)
        areas.append(auroc(labels, scores))
        shares.append(np.mean(scores[~labels] == 1.0))
    error = np.std(areas) / math.sqrt(2000)
    assert abs(np.mean(areas) - expected_auroc(MIAS, area, icc, 1.0)) < 4 * error
    assert np.mean(shares) == pytest.approx(stats.norm.cdf(1), abs=0.01)
    apart = Design("an image each", ((5, 1, 0), (9, 0, 1)))
    assert expected_auroc(apart, area, icc, 1.0) == area


def test_pairs_within_a_patient_are_told_apart_more_easily():
    assert expected_auroc(ONE_LABEL, 0.75, 0.8) == 0.75
    assert expected_auroc(MIAS, 0.75, 0) == pytest.approx(0.75, abs=1e-12)
    assert expected_auroc(MIAS, 0.75, 0.8) > 0.75
    assert expected_auroc(Design("all within", ((1, 1, 1),)), 0.75, 0.8) == pytest.approx(
        stats.norm.cdf(binormal_distance(0.75) / math.sqrt(0.4)), abs=1e-12
    )


def test_a_design_lists_the_images_of_its_kinds():
    labels, patients = Design("two kinds", ((2, 1, 2), (1, 0, 1))).labels_and_patients
    assert labels.tolist() == [True, False, False, True, False, False, False]
    assert patients.tolist() == [0, 0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize("icc", [0, 0.5, 0.9])
def test_scores_of_a_patient_share_a_part_of_the_variance(icc):
    design = Design("pairs", ((20_000, 1, 1),))
    labels, scores, _ = simulate(design, 0.8, icc, np.random.default_rng(0))
    malignant, benign = scores[labels], scores[~labels]
    # 4 standard errors of a mean difference, a deviation and a correlation of 20,000 pairs
    assert malignant.mean() - benign.mean() == pytest.approx(binormal_distance(0.8), abs=0.04)
    assert [malignant.std(), benign.std()] == pytest.approx([1, 1], abs=0.02)
    assert np.corrcoef(malignant, benign)[0, 1] == pytest.approx(icc, abs=4 / math.sqrt(20_000))


def test_coverage_counts_the_intervals_that_contain_the_truth():
    truth = expected_auroc(MIAS, 0.75, 0.5)
    bounds = {
        "all": (0, 1), "none": (0.9, 1), "touching": (truth, 0.9), "undefined": (math.nan, math.nan)
    }  # fmt: skip

    def interval(lower: float, upper: float):
        return lambda *data: Estimate(0.7, lower, upper, 0.95, 1, 1, 1, 1, "patient", "made up")

    made_up = {name: interval(*pair) for name, pair in bounds.items()}
    seen = []
    found = coverage(
        MIAS, 0.75, 0.5, made_up, 7, 0, progress=lambda numbers: seen.append(numbers) or numbers
    )
    assert [c.n_covered for c in found] == [7, 0, 7, 0]
    assert [c.share for c in found] == [1, 0, 1, 0]
    assert found[0] == Coverage("all", 7, 7, 1.0)
    assert found[1].mean_width == pytest.approx(0.1)
    assert math.isnan(found[3].mean_width)
    assert [list(numbers) for numbers in seen] == [list(range(7))]


def test_the_seed_alone_gives_the_simulations_and_all_intervals_see_the_same():
    intervals = {"once": obuchowski_interval, "again": obuchowski_interval}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = coverage(MIAS, 0.75, 0.8, intervals, 20, seed=5)
        (third,) = coverage(MIAS, 0.75, 0.8, {"once": obuchowski_interval}, 20, seed=5)
        (other,) = coverage(MIAS, 0.75, 0.8, {"once": obuchowski_interval}, 20, seed=6)
    assert first.mean_width == second.mean_width == third.mean_width
    assert other.mean_width != first.mean_width
