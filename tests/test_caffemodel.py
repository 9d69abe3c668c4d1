import h5py
import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import caffe_files
from mammo.errors import WeightsError
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN, caffemodel

TINY = DetectorSettings(width=0.01, hidden=5)


@pytest.fixture(scope="module")
def network() -> FasterRCNN:
    return caffe_files.fill(FasterRCNN(TINY), seed=0)


@pytest.fixture(scope="module")
def whole(network) -> bytes:
    return caffe_files.caffemodel(network)


@pytest.fixture
def read(tmp_path):
    """Read bytes as a file of a network; the error, where there is one, has to name the file."""

    def read(content: bytes, settings: DetectorSettings = TINY) -> dict[str, torch.Tensor]:
        path = tmp_path / "vgg16_frcnn_cad.caffemodel"
        path.write_bytes(content)
        return caffemodel.read_caffemodel(path, settings)

    return read


def refused(read, content: bytes, *said: str, settings: DetectorSettings = TINY) -> None:
    with pytest.raises(WeightsError) as raised:
        read(content, settings)
    text = str(raised.value)
    for part in ("vgg16_frcnn_cad.caffemodel: ", "3 classes", "fetch", *said):
        assert part in text


@pytest.mark.parametrize(
    "write", [caffe_files.blob, caffe_files.legacy_blob, caffe_files.unpacked_blob]
)
def test_every_value_arrives(network, read, write):
    state = read(caffe_files.caffemodel(network, write))
    expected = network.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    FasterRCNN(TINY).load_state_dict(state)


def test_values_may_come_in_pieces(network, read):
    def in_pieces(values: np.ndarray) -> bytes:
        flat = values.astype("<f4").ravel()
        pieces = [caffe_files.field(5, flat[:1].tobytes()), caffe_files.unpacked(flat[1:3])]
        rest = [caffe_files.field(5, flat[3:].tobytes())]
        return b"".join([caffe_files.blob(flat[:0], values.shape), *pieces, *rest])

    state = read(caffe_files.caffemodel(network, in_pieces))
    assert torch.equal(state["fc6.weight"], network.fc6.weight)


def test_gradients_beside_the_values_are_passed_over(network, read):
    def with_diff(values: np.ndarray) -> bytes:
        return caffe_files.field(6, b"\0" * values.nbytes) + caffe_files.blob(values)

    state = read(caffe_files.caffemodel(network, with_diff))
    assert torch.equal(state["conv5_3.bias"], network.conv5_3.bias)


def test_the_file_does_not_change_with_the_values(read, whole, tmp_path):
    state = read(whole)
    state["fc7.weight"].zero_()
    assert (tmp_path / "vgg16_frcnn_cad.caffemodel").read_bytes() == whole


def joined(network, **changed: bytes) -> bytes:
    """A file with some layers replaced, or left out by empty bytes."""
    return b"".join({**caffe_files.layers(network), **changed}.values())


def test_a_missing_layer_is_named(network, read):
    refused(read, joined(network, conv4_2=b"", fc7=b""), "'conv4_2' is missing", "'fc7' is missing")


def test_a_layer_too_many_is_named(network, read):
    fc8 = caffe_files.layer("fc8", "InnerProduct", caffe_files.blob(np.zeros((3, 5))))
    refused(read, joined(network, fc8=fc8), "layer 'fc8' is unknown")


def test_a_layer_twice_is_named(network, read, whole):
    again = caffe_files.layers(network)["conv1_1"]
    refused(read, whole + again, "'conv1_1'", "twice")


def test_another_number_of_classes_is_named(network, read):
    blobs = caffe_files.blob(np.zeros((21, 5))), caffe_files.blob(np.zeros(21))
    other = caffe_files.layer("cls_score", "InnerProduct", *blobs)
    refused(read, joined(network, cls_score=other), "'cls_score'", "(21, 5), expected (3, 5)")


def test_another_width_is_named(whole, read):
    said = "'conv1_1' has a weight of shape (8, 3, 3, 3), expected (64, 3, 3, 3)"
    refused(read, whole, said, settings=DetectorSettings(hidden=5))


@pytest.mark.parametrize(
    ("blobs", "said"),
    [
        ([np.zeros((5, 5))], "1 blobs"),
        ([np.zeros((5, 4)), np.zeros(5)], "weight of shape (5, 4), expected (5, 5)"),
        ([np.zeros((2, 1, 5, 5)), np.zeros(5)], "(2, 1, 5, 5), expected (5, 5)"),
        ([np.zeros((5, 5)), np.zeros((5, 1))], "bias of shape (5, 1), expected (5,)"),
        ([np.full((5, 5), np.nan), np.zeros(5)], "not finite"),
    ],
    ids=["no bias", "fewer units", "not one", "bias of two", "nan"],
)
def test_a_misshapen_layer_is_named(network, read, blobs, said):
    fc7 = caffe_files.layer("fc7", "InnerProduct", *map(caffe_files.blob, blobs))
    refused(read, joined(network, fc7=fc7), "layer 'fc7' has", said)


def test_a_shape_that_its_values_do_not_fill_is_named(network, read):
    short = caffe_files.blob(np.zeros(7), (5, 5)), caffe_files.blob(np.zeros(5))
    fc7 = caffe_files.layer("fc7", "InnerProduct", *short)
    refused(read, joined(network, fc7=fc7), "'fc7' has a weight of 28 bytes, expected 100")


def test_another_type_of_layer_is_named(network, read):
    other = caffe_files.layer("fc7", "Scale", caffe_files.blob(np.zeros(5)))
    refused(read, joined(network, fc7=other), "'fc7' is of type 'Scale', expected InnerProduct")


def test_many_faults_are_counted(network, read):
    refused(read, caffe_files.layers(network)["conv1_1"], "'conv1_2' is missing", "and 14 more")


def test_double_precision_is_named(network, read):
    double = caffe_files.field(8, np.zeros(25).tobytes())
    fc7 = caffe_files.layer("fc7", "InnerProduct", double)
    refused(read, joined(network, fc7=fc7), "after layer 'fc6'", "double precision")


def test_layers_of_before_2014_are_named(read):
    refused(read, caffe_files.field(1, b"VGG16") + caffe_files.field(2, b"\x22\x01a"), "V1")


def test_a_number_in_the_place_of_a_blob_is_named(network, read):
    fc7 = caffe_files.field(100, caffe_files.field(1, b"fc7") + caffe_files.field(7, 3))
    refused(read, joined(network, fc7=fc7), "a number where a blob of 'fc7' is expected")


@pytest.mark.parametrize("left", [0.999, 0.5, 0.1])
def test_a_truncated_file_says_after_which_layer(read, whole, left):
    refused(read, whole[: int(left * len(whole))], "after layer '", "ends before")


@given(data=st.data())
def test_no_part_of_a_file_is_taken_for_the_whole(whole, tmp_path_factory, data):
    kept = data.draw(st.integers(1, len(whole) - 1))
    without_values = [caffe_files.layer("relu", "ReLU"), caffe_files.layer("proposal", "Python")]
    assume(whole[kept:] not in (b"".join(without_values), without_values[1]))
    path = tmp_path_factory.mktemp("part") / "part.caffemodel"
    path.write_bytes(whole[:kept])
    with pytest.raises(WeightsError):
        caffemodel.read_caffemodel(path, TINY)


@given(content=st.binary(min_size=1, max_size=200))
def test_foreign_bytes_are_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("foreign") / "foreign.caffemodel"
    path.write_bytes(content)
    with pytest.raises(WeightsError):
        caffemodel.read_caffemodel(path, TINY)


def test_foreign_files_are_refused(read, tmp_path):
    refused(read, b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 64, "not a whole .caffemodel")
    refused(read, b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "not a whole .caffemodel")
    refused(read, b"PK\x03\x04" + b"\0" * 64, "not a whole .caffemodel")
    refused(read, b"name: 'VGG16'\n" * 9, "not a whole .caffemodel")
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["conv1_1"] = np.ones((3, 3))
    refused(read, (tmp_path / "weights.h5").read_bytes(), "not a whole .caffemodel")
    refused(read, b"", "is empty")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"absent\.caffemodel"):
        caffemodel.read_caffemodel(tmp_path / "absent.caffemodel")
