"""A model's card: what it is, what it takes in, where its weights come from, what it has seen."""

from dataclasses import dataclass

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's red, green and blue values in [0, 1], as torchvision's weights expect."""
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Their standard deviation."""


@dataclass(frozen=True)
class WeightsSource:
    """Where published weights come from.

    Parameters
    ----------
    url : str
        Address of the file, or of the page that offers it.
    sha256 : str
        Leading hexadecimal digits of the file's SHA-256; empty where none is published.
    licence : str
        Terms of use.
    """

    url: str
    sha256: str
    licence: str


@dataclass(frozen=True)
class ModelCard:
    """Facts about one model.

    Parameters
    ----------
    name, title : str
        Key in `mammo.models.MODELS`, and the name a reader sees.
    family : str
        Row of Tables 2 and 3: "ours", "end2end" or "frcnn_cad".
    backbone : str
        "alexnet", "vgg16" or "resnet50": the column of Tables 2 and 3.
    preprocessing : str
        From grey values to the network's input.
    weights : WeightsSource
        Of the extractor (ours) or of the whole model.
    trained_on : tuple of str
        Data sets, by their key, that the paper's model saw in training.
    citation : str
        The work that describes it.
    """

    name: str
    title: str
    family: str
    backbone: str
    preprocessing: str
    weights: WeightsSource
    trained_on: tuple[str, ...]
    citation: str
