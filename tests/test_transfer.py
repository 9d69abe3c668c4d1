import pytest
import torch

from mammo.models import transfer, weights
from mammo.models.description import describe_transfer


def build(backbone: str, stride: int = 32) -> transfer.TransferModel:
    extractor = transfer.Extractor(backbone, weights.resolve("random", backbone, 0)[0], stride)
    channels = transfer.map_shape(extractor, 64)[0]
    classifier = transfer.build_classifier(channels, transfer.ClassifierSettings(8, 4), seed=0)
    return transfer.TransferModel(extractor, classifier)


@pytest.mark.parametrize(
    ("backbone", "shapes"),
    [
        ("alexnet", {8: (192, 27, 27), 16: (256, 13, 13), 32: (256, 6, 6)}),
        ("vgg16", {8: (512, 28, 28), 16: (512, 14, 14), 32: (512, 7, 7)}),
        ("resnet50", {8: (512, 28, 28), 16: (1024, 14, 14), 32: (2048, 7, 7)}),
    ],
)
def test_feature_maps_at_each_stride(backbone, shapes):
    state = weights.resolve("random", backbone, 0)[0]
    for stride, shape in shapes.items():
        assert transfer.map_shape(transfer.Extractor(backbone, state, stride), 224) == shape


def test_extractor_equals_torchvision_on_grey_in_three_channels():
    import torchvision

    state = weights.resolve("random", "resnet50", 0)[0]
    network = torchvision.models.resnet50()
    network.load_state_dict(state, strict=False)
    network.eval()
    kept = {}
    network.layer4.register_forward_hook(lambda _, __, output: kept.update(maps=output))
    grey = torch.rand(2, 1, 64, 64)
    normalise = torchvision.transforms.Normalize(transfer.IMAGENET_MEAN, transfer.IMAGENET_STD)
    with torch.no_grad():
        network(normalise(grey.expand(-1, 3, -1, -1)))
        found = transfer.Extractor("resnet50", state)(grey)
    torch.testing.assert_close(found, kept["maps"], rtol=1e-4, atol=1e-3 * kept["maps"].max())


def test_extractor_is_frozen_and_stays_in_evaluation_mode():
    model = build("resnet50").train()
    assert not any(p.requires_grad for p in model.extractor.parameters())
    assert not any(m.training for m in model.extractor.modules())
    assert model.classifier.training


def test_classifier_takes_maps_of_any_size_and_standardises_them():
    classifier = transfer.build_classifier(3, transfer.ClassifierSettings(), seed=0).eval()
    maps = torch.randn(4, 3, 5, 6)
    before = classifier(maps)
    assert before.shape == (4,)
    classifier.standardise_by(torch.full((3,), 7.0), torch.full((3,), 2.0))
    torch.testing.assert_close(classifier(7 + 2 * maps), before)


def test_what_training_never_saw_moves_the_classifier_no_further_than_its_limit():
    classifier = transfer.build_classifier(3, transfer.ClassifierSettings(), seed=0).eval()
    classifier.standardise_by(torch.zeros(3), torch.tensor([0.0, 1.0, 1.0]))  # the first is silent
    spark, dark = torch.zeros(2, 1, 3, 5, 6)
    spark[0, 0, 2, 2] = 0.5
    dark[0, 1] = -40
    at_limit = spark.clamp(max=5e-4), dark.clamp(min=-5)
    for maps, limited in zip((spark, dark), at_limit, strict=True):
        torch.testing.assert_close(classifier(maps), classifier(limited))


def test_classifier_depends_on_its_seed_alone():
    def first(seed: int) -> torch.Tensor:
        return transfer.build_classifier(3, transfer.ClassifierSettings(), seed).conv.weight

    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    assert torch.equal(first(1), first(1))
    assert not torch.equal(first(1), first(2))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_description_is_the_model_s_own_layers():
    model = build("alexnet")
    rows = describe_transfer(model, 64)
    assert [row["name"] for row in rows if row["part"] == "classifier"] == [
        "conv",
        "relu",
        "dropout",
        "fc1",
        "relu1",
        "dropout1",
        "fc2",
    ]
    assert sum(row["parameters"] for row in rows) == sum(p.numel() for p in model.parameters())
    assert all(row["frozen"] == (row["part"] == "extractor") for row in rows)
    assert rows[0] == {
        "name": "layers.0",
        "type": "Conv2d",
        "output": (64, 15, 15),
        "parameters": 23296,
        "part": "extractor",
        "frozen": True,
    }
    model.extractor.requires_grad_(True)
    assert not any(row["frozen"] for row in describe_transfer(model, 64))
