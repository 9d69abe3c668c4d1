"""The paper's six models, one card each."""

from __future__ import annotations

from mammo.models.card import ModelCard, WeightsSource
from mammo.models.releases import RELEASES, Release

_TORCHVISION_LICENCE = (
    "BSD-3-Clause (torchvision); trained on ImageNet, whose terms allow non-commercial research"
)
_SHEN = "Shen L, et al. Sci Rep 2019;9:12495"
_NOT_GIVEN = "not available to the paper"
_GREY_TO_RGB = "grey values in [0, 1] in three equal channels, minus ImageNet's mean, by its std"


def _transfer(backbone: str, title: str, file: str, sha256: str, citation: str) -> ModelCard:
    return ModelCard(
        name=backbone,
        title=f"Wang et al., {title}",
        family="ours",
        backbone=backbone,
        input_size=None,
        preprocessing=_GREY_TO_RGB,
        weights=WeightsSource(
            f"https://download.pytorch.org/models/{file}", sha256, _TORCHVISION_LICENCE
        ),
        trained_on=("cbis_ddsm",),
        validated_on="cbis_ddsm",
        citation=citation,
        published={"input": "832 x 832", "classifier": "CNN with FC1 and FC2, layers not stated"},
    )


def _published(title: str, release: Release, citation: str, **published: str) -> ModelCard:
    """Return the card of a published model, with the facts of its default release."""
    return ModelCard(
        name=release.model,
        title=title,
        family=title.partition(",")[0],
        backbone=release.backbone,
        input_size=release.input_size,
        preprocessing=release.preprocessing,
        weights=WeightsSource(f"{release.page} ({release.file})", "", release.licence),
        trained_on=release.trained_on,
        validated_on=release.auroc_on,
        citation=citation,
        published={"training labels": "bounding boxes", **published},
    )


MODELS: dict[str, ModelCard] = {
    card.name: card
    for card in (
        _transfer(
            "alexnet",
            "AlexNet",
            "alexnet-owt-7be5be79.pth",
            "7be5be79",
            "Krizhevsky A, et al. Commun ACM 2017;60:84-90",
        ),
        _transfer(
            "vgg16",
            "VGG16",
            "vgg16-397923af.pth",
            "397923af",
            "Simonyan K, Zisserman A. arXiv 1409.1556, 2014",
        ),
        _transfer(
            "resnet50",
            "ResNet50",
            "resnet50-0676ba61.pth",
            "0676ba61",
            "He K, et al. CVPR 2016:770-778",
        ),
        _published("end2end, VGG16", RELEASES["ddsm_vgg16_hybrid"], _SHEN, split=_NOT_GIVEN),
        _published("end2end, ResNet50", RELEASES["ddsm_resnet50"], _SHEN, split=_NOT_GIVEN),
        _published(
            "frcnn_cad",
            RELEASES["frcnn_cad"],
            "Ribli D, et al. Sci Rep 2018;8:4165",
            **{"also trained on": "a private set"},
        ),
    )
}
"""Every model by its name: ours, which are computed, and the published ones."""
