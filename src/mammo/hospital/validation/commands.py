"""What ``mammo validate`` does: from its options to evidence, and a summary for the screen."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import DatasetError, ParameterError
from mammo.evaluation.tables.scores import Settings
from mammo.hospital import preflight
from mammo.hospital.validation import acceptance, words
from mammo.hospital.validation import of_images as images
from mammo.hospital.validation import of_scores as vendor
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.protocol import Protocol
from mammo.models import MODELS
from mammo.parameters import Parameters, sources
from mammo.study import Study

N_EXAMPLES = 3


def of_images(
    folder: Path,
    protocol: Protocol,
    labels: Path | None,
    models: str | None,
    criteria: Sequence[str],
    thumbnails: bool,
    params: Path | None,
    assignments: Sequence[tuple[str, str]],
    stated: float | None,
    missing: float | None,
    readers: Sequence[str],
    **layout: Any,
) -> Evidence:
    """Check a folder of images, score them with the study's models, and return the evidence."""
    if stated is not None or missing is not None or readers:
        raise ParameterError(
            "--stated and --missing belong to --scores, and --readers too; images need none of them"
        )
    named = sources.of_institution(folder, labels, layout)
    if models:
        named["models"] = _models(models)
    if criteria:
        named["operating_points"] = list(criteria)
    parameters = sources.load(params, {**named, **sources.parse_assignments(assignments)})
    checked = preflight.of_folder(
        sources.resolve(parameters.institution_folder),
        _table(parameters),
        preflight.layout(parameters),
    )
    print(checked.report, end="\n\n")
    if checked.report.status == 2:
        raise DatasetError(f"{folder} cannot be validated on: see the errors above")
    n_examples = N_EXAMPLES if thumbnails else 0
    return images.evidence(Study(parameters), checked, n_examples, protocol)


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


def of_scores(
    scores: Path,
    protocol: Protocol,
    labels: Path | None,
    models: str | None,
    criteria: Sequence[str],
    thumbnails: bool,
    params: Path | None,
    assignments: Sequence[tuple[str, str]],
    stated: float | None,
    missing: float | None,
    readers: Sequence[str],
    **layout: Any,
) -> Evidence:
    """Join scores with labels, and return the evidence."""
    if models:
        raise ParameterError("--models names models to be run on images; scores come with theirs")
    named = sources.of_institution(None, labels, layout)
    parameters = sources.load(params, {**named, **sources.parse_assignments(assignments)})
    table = _table(parameters)
    if table is None:
        raise ParameterError("scores alone say nothing: name the table of labels with --labels")
    terms = vendor.Terms(
        stated=stated,
        missing=missing,
        criteria=criteria or parameters.operating_points,
        margin=parameters.margin,
        settings=Settings(
            parameters.unit, parameters.n_bootstrap, parameters.confidence, parameters.seed
        ),
        readers=readers,
        protocol=protocol,
    )
    return vendor.evidence(scores, table, LabelLayout(**preflight.layout(parameters)), terms)


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
    fixed = acceptance.findings(evidence) if evidence.protocol.criteria else []
    said = [*(finding.text for finding in fixed), words.verdicts(evidence)]
    return "\n\n".join(said).replace("**", "")
