"""What the models are made of, drawn from their own layers: Fig. 1, end2end and frcnn_cad."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mammo.datasets.check_report import counted
from mammo.report.figures.flow_chart import BLUE, PALE, YELLOW, Beside, Frame, flow_chart
from mammo.report.figures.style import Picture

if TYPE_CHECKING:
    from mammo.models.frcnn_cad import DetectorSettings

Layer = Mapping[str, Any]
_STEPS = {"global_average_pool": "Global average pooling", "flatten": "All", "dense": "Dense layer"}
_PATCHES = "background, benign or malignant calcification, benign or malignant mass"


def transfer_model(layers: Sequence[Layer], title: str, weights: str) -> Picture:
    """Fig. 1: pretrained model, feature extractor and classifier, with sizes and parameters.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.description` gives them: ``name``, ``type``, ``output`` (channels,
        rows, columns; or features), ``parameters``, ``part`` ("extractor" or "classifier"),
        ``frozen``. Extractor layers of one stage share a box.
    title : str
        Name of the model.
    weights : str
        What the extractor started from, in words: "ImageNet", "random", or the file it came from.
    """
    extractor, classifier = _parts(layers, "extractor", "classifier")
    texts = [_stage_in_words(list(group)) for _, group in groupby(extractor, key=_stage)]
    steps = [_classifier_step(layer) for layer in classifier if layer["parameters"]]
    how = "frozen" if all(layer["frozen"] for layer in extractor) else "trained too"
    way = (
        "Mammogram",
        Frame(f"2  Feature extractor, {how}: {_total(extractor)} parameters", texts, PALE),
        Frame(f"3  Classifier, trained: {_total(classifier)} parameters", steps, YELLOW),
        "Benign or malignant",
    )
    figure = flow_chart(title, "", way, Beside(_beginning(weights), "weights"))
    alt = (
        f"{title}: a mammogram passes the {how} extractor ({weights} weights; {'; '.join(texts)}) "
        f"and the classifier ({'; '.join(steps)})."
    )
    name = re.sub(r"[^a-z0-9]+", "-", f"fig-1-{title}".lower())
    return Picture(figure, alt, f"Fig. 1. The transfer-learning model: {title}", name=name)


def end2end_model(layers: Sequence[Layer], title: str, weights: str) -> Picture:
    """Shen's network: a patch classifier's backbone, convolutional blocks on top, two classes.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.description.describe_end2end` gives them.
    title : str
        Name of the model.
    weights : str
        Where the weights come from, in words, as "the authors' (ddsm_vgg16_s10_512x1.h5)" or
        "trained here, with 1/4 of the published channels".
    """
    image, *layers = layers
    backbone, top = _parts(layers, "backbone", "top")
    maps = [layer for layer in top if len(layer["output"]) == 3]
    first = [_block_in_words(block) for block in _blocks(backbone)]
    second = [_block_in_words(block) for block in _blocks(maps)] if maps else []
    second += [_top_step(layer) for layer in top[len(maps) :] if layer["kind"] in _STEPS]
    said, pixels = _weights(weights, layers), _pixels(image)
    way = (
        f"Mammogram, {pixels}",
        Frame(f"2  Backbone: {_total(backbone)} parameters", first, PALE),
        Frame(f"3  Layers on top: {_total(top)} parameters", second, YELLOW),
        "Softmax: probability of cancer",
    )
    text = f"1  Patch classifier: the same backbone first learns from small patches ({_PATCHES})"
    figure = flow_chart(title, said, way, Beside(text, "start"))
    alt = (
        f"{title}. {said} A mammogram of {pixels} passes the backbone ({'; '.join(first)}), which "
        f"has learnt from patches first, and the layers on top ({'; '.join(second)})."
    )
    return Picture(figure, alt, f"What {title} is made of")


def frcnn_model(
    layers: Sequence[Layer], settings: DetectorSettings, title: str, weights: str
) -> Picture:
    """Ribli's detector: VGG16, region proposals, and a class and a box for each of them.

    Parameters
    ----------
    layers : sequence of mapping
        As `mammo.models.description.describe_frcnn_cad` gives them.
    settings : DetectorSettings
        Of the model that the layers are of.
    title, weights : str
        As `end2end_model`.
    """
    image, *layers = layers
    outputs = {layer["name"]: layer["output"] for layer in layers}
    backbone, rpn, head = _parts(layers, "backbone", "rpn", "head")
    texts = [_block_in_words(block) for block in _blocks(backbone)]
    scores, shifts = outputs["rpn_cls_score"][0], outputs["rpn_bbox_pred"][0]
    anchors, classes = scores // 2, outputs["cls_score"][0]
    proposals = (
        f"1 convolution to {outputs['rpn_conv_3x3'][0]} maps",
        f"Scores: {scores} maps (2 × {anchors} anchors). Shifts: {shifts} maps "
        f"({shifts // anchors} × {anchors} anchors)",
        f"The {settings.pre_nms} best anchors, shifted; the best of those that overlap by over "
        f"{settings.nms_proposals:g}; {settings.post_nms} proposals at most",
    )
    each = (
        f"RoI max pooling of the backbone's maps to {_size(outputs['roi_pool'])}",
        *(
            f"{layer['name']} to {_size(layer['output'])}; {_total([layer])} parameters"
            for layer in head
            if layer["name"] in ("fc6", "fc7")
        ),
        f"{classes} class scores: none, benign, malignant. Shifts of the box: "
        f"{outputs['bbox_pred'][0] // classes} × {classes} classes",
    )
    said, pixels = _weights(weights, layers), _pixels(image)
    sides = f"short side {settings.short_side}, long side at most {settings.long_side}"
    heading = f"1  Backbone, VGG16 to conv5_3, pooling between boxes: {_total(backbone)} parameters"
    way = (
        f"Mammogram, here {pixels}: {sides}",
        Frame(heading, texts, PALE),
        Frame(f"2  Region proposals: {_total(rpn)} parameters", proposals, BLUE),
        Frame(f"3  For each proposal: {_total(head)} parameters", each, YELLOW),
        f"Detections: the best of those that overlap by over {settings.nms_detections:g}",
        "Image score: the highest malignant score, 0 without a detection",
    )
    alt = (
        f"{title}. {said} A mammogram of {pixels} passes the backbone ({'; '.join(texts)}). From "
        f"{anchors} anchors at each position of its maps come {settings.post_nms} region proposals "
        "at most; each is pooled and classed as background, benign or malignant, with a box for "
        "each class. The image's score is the highest malignant one."
    )
    return Picture(flow_chart(title, said, way), alt, f"What {title} is made of")


def _parts(layers: Sequence[Layer], *names: str) -> Iterator[list[Layer]]:
    return ([layer for layer in layers if layer["part"] == name] for name in names)


def _stage(layer: Layer) -> object:
    """Name the stage of a network that has stages (ResNet); elsewhere the size of the map."""
    parts = layer["name"].split(".")
    return parts[1] if len(parts) > 2 else tuple(layer["output"][1:])


def _stage_in_words(layers: Sequence[Layer]) -> str:
    convolutions = sum("Conv" in layer["type"] for layer in layers)
    what = counted(convolutions, "convolution") if convolutions else "Pooling"
    return f"{what} to {_size(layers[-1]['output'])}; {_total(layers)} parameters"


def _classifier_step(layer: Layer) -> str:
    name = "Convolution" if "Conv" in layer["type"] else layer["name"].upper()
    return f"{name} to {_size(layer['output'])}; {_total([layer])} parameters"


def _top_step(layer: Layer) -> str:
    """Say what a layer after the last maps does."""
    text = f"{_STEPS[layer['kind']]} to {_size(layer['output'])}"
    return f"{text}; {_total([layer])} parameters" if layer["parameters"] else text


def _beginning(weights: str) -> str:
    if "random" in weights.lower():
        return "1  Random weights: no pretraining in this build"
    if "imagenet" in weights.lower():
        return f"1  Pretrained on natural images: {weights}"
    return f"1  Weights given: {weights}"


def _blocks(layers: Sequence[Layer]) -> Iterator[list[Layer]]:
    """Divide layers where the size of the maps changes, a pooling layer ending its block.

    Parameters
    ----------
    layers : sequence of mapping
        With ``kind`` as `mammo.models.end2end.layer_graph` names it and ``output``. Padding belongs
        to the layer that it is for; values without rows and columns are a block each.
    """
    block: list[Layer] = []
    for layer in layers:
        after = block[-1] if block else layer
        pools, pads = layer["kind"].endswith("pool"), after["kind"] == "zero_pad"
        resized = layer["output"][1:] != after["output"][1:] and not (pools or pads)
        if block and (resized or after["kind"].endswith("pool") or len(layer["output"]) == 1):
            yield block
            block = []
        block.append(layer)
    yield block


def _block_in_words(block: Sequence[Layer]) -> str:
    """Say what a block of convolutional layers does, its output and its parameters."""
    kinds = [layer["kind"] for layer in block]
    units, convolutions = kinds.count("add"), kinds.count("conv")
    parts = []
    if units:
        parts.append(counted(units, "residual unit"))
    elif convolutions:
        parts.append(counted(convolutions, "convolution"))
    if any(kind.endswith("pool") for kind in kinds):
        parts.append("pooling" if parts else "Pooling")
    return f"{', '.join(parts)} to {_size(block[-1]['output'])}; {_total(block)} parameters"


def _size(output: Sequence[int]) -> str:
    """Say how many maps of which size, or how many values, a layer puts out."""
    channels, *sides = output
    if sides:
        return f"{channels} maps of {' × '.join(map(str, sides))}"
    return f"{channels} value{'' if channels == 1 else 's'}"


def _total(layers: Sequence[Layer]) -> str:
    """Say how many parameters layers have."""
    count = sum(layer["parameters"] for layer in layers)
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f} million"
    return f"{count:,}" if count else "no"


def _weights(weights: str, layers: Sequence[Layer]) -> str:
    return f"Weights: {weights}. {_total(layers)} parameters."


def _pixels(image: Layer) -> str:
    return f"{' × '.join(map(str, image['output'][1:]))} pixels"
