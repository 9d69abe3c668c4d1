import json

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st

from inside import input_of
from mammo.errors import WeightsError
from mammo.models import end2end
from mammo.models.end2end.layer_graph import LayerGraph, fold

CONV = {
    "name": "conv",
    "kind": "conv",
    "inputs": ["input"],
    "channels": 4,
    "kernel": [3, 3],
    "stride": [1, 1],
    "padding": [1, 1, 1, 1],
    "bias": True,
}


def layer(name: str, kind: str, *inputs: str, **more) -> dict:
    return {"name": name, "kind": kind, "inputs": list(inputs), **more}


EVERY_KIND = [
    layer("pad", "zero_pad", "input", padding=[1, 0, 2, 1]),
    {**CONV, "inputs": ["pad"]},
    layer("bn", "batch_norm", "conv", epsilon=1e-3),
    layer("relu", "relu", "bn"),
    layer("pool", "max_pool", "relu", kernel=[2, 2], stride=[2, 2], padding=[0, 1, 0, 1]),
    {**CONV, "name": "branch", "inputs": ["pool"], "bias": False},
    layer("sum", "add", "branch", "pool"),
    layer("mean", "average_pool", "sum", kernel=[2, 2], stride=[1, 1]),
    layer("drop", "dropout", "mean", rate=0.5),
    layer("gap", "global_average_pool", "drop"),
    layer("dense", "dense", "gap", units=2, bias=True),
]


def test_every_kind_computes_what_torch_computes():
    torch.manual_seed(0)
    graph = LayerGraph(EVERY_KIND).eval()
    graph.bn.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 3, 9, 11)
    y = F.pad(x, (2, 1, 1, 0))
    y = F.conv2d(y, graph.conv.weight, graph.conv.bias, padding=1)
    y = (y - graph.bn.running_mean.view(-1, 1, 1)) / (graph.bn.running_var + 1e-3).sqrt().view(
        -1, 1, 1
    )
    pooled = F.max_pool2d(F.pad(y.relu(), (0, 1, 0, 1), value=-torch.inf), 2)
    y = F.conv2d(pooled, graph.branch.weight, padding=1) + pooled
    y = F.avg_pool2d(y, 2, 1).mean((2, 3))
    torch.testing.assert_close(graph(x), F.linear(y, graph.dense.weight, graph.dense.bias))


def test_a_graph_survives_json_and_names_its_state():
    graph = LayerGraph(EVERY_KIND)
    again = LayerGraph(json.loads(json.dumps(graph.layers)))
    again.load_state_dict(graph.state_dict())
    assert {"conv.weight", "conv.bias", "branch.weight", "dense.bias"} <= set(graph.state_dict())
    assert "branch.bias" not in graph.state_dict()
    assert (graph.in_channels, graph.out_channels) == (3, 2)


def test_input_and_shared_maps_are_left_as_they_are():
    graph = LayerGraph(
        [
            layer("first", "relu", "input"),
            {**CONV, "inputs": ["first"], "channels": 3},
            layer("relu", "relu", "conv"),
            layer("sum", "add", "relu", "conv"),
        ]
    )
    x = torch.randn(1, 3, 5, 5)
    kept = x.clone()
    conv = graph.conv(x.relu())
    torch.testing.assert_close(graph(x), conv.relu() + conv)
    torch.testing.assert_close(x, kept)


def test_flatten_goes_through_rows_columns_and_channels():
    graph = LayerGraph([layer("flat", "flatten", "input", units=12)])
    x = torch.arange(12.0).view(1, 3, 2, 2)
    assert graph(x)[0, :4].tolist() == [0, 4, 8, 1]
    assert graph.out_channels == 12


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(1, 2))
def test_padding_inside_a_convolution_equals_padding_before_it(padding, stride):
    inside = LayerGraph([{**CONV, "padding": padding, "stride": [stride, stride]}])
    before = LayerGraph(
        [
            layer("pad", "zero_pad", "input", padding=padding),
            {**CONV, "inputs": ["pad"], "padding": [0] * 4, "stride": [stride, stride]},
        ]
    )
    before.load_state_dict(inside.state_dict())
    x = torch.randn(1, 3, 7, 6)
    torch.testing.assert_close(inside(x), before(x))


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([{**CONV, "kind": "lambda"}], "unknown kind 'lambda'"),
        ([{**CONV, "dilation": 2}], "'dilation' is unknown"),
        ([{k: v for k, v in CONV.items() if k != "bias"}], "'bias' is missing"),
        ([{**CONV, "inputs": ["later"]}], r"inputs \['later'\]"),
        ([{**CONV, "inputs": []}], r"inputs \[\]"),
        ([{**CONV, "padding": [0, -1, 0, 0]}], "padding"),
        ([{**CONV, "kernel": [3]}], "kernel"),
        ([{**CONV, "kernel": 3}], "kernel"),
        ([{**CONV, "name": "a.b"}], "a.b"),
        ([{**CONV, "name": "forward"}], "'forward'"),
        ([CONV, CONV], "'conv'.*twice"),
        ([CONV, layer("sum", "add", "conv")], "1 inputs"),
        ([CONV, layer("sum", "relu", "conv", "input")], "2 inputs"),
        ([CONV, layer("sum", "add", "conv", "input")], "'conv' 4, 'input' 3"),
        ([], "no layers"),
    ],
)
def test_a_graph_that_is_not_as_stated_is_refused_by_name(layers, told):
    with pytest.raises(WeightsError, match=told):
        LayerGraph(layers)


def random_statistics(model: torch.nn.Module) -> None:
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var):
                values.uniform_(0.5, 1.5, generator=generator)
            for values in (module.bias.data, module.running_mean):
                values.normal_(generator=generator)


def test_folded_networks_compute_the_same_with_fewer_layers():
    model = end2end.build("resnet50", "[512-512-1024]x2", seed=0, width=0.1, dropout=0.3).eval()
    random_statistics(model)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    folded = model.for_inference()
    kinds = {layer["kind"] for part in (folded.backbone, folded.top) for layer in part.layers}
    assert kinds == {"conv", "relu", "max_pool", "add", "global_average_pool", "dense"}
    grey = torch.rand(2, 1, 128, 96)
    torch.testing.assert_close(folded(grey), model(grey), rtol=1e-4, atol=1e-4)
    maps, found = (input_of(one.top.pool, lambda one=one: one(grey)) for one in (model, folded))
    torch.testing.assert_close(found, maps, rtol=1e-4, atol=1e-4 * maps.max().item())
    assert not any(values.requires_grad for values in folded.parameters())
    assert all(torch.equal(before[name], values) for name, values in model.state_dict().items())


def test_padding_goes_into_the_convolution_that_alone_uses_it():
    conv = {"kind": "conv", "channels": 2, "kernel": [3, 3], "stride": [2, 2], "bias": False}
    layers = [
        {"name": "pad", "kind": "zero_pad", "inputs": ["input"], "padding": [1, 2, 0, 3]},
        {"name": "a", **conv, "inputs": ["pad"], "padding": [0, 1, 0, 0]},
    ]
    graph = LayerGraph(layers)
    folded = fold(graph)
    assert [layer["padding"] for layer in folded.layers] == [[1, 3, 0, 3]]
    x = torch.randn(1, 3, 9, 8)
    torch.testing.assert_close(folded(x), graph(x))
    twice = [*layers, {"name": "b", **conv, "inputs": ["pad"], "padding": [0, 1, 0, 0]}]
    assert len(fold(LayerGraph(twice)).layers) == 3


def test_a_normalisation_that_is_not_of_one_convolution_alone_stays():
    layers = [
        {
            "name": "conv",
            "kind": "conv",
            "inputs": ["input"],
            "channels": 3,
            "kernel": [1, 1],
            "stride": [1, 1],
            "padding": [0] * 4,
            "bias": True,
        },
        {"name": "norm", "kind": "batch_norm", "inputs": ["conv"], "epsilon": 1e-3},
        {"name": "sum", "kind": "add", "inputs": ["norm", "conv"]},
        {"name": "last", "kind": "batch_norm", "inputs": ["sum"], "epsilon": 1e-3},
    ]
    graph = LayerGraph(layers).eval()
    random_statistics(graph)
    folded = fold(graph)
    assert [layer["name"] for layer in folded.layers] == ["conv", "norm", "sum", "last"]
    x = torch.randn(2, 3, 5, 5)
    torch.testing.assert_close(folded(x), graph(x))
