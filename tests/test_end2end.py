import pytest
import torch

from inside import input_of
from mammo.errors import ParameterError, WeightsError
from mammo.models import end2end, transfer, weights
from mammo.models.end2end.layer_graph import LayerGraph

ARCHITECTURES = [
    ("vgg16", "512x1"),
    ("vgg16", "[512-512-1024]x2"),
    ("resnet50", "[512-512-1024]x2"),
]


def small(backbone: str = "vgg16", top: str = "512x1", **more) -> end2end.End2End:
    return end2end.build(backbone, top, seed=0, width=0.05, **more).eval()


def n_values(graph: LayerGraph) -> int:
    return sum(
        values.numel() for name, values in graph.state_dict().items() if "num_batches" not in name
    )


@pytest.mark.parametrize(
    ("in_channels", "kind", "n"),
    [
        (512, "512x1", 4_724_738),
        (512, "[512-512-1024]x2", 14_995_458),
        (2048, "[512-512-1024]x2", 17_354_754),
    ],
)
def test_tops_have_the_published_number_of_values(in_channels, kind, n):
    with torch.device("meta"):
        assert n_values(LayerGraph(end2end.top_layers(kind, in_channels), in_channels)) == n


@pytest.mark.parametrize(("name", "n"), [("vgg16", 14_714_688), ("resnet50", 23_561_152)])
def test_backbones_have_the_known_number_of_values(name, n):
    with torch.device("meta"):
        graph = LayerGraph(end2end.backbone_layers(name))
        assert n_values(graph) == n
        assert graph(torch.empty(1, 3, 1152, 896)).shape == (1, graph.out_channels, 36, 28)


@pytest.mark.parametrize(("backbone", "top"), ARCHITECTURES)
def test_maps_of_the_full_size_and_one_value_an_image(backbone, top):
    model = small(backbone, top).to("meta")
    grey = torch.empty(2, 1, 1152, 896, device="meta")
    channels = {"512x1": 26, "[512-512-1024]x2": 51}[top]
    maps = input_of(model.top.pool, lambda: model(grey))
    assert maps.shape == (2, channels, 9, 7)
    assert model(grey).shape == (2,)


def test_log_odds_are_of_the_second_class_and_of_grey_values_less_the_mean():
    model = small(mean=40.0)
    grey = torch.rand(2, 1, 128, 128)
    probabilities = model.top(model.backbone((255 * grey - 40).repeat(1, 3, 1, 1))).softmax(1)
    torch.testing.assert_close(model(grey).sigmoid(), probabilities[:, 1])


def test_feature_maps_pooled_and_weighed_are_the_log_odds():
    model = small("resnet50", "[512-512-1024]x2")
    grey = torch.rand(1, 1, 96, 64)
    maps = input_of(model.top.pool, lambda: model(grey))
    logits = model.top.dense(maps.mean((2, 3)))
    torch.testing.assert_close(logits[:, 1] - logits[:, 0], model(grey))


def test_the_seed_alone_gives_the_values():
    torch.manual_seed(5)
    first = small().state_dict()
    state = torch.random.get_rng_state()
    second = small().state_dict()
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = end2end.build("vgg16", "512x1", seed=1, width=0.05).state_dict()
    assert not torch.equal(first["top.dense.weight"], other["top.dense.weight"])
    kernel = end2end.build("vgg16", "512x1", seed=0).backbone.block4_conv2.weight
    assert kernel.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)


def test_width_leaves_eight_channels():
    layers = end2end.backbone_layers("resnet50", width=1e-3)
    assert {layer["channels"] for layer in layers if layer["kind"] == "conv"} == {8}


def test_dropout_acts_in_training_alone():
    model = small("resnet50", "[512-512-1024]x2", dropout=0.5)
    grey = torch.rand(2, 1, 64, 64)
    assert torch.equal(model(grey), model(grey))
    model.top.dropout.train()
    assert not torch.equal(model(grey), model(grey))


def test_patch_classifier_shares_the_backbone():
    model = small()
    patches = end2end.PatchClassifier(model.backbone, model.mean)
    assert patches(torch.rand(2, 1, 32, 32)).shape == (2, 5)
    with torch.no_grad():
        patches.backbone.block1_conv1.weight.zero_()
    assert not model.backbone.block1_conv1.weight.any()


def test_bfloat16_ties_no_scores():
    model = small().eval()
    grey = torch.rand(64, 1, 160, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        scores = model(grey)
    assert scores.dtype == torch.float32
    assert len(scores.unique()) == 64


def test_probability_over_flips_is_the_same_for_every_flip():
    model = small()
    averaged = end2end.FlipAveraged(model)
    grey = torch.rand(2, 1, 160, 128)
    expected = torch.stack([model(grey.flip(f)).sigmoid() for f in ((), (2,), (3,), (2, 3))])
    torch.testing.assert_close(averaged(grey).sigmoid(), expected.mean(0))
    torch.testing.assert_close(averaged(grey.flip(2)), averaged(grey))


def test_probabilities_near_0_and_1_keep_their_order_over_flips():
    averaged = end2end.FlipAveraged(lambda grey: grey.amax((1, 2, 3)))
    logits = torch.tensor([-60.0, -40.0, 0.0, 20.0, 40.0, 60.0])
    torch.testing.assert_close(averaged(logits.view(-1, 1, 1, 1)), logits)


@pytest.mark.parametrize(("backbone", "size"), [("vgg16", 288), ("resnet50", 608)])
def test_imagenet_values_give_torchvisions_maps_where_no_border_is_seen(backbone, size):
    """The centre of the map sees 212 (VGG16) or 483 pixels (ResNet50), none of them padding."""
    state = weights.resolve("random", backbone, 0)[0]
    generator = torch.Generator().manual_seed(0)
    for name, values in state.items():
        if name.endswith((".bias", "running_mean")):
            values.normal_(generator=generator)
        elif name.endswith("running_var"):
            values.uniform_(2, 4, generator=generator)
    model = end2end.build(backbone, "512x1", seed=1).eval()
    end2end.load_imagenet(model, backbone, state)
    grey = torch.rand(1, 1, size, size, generator=generator)
    with torch.inference_mode():
        expected = transfer.Extractor(backbone, state)(grey)
        found = model.backbone((255 * grey - model.mean).expand(-1, 3, -1, -1))
    centre = (..., size // 64, size // 64)
    largest = expected.max().item()
    torch.testing.assert_close(found[centre], expected[centre], rtol=1e-4, atol=1e-5 * largest)
    assert (found - expected).abs().max() > 1e-3 * largest  # at the border they differ


def test_imagenet_values_of_another_width_are_refused():
    state = weights.resolve("random", "resnet50", 0)[0]
    with pytest.raises(WeightsError, match="width 1"):
        end2end.load_imagenet(small("resnet50", "512x1"), "resnet50", state)


def test_unknown_names_are_refused_with_those_that_are_known():
    with pytest.raises(ParameterError, match=r"'alexnet'.*'vgg16' or 'resnet50'"):
        end2end.backbone_layers("alexnet")
    with pytest.raises(ParameterError, match=r"'256x1'.*'512x1'"):
        end2end.top_layers("256x1", 512)


def test_bottlenecks_of_the_top_see_every_place_of_the_map():
    top = LayerGraph(end2end.top_layers("[512-512-1024]x2", 8, width=0.02), 8)
    end2end.initialise(top, 0)
    maps = torch.rand(1, 8, 8, 8, requires_grad=True)
    top.eval()(maps).sum().backward()
    assert (maps.grad.abs().sum(1) > 0).all()


def test_a_random_resnet_starts_with_its_shortcuts_alone():
    model = end2end.build("resnet50", "[512-512-1024]x2", width=0.05, seed=1)
    end2end.close_residual_branches(model.backbone)
    closed = [
        name
        for name, module in model.backbone.named_modules()
        if isinstance(module, torch.nn.BatchNorm2d) and not module.weight.any()
    ]
    assert len(closed) == 16
    assert all(name.endswith("branch2c") for name in closed)
    assert model.top.get_submodule("bn6a_branch2c").weight.all()
