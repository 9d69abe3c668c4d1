"""The logistic regression on pooled feature maps."""

import numpy as np
import pytest

from mammo.training.linear_head import head_scores, pooled_features


class Cache:
    """Maps of three images in another order than they are asked for."""

    maps = np.random.default_rng(0).normal(size=(150, 4, 5, 5)).astype(np.float16)

    def find(self, image_ids):
        return np.array([int(name) for name in image_ids])


def test_maxima_come_first_then_means():
    order = [str(number) for number in np.random.default_rng(1).permutation(150)]
    found = pooled_features(Cache(), order)
    maps = Cache.maps[[int(name) for name in order]].astype(np.float32)
    assert found.shape == (150, 8)
    assert np.array_equal(found[:, :4], maps.max(axis=(2, 3)))
    assert found[:, 4:] == pytest.approx(maps.mean(axis=(2, 3)))


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    labels = (rng.random(200) < 0.2).astype(int)
    features = rng.normal(size=(200, 30)).astype(np.float32)
    features[:, 3] += 2 * labels
    return features, labels, rng.normal(size=(10, 30)).astype(np.float32)


def test_it_learns_what_tells_the_classes_apart(data):
    features, labels, others = data
    (own, found) = head_scores(features, labels, [features, others])
    assert own[labels == 1].mean() > own[labels == 0].mean() + 1
    assert found.shape == (10,)


def test_units_of_the_features_do_not_matter(data):
    features, labels, others = data
    scale = np.geomspace(0.01, 100, 30).astype(np.float32)
    first = head_scores(features, labels, [others])[0]
    second = head_scores(features * scale + 5, labels, [others * scale + 5])[0]
    assert second == pytest.approx(first, abs=1e-3)


def test_the_same_images_give_the_same_scores(data):
    features, labels, others = data
    first, second = (head_scores(features, labels, [others])[0] for _ in range(2))
    assert np.array_equal(first, second)


def test_without_a_difference_it_is_undecided(data):
    _, labels, others = data
    noise = np.random.default_rng(4).normal(size=(200, 30)).astype(np.float32)
    (found,) = head_scores(noise, labels, [others])
    assert abs(found.mean()) < 0.5  # Classes weigh alike: not the log-odds of one in five.
