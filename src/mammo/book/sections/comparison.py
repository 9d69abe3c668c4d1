"""The comparison: the models on sets that had no part in their making."""

from dataclasses import replace
from functools import lru_cache

import pandas as pd
from IPython.display import Markdown

from mammo.book.sections.result import Result
from mammo.evaluation.inputs import Unit
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import criterion, threshold_grid
from mammo.evaluation.tables.scores import COLUMNS, aggregated
from mammo.report import sentences
from mammo.report.figures.explorer import ThresholdExplorer
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.reliability import reliability_curves
from mammo.report.figures.roc import roc_curves
from mammo.report.figures.style import Picture
from mammo.report.figures.thresholds import carried_thresholds
from mammo.report.page.blocks import Group
from mammo.report.tables import comparison, paper
from mammo.report.tables.next_site import next_site_sentence, next_site_table
from mammo.report.tables.verdicts import rules_table
from mammo.study import Study, results

_SAME = (
    "The figure and the table of operating points beside this hold the like by image, for the "
    "thresholds that were chosen on the internal set."
)


def external(study: Study, unit: Unit | None = None) -> Result:
    """Return the auROC of each model on each set, Table 3; by image beside the usual one.

    Parameters
    ----------
    study : Study
    unit : {"patient", "image"}, optional
        What intervals take as independent, if not the study's unit.
    """
    estimates = results.comparison(study, unit)
    table = paper.table3(estimates)
    if unit == "image":
        caption = "Table 3 with intervals that take images as independent"
        table = replace(table, name="table-3-by-image", caption=caption)
    return Result(estimates, table, auroc_forest(estimates), sentences.external(estimates))


def drops(study: Study, estimates: pd.DataFrame) -> Result:
    """Return each model's drop from internal validation, and what another site would find."""
    data, ahead = _evaluation(study).drops, _evaluation(study).next_sites
    caption = "auROC and drop over the external sets, and what to expect at another site"
    tables = (
        comparison.drop_table(data, study.sources),
        next_site_table(ahead, "next-site", caption),
    )
    words = sentences.drop(estimates, data).data, next_site_sentence(ahead).data
    return Result(data, Group(tables), words=Markdown("\n\n".join(words)))


def pairs(study: Study) -> Group:
    """Return the differences between every two models on each set, and the rules of verdicts."""
    table = comparison.pair_table(_evaluation(study).pairs, study.sources)
    return Group((table, rules_table()))


def curves(study: Study, estimates: pd.DataFrame) -> Picture:
    """Draw the receiver operating characteristic of each model, Fig. 2."""
    return roc_curves(_evaluation(study).scored, estimates)


def thresholds(study: Study) -> Result:
    """Return what thresholds chosen on the internal set give; the figures: the first, and any."""
    evaluation, figure = _evaluation(study), None
    points = evaluation.operating_points
    if len(points):
        first = evaluation.criteria[0].name
        women = aggregated(evaluation.scored[list(COLUMNS)], ["patient_id"], "max")
        grid = threshold_grid(women, evaluation.criteria, evaluation.settings)
        figure = Group(
            (
                carried_thresholds(points, first, study.sources),
                ThresholdExplorer(grid, study.sources, _SAME),
            )
        )
    return Result(points, comparison.operating_point_table(points, study.sources), figure)


def calibration(study: Study) -> Result:
    """Return whether scores are probabilities, as they are and after recalibration."""
    data = _evaluation(study).calibration
    figure = reliability_curves(*_evaluation(study).reliability, study.sources)
    return Result(data, comparison.calibration_table(data, study.sources), figure)


def subgroups(study: Study) -> Group:
    """Return the auROC wherever a manifest divides the images, and whether it differs."""
    found = _evaluation(study)
    return Group(
        (
            comparison.subgroup_table(found.subgroups, study.sources),
            comparison.subgroup_test_table(found.subgroup_tests, study.sources),
        )
    )


@lru_cache(maxsize=1)
def _evaluation(study: Study) -> Evaluation:
    """Return the evaluation of all scores, whose results all sections share."""
    p = study.parameters
    return Evaluation(
        results.all_predictions(study),
        results.settings(study),
        p.margin,
        [criterion(text) for text in p.operating_points],
        recalibration_fraction=p.recalibration_fraction,
    )
