"""The paper's six models, one card each."""

from __future__ import annotations

from mammo.models.card import ModelCard, WeightsSource

_TORCHVISION_LICENCE = (
    "BSD-3-Clause (torchvision); trained on ImageNet, whose terms allow non-commercial research"
)
_GREY_TO_RGB = "grey values in [0, 1] in three equal channels, minus ImageNet's mean, by its std"


def _transfer(backbone: str, title: str, file: str, sha256: str, citation: str) -> ModelCard:
    return ModelCard(
        name=backbone,
        title=f"Ours, {title}",
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


def _end2end(backbone: str, title: str, file: str) -> ModelCard:
    return ModelCard(
        name=f"end2end_{backbone}",
        title=f"end2end, {title}",
        family="end2end",
        backbone=backbone,
        input_size=(1152, 896),
        preprocessing=(
            "stretched to 16 bits, cubic resize ignoring the aspect, times 255/65535, minus 52.18, "
            "in three equal channels"
        ),
        weights=WeightsSource(
            f"https://github.com/lishen/end2end-all-conv ({file})", "", "CC BY-NC-SA 4.0"
        ),
        trained_on=("cbis_ddsm",),
        validated_on="cbis_ddsm",
        citation="Shen L, et al. Sci Rep 2019;9:12495",
        published={"training labels": "bounding boxes", "split": "not available to the paper"},
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
        _end2end("vgg16", "VGG16", "ddsm_vgg16_s10_[512-512-1024]x2_hybrid.h5"),
        _end2end("resnet50", "ResNet50", "ddsm_resnet50_s10_[512-512-1024]x2.h5"),
        ModelCard(
            name="frcnn_cad",
            title="frcnn_cad",
            family="frcnn_cad",
            backbone="vgg16",
            input_size=None,
            preprocessing=(
                "255 times image over its maximum, in three equal channels, minus the BGR mean "
                "(102.9801, 115.9465, 122.7717), resized to a short side of 1,700 pixels"
            ),
            weights=WeightsSource("https://github.com/riblidezso/frcnn_cad", "", "none stated"),
            trained_on=("cbis_ddsm", "mias", "inbreast"),
            validated_on="inbreast",
            citation="Ribli D, et al. Sci Rep 2018;8:4165",
            published={"training labels": "bounding boxes", "also trained on": "a private set"},
        ),
    )
}
"""Every model by its name: ours, which are computed, and the published ones."""
