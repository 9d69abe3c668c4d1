"""What ``mammo validate`` does: from its options to evidence, and a summary for the screen."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import DatasetError, ParameterError
from mammo.hospital import preflight
from mammo.hospital.validation import acceptance, words
from mammo.hospital.validation import of_images as images
from mammo.hospital.validation import of_scores as vendor
from mammo.hospital.validation.evidence import Evidence
from mammo.models import MODELS
from mammo.parameters import Parameters, ProtocolParameters, sources
from mammo.study import Study

N_EXAMPLES = 3


def of_images(folder: Path, *, thumbnails: bool, **options: Any) -> Evidence:
    """Check a folder of images, score them with the study's models, and return the evidence."""
    parameters = _parameters(folder, **options)
    if parameters.stated is not None or parameters.missing is not None or parameters.readers:
        raise ParameterError(
            "--stated and --missing belong to --scores, and --readers too; images need none of them"
        )
    checked = preflight.of_folder(
        sources.resolve(parameters.institution_folder),
        _table(parameters),
        preflight.layout(parameters),
    )
    print(checked.report, end="\n\n")
    if checked.report.status == 2:
        raise DatasetError(f"{folder} cannot be validated on: see the errors above")
    return images.evidence(Study(parameters), checked, N_EXAMPLES if thumbnails else 0)


def of_scores(
    scores: Path, *, thumbnails: bool, models: str | None = None, **options: Any
) -> Evidence:
    """Join scores with labels, and return the evidence; there are no images to be shown."""
    if models:
        raise ParameterError("--models names models to be run on images; scores come with theirs")
    parameters = _parameters(None, **options)
    table = _table(parameters)
    if table is None:
        raise ParameterError("scores alone say nothing: name the table of labels with --labels")
    layout = LabelLayout(**preflight.layout(parameters))
    return vendor.evidence(scores, table, layout, parameters)


def _parameters(
    folder: Path | None,
    *,
    labels: Path | None,
    criteria: Sequence[str],
    params: Path | None,
    assignments: Sequence[tuple[str, str]],
    models: str | None = None,
    **options: Any,
) -> Parameters:
    """Return the parameters of a file, with those in their places that options name."""
    stated = {name: options.pop(name) for name in ProtocolParameters.model_fields}
    stated |= {"models": models and _models(models), "operating_points": list(criteria) or None}
    named = {name: value for name, value in stated.items() if value not in (None, ())}
    named |= sources.of_institution(folder, labels, options)
    return sources.load(params, {**named, **sources.parse_assignments(assignments)})


def _table(parameters: Parameters) -> Path | None:
    named = parameters.institution_labels
    return sources.resolve(named) if named else None


def _models(text: str) -> list[str]:
    names = re.split(r"[,\s]+", text.strip(", "))
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise ParameterError(
            f"--models: there is no model {unknown[0]!r}; name some of {', '.join(MODELS)}, parted "
            "by commas"
        )
    return names


def locate(
    scores: Path, labels: Path | None, names: Sequence[str], layout: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return in which lines of scores and labels what a report names stands."""
    if labels is None:
        raise ParameterError("--scores needs --labels: names in a report follow from both tables")
    parameters = sources.load(None, sources.of_institution(None, labels, layout))
    return vendor.located(scores, labels, LabelLayout(**preflight.layout(parameters)), names)


def summary(evidence: Evidence) -> str:
    """Return the verdicts as text: on what was fixed beforehand, then on each model."""
    said = [*acceptance.in_words(evidence), words.verdicts(evidence)]
    return "\n\n".join(said).replace("**", "")
