"""The paper's six models, one card each.

Networks: `transfer`, the paper's own, `end2end` and `frcnn_cad`. Their values: `weights` of the
extractors, `releases` and `imports` of what authors published, `values` on disk,
`standardisation` of random ones; `foreign_text` words what untrusted files hold. What is shown of
them: `description` of their layers, `activation_maps`.
"""

from dataclasses import dataclass

from mammo.models.releases import RELEASES, Release

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


_TORCHVISION_LICENCE = (
    "BSD-3-Clause (torchvision); trained on ImageNet, whose terms allow non-commercial research"
)
_SHEN = "Shen L, et al. Sci Rep 2019;9:12495"


def _transfer(title: str, file: str, citation: str) -> ModelCard:
    """Return the card of a model on torchvision's backbone, whose file's name ends in its sum."""
    name, sha256 = title.lower(), file.removesuffix(".pth").rpartition("-")[2]
    url = f"https://download.pytorch.org/models/{file}"
    return ModelCard(
        name=name,
        title=f"Wang et al., {title}",
        family="ours",
        backbone=name,
        preprocessing="grey in [0, 1] in three equal channels, minus ImageNet's mean, by its std",
        weights=WeightsSource(url, sha256, _TORCHVISION_LICENCE),
        trained_on=("cbis_ddsm",),
        citation=citation,
    )


def _published(title: str, release: Release, citation: str) -> ModelCard:
    """Return the card of a published model, with the facts of its default release."""
    return ModelCard(
        name=release.model,
        title=title,
        family=title.partition(",")[0],
        backbone=release.backbone,
        preprocessing=release.preprocessing,
        weights=WeightsSource(f"{release.page} ({release.file})", "", release.licence),
        trained_on=release.trained_on,
        citation=citation,
    )


_CARDS = (
    _transfer(
        "AlexNet", "alexnet-owt-7be5be79.pth", "Krizhevsky A, et al. Commun ACM 2017;60:84-90"
    ),
    _transfer("VGG16", "vgg16-397923af.pth", "Simonyan K, Zisserman A. arXiv 1409.1556, 2014"),
    _transfer("ResNet50", "resnet50-0676ba61.pth", "He K, et al. CVPR 2016:770-778"),
    _published("end2end, VGG16", RELEASES["ddsm_vgg16_hybrid"], _SHEN),
    _published("end2end, ResNet50", RELEASES["ddsm_resnet50"], _SHEN),
    _published("frcnn_cad", RELEASES["frcnn_cad"], "Ribli D, et al. Sci Rep 2018;8:4165"),
)
MODELS: dict[str, ModelCard] = {card.name: card for card in _CARDS}
"""Every model by its name: ours, which are computed, and the published ones."""
