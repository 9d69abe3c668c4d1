"""The weights that the authors of end2end and frcnn_cad released, one card a file.

The files cannot be fetched by a program: the pages say how they are had today. None of them has a
published checksum. Sources: the authors' repositories, as they stood when these cards were written
(https://github.com/lishen/end2end-all-conv and https://github.com/riblidezso/frcnn_cad), and what
is named in a card's ``note``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_NOTE = (
    "File name, means, published auROC and licence from the repository's README and its example "
    "notebook; the repository has also held a LICENSE file with the text of CC BY-NC-ND 4.0. "
    "Which of Keras' conventions a file follows is read from the file."
)
_DDSM_SPLIT = (
    "the authors' own division of CBIS-DDSM by patient, with 376 test images; their list of "
    "patients is not in the repository, and the official division is another (645 test images)"
)
_INBREAST_SPLIT = (
    "fine-tuned on INbreast from the network of the same form trained on DDSM; the division of "
    "INbreast is the authors' own, and the test images that NYU's metarepository lists "
    "(arXiv 2108.04800, supplementary table 2) are said to follow it, which is not confirmed"
)


@dataclass(frozen=True)
class Form:
    """What tells one end2end network from another: counts of layers, and of channels at their end.

    Parameters
    ----------
    backbone_convolutions, backbone_channels : int
        13 and 512 for VGG16, 53 and 2,048 for ResNet50.
    top_additions, top_channels : int
        0 and 512 for the VGG blocks "512x1", 4 and 1,024 for the bottlenecks "[512-512-1024]x2".
    """

    backbone_convolutions: int
    backbone_channels: int
    top_additions: int
    top_channels: int

    def __str__(self) -> str:
        return (
            f"a backbone of {self.backbone_convolutions} convolutions to {self.backbone_channels} "
            f"channels under a top of {self.top_additions} additions and {self.top_channels} "
            "channels"
        )


@dataclass(frozen=True)
class Release:
    """Facts about one released file.

    Parameters
    ----------
    name : str
        Key in `RELEASES`, and stem of the file that an import makes.
    model : str
        Key in `mammo.models.MODELS`.
    file : str
        Name of the released file.
    format : str
        "Keras" (HDF5) or "Caffe" (protobuf).
    backbone, top : str
        In the authors' words.
    form : Form or None
        What the file must hold; None for the detector, whose tensors say it.
    detector : mapping
        Settings of `mammo.models.frcnn_cad.DetectorSettings`; empty for end2end.
    input_size : tuple of int or None
        Rows and columns; None where the image's own decide.
    mean : float or None
        Grey value, of 255, subtracted from the input; None for the detector.
    preprocessing : str
        From grey values to the network's input.
    trained_on : tuple of str
        Data sets, by key, to which it is not new: seen in training, or what its authors judged
        it by.
    split : str
        What is known of the patients it saw.
    page, licence : str
        Where it is offered, and its terms of use.
    auroc_on : str
        Data set of the published auROC.
    auroc, auroc_flips : float or None
        Published auROC of one prediction, and of the mean over an image's four flips.
    note : str
        Sources, and what could not be confirmed.
    """

    name: str
    model: str
    file: str
    format: Literal["Keras", "Caffe"]
    backbone: str
    top: str
    form: Form | None
    input_size: tuple[int, int] | None
    mean: float | None
    preprocessing: str
    trained_on: tuple[str, ...]
    split: str
    page: str
    licence: str
    auroc_on: str
    auroc: float
    auroc_flips: float | None
    note: str
    detector: Mapping[str, float] = field(default_factory=dict)


_PLAIN, _BOTTLENECKS = "512x1", "[512-512-1024]x2"
_FORMS = {
    ("vgg16", _PLAIN): Form(13, 512, 0, 512),
    ("vgg16", _BOTTLENECKS): Form(13, 512, 4, 1024),
    ("resnet50", _BOTTLENECKS): Form(53, 2048, 4, 1024),
}
_END2END = (
    ("ddsm_vgg16_hybrid", "ddsm_vgg16_s10_[512-512-1024]x2_hybrid.h5", 0.85, 0.88),
    ("ddsm_vgg16_512x1", "ddsm_vgg16_s10_512x1.h5", 0.83, 0.86),
    ("inbreast_vgg16_hybrid", "inbreast_vgg16_[512-512-1024]x2_hybrid.h5", 0.95, 0.96),
    ("inbreast_vgg16_512x1", "inbreast_vgg16_512x1.h5", 0.92, 0.94),
    ("ddsm_resnet50", "ddsm_resnet50_s10_[512-512-1024]x2.h5", 0.86, 0.88),
)
"""Name, file, and auroc of one prediction and over flips; the rest follows from the file's name."""


def _end2end(name: str, file: str, auroc: float, auroc_flips: float) -> Release:
    on_inbreast = file.startswith("inbreast")
    backbone = file.split("_")[1]
    top = _PLAIN if _PLAIN in file else _BOTTLENECKS
    mean = 44.33 if on_inbreast else 52.18
    return Release(
        name=name,
        model=f"end2end_{backbone}",
        file=file,
        format="Keras",
        backbone=backbone,
        top=top,
        form=_FORMS[backbone, top],
        input_size=(1152, 896),
        mean=mean,
        preprocessing=(
            "stretched to 16 bits, cubic resize to 1,152 x 896 ignoring the aspect, times "
            f"255/65535, minus {mean}, in three equal channels"
        ),
        trained_on=("cbis_ddsm", "inbreast") if on_inbreast else ("cbis_ddsm",),
        split=_INBREAST_SPLIT if on_inbreast else _DDSM_SPLIT,
        page="https://github.com/lishen/end2end-all-conv",
        licence="CC BY-NC-SA 4.0",
        auroc_on="inbreast" if on_inbreast else "cbis_ddsm",
        auroc=auroc,
        auroc_flips=auroc_flips,
        note=_NOTE,
    )


RELEASES: dict[str, Release] = {
    release.name: release
    for release in (
        *(_end2end(*row) for row in _END2END),
        Release(
            name="frcnn_cad",
            model="frcnn_cad",
            file="vgg16_frcnn_cad.caffemodel",
            format="Caffe",
            backbone="vgg16",
            top="Faster R-CNN, 3 classes",
            form=None,
            input_size=None,
            mean=None,
            detector={"short_side": 1700, "long_side": 2100},
            preprocessing=(
                "255 times image over its maximum, in three equal channels, minus the BGR mean "
                "(102.9801, 115.9465, 122.7717), bilinear resize to a short side of 1,700 pixels "
                "and a long side of at most 2,100"
            ),
            trained_on=("cbis_ddsm", "mias", "inbreast"),
            split=(
                "DDSM, MIAS and a private set, by the paper; INbreast is the authors' test set, "
                "counted here since the paper calls it the model's validation set; that MIAS was "
                "in the training is not confirmed by what the authors publish"
            ),
            page="https://github.com/riblidezso/frcnn_cad",
            licence="none stated (an earlier README said CC BY-NC-SA 4.0)",
            auroc_on="inbreast",
            auroc=0.95,
            auroc_flips=None,
            note=(
                "File name from the repository's README and demonstration; auROC from the "
                "article's abstract, by breast; sides of the input from NYU's metarepository (the "
                "author's demonstration has 1,737 and 2,145)."
            ),
        ),
    )
}
"""Every released file that can be imported, by its short name; a model's default stands first."""

UNSUPPORTED: dict[str, str] = {
    "ddsm_YaroslavNet_s10.h5": (
        "takes one channel and is another network (heat map, max pooling, FC16-8), which is none "
        "of the six models"
    )
}
"""Released files that cannot be imported, and why."""


def releases_of(model: str) -> list[Release]:
    """Return the releases of a model, the default first; none for a model of ours."""
    return [release for release in RELEASES.values() if release.model == model]
