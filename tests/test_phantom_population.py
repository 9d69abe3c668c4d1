from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.datasets.phantom.imaging import CAUSES, Streams
from mammo.datasets.phantom.population import cases, shares


def planned(dataset: str, scale: float = 1.0, seed: int = 1) -> list:
    return cases(dataset, scale, Streams((seed, 0)).generator("population"))


def breasts(dataset: str) -> list:
    return [breast for case in planned(dataset) for breast in case.breasts]


def test_cbis_ddsm_has_the_published_patients_files_and_prevalence():
    plan = planned("cbis_ddsm")
    files = [
        (case.number, kind, breast.malignant)
        for case in plan
        for breast in case.breasts
        for _ in breast.views
        for kind in {(lesion.kind, lesion.split) for lesion in breast.lesions}
    ]
    assert len(plan) == 1566
    assert abs(len(files) - 3103) < 0.04 * 3103
    malignant = sum(malignant for *_, malignant in files) / len(files)
    assert abs(malignant - 1375 / 3103) < 0.02
    assert all(breast.lesions for case in plan for breast in case.breasts)


def test_cbis_ddsm_has_as_many_patients_in_both_official_splits_as_the_release():
    splits = [
        {lesion.split for breast in case.breasts for lesion in breast.lesions}
        for case in planned("cbis_ddsm")
    ]
    assert sum(len(split) == 2 for split in splits) == 31


def test_inbreast_has_the_published_images_by_birads():
    all_breasts = breasts("inbreast")
    images = Counter()
    for breast in all_breasts:
        images[breast.birads[0]] += len(breast.views)
    assert sum(images.values()) == 410
    published = {"1": 67, "2": 220, "3": 23, "4": 43, "5": 49, "6": 8}
    assert all(abs(images[birads] - n) <= 3 for birads, n in published.items())
    assert all(bool(breast.lesions) == (breast.birads != "1") for breast in all_breasts)


def test_mias_has_the_published_images_by_severity():
    severity = Counter()
    for breast in breasts("mias"):
        severity["M" if breast.malignant else "B" if breast.lesions else "N"] += 1
    assert severity == {"N": 207, "B": 63, "M": 52}


def test_institution_has_the_published_images_by_pathology():
    images = Counter()
    for breast in breasts("institution"):
        images[breast.malignant] += len(breast.views)
    assert abs(images[True] - 779) <= 2
    assert abs(images[False] - 1093) <= 2


def test_lesions_of_the_institution_are_subtler_and_smaller_than_those_of_film():
    def malignant(dataset: str) -> list:
        every = [lesion for breast in breasts(dataset) for lesion in breast.lesions]
        return [lesion for lesion in every if lesion.malignant]

    film, recent = malignant("cbis_ddsm"), malignant("institution")
    assert np.mean([x.subtlety for x in recent]) < np.mean([x.subtlety for x in film]) - 0.5
    assert np.median([x.diameter_mm for x in recent]) < np.median([x.diameter_mm for x in film])


def test_no_single_descriptor_tells_the_pathology():
    every = [lesion for breast in breasts("cbis_ddsm") for lesion in breast.lesions]
    for descriptor in ("SPICULATED", "CIRCUMSCRIBED", "MICROLOBULATED", "CLUSTERED", "LINEAR"):
        pathologies = {lesion.malignant for lesion in every if lesion.edge == descriptor}
        assert pathologies == {True, False}, descriptor


@pytest.mark.parametrize("dataset", ["cbis_ddsm", "inbreast", "mias", "institution"])
def test_density_is_independent_of_pathology(dataset: str):
    density = {False: [], True: []}
    for case in planned(dataset):
        density[any(breast.malignant for breast in case.breasts)].append(case.density)
    spread = np.std(density[True] + density[False])
    error = spread * np.sqrt(1 / len(density[True]) + 1 / len(density[False]))
    assert abs(np.mean(density[True]) - np.mean(density[False])) < 3.5 * error


@given(
    counts=st.lists(st.integers(1, 500), min_size=1, max_size=8),
    n=st.integers(1, 300),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_shares_are_proportional_to_within_one(counts: list[int], n: int, seed: int):
    drawn = Counter(shares(np.random.default_rng(seed), dict(enumerate(counts)), n))
    assert sum(drawn.values()) == n
    for key, count in enumerate(counts):
        assert abs(drawn[key] - n * count / sum(counts)) <= 1


def test_streams_are_separate_and_repeatable():
    streams = Streams((4, 1), patient=7)
    first = [streams.generator(cause).random() for cause in CAUSES]
    again = [streams.generator(cause).random() for cause in reversed(CAUSES)]
    assert first == again[::-1]
    others = [Streams((4, 1), 8).generator(cause).random() for cause in CAUSES]
    assert len({*first, *others}) == 2 * len(CAUSES)
