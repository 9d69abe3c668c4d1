"""Mixed data: what changes when the training has seen a part of every set."""

from mammo.book.sections.result import Result
from mammo.report import sentences
from mammo.report.figures.mixed import mixed_training
from mammo.report.gains import gains_table
from mammo.report.page.blocks import Group
from mammo.report.tables import paper
from mammo.study import Study, results


def effect(study: Study) -> Result:
    """Return the auROC after training on mixed data, Table 4, and what it gains over DDSM alone."""
    mixed, ddsm_only = results.mixed_comparison(study)
    gains = results.mixed_gains(study)
    return Result(
        mixed,
        Group((paper.table4(mixed, ddsm_only), gains_table(gains, study.sources))),
        mixed_training(mixed, ddsm_only),
        sentences.mixed_data(mixed, gains),
    )
