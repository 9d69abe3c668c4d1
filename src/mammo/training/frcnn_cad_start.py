"""Where the detector's training starts without pretrained values."""

import numpy as np
import pandas as pd
import torch

from mammo.models.frcnn_cad import BLOCKS, FasterRCNN
from mammo.models.standardisation import standardise
from mammo.training.detection import Inputs

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
