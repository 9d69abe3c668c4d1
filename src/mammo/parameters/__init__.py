"""The study's parameters: one flat set of names with types, ranges and defaults."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Group(BaseModel):
    """Parameters that belong together; unknown names and values out of range are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _sequence_as_tuple(cls, value: Any) -> Any:
        """Take lists, and their text as a command line gives it, where a tuple is meant."""
        if isinstance(value, str) and value.startswith("["):
            with suppress(yaml.YAMLError):
                value = yaml.safe_load(value)
        return tuple(value) if isinstance(value, list) else value


Fraction = Annotated[float, Field(gt=0, lt=1)]
Backbone = Literal["alexnet", "vgg16", "resnet50"]
Model = Literal[Backbone, "end2end_vgg16", "end2end_resnet50", "frcnn_cad"]
PAPER_MODELS = ("alexnet", "vgg16", "resnet50", "end2end_vgg16", "end2end_resnet50", "frcnn_cad")
Epochs = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
WHERE_NOT_WHAT = frozenset(
    {"data_root", "artifacts", "workers", "institution_folder", "institution_labels"}
)
"""Parameters that say where or how fast, and change no result."""


class DataParameters(Group):
    """Which images, and what they are called."""

    seed: int = Field(2020, ge=0)
    """seed of phantoms, splits, training and bootstrap"""
    data_root: str | None = None
    """folder of the real data sets; without it $MAMMO_DATA, else data/"""
    artifacts: str = "artifacts"
    """folder of everything computed"""
    workers: int | None = Field(None, ge=1, le=256)
    """processes that read images; without it one a core"""
    phantom_scale: float = Field(0.25, gt=0, le=1)
    """synthetic cases as a fraction of the published number"""
    phantom_pixel_mm: float = Field(0.4, ge=0.05, le=1)
    """pixel pitch of synthetic images in mm (MIAS: always 0.2)"""
    phantom_lesions: Literal["textbook", "measured"] = "textbook"
    """synthetic lesions as an atlas shows them, or as CBIS-DDSM's tables count them"""
    phantom_digitiser: Literal["documented", "independent"] = "documented"
    """synthetic DDSM films: scanners in DDSM's shares by diagnosis, or at random"""
    cbis_unit: Literal["file", "view"] = "file"
    """what an image of CBIS-DDSM is: a file (3,103) or a view (3,032)"""
    cbis_label_rule: Literal["any_lesion", "all_lesions", "unmixed"] = "any_lesion"
    """malignant if any lesion is, if all are, or only unmixed images"""
    cbis_lesions: tuple[Literal["calcification", "mass"], ...] = Field(
        ("calcification", "mass"), min_length=1
    )
    """lesion types of CBIS-DDSM that count"""
    cbis_without_callback: Literal["benign", "ignore"] = "benign"
    """what BENIGN_WITHOUT_CALLBACK lesions of CBIS-DDSM count as"""
    mias_label_rule: Literal["any_malignant", "abnormal_only"] = "any_malignant"
    """normal images of MIAS are negative, or left out"""
    inbreast_positive: tuple[str, ...] = ("4", "5", "6")
    """BI-RADS categories of INbreast that count as positive"""
    inbreast_excluded: tuple[str, ...] = ("3",)
    """BI-RADS categories of INbreast that are left out"""
    institution_folder: str | None = None
    """folder or zip of your own images; without it data_root/institution"""
    institution_labels: str | None = None
    """your table of labels; without it labels.csv or .xlsx in the folder"""
    institution_columns: dict[str, str] = Field({})
    """our names of the table's columns, and the table's own"""
    institution_positive: tuple[str, ...] = ()
    """what your table calls malignant, if not in common words"""
    institution_negative: tuple[str, ...] = ()
    """what your table calls benign, if not in common words"""
    institution_excluded: tuple[str, ...] = ()
    """what your table calls images that are to be left out"""
    institution_level: Literal["image", "breast", "study", "patient"] | None = None
    """what a row of your table speaks of, if its columns do not tell"""
    validation_fraction: Fraction = 0.2
    """fraction of DDSM's patients that Table 2 is validated on"""


class ImageParameters(Group):
    """How an image is prepared."""

    image_size: int = Field(224, ge=64, le=4096)
    """side of a prepared image in pixels"""
    aspect: Literal["stretch", "pad"] = "stretch"
    """fill the square by stretching, or keep the shape and pad"""
    mask_background: bool = True
    """set what is not breast to black"""
    normalise: Literal["none", "percentile"] = "percentile"
    """grey values as read, or the breast's percentiles to 0-1"""


class ModelParameters(Group):
    """Feature extractor, classifier and their training."""

    models: tuple[Model, ...] = Field(PAPER_MODELS, min_length=1)
    """the models to compute"""
    weights: str = Field(
        "auto",
        description="extractor's weights: imagenet, random, a file, or auto (ImageNet's if they "
        "can be had, else random)",
    )
    stride: Literal[8, 16, 32] = 32
    """pixels between neighbours on the feature map; 32 is the last layer"""
    flips: tuple[Literal["none", "horizontal", "vertical", "both"], ...] = Field(
        ("none", "vertical"), min_length=1
    )
    """flips of training images"""
    runs: int = Field(1, ge=1, le=100)
    """trainings of each own model, with seeds seed, seed + 1, ..."""
    fine_tune: bool = False
    """train the whole network, not the classifier alone"""
    classifier_channels: int = Field(32, ge=1)
    """channels of the 1 x 1 convolution"""
    classifier_hidden: int = Field(32, ge=1)
    """units of FC1"""
    dropout: float = Field(0.5, ge=0, lt=1)
    """fraction dropped before FC1 and FC2"""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """of AdamW"""
    weight_decay: float = Field(1e-2, ge=0, le=1)
    """of AdamW"""
    batch_size: int = Field(32, ge=1)
    """images a training step, over all devices"""
    epochs: int = Field(60, ge=1)
    """epochs at most"""
    patience: int = Field(10, ge=1)
    """epochs without improvement before stopping"""
    early_stopping_fraction: Fraction = 0.15
    """fraction of the training patients watched for early stopping"""
    monitor: Literal["loss", "auroc"] = "loss"
    """what early stopping watches"""
    balanced: bool = True
    """weigh both classes alike in the loss"""
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    """of the extractor; auto is bfloat16 where the device is fast at it"""


class PublishedModelParameters(Group):
    """The three models that others published: their authors' weights, or trained here."""

    published_weights: Literal["auto", "authors", "train"] = "auto"
    """the authors' weights, training here, or auto (theirs if imported)"""
    releases: tuple[str, ...] = ()
    """authors' weights to use in place of the defaults; see mammo weights list"""
    published_width: float = Field(0.125, gt=0, le=1)
    """trained here: channels as a fraction of the published"""
    end2end_rows: int = Field(288, ge=192, le=2304)
    """trained here: rows of the input; columns are 7/9 of it"""
    end2end_flips: bool = False
    """score with end2end by the mean over four flips of the image"""
    end2end_patches: int = Field(6, ge=1)
    """patches drawn around each lesion, and as many from elsewhere"""
    end2end_patch_epochs: tuple[Epochs, Epochs, Epochs] = (0, 0, 8)
    """epochs of the patch classifier: last layer, top part, all"""
    end2end_patch_rates: tuple[Rate, Rate, Rate] = (1e-3, 1e-4, 1e-3)
    """learning rates of these three stages"""
    end2end_patch_batch: int = Field(32, ge=2)
    """patches a training step"""
    end2end_image_epochs: tuple[Epochs, Epochs] = (4, 3)
    """epochs of the whole-image model: top, all"""
    end2end_image_rates: tuple[Rate, Rate] = (1e-3, 3e-4)
    """learning rates of these two stages"""
    end2end_image_batch: int = Field(16, ge=2)
    """whole images a training step"""
    frcnn_short_side: int = Field(256, ge=64, le=4000)
    """trained here: pixels of the image's short side"""
    frcnn_hidden: int = Field(256, ge=1)
    """trained here: units of fc6 and fc7"""
    frcnn_dropout: float = Field(0.0, ge=0, lt=1)
    """trained here: fraction dropped after fc6 and fc7"""
    frcnn_anchor_scales: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (1.0, 2.0, 4.0), min_length=1
    )
    """trained here: sides of anchors, in 16 pixels"""
    frcnn_proposals: tuple[Count, Count] = (1000, 100)
    """trained here: proposals before and after suppression"""
    frcnn_smallest: float = Field(8.0, gt=0)
    """trained here: least side of a proposal in native pixels"""
    frcnn_window: bool = False
    """clip to 500 below to 800 above the breast's mode, as for INbreast"""
    frcnn_optimizer: Literal["sgd", "adamw"] = "adamw"
    """sgd suits a start from ImageNet, adamw a random one"""
    frcnn_rate: Rate = 3e-3
    """learning rate of the detector"""
    frcnn_epochs: int = Field(3, ge=1)
    """epochs of the detector"""
    frcnn_batch: int = Field(2, ge=1)
    """images a training step, in each process"""
    frcnn_anchors: int = Field(32, ge=2)
    """anchors of an image that are learnt from"""


class EvaluationParameters(Group):
    """How an auROC and its interval are estimated."""

    n_bootstrap: int = Field(10_000, ge=100, le=1_000_000)
    """bootstrap replicates"""
    confidence: Fraction = 0.95
    """confidence level of the intervals"""
    unit: Literal["patient", "image"] = "patient"
    """what intervals take as independent: patients (all their images) or images"""
    margin: float = Field(0.05, gt=0, lt=1)
    """loss of auROC up to which an external result is no worse"""
    operating_points: tuple[str, ...] = Field(
        ("sensitivity=0.9", "specificity=0.9", "youden"),
        min_length=1,
        description="thresholds chosen on DDSM's validation: youden, sensitivity=..., "
        "specificity=..., or threshold=...",
    )
    recalibration_fraction: Fraction = 0.5
    """fraction of an external set's patients that recalibration is fitted on"""


class CauseParameters(Group):
    """Why a model fails elsewhere: trained on each set, and single causes switched on phantoms."""

    transfer_folds: int = Field(5, ge=2, le=20)
    """parts of each data set; a model learns from all but one"""
    transfer_equal_sizes: bool = False
    """learn from as few images of each set as the smallest set has"""
    factor_model: Backbone = "alexnet"
    """the model tested under each cause"""
    factor_patients: int = Field(300, ge=20, le=10_000)
    """synthetic patients drawn under every mix of causes"""


class MixedDataParameters(Group):
    """Training on DDSM and a part of each external set."""

    mixed_model: Backbone = "alexnet"
    """the model trained on mixed data"""
    mixed_fraction: Fraction = 0.8
    """fraction of each external set's patients that joins the training"""


class AdaptationParameters(Group):
    """Training with more and more of an institution's own patients."""

    adapt_model: Backbone = "alexnet"
    """the model trained with local patients"""
    adapt_fractions: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        (0.0, 0.05, 0.1, 0.2, 0.4, 0.8), min_length=1
    )
    """fractions of the institution's patients in the training; 0 is always tried"""
    adapt_runs: int = Field(3, ge=1, le=100)
    """trainings with each fraction, seeds seed, seed + 1, ..."""


class Parameters(
    DataParameters,
    ImageParameters,
    ModelParameters,
    PublishedModelParameters,
    EvaluationParameters,
    CauseParameters,
    MixedDataParameters,
    AdaptationParameters,
):
    """All parameters of the study."""

    def of(self, groups: Iterable[type[Group]]) -> dict[str, Any]:
        """Return the values that can change a result, of the groups asked for."""
        names = {name for group in groups for name in group.model_fields}
        return self.model_dump(include=names - WHERE_NOT_WHAT, mode="json")

    def named(self, *names: str) -> dict[str, Any]:
        """Return some of the values by their names, as an artifact's inputs state them."""
        return {name: getattr(self, name) for name in names}

    def changed(self) -> dict[str, Any]:
        """Return the values that differ from their defaults."""
        return self.model_dump(exclude_defaults=True, mode="json")
