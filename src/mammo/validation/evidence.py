"""Everything that a report on a hospital's own images rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mammo.assessment import calibration, operating_points
from mammo.assessment.everything import Assessment
from mammo.assessment.scores import EXTERNAL_SPLIT

if TYPE_CHECKING:
    from mammo.preflight import Preflight
    from mammo.shift.comparison import Shift
    from mammo.validation.examples import Example

OWN = "own images"
"""What a hospital's set is called in tables and figures."""


@dataclass(frozen=True)
class Weights:
    """Where a model's weights come from.

    Attributes
    ----------
    words : str
        Whose they are, or what they started from and were trained on.
    learnt_from : str
        Whether those images were "real" or "synthetic".
    published_internal : float or None
        The auROC that its authors published for their own set, where that set cannot be scored
        here since the weights were trained on it.
    """

    words: str
    learnt_from: str
    published_internal: float | None = None


@dataclass(frozen=True)
class Evidence:
    """Results and what is known of the data behind them.

    Attributes
    ----------
    assessment : Assessment
        Of a table of scores with one external set.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    weights : mapping
        Model to its weights; empty for scores that came as a file.
    preflight : Preflight or None
        Of the images; None for scores that came as a file.
    shift : Shift or None
        How the images differ from those that the models learnt from.
    examples : sequence of Example
        The images that each model gets most wrong; empty where they are not to be shown.
    """

    assessment: Assessment
    sources: Mapping[str, str]
    weights: Mapping[str, Weights]
    preflight: Preflight | None = None
    shift: Shift | None = None
    examples: Sequence[Example] = ()

    @property
    def models(self) -> list[str]:
        """The models, in the order of their scores."""
        return list(dict.fromkeys(self.assessment.scored["model"]))

    @property
    def dataset(self) -> str:
        """Name of the hospital's set: `OWN`, or of a public set in its place."""
        return str(self.own["dataset"].iloc[0])

    @property
    def own(self) -> pd.DataFrame:
        """The auROC of each model on the hospital's images, indexed by model."""
        rows = self.assessment.aurocs
        return rows[rows["split"] == EXTERNAL_SPLIT].set_index("model")

    @property
    def internal(self) -> pd.DataFrame:
        """The auROC of each model on its internal set, where it has one, indexed by model."""
        rows = self.assessment.aurocs
        return rows[rows["split"] != EXTERNAL_SPLIT].set_index("model")

    @property
    def drops(self) -> pd.DataFrame:
        """Each model's drop (`mammo.assessment.comparisons.drops`), indexed by model."""
        found = self.assessment.drops
        return found.set_index("model") if len(found) else pd.DataFrame()

    @property
    def estimates(self) -> pd.DataFrame:
        """The auROCs as figures take them (`mammo.report.tables.ESTIMATE_COLUMNS`)."""
        rows = self.assessment.aurocs
        return rows.assign(
            source=rows["dataset"].map(self.sources).astype("object"),
            weights=rows["model"].map({name: found.words for name, found in self.weights.items()}),
            may_have_seen="",
            n_runs=1,
            run_sd=float("nan"),
        )

    @property
    def rechosen(self) -> pd.DataFrame:
        """Thresholds chosen on half of the hospital's patients, applied to the other half."""
        found = self.assessment
        return operating_points.rechosen(found.scored, list(found.criteria), found.settings)

    @property
    def reliability(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Reliability curves as scored, and after recalibration on half of the patients."""
        scored, settings = self.assessment.scored, self.assessment.settings
        _, rescored = calibration.recalibration(scored, settings)
        return (
            calibration.reliability(scored, settings),
            calibration.reliability(rescored, settings),
        )
