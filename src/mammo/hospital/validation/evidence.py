"""Everything that a report on a hospital's own images rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from mammo.evaluation.tables import operating_points
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT
from mammo.hospital.validation.examinations import (
    aurocs_by_examination,
    breasts_are_told_apart,
    screened,
)
from mammo.parameters import ProtocolParameters
from mammo.report.estimates import of_anybody

if TYPE_CHECKING:
    from mammo.datasets.check_report import Finding
    from mammo.hospital.preflight import Preflight
    from mammo.hospital.shift.comparison import Shift
    from mammo.hospital.validation.examples import WorstImage

OWN = "this hospital"
"""What a hospital's set is called in tables and figures."""


@dataclass(frozen=True)
class Claimed:
    """An auROC that those who made a model claim for it, on images that cannot be scored here.

    Attributes
    ----------
    auroc : float
    by : str
        Who claims it and how, such as "its maker states".
    on : str
        On which images, as far as that is known.
    """

    auroc: float
    by: str
    on: str


@dataclass(frozen=True)
class Weights:
    """Where a model's weights come from.

    Attributes
    ----------
    words : str
        Whose they are, or what they started from and were trained on.
    learnt_from : str
        Whether those images were "real" or "synthetic"; "not known" of scores from a file.
    claimed : Claimed or None
        Where there is no internal result of the model to compare with, and it has one.
    are_authors : bool
        Whether they are those that the model's authors published.
    """

    words: str
    learnt_from: str
    claimed: Claimed | None = None
    are_authors: bool = False


@dataclass(frozen=True)
class Evidence:
    """Results and what is known of the data behind them.

    Attributes
    ----------
    evaluation : Evaluation
        Of a table of scores with one external set.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    weights : mapping
        Model to its weights.
    scored_unit : {"image", "breast", "study", "patient"}
        What one row of the table of scores is of.
    preflight : Preflight or None
        Of the images; None for scores that came as a file.
    notes : sequence of Finding
        What is to be known of scores that came as a file, and of their labels.
    shift : Shift or None
        How the images differ from those that the models learnt from.
    examples : sequence of WorstImage
        The images that each model gets most wrong; empty where they are not to be shown.
    protocol : ProtocolParameters
        What was fixed beforehand.
    """

    evaluation: Evaluation
    sources: Mapping[str, str]
    weights: Mapping[str, Weights]
    scored_unit: str = "image"
    preflight: Preflight | None = None
    notes: Sequence[Finding] = ()
    shift: Shift | None = None
    examples: Sequence[WorstImage] = ()
    protocol: ProtocolParameters = field(default_factory=ProtocolParameters)

    @property
    def models(self) -> list[str]:
        """The models, in the order of their scores."""
        return list(dict.fromkeys(self.evaluation.scored["model"]))

    def learnt_from_phantoms(self, model: str) -> bool:
        """Say whether a model was trained on synthetic images: it shows the method, no more."""
        return self.weights[model].learnt_from == "synthetic"

    def shows_the_method_only(self, model: str) -> bool:
        """Say whether synthetic images have a part in a model's results, in training or here."""
        is_synthetic = self.sources.get(self.dataset) == "synthetic"
        return is_synthetic or self.learnt_from_phantoms(model)

    @property
    def findings(self) -> Sequence[Finding]:
        """What is to be known of the data, the worst first."""
        return self.notes if self.preflight is None else self.preflight.report.findings

    @property
    def dataset(self) -> str:
        """Name of the hospital's set: `OWN`, or of a public set in its place."""
        return str(self.own["dataset"].iloc[0])

    @property
    def own(self) -> pd.DataFrame:
        """The auROC of each model on the hospital's images, indexed by model."""
        rows = self.evaluation.aurocs
        return rows[rows["split"] == EXTERNAL_SPLIT].set_index("model")

    @property
    def internal(self) -> pd.DataFrame:
        """The auROC of each model on its internal set, where it has one, indexed by model."""
        rows = self.evaluation.aurocs
        return rows[rows["split"] != EXTERNAL_SPLIT].set_index("model")

    @property
    def drops(self) -> pd.DataFrame:
        """Each model's drop (`mammo.evaluation.tables.drops`), indexed by model."""
        found = self.evaluation.drops
        return found.set_index("model") if len(found) else pd.DataFrame()

    @property
    def pairs(self) -> pd.DataFrame:
        """Models against each other on the hospital's images; empty where there is only one."""
        found = self.evaluation.pairs
        return found if found.empty else found[found["dataset"] == self.dataset]

    @property
    def estimates(self) -> pd.DataFrame:
        """The auROCs as figures take them (`mammo.report.estimates.ESTIMATE_COLUMNS`)."""
        rows = of_anybody(self.evaluation.aurocs)
        weights = rows["model"].map(self.weights)
        return rows.assign(
            source=rows["dataset"].map(self.sources).astype("object"),
            weights=[found.words for found in weights],
            authors_weights=[found.are_authors for found in weights],
        )

    @cached_property
    def rechosen(self) -> pd.DataFrame:
        """Thresholds chosen on half of the hospital's patients, applied to the other half."""
        found = self.evaluation
        return operating_points.rechosen(found.scored, list(found.criteria), found.settings)

    @property
    def point_in_use(self) -> pd.DataFrame | None:
        """What the first operating point gives on all that was scored; None if chosen on it."""
        found = self.evaluation.operating_points
        if found.empty:
            return None
        is_first = found["criterion"] == self.evaluation.criteria[0].name
        rows = found[is_first & (found["split"] == EXTERNAL_SPLIT)]
        return rows if len(rows) else None

    @property
    def is_by_examination(self) -> bool:
        """Whether what was scored is examinations, or patients in their place."""
        return self.scored_unit in ("study", "patient")

    @cached_property
    def by_examination(self) -> pd.DataFrame:
        """The auROC of each model by examination, recalled by the rule of the protocol."""
        found = self.evaluation
        return aurocs_by_examination(found.scored, self.protocol.rule, found.settings)

    @cached_property
    def screened(self) -> pd.DataFrame:
        """By examination: `mammo.hospital.validation.examinations.screened`."""
        by_breast = not self.is_by_examination and breasts_are_told_apart(self.evaluation.scored)
        return screened(self.evaluation, self.protocol, by_breast=by_breast)
