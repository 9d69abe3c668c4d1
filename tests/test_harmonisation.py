import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mammo.errors import MammoError
from mammo.images.harmonisation import LANDMARKS, MappedImages, landmarks, mapping
from mammo.images.store import WHITE

RISING = hnp.arrays(
    np.float64, len(LANDMARKS), elements=st.floats(1, WHITE, allow_nan=False, width=32)
).map(np.sort)


def breasts(n: int = 6, seed: int = 0) -> np.ndarray:
    """Images of n breasts: a smooth tissue, black around it."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    images = np.zeros((n, 64, 64), dtype=np.uint16)
    for image in images:
        inside = np.hypot(rows - 32, columns) < rng.integers(35, 60)
        grey = (
            np.sin(rows / 9 + rng.normal()) + np.cos(columns / 7) + 0.1 * rng.normal(size=(64, 64))
        )
        grey = (grey - grey.min()) / np.ptp(grey)
        image[inside] = np.rint(1 + (WHITE - 1) * grey[inside])
    return images


def through(images: np.ndarray, power: float) -> np.ndarray:
    """Images as a detector of another tone curve shows them."""
    return np.rint(WHITE * (images / WHITE) ** power).astype(np.uint16)


def test_a_landmark_is_the_mean_of_the_images_own():
    ramp = np.arange(1, 1001, dtype=np.uint16)
    assert landmarks([ramp]).tolist() == list(LANDMARKS)
    assert landmarks([ramp, 3 * ramp]).tolist() == [2 * place for place in LANDMARKS]


def test_black_and_the_size_of_a_breast_do_not_count():
    ramp = np.arange(1, 1001, dtype=np.uint16)
    around = np.concatenate([np.zeros(500, np.uint16), np.repeat(ramp, 7)])
    assert landmarks([around]).tolist() == landmarks([ramp]).tolist()
    assert landmarks([ramp, np.zeros(9, np.uint16)]).tolist() == landmarks([ramp]).tolist()


def test_the_order_of_the_images_does_not_matter():
    images = breasts()
    assert (landmarks(images) == landmarks(images[::-1])).all()


def test_images_are_let_go_one_by_one():
    seen = []

    def one_by_one():
        for number in range(4):
            image = np.full((8, 8), number + 1, np.uint16)
            seen.append(weakref.ref(image))
            assert not any(reference() is not None for reference in seen[:-2])
            yield image
            del image

    assert landmarks(one_by_one()).tolist() == [2.5] * len(LANDMARKS)
    assert len(seen) == 4


def test_images_without_grey_are_an_error():
    with pytest.raises(MammoError, match="no image has a pixel above black"):
        landmarks([np.zeros((4, 4), np.uint16)])


@settings(deadline=None)
@given(source=RISING, target=RISING)
def test_a_mapping_never_falls_and_keeps_black_and_white(source, target):
    table = mapping(source, target)
    assert table.dtype == np.uint16 and table.shape == (WHITE + 1,)
    assert (np.diff(table.astype(int)) >= 0).all()
    assert (table[0], table[-1]) == (0, WHITE)


@settings(deadline=None)
@given(source=RISING)
def test_a_set_like_the_other_stays_as_it_is(source):
    assert (mapping(source, source) == np.arange(WHITE + 1)).all()


def test_landmarks_meet_those_of_the_other_set():
    source, target = landmarks(through(breasts(), 0.5)), landmarks(breasts())
    table = mapping(source, target)
    found = np.interp(source, np.arange(WHITE + 1), table)
    assert found == pytest.approx(target, abs=1)


@pytest.mark.parametrize("power", [0.4, 2.5])
def test_another_tone_curve_is_undone(power):
    images = breasts(8)
    local = through(images[4:], power)
    table = mapping(landmarks(local), landmarks(through(images[4:], 1)))
    before = np.abs(local.astype(float) - images[4:]).mean() / WHITE
    after = np.abs(table[local].astype(float) - images[4:]).mean() / WHITE
    assert after < 0.02 < 0.1 < before


def test_mapped_images_are_read_as_a_stores_own():
    images = breasts()
    table = mapping(landmarks(images), landmarks(through(images, 2)))
    mapped = MappedImages(images, table)
    assert (mapped.shape, len(mapped)) == (images.shape, len(images))
    for rows in (2, slice(1, 3), np.array([4, 0])):
        assert (mapped[rows] == table[images[rows]]).all()
    assert (mapped[0][images[0] == 0] == 0).all()
