"""Mixed data: what changes when the training has seen a part of every set."""

from __future__ import annotations

from mammo.book.sections.result import Result
from mammo.report import sentences
from mammo.report.figures.mixed import mixed_training
from mammo.report.tables import paper
from mammo.study import Study, results


def effect(study: Study) -> Result:
    """Return the auROC after training on mixed data, Table 4, beside DDSM alone."""
    mixed, ddsm_only = results.mixed_comparison(study)
    return Result(
        mixed,
        paper.table4(mixed, ddsm_only),
        mixed_training(mixed, ddsm_only),
        sentences.mixed_data(mixed, results.mixed_gains(study)),
    )
