"""What ``mammo validate`` does: from its options to evidence, and a summary for the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import DatasetError, ParameterError
from mammo.evaluation.tables.scores import Settings
from mammo.hospital import preflight
from mammo.hospital.validation import of_images as images
from mammo.hospital.validation import of_scores as vendor
from mammo.hospital.validation import words
from mammo.hospital.validation.evidence import Evidence
from mammo.models import MODELS
from mammo.parameters import Parameters, sources
from mammo.study import Study

N_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class _Options(LabelLayout):
    """What the command takes: how labels are to be read, and what its help says of the others."""

    labels: Path | None
    models: str | None
    criteria: Sequence[str]
    thumbnails: bool
    params: Path | None
    assignments: Sequence[tuple[str, str]]
    stated: float | None
    missing: float | None

    @property
    def layout(self) -> dict[str, Any]:
        """How labels are to be read, by the fields of `LabelLayout`."""
        return {field.name: getattr(self, field.name) for field in fields(LabelLayout)}

    def parameters(self, named: dict[str, Any]) -> Parameters:
        """Return the parameters that are named, under those that the user assigns."""
        return sources.load(self.params, named | sources.parse_assignments(self.assignments))


def of_images(folder: Path, **given: Any) -> Evidence:
    """Check a folder of images, score them with the study's models, and return the evidence."""
    options = _Options(**given)
    if options.stated is not None or options.missing is not None:
        raise ParameterError("--stated and --missing belong to --scores; images need neither")
    named: dict[str, Any] = {
        "institution_folder": str(folder.resolve()),
        "institution_labels": str(options.labels.resolve()) if options.labels else None,
        **{f"institution_{name}": value for name, value in options.layout.items()},
    }
    if options.models:
        named["models"] = _split_models(options.models)
    if options.criteria:
        named["operating_points"] = list(options.criteria)
    study = Study(options.parameters(named))
    checked = preflight.of_folder(folder, options.labels, options.layout)
    print(checked.report, end="\n\n")
    if checked.report.status == 2:
        raise DatasetError(f"{folder} cannot be validated on: see the errors above")
    return images.evidence(study, checked, N_EXAMPLES if options.thumbnails else 0)


def _split_models(text: str) -> list[str]:
    names = re.split(r"[,\s]+", text.strip(", "))
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise ParameterError(
            f"--models: there is no model {unknown[0]!r}; name some of {', '.join(MODELS)}, parted "
            "by commas"
        )
    return names


def of_scores(scores: Path, **given: Any) -> Evidence:
    """Join scores with labels, and return the evidence."""
    options = _Options(**given)
    if options.labels is None:
        raise ParameterError("scores alone say nothing: name the table of labels with --labels")
    if options.models:
        raise ParameterError("--models names models to be run on images; scores come with theirs")
    p = options.parameters({})
    terms = vendor.Terms(
        stated=options.stated,
        missing=options.missing,
        criteria=options.criteria or p.operating_points,
        margin=p.margin,
        settings=Settings(p.unit, p.n_bootstrap, p.confidence, p.seed),
    )
    return vendor.evidence(scores, options.labels, options, terms)


def summary(evidence: Evidence) -> str:
    """Return the verdicts as text."""
    return words.verdicts(evidence).replace("**", "")
