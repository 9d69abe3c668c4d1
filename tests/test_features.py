import errno
import os

import numpy as np
import pytest
import torch

from mammo.errors import MammoError
from mammo.models import weights
from mammo.models.transfer import Extractor
from mammo.training.devices import launch
from mammo.training.features import CachedMaps, FeatureCache, extract
from mammo.training.samples import StoredImages

IDS = [f"{number:02d}" for number in range(7)]


@pytest.fixture(scope="module")
def fabric():
    return launch("cpu")


@pytest.fixture(scope="module")
def extractor():
    return Extractor("alexnet", weights.resolve("random", "alexnet", 0)[0])


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 65536, (7, 64, 64)).astype(np.uint16)


def write(images, extractor, folder, fabric, **options):
    folder.mkdir(exist_ok=True)
    options = {"batch_size": 3, "precision": "float32", **options}
    extract(images, IDS, extractor, folder, fabric=fabric, **options)
    return FeatureCache(folder)


def test_maps_are_the_extractor_s(images, extractor, fabric, tmp_path):
    cache = write(images, extractor, tmp_path, fabric)
    assert cache.maps.dtype == np.float16 and cache.maps.shape == (7, 256, 1, 1)
    grey = torch.from_numpy(images[4:5, None].astype(np.float32) / 65535)
    with torch.no_grad():
        expected = extractor(grey)[0].numpy()
    np.testing.assert_allclose(cache.maps[cache.find(["04"])[0]], expected, rtol=2e-3, atol=2e-3)


def test_flips_are_those_of_the_image_and_of_the_chosen_rows_only(
    images, extractor, fabric, tmp_path
):
    chosen = np.array([True, False] * 3 + [True])
    cache = write(
        images,
        extractor,
        tmp_path / "a",
        fabric,
        flips=("none", "horizontal", "vertical", "both"),
        flipped=chosen,
    )
    assert len(cache.maps) == 7 + 3 * 4
    turned = {
        "horizontal": images[:, :, ::-1],
        "vertical": images[:, ::-1],
        "both": images[:, ::-1, ::-1],
    }
    for flip, flipped in turned.items():
        other = write(flipped, extractor, tmp_path / flip, fabric)
        found = cache.maps[cache.find(["02", "06"], flip)]
        np.testing.assert_array_equal(found, other.maps[other.find(["02", "06"])])
    with pytest.raises(MammoError, match=r"'01' .* 'vertical'"):
        cache.find(["01"], "vertical")


def test_interrupted_extraction_goes_on_where_it_stopped(
    images, extractor, fabric, tmp_path, monkeypatch
):
    whole = write(images, extractor, tmp_path / "whole", fabric)
    calls = []
    forward = Extractor.forward

    def failing(self, grey):
        if not grey.is_meta:
            calls.append(len(grey))
            if len(calls) == 2:
                raise KeyboardInterrupt
        return forward(self, grey)

    monkeypatch.setattr(Extractor, "forward", failing)
    with pytest.raises(KeyboardInterrupt):
        write(images, extractor, tmp_path / "part", fabric)
    with pytest.raises(MammoError, match="complete"):
        FeatureCache(tmp_path / "part")
    resumed = write(images, extractor, tmp_path / "part", fabric)
    assert len(calls) == 2 + 2
    np.testing.assert_array_equal(resumed.maps, whole.maps)
    write(images, extractor, tmp_path / "part", fabric)
    assert len(calls) == 4


def test_other_images_in_the_same_folder_start_anew(images, extractor, fabric, tmp_path):
    write(images, extractor, tmp_path, fabric)
    extract(images[:2], ["a", "b"], extractor, tmp_path, fabric=fabric)
    assert FeatureCache(tmp_path).maps.shape[0] == 2


@pytest.mark.parametrize("flips", [(), ("vertical",), ("none", "diagonal")])
def test_unknown_flips_are_refused(images, extractor, fabric, tmp_path, flips):
    with pytest.raises(MammoError, match="'none'"):
        extract(images, IDS, extractor, tmp_path, fabric=fabric, flips=flips)


def test_samples_come_from_several_caches_in_the_order_given(images, extractor, fabric, tmp_path):
    a = write(images, extractor, tmp_path / "a", fabric, flips=("none", "vertical"))
    b = write(images[::-1], extractor, tmp_path / "b", fabric, flips=("none", "vertical"))
    samples = CachedMaps([(a, ["03", "01"]), (b, ["00"])], ("none", "vertical"))
    found = samples.batch(np.array([2, 0]), np.array([0, 1])).numpy()
    assert len(samples) == 3
    np.testing.assert_array_equal(found[0], a.maps[a.find(["06"])[0]])
    np.testing.assert_array_equal(found[1], a.maps[a.find(["03"], "vertical")[0]])


def test_stored_images_are_scaled_and_flipped(images):
    samples = StoredImages([(images, [5]), (images, [1, 2])], ("none", "both"))
    found = samples.batch(np.array([0, 2]), np.array([0, 1]))
    assert found.dtype == torch.float32 and found.shape == (2, 1, 64, 64)
    np.testing.assert_allclose(found[0, 0], images[5] / 65535, rtol=1e-6)
    np.testing.assert_allclose(found[1, 0], images[2, ::-1, ::-1] / 65535, rtol=1e-6)


def test_maps_that_do_not_fit_on_the_disk_are_told_at_once(
    images, extractor, fabric, tmp_path, monkeypatch
):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    with pytest.raises(MammoError, match=r"features\.npy.*no space left"):
        write(images, extractor, tmp_path, fabric)
    assert list(tmp_path.iterdir()) == []
