"""The numbers that the paper prints, as data, and what follows from them.

Wang X, Liang G, Zhang Y, Blanton H, Bessinger Z, Jacobs N. Inconsistent performance of deep
learning models on mammogram classification. J Am Coll Radiol 2020;17:796-803.
doi:10.1016/j.jacr.2020.01.006. Table 1 stands on the cards of `mammo.datasets`.
"""

import math
from dataclasses import dataclass
from statistics import mean, median

from mammo.datasets import FURTHER
from mammo.datasets.roles import INTERNAL
from mammo.models import MODELS

EXPERTS_AUROC = 0.71
"""auROC of human experts, as the paper takes it from Cole et al. 2014 (Introduction, Results)."""

PRINTED_HALF_WIDTH = 0.01
"""The paper prints this +- beside every auROC of its own (Tables 2 to 4)."""

DATASET_TITLES = {
    "cbis_ddsm": "DDSM",
    "mias": "MIAS",
    "inbreast": "INbreast",
    "institution": "Institution (UKy)",
    "cmmd": "CMMD (in place of UKy)",
    **{name: further.card.title for name, further in FURTHER.items()},
}
"""Names for display, the internal set first, then the external ones in the order of Table 3, then
sets beside the paper's."""

MODEL_TITLES = {name: card.title for name, card in MODELS.items()}
OURS = tuple(name for name, card in MODELS.items() if card.family == "ours")

TRAINED_ON = {name: card.trained_on for name, card in MODELS.items()}
"""Sets a model saw in training or model selection (Methods, Data Sets): not scored there."""


@dataclass(frozen=True)
class PublishedAuroc:
    """One printed auROC; ``half_width`` is its printed +-, None where the paper prints none."""

    model: str
    dataset: str
    split: str
    auroc: float
    half_width: float | None
    place: str

    @property
    def printed(self) -> str:
        """The value as the paper prints it."""
        plus_minus = "" if self.half_width is None else f" ±{self.half_width:.2f}"
        return f"{self.auroc:.2f}{plus_minus}"


def _cells(split: str, place: str, half_width: float | None, values: dict) -> tuple:
    return tuple(
        PublishedAuroc(model, dataset, split, auroc, half_width, place)
        for model, by_dataset in values.items()
        for dataset, auroc in by_dataset.items()
    )


TABLE_2 = _cells(
    "validation", "Table 2", PRINTED_HALF_WIDTH,
    {"alexnet": {INTERNAL: 0.71}, "vgg16": {INTERNAL: 0.75}, "resnet50": {INTERNAL: 0.79}},
) + _cells(
    "validation", "Table 2", None,
    {
        "end2end_vgg16": {INTERNAL: 0.88},
        "end2end_resnet50": {INTERNAL: 0.88},
        "frcnn_cad": {"inbreast": 0.95},
    },
)  # fmt: skip
"""Validation auROC; end2end has one value for both backbones, frcnn_cad its own set, INbreast."""

TABLE_3 = _cells(
    "test", "Table 3", PRINTED_HALF_WIDTH,
    {
        "alexnet": {"mias": 0.46, "inbreast": 0.51, "institution": 0.49},
        "vgg16": {"mias": 0.58, "inbreast": 0.48, "institution": 0.53},
        "resnet50": {"mias": 0.54, "inbreast": 0.51, "institution": 0.44},
        "end2end_vgg16": {"mias": 0.63, "inbreast": 0.53, "institution": 0.46},
        "end2end_resnet50": {"mias": 0.65, "inbreast": 0.60, "institution": 0.48},
        "frcnn_cad": {"institution": 0.48},
    },
)  # fmt: skip
"""External auROC of the models trained on DDSM alone."""

TABLE_4 = _cells(
    "validation", "Table 4", PRINTED_HALF_WIDTH, {"alexnet": {INTERNAL: 0.69}}
) + _cells(
    "test", "Table 4", PRINTED_HALF_WIDTH,
    {"alexnet": {"mias": 0.58, "inbreast": 0.67, "institution": 0.68}},
)  # fmt: skip
"""auROC of AlexNet trained on MixedData; tested on the fifth of each external set left out."""


@dataclass(frozen=True)
class Summary:
    """Range, mean and median of some auROCs."""

    n: int
    lowest: float
    highest: float
    mean: float
    median: float


def model_title(name: str) -> str:
    """Name of a model for display; a model that is not the paper's keeps its own."""
    return MODEL_TITLES.get(name, name)


def short_title(name: str) -> str:
    """Name of a model within a sentence: "AlexNet", "end2end VGG16", "frcnn_cad"."""
    return model_title(name).removeprefix("Wang et al., ").replace(", ", " ")


def dataset_title(name: str) -> str:
    """Name of a data set for display; one that is not the paper's keeps its own."""
    return DATASET_TITLES.get(name, name)


def find(cells: tuple[PublishedAuroc, ...], model: str, dataset: str) -> PublishedAuroc | None:
    """Return the cell of a published table, or None where the paper prints none."""
    for cell in cells:
        if (cell.model, cell.dataset) == (model, dataset):
            return cell
    return None


def summarise(aurocs: list[float]) -> Summary:
    """Range, mean and median of auROCs; NaN of each where there are none."""
    if not aurocs:
        return Summary(0, math.nan, math.nan, math.nan, math.nan)
    return Summary(len(aurocs), min(aurocs), max(aurocs), mean(aurocs), median(aurocs))
