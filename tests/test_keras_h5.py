"""Whole networks of Keras are read as Keras computes them.

The goldens in ``golden/end2end`` hold what real Keras gave, and how its files are laid out; the
files are written anew here, with values drawn from a seed. Their command:
``python tests/golden/make_end2end.py`` in an environment with tf_keras.
"""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from golden import make_end2end as keras
from mammo.errors import WeightsError
from mammo.models.end2end import End2End, keras_h5
from mammo.models.end2end.keras_config import read_description
from mammo.models.end2end.layer_graph import LayerGraph

TOLERANCE = 1e-5


def load(name: str) -> dict:
    return json.loads((keras.FOLDER / f"{name}.json").read_bytes())


def tensors(golden: dict) -> dict[tuple[str, str], np.ndarray]:
    """Return the values by group and name, in the file's order."""
    drawn = {}
    for group, members in golden["groups"]:
        for name, shape in members:
            layer, weight = name.removesuffix(":0").split("/")
            drawn[group, name] = keras.draw(layer, weight, tuple(shape), golden["scales"][layer])
    *_, kernel, bias = drawn
    drawn[kernel] = keras.last_kernel(drawn[kernel], golden["signs"])
    drawn[bias] = np.float32(golden["bias"])
    return drawn


def write(path: Path, golden: dict, *, as_2_0: bool = True) -> Path:
    """Write the file as Keras does: groups, attributes and data in the same order."""
    config = golden["model_config_2_0" if as_2_0 else "model_config"]
    drawn = tensors(golden)
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.0.8" if as_2_0 else golden["keras_version"]
        file.attrs["backend"] = "tensorflow"
        text = json.dumps(config)
        file.attrs["model_config"] = text.encode() if as_2_0 else text
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [group.encode() for group, _ in golden["groups"]]
        for group, members in golden["groups"]:
            names = weights.create_group(group)
            names.attrs["weight_names"] = np.array([name.encode() for name, _ in members], "S")
            for name, _ in members:
                names[name] = drawn[group, name]
    return path


def build(network: keras_h5.KerasNetwork, mean: float = keras.MEAN) -> End2End:
    with torch.device("meta"):
        backbone = LayerGraph(network.backbone)
        model = End2End(backbone, LayerGraph(network.top, backbone.out_channels), mean)
    model.load_state_dict(network.state, assign=True)
    return model.eval()


def probability(model: End2End, image: np.ndarray) -> float:
    grey = torch.from_numpy(image / np.float32(65535))[None, None]
    with torch.inference_mode():
        return model(grey).sigmoid().item()


@pytest.mark.parametrize(
    ("name", "as_2_0"),
    [
        ("resnet50_padded", False),
        pytest.param("resnet50_same", True, marks=pytest.mark.long),
        pytest.param("vgg16", True, marks=pytest.mark.long),
        pytest.param("vgg16_hybrid", False, marks=pytest.mark.long),
        ("oddments", False),
        ("oddments", True),
    ],
)
def test_probabilities_are_those_of_keras(name, as_2_0, tmp_path):
    golden = load(name)
    drawn = {" ".join(key): values for key, values in tensors(golden).items()}
    assert keras.fingerprint(drawn) == golden["sha256"]
    network = keras_h5.read_keras(write(tmp_path / "net.h5", golden, as_2_0=as_2_0))
    assert network.input_shape == keras.SIZES.get(name, (keras.ROWS, keras.COLUMNS))
    expected = [cancer for _, cancer in golden["probabilities"]]
    assert all(0.05 < p < 0.95 for p in expected)
    assert abs(expected[0] - expected[1]) > 0.1
    model = build(network)
    found = [
        probability(form, keras.image(name, number))
        for number, form in enumerate((model, model.for_inference()))
    ]
    assert found == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize("name", keras.NAMES)
def test_both_descriptions_give_the_same_layers(name):
    golden = load(name)
    old, new = (read_description(golden[k]) for k in ("model_config_2_0", "model_config"))
    assert old == new


@pytest.fixture
def file(tmp_path) -> Path:
    return write(tmp_path / "oddments.h5", load("oddments"))


def layers(config: dict) -> dict[str, dict]:
    """Return every layer of a description by its name, those of the nested network too."""
    found = {}
    for layer in config["config"]["layers"]:
        found |= layers(layer) if "layers" in layer["config"] else {}
        found[layer["name"]] = layer
    return found


def describe_anew(path: Path, change) -> None:
    """Let ``change`` alter the file's description and its layers."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config, layers(config))
        file.attrs["model_config"] = json.dumps(config)


def name_weights(group: h5py.Group, names: list[str]) -> None:
    """Give a group's weights other names, in their order."""
    for old, new in zip(group.attrs["weight_names"].astype("U"), names, strict=True):
        group.move(old, new)
    group.attrs["weight_names"] = np.array(names, "S")


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_order_of_the_weights_does_not_matter(file):
    before = keras_h5.read_keras(file).state
    with h5py.File(file, "r+") as opened:
        names = opened["model_weights/model"].attrs["weight_names"]
        opened["model_weights/model"].attrs["weight_names"] = names[::-1]
    assert same(keras_h5.read_keras(file).state, before)


def test_long_lists_of_names_come_in_pieces(file):
    before = keras_h5.read_keras(file).state
    with h5py.File(file, "r+") as opened:
        attributes = opened["model_weights/model"].attrs
        names = attributes["weight_names"]
        del attributes["weight_names"]
        attributes["weight_names0"], attributes["weight_names1"] = names[:3], names[3:]
    assert same(keras_h5.read_keras(file).state, before)


def test_scopes_that_tensorflow_numbered_are_told_by_the_number_they_share(file):
    before = keras_h5.read_keras(file).state
    with h5py.File(file, "r+") as opened:
        for group in ("model", "dense"):
            weights = opened["model_weights"][group]
            names = weights.attrs["weight_names"].astype("U")
            name_weights(weights, [name.replace("/", "_3/") for name in names])
    assert same(keras_h5.read_keras(file).state, before)


def test_the_sum_of_earlier_versions_is_a_sum(file):
    before = keras_h5.read_keras(file)

    def change(_, by_name):
        merge = {"name": "add", "mode": "sum", "concat_axis": -1, "output_shape": None}
        by_name["add"] |= {"class_name": "Merge", "config": merge}

    describe_anew(file, change)
    assert keras_h5.read_keras(file).backbone == before.backbone
    describe_anew(file, lambda _, by_name: by_name["add"]["config"].update(mode="concat"))
    with pytest.raises(WeightsError, match=r"'add'.*'concat'"):
        keras_h5.read_keras(file)


def test_state_is_whole_and_of_the_layers_types(file):
    network = keras_h5.read_keras(file)
    own = build(network).state_dict()
    assert same(own, network.state)
    assert network.state["backbone.batch_normalization.weight"].unique().tolist() == [1.0]
    assert network.state["backbone.batch_normalization_1.bias"].unique().tolist() == [0.0]


@pytest.mark.parametrize("kept", [0, 7, 512, 2048, 0.5, 0.9, 0.9999])
def test_a_truncated_file_is_told(file, kept):
    whole = file.read_bytes()
    file.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    with pytest.raises(WeightsError, match=r"oddments\.h5.*HDF5"):
        keras_h5.read_keras(file)


def test_a_file_of_another_kind_is_told(tmp_path):
    path = tmp_path / "weights.h5"
    with pytest.raises(WeightsError, match="no such file"):
        keras_h5.read_keras(path)
    path.write_bytes(b"\x80\x04 not HDF5" * 1000)
    with pytest.raises(WeightsError, match="HDF5"):
        keras_h5.read_keras(path)
    with h5py.File(path, "w") as foreign:
        foreign["pixels"] = np.zeros(3)
    with pytest.raises(WeightsError, match=r"model_config.*pixels"):
        keras_h5.read_keras(path)


def set_class(name: str, kind: str):
    return lambda _, by_name: by_name[name].update(class_name=kind)


def configure(name: str, **settings):
    return lambda _, by_name: by_name[name]["config"].update(settings)


def drop(name: str, setting: str):
    return lambda _, by_name: by_name[name]["config"].pop(setting)


def nodes(name: str, value):
    return lambda _, by_name: by_name[name].update(inbound_nodes=value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_class("conv2d", "Lambda"), r"Lambda.*not run"),
        (set_class("conv2d", "SeparableConv2D"), r"unknown.* SeparableConv2D"),
        (set_class("conv2d", "Model"), r"'conv2d' is of class Model"),
        (set_class("average_pooling2d", "Model"), r"2 nested networks; expected one"),
        (set_class("model", "InputLayer"), r"0 nested networks"),
        (configure("conv2d", dilation_rate=[2, 2]), r"dilation_rate is \[2, 2\]"),
        (configure("conv2d", data_format="channels_first"), r"data_format is 'channels_first'"),
        (configure("conv2d", data_format=None), r"data_format is None"),
        (configure("conv2d", groups=2), r"groups is 2"),
        (configure("conv2d", depth_multiplier=2), r"'depth_multiplier' 2"),
        (configure("conv2d", padding="causal"), r"padding 'causal'"),
        (configure("conv2d", activation="tanh"), r"'conv2d': activation 'tanh'"),
        (configure("conv2d", activation="softmax"), r"'conv2d': activation 'softmax'"),
        (configure("conv2d", filters=9), r"'add' adds maps"),
        (configure("conv2d_1", filters=9), r"'conv2d_1/kernel' is \(2, 3, 8, 8\), expected .*9"),
        (configure("conv2d", filters="8"), r"not as Keras 2"),
        (configure("conv2d", use_bias=True), r"'conv2d/bias' is missing"),
        (configure("conv2d_1", use_bias=False), r"'conv2d_1/bias' is unknown"),
        (configure("dense_1", units=3), r"shape \(3,\) with softmax"),
        (configure("activation_1", activation="linear"), r"shape \(2,\) without softmax"),
        (configure("dense", activation="softmax"), r"follows a softmax"),
        (configure("batch_normalization", axis=1), r"axis is 1; expected the last"),
        (configure("average_pooling2d", pool_size=[9, 9]), r"'average_pooling2d' gives"),
        (configure("average_pooling2d", padding="same"), r"padded; expected 'valid'"),
        (configure("input_2", batch_input_shape=[None, 37, 41, 1]), r"37 x 41 x 1.*3 channels"),
        (configure("input_2", batch_input_shape=[None, None, None, 3]), r"None x None x 3"),
        (drop("conv2d", "filters"), r"'conv2d'.* 'filters' is missing"),
        (nodes("conv2d", []), r"'conv2d' is used 0 times"),
        (nodes("conv2d", [{"args": []}]), r"described as Keras 3 does"),
        (nodes("conv2d", [[["nowhere", 0, 0, {}]]]), r"the inputs of layer 'conv2d'"),
        (nodes("conv2d", [[["input_1", 0, 0, {"mask": 1}]]]), r"called with arguments"),
        (nodes("flatten", [[["input_2", 0, 0, {}]]]), r"'input_2'|inputs of layer 'flatten'"),
        (lambda config, _: config.update(class_name="Sequential"), r"class Sequential"),
        (lambda config, _: config.pop("config"), r"not as Keras 2.*KeyError"),
    ],
)
def test_a_description_that_is_not_understood_is_refused_by_name(file, change, told):
    describe_anew(file, change)
    with pytest.raises(WeightsError, match=rf"oddments\.h5: .*(?:{told})"):
        keras_h5.read_keras(file)


def without_name(opened):
    attributes = opened["model_weights/dense"].attrs
    attributes["weight_names"] = np.array([], "S1")


def with_link(opened):
    del opened["model_weights/dense/dense/kernel:0"]
    opened["model_weights/dense/dense/kernel:0"] = h5py.SoftLink("/elsewhere")


def with_external_link(opened):
    del opened["model_weights/dense/dense"]
    opened["model_weights/dense/dense"] = h5py.ExternalLink("/etc/other.h5", "/dense")


def with_external_data(opened):
    weights = opened["model_weights/dense"]
    shape = weights["dense/kernel:0"].shape
    del weights["dense/kernel:0"]
    weights.create_dataset("dense/kernel:0", shape, "f4", external=[("/etc/hostname", 0, 10**6)])


def with_whole_numbers(opened):
    weights = opened["model_weights/dense"]
    values = weights["dense/kernel:0"][()].astype(int)
    del weights["dense/kernel:0"]
    weights["dense/kernel:0"] = values


def with_a_claim(opened):
    del opened["model_weights/dense/dense/kernel:0"]
    opened["model_weights/dense"].create_dataset("dense/kernel:0", (10**6, 10**6), "f4")


def with_nan(opened):
    opened["model_weights/dense/dense/kernel:0"][0, 0] = np.nan


def with_stray_data(opened):
    opened["model_weights/stray"] = np.zeros(3)


def with_another_layer(opened):
    weights = opened["model_weights"]
    group = weights.create_group("extra")
    group.attrs["weight_names"] = [b"extra/kernel:0"]
    group["extra/kernel:0"] = np.zeros(3)
    names = [*weights.attrs["layer_names"].astype("U"), "extra"]
    weights.attrs["layer_names"] = np.array(names, "S")


def with_a_name_of_nothing(opened):
    opened["model_weights/dense"].attrs["weight_names"] = [b"dense/gone:0"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_name, r"'dense/dense/kernel:0' belongs to no"),
        (with_link, r"'dense/kernel:0' in .* is a link"),
        (with_external_link, r"'dense/kernel:0' in .* is a link"),
        (with_external_data, r"'dense/kernel:0' .*another file"),
        (with_whole_numbers, r"'dense/kernel:0' is of type int64"),
        (with_a_claim, r"claim 4\d{12} bytes"),
        (with_nan, r"'dense/kernel' .*not finite"),
        (with_stray_data, r"'stray' belongs to no layer"),
        (with_another_layer, r"'extra/kernel' is unknown"),
        (with_a_name_of_nothing, r"'dense/gone:0' is missing"),
        (lambda f: f.pop("model_weights"), r"'model_weights' is missing"),
        (lambda f: f["model_weights"].attrs.pop("layer_names"), r"has no layer_names"),
        (lambda f: f.attrs.update(model_config="not JSON"), r"not as Keras 2"),
    ],
)
def test_data_that_are_not_as_described_are_refused_by_name(file, change, told):
    with h5py.File(file, "r+") as opened:
        change(opened)
    with pytest.raises(WeightsError, match=rf"oddments\.h5: .*{told}"):
        keras_h5.read_keras(file)


@pytest.fixture(scope="module")
def altered(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("altered") / "oddments.h5", load("oddments"))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_a_description_says_it_is_read_or_refused(altered, data):
    """No change of one place in a description ends in anything but a network or a WeightsError."""
    place = description = load("oddments")["model_config_2_0"]
    while isinstance(place, dict | list) and place:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.integers(0, 4)) == 0:
            odd = (None, 0, -1, 2.5, "x", [], {}, [[]], [1, 2, 3], True, 10**9)
            place[key] = data.draw(st.sampled_from(odd))
            break
        place = place[key]
    with h5py.File(altered, "r+") as opened:
        opened.attrs["model_config"] = json.dumps(description)
    try:
        assert build(keras_h5.read_keras(altered))
    except WeightsError as error:
        assert "oddments.h5: " in str(error)
