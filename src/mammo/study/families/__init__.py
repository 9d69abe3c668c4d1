"""The steps of each family of models: where its weights come from, its training, its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mammo.models import MODELS
from mammo.study.families.end2end import End2EndFamily
from mammo.study.families.family import ModelFamily
from mammo.study.families.frcnn_cad import FrcnnCadFamily
from mammo.study.families.transfer import TransferFamily

if TYPE_CHECKING:
    from mammo.study import Study

FAMILIES: dict[str, type[ModelFamily]] = {
    "ours": TransferFamily,
    "end2end": End2EndFamily,
    "frcnn_cad": FrcnnCadFamily,
}
"""The families by their name on a model's card."""


def family_of(study: Study, model: str) -> ModelFamily:
    """Return the steps of the family that a model belongs to."""
    return FAMILIES[MODELS[model].family](study)


def models_of(study: Study, family: str) -> list[str]:
    """Return the study's models of a family, a key of `FAMILIES`."""
    return [name for name in study.parameters.models if MODELS[name].family == family]


def repetitions(study: Study, model: str) -> list[ModelFamily]:
    """Return the steps of each training of a model; the first is what the study shows.

    Only the paper's own models are trained more than once.
    """
    if MODELS[model].family != "ours":
        return [family_of(study, model)]
    return [TransferFamily(study, run) for run in range(study.parameters.runs)]
