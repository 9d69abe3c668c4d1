"""The same phantoms under every mix of causes: what changes, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from mammo.datasets.phantom import factors, write_cbis_ddsm, write_inbreast
from mammo.datasets.phantom.factors import VARIANTS, Variant
from mammo.datasets.phantom.imaging import Streams, exposures
from mammo.datasets.phantom.population import DENSITY

PIXEL_MM = 1.0
HOME = Variant(False, False, False, False)


@pytest.fixture(scope="module")
def planned() -> list[factors.Subject]:
    return factors.subjects(60, 11, lesions="measured", digitiser="documented")


@pytest.fixture(scope="module")
def subject(planned) -> factors.Subject:
    """One with a mass that becomes subtler, and another scanner than the one drawn for its film."""
    return next(
        one
        for one in planned
        if [lesion.kind for lesion in one.breast.lesions] == ["mass"]
        and one.breast.lesions[0].subtlety - one.subtler[0] >= 2
    )


@pytest.fixture(scope="module")
def images(subject) -> dict[Variant, np.ndarray]:
    return {variant: image.pixels for variant, image in factors.images(subject, PIXEL_MM)}


def projection(subject: factors.Subject, is_subtler: bool):
    return factors._exposure(subject, is_subtler, PIXEL_MM).projection


def test_a_plan_has_one_view_of_one_breast_a_patient(planned):
    assert len(planned) == 60
    assert {len(one.case.breasts) for one in planned} == {1}
    assert {len(one.breast.views) for one in planned} == {1}
    assert {one.breast.malignant for one in planned} == {True, False}
    assert [one.case.number for one in planned] == list(range(60))


def test_a_patient_is_the_same_in_all_cells_but_for_what_is_switched(subject):
    home, subtler = (projection(subject, is_subtler) for is_subtler in (False, True))
    assert np.array_equal(home.distance, subtler.distance)
    assert home.nipple_mm == subtler.nipple_mm
    (trace,), (other,) = home.traces, subtler.traces
    assert (trace.x_mm, trace.y_mm) == (other.x_mm, other.y_mm)
    assert np.array_equal(trace.contour, other.contour)
    rows, columns = np.indices(home.distance.shape)
    apart = np.hypot((columns + 0.5) * PIXEL_MM - trace.x_mm, (rows + 0.5) * PIXEL_MM - trace.y_mm)
    outside = apart > 1.3 * subject.breast.lesions[0].diameter_mm + 5
    assert np.array_equal(home.attenuation[outside], subtler.attenuation[outside])
    assert home.attenuation.sum() > subtler.attenuation.sum()  # A subtler mass is a thinner one.


def test_home_is_what_ddsms_files_hold(subject, images):
    streams = Streams(subject.entropy, 1 + subject.case.number)
    exposure = next(exposures(subject.case, streams, PIXEL_MM, write_cbis_ddsm.FRAMES_MM))
    stored = write_cbis_ddsm.acquire(exposure, subject.case.scanner)
    assert images[HOME] == pytest.approx(stored / 65535, abs=1e-6)


def test_elsewhere_is_shown_through_inbreasts_window(subject, images):
    streams = Streams(subject.entropy, 1 + subject.case.number)
    exposure = next(exposures(subject.case, streams, PIXEL_MM, write_cbis_ddsm.FRAMES_MM))
    stored = write_inbreast.acquire(exposure).astype(float)
    centre, width = write_inbreast.CENTRE, write_inbreast.WIDTH
    wanted = np.clip((stored - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)
    assert images[HOME._replace(acquisition=True)] == pytest.approx(wanted, abs=1e-6)


def test_every_variant_is_drawn_once(images):
    assert list(images) == list(VARIANTS)
    assert len(VARIANTS) == len(set(VARIANTS)) == 12
    assert not any(variant.acquisition and variant.digitiser for variant in VARIANTS)


def test_the_placebo_is_another_exposure_of_the_same_breast(images):
    first, second = (images[HOME._replace(placebo=again)] for again in (False, True))
    assert not np.array_equal(first, second)
    inside = first > 0.3
    assert np.corrcoef(first[inside], second[inside])[0, 1] > 0.9


def test_a_scanner_that_is_the_same_gives_the_same_film(planned):
    independent = replace(planned[0], case=replace(planned[0].case, scanner=None))
    drawn = {variant: image.pixels for variant, image in factors.images(independent, PIXEL_MM)}
    assert np.array_equal(drawn[HOME], drawn[HOME._replace(digitiser=True)])


def test_where_lesions_are_subtler_none_is_more_obvious(planned):
    pairs = [
        (lesion.subtlety, rating)
        for one in planned
        for lesion, rating in zip(one.breast.lesions, one.subtler, strict=True)
    ]
    assert all(other <= own for own, other in pairs)
    assert any(other < own for own, other in pairs)


def test_densities_are_weighed_to_inbreasts_mix(planned):
    densities = np.array([one.case.density for one in planned])
    weights = factors.density_weights(densities)
    assert weights.mean() == pytest.approx(1)
    for density, count in DENSITY["inbreast"].items():
        share = weights[densities == density].sum() / weights.sum()
        assert share == pytest.approx(count / sum(DENSITY["inbreast"].values()))


def test_the_scanner_goes_with_the_diagnosis_at_home_alone(planned):
    assert {one.case.scanner for one in planned if not one.breast.malignant} != {None}
    assert not any("DBA" in one.case.scanner for one in planned if not one.breast.malignant)
    free = factors.subjects(20, 11, lesions="measured", digitiser="independent")
    assert {one.case.scanner for one in free} == {None}
