from pathlib import Path

import pytest

import test_keras_h5 as keras_files
from mammo.errors import WeightsError
from mammo.models import imports
from mammo.models.end2end import keras_h5
from mammo.models.imports.released_files import import_file, read_release, recognise
from mammo.models.releases import RELEASES
from mammo.models.weights import fingerprint

PLAIN = RELEASES["ddsm_vgg16_512x1"]
DETECTOR = RELEASES["frcnn_cad"]


@pytest.fixture(scope="module")
def network_of_keras(tmp_path_factory) -> Path:
    """VGG16 under two VGG blocks, of full size, in a file as Keras 2.0 wrote them."""
    path = tmp_path_factory.mktemp("keras") / PLAIN.file
    return keras_files.write(path, keras_files.load("vgg16"))


def test_a_file_of_keras_goes_into_the_library_and_comes_back_the_same(network_of_keras, tmp_path):
    path = import_file(network_of_keras, tmp_path)
    record, network = imports.read_record(path), imports.load(path)
    original = keras_h5.read_keras(network_of_keras)
    assert fingerprint(network.state_dict()) == fingerprint(original.state)
    assert network.backbone.layers == original.backbone and network.top.layers == original.top
    assert (network.mean, record["mean"], record["input_size"]) == (52.18, 52.18, [1152, 896])
    assert (record["release"], record["trained_on"]) == (PLAIN.name, ["cbis_ddsm"])
    assert record["published_auroc"] == {"dataset": "cbis_ddsm", "single": 0.83, "flips": 0.86}


def test_the_release_decides_the_mean(network_of_keras, tmp_path):
    renamed = tmp_path / "weights.bin"
    renamed.symlink_to(network_of_keras)
    path = import_file(renamed, tmp_path, "inbreast_vgg16_512x1")
    assert imports.load(path).mean == 44.33
    assert imports.find("end2end_vgg16", tmp_path) == path


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ddsm_vgg16_hybrid", "13 convolutions to 512 channels under a top of 4 additions"),
        ("ddsm_resnet50", "53 convolutions to 2048 channels under a top of 4 additions"),
    ],
)
def test_another_network_than_the_releases_is_refused_and_both_are_named(
    network_of_keras, release, expected
):
    with pytest.raises(WeightsError) as caught:
        read_release(network_of_keras, RELEASES[release])
    found = "13 convolutions to 512 channels under a top of 0 additions and 512 channels"
    assert f"holds a backbone of {found} for inputs of 1152 x 896" in str(caught.value)
    assert f"release {release} is a backbone of {expected}" in str(caught.value)


def test_another_input_size_is_refused(tmp_path):
    path = keras_files.write(tmp_path / "small.h5", keras_files.load("oddments"))
    with pytest.raises(WeightsError, match=r"37 x 41.*1152 x 896"):
        read_release(path, PLAIN)


def test_the_network_of_one_channel_is_refused_by_its_name(tmp_path):
    with pytest.raises(WeightsError, match="takes one channel"):
        recognise(tmp_path / "ddsm_YaroslavNet_s10.h5")


WRONG_FILES = {
    "web page": (DETECTOR, b"\n<!DOCTYPE html><title>Google Drive</title>", "is a web page"),
    "zip": (DETECTOR, b"PK\x03\x04" + bytes(30), "is a zip archive: unpack it first"),
    "gzip": (PLAIN, b"\x1f\x8b\x08" + bytes(30), "is a gzip archive"),
    "Keras": (DETECTOR, b"\x89HDF\r\n\x1a\n" + bytes(99), "is a Keras .* is a Caffe file"),
    "Caffe": (PLAIN, b"\x0a\x03abc", "is no Keras .* is a Keras file"),
    "cut": (PLAIN, b"\x89HDF\r\n\x1a\n" + bytes(99), "not readable as HDF5, or truncated"),
    "empty": (DETECTOR, b"", "is empty"),
}


@pytest.mark.parametrize(("card", "content", "words"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_what_is_no_weights_file_is_named(tmp_path, card, content, words):
    path = tmp_path / card.file
    path.write_bytes(content)
    assert recognise(path) is card
    with pytest.raises(WeightsError, match=words) as caught:
        read_release(path, card)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_too_large_file_is_refused_unread(tmp_path):
    path = tmp_path / DETECTOR.file
    with path.open("wb") as file:
        file.truncate(imports.MOST_BYTES + 1)
    with pytest.raises(WeightsError, match="weights at most"):
        read_release(path, DETECTOR)
