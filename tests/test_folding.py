import torch

from inside import input_of
from mammo.models import end2end
from mammo.models.end2end.layer_graph import LayerGraph, fold


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
