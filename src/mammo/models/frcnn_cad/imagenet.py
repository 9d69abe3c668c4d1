"""frcnn_cad's convolutions from ImageNet's, in the input that frcnn_cad takes."""

from collections.abc import Mapping

import torch
from torch import Tensor

from mammo.models import frcnn_cad
from mammo.models.card import IMAGENET_MEAN, IMAGENET_STD
from mammo.models.frcnn_cad import preparation


def convolutions(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the values of conv1_1 to conv5_3 that give what ImageNet's convolutions give.

    torchvision's network sees red, green and blue in [0, 1], standardised; this one sees blue,
    green and red in [0, 255] without their means. The difference goes into conv1_1, exactly but
    for the image's border, where the zeros of the padding stand for another grey.

    Parameters
    ----------
    state : mapping of str to Tensor
        Of `mammo.models.transfer.trunk` ("vgg16"); it fits a network of width 1.
    """
    names = [name for block in frcnn_cad.BLOCKS for name, _ in block]
    numbers = sorted({int(key.partition(".")[0]) for key in state})
    values = {
        f"{name}.{part}": state[f"{number}.{part}"].clone()
        for name, number in zip(names, numbers, strict=True)
        for part in ("weight", "bias")
    }
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    subtracted = torch.tensor(preparation.MEANS).flip(0).view(3, 1, 1) / 255
    weight = values["conv1_1.weight"]
    values["conv1_1.bias"] += (weight * (subtracted - mean) / std).sum((1, 2, 3))
    values["conv1_1.weight"] = (weight / (255 * std)).flip(1)
    return values
