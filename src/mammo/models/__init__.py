"""The paper's six models, one card each."""

from mammo.models.card import ModelCard, WeightsSource
from mammo.models.releases import RELEASES, Release

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
