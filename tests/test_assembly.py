from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.errors import WeightsError
from mammo.models import end2end
from mammo.models.imports import assemble, check_fit

DETECTOR = {"width": 0.1, "hidden": 9, "anchor_scales": [4, 8]}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
LAYER = st.fixed_dictionaries(
    {"name": st.just("a"), "kind": st.sampled_from(["conv", "dense", "add", "max_pool"])},
    optional={
        key: JSON | st.just(["input"]) | st.integers(1, 2**62)
        for key in ("inputs", "channels", "kernel", "stride", "padding", "bias", "units")
    },
)


@given(
    architecture=st.dictionaries(st.sampled_from(["backbone", "top", "detector"]), JSON)
    | st.fixed_dictionaries({"backbone": st.lists(LAYER), "top": st.lists(LAYER)})
    | st.fixed_dictionaries({"detector": st.dictionaries(st.sampled_from([*DETECTOR]), JSON)}),
    mean=JSON,
)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_whatever_architecture_is_stated_costs_no_memory_and_raises_nothing_else(
    architecture, mean
):
    try:
        network = assemble(architecture, mean, Path("file"))
    except WeightsError as error:
        assert str(error).startswith("file: its architecture cannot be built")
        return
    assert all(values.is_meta for values in network.state_dict().values())


def test_the_network_is_the_one_that_is_stated():
    original = end2end.build("vgg16", "512x1", seed=1, width=1 / 16)
    stated = {"backbone": original.backbone.layers, "top": original.top.layers}
    network = assemble(stated, 44.33, Path("file"))
    check_fit(network, original.state_dict(), Path("file"))
    assert network.mean == 44.33
    detector = assemble({"detector": DETECTOR}, None, Path("file"))
    assert detector.settings.anchor_scales == (4, 8)
    assert detector.fc7.weight.shape == (9, 9)


def test_tensors_that_do_not_fit_are_named():
    network = assemble({"detector": DETECTOR}, None, Path("file"))
    state = {name: torch.empty_like(values) for name, values in network.state_dict().items()}
    check_fit(network, state, Path("file"))
    state["fc7.bias"] = torch.empty(9, dtype=torch.float64, device="meta")
    state["fc7.weight"] = torch.empty(9, 8, device="meta")
    state["fc8.bias"] = state.pop("fc6.bias")
    with pytest.raises(WeightsError) as caught:
        check_fit(network, state, Path("file"))
    for fault in (
        "'fc6.bias' is missing",
        "'fc7.bias' is float64 (9,), expected float32 (9,)",
        "'fc7.weight' is float32 (9, 8), expected float32 (9, 9)",
        "'fc8.bias' is unknown",
    ):
        assert fault in str(caught.value)
