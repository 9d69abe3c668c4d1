import pytest
import torch

from inside import input_of
from mammo.models.description import describe_end2end, describe_frcnn_cad
from mammo.models.end2end import build
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN


@pytest.fixture(scope="module")
def detector() -> FasterRCNN:
    with torch.device("meta"):
        return FasterRCNN(DetectorSettings())


def test_end2end_is_described_layer_by_layer():
    model = build("resnet50", "[512-512-1024]x2", seed=0, width=1 / 8)
    layers = describe_end2end(model, 192, 160)
    assert layers[0]["output"] == (1, 192, 160)
    listed = [(part, x["name"], x["kind"]) for part in ("backbone", "top")
              for x in model.get_submodule(part).layers]  # fmt: skip
    assert [(x["part"], x["name"], x["kind"]) for x in layers[1:]] == listed
    assert sum(x["parameters"] for x in layers) == sum(p.numel() for p in model.parameters())
    with torch.no_grad():
        maps = input_of(model.top.pool, lambda: model.eval()(torch.zeros(1, 1, 192, 160)))
    assert [x["output"] for x in layers if len(x["output"]) == 3][-1] == maps.shape[1:]


def test_the_published_input_gives_the_published_maps():
    model = build("vgg16", "512x1", seed=0, width=1 / 8)
    layers = {x["name"]: x["output"] for x in describe_end2end(model, 1152, 896)}
    assert layers["block5_pool"][1:] == (36, 28)


def test_the_detector_has_the_parts_and_parameters_of_its_paper(detector):
    layers = {x["name"]: x for x in describe_frcnn_cad(detector, 2100, 1700)}
    assert layers["conv5_3"]["output"] == (512, 132, 107)  # pooled sizes are rounded up
    assert layers["rpn_cls_score"]["output"][0] == 18
    assert layers["rpn_bbox_pred"]["output"][0] == 36
    assert layers["roi_pool"]["output"] == (512, 7, 7)
    assert layers["fc6"]["parameters"] == (512 * 7 * 7 + 1) * 4096
    assert [x["part"] for x in layers.values()] == (
        ["input"] + 13 * ["backbone"] + 3 * ["rpn"] + 5 * ["head"]
    )
    parameters = sum(p.numel() for p in detector.parameters())
    assert sum(x["parameters"] for x in layers.values()) == parameters


def test_describing_leaves_the_model_as_it_is():
    model = build("vgg16", "512x1", seed=0, width=1 / 8).train()
    describe_end2end(model, 128, 128)
    assert model.training
    assert next(model.parameters()).device.type == "cpu"
    assert not any(module._forward_hooks for module in model.modules())
