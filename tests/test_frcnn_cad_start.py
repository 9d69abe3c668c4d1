"""What the detector's first layer sees when it starts at ImageNet's values."""

import torch

from mammo.models import IMAGENET_MEAN, IMAGENET_STD
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN, preparation
from mammo.models.transfer import trunk
from mammo.training.frcnn_cad_start import convolutions


@torch.inference_mode()
def test_imagenets_convolutions_see_what_they_saw():
    layers = trunk("vgg16").to_empty(device="cpu")
    generator = torch.Generator().manual_seed(7)
    for values in layers.parameters():
        values.normal_(0, (2 / values[0].numel()) ** 0.5, generator=generator)
    values = convolutions(layers.state_dict())
    network = FasterRCNN(DetectorSettings(hidden=8)).eval()
    network.load_state_dict(values, strict=False)
    grey = torch.randint(0, 256, (1, 1, 96, 112), generator=generator).float()
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in (IMAGENET_MEAN, IMAGENET_STD))
    x = grey - torch.tensor(preparation.MEANS).view(1, 3, 1, 1)
    first = network.conv1_1(x)[..., 1:-1, 1:-1]
    theirs = layers[0]((grey / 255 - mean) / std)[..., 1:-1, 1:-1]
    torch.testing.assert_close(first, theirs, rtol=1e-4, atol=1e-4)
    # All else is the same network: the values have only to be in their places.
    for name, number in (("conv1_2", 2), ("conv3_1", 10), ("conv4_3", 21), ("conv5_3", 28)):
        assert torch.equal(network.get_submodule(name).weight, layers[number].weight)
        assert torch.equal(network.get_submodule(name).bias, layers[number].bias)
