"""The evaluation of a table of scores: everything that is asked of it, in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from mammo.evaluation.tables import calibration, estimates, operating_points, subgroups
from mammo.evaluation.tables.drops import drops_between_sets, model_pairs
from mammo.evaluation.tables.next_site import next_sites
from mammo.evaluation.tables.operating_points import Criterion
from mammo.evaluation.tables.readers import readers_against_models
from mammo.evaluation.tables.scores import Settings, check_contract
from mammo.evaluation.tables.worst_case import missing_scores, unverified_labels


@dataclass(frozen=True)
class Evaluation:
    """The results of a table of scores, each computed when it is first asked for.

    Attributes
    ----------
    scored : DataFrame
        A table of scores (`mammo.evaluation.tables.scores`).
    settings : Settings
    margin : float
        Loss of auROC up to which an external result counts as no worse.
    criteria : sequence of Criterion
        Operating points to choose on the internal sets.
    divide_by : sequence of str
        Columns to form subgroups by, beside those of `subgroups.FACTS` that are there.
    recalibration_fraction : float
        Share of an external set's patients that its recalibration is fitted on.
    readers : sequence of str
        Columns of readers' scores, to be compared with the models.
    """

    scored: pd.DataFrame
    settings: Settings
    margin: float
    criteria: Sequence[Criterion]
    divide_by: Sequence[str] = ()
    recalibration_fraction: float = calibration.RECALIBRATION_FRACTION
    readers: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_contract(self.scored)
        subgroups.check_columns(self.scored, self.divide_by)

    @cached_property
    def aurocs(self) -> pd.DataFrame:
        """The headline: `mammo.evaluation.tables.estimates.aurocs`."""
        return estimates.aurocs(self.scored, self.settings)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every measure: `mammo.evaluation.tables.estimates.every_estimate`."""
        return estimates.every_estimate(self.scored, self.settings)

    @cached_property
    def drops(self) -> pd.DataFrame:
        """Internal against external: `mammo.evaluation.tables.drops.drops_between_sets`."""
        return drops_between_sets(self.scored, self.settings, self.margin)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Models against each other: `mammo.evaluation.tables.drops.model_pairs`."""
        return model_pairs(self.scored, self.settings, self.margin)

    @cached_property
    def next_sites(self) -> pd.DataFrame:
        """What another site would find: `mammo.evaluation.tables.next_site.next_sites`."""
        return next_sites(self.scored, self.settings)

    @cached_property
    def worst_cases(self) -> pd.DataFrame:
        """Bounds where scores are missing: `mammo.evaluation.tables.worst_case.missing_scores`."""
        return missing_scores(self.scored)

    @cached_property
    def unverified(self) -> pd.DataFrame:
        """Bounds for BI-RADS 3: `mammo.evaluation.tables.worst_case.unverified_labels`."""
        return unverified_labels(self.scored)

    @cached_property
    def subgroup_tests(self) -> pd.DataFrame:
        """Whether subgroups differ: `mammo.evaluation.tables.subgroups.subgroup_tests`."""
        return subgroups.subgroup_tests(self.scored, self._subgroup_columns, self.settings)

    @cached_property
    def against_readers(self) -> pd.DataFrame:
        """Readers against models: `mammo.evaluation.tables.readers.readers_against_models`."""
        return readers_against_models(self.scored, self.readers, self.settings)

    @property
    def comparisons(self) -> pd.DataFrame:
        """The drops, then models against each other."""
        tables = [table for table in (self.drops, self.pairs) if len(table)]
        return pd.concat(tables or [self.drops])

    @cached_property
    def operating_points(self) -> pd.DataFrame:
        """Thresholds carried over: `mammo.evaluation.tables.operating_points.carried_over`."""
        return operating_points.carried_over(self.scored, list(self.criteria), self.settings)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """As scored, then external sets before and after recalibration on a part of each."""
        before, (after, _) = calibration.calibration(self.scored, self.settings), self._recalibrated
        tables = [before.assign(patients="all"), after.assign(patients="held aside")]
        return pd.concat([table for table in tables if len(table)] or tables[:1])

    @cached_property
    def reliability(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Reliability curves as scored, and after recalibration of the patients held aside."""
        _, rescored = self._recalibrated
        before, after = (
            calibration.reliability(scored, self.settings) for scored in (self.scored, rescored)
        )
        return before, after

    @cached_property
    def _recalibrated(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return calibration.recalibration(self.scored, self.settings, self.recalibration_fraction)

    @cached_property
    def subgroups(self) -> pd.DataFrame:
        """By the columns that are there: `mammo.evaluation.tables.subgroups.subgroup_aurocs`."""
        return subgroups.subgroup_aurocs(self.scored, self._subgroup_columns, self.settings)

    @property
    def _subgroup_columns(self) -> list[str]:
        return list(dict.fromkeys([*subgroups.facts_of(self.scored), *self.divide_by]))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table that has a row, by the name of its file."""
        found = {
            "estimates": self.estimates,
            "comparisons": self.comparisons,
            "operating_points": self.operating_points,
            "calibration": self.calibration,
            "subgroups": self.subgroups,
            "subgroup_tests": self.subgroup_tests,
            "missing_scores": self.worst_cases,
            "unverified_labels": self.unverified,
            "readers": self.against_readers,
            "next_site": self.next_sites,
        }
        return {name: table for name, table in found.items() if len(table)}
