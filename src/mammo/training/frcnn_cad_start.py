"""Where the detector's training starts: at ImageNet's values, or at standardised random ones."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mammo.models import IMAGENET_MEAN, IMAGENET_STD
from mammo.models.frcnn_cad import BLOCKS, FasterRCNN, preparation
from mammo.models.standardisation import standardise
from mammo.training.detection import Inputs


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
    names = [name for block in BLOCKS for name, _ in block]
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


_PIXELS = 32 * 224**2
_MOST_IMAGES = 32


def standardise_detector(network: FasterRCNN, images: pd.DataFrame, *, seed: int) -> None:
    """Give every layer with ReLU of a random network outputs of mean 0 and variance 1, in place.

    Without it thirteen random layers let every place of every image look alike, and a narrow
    network does not begin to learn. No label is used.

    Parameters
    ----------
    network : FasterRCNN
        As `mammo.models.frcnn_cad.build` makes it; pretrained values must not be touched.
    images : DataFrame
        Training images, with path; some are chosen by the seed.
    seed : int
    """
    order = np.random.default_rng(seed).permutation(len(images))[:_MOST_IMAGES]
    found, pixels, scale = [], 0, 1.0
    for entry in Inputs(images["path"], network.settings).read(order):
        found.append(entry.x)
        scale = min(scale, entry.scale)
        pixels += entry.x[0, 0].numel()
        if pixels > _PIXELS and len(found) > 1:
            break
    rows, columns = (min(x.shape[side] for x in found) for side in (2, 3))
    x = torch.cat([one[:, :, :rows, :columns] for one in found])

    def run() -> None:
        features = network.features(x)
        scores, deltas = network.rpn(features)
        size = rows, columns
        network.head(
            features,
            [
                network.propose(one[None], its[None], size, scale)
                for one, its in zip(scores, deltas, strict=True)
            ],
        )

    names = [name for block in BLOCKS for name, _ in block] + ["rpn_conv_3x3", "fc6", "fc7"]
    network.eval()
    standardise([network.get_submodule(name) for name in names], run)
