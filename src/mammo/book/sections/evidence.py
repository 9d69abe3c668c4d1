"""Real evidence: recorded results, computed anew where their files are; no image of this build."""

from dataclasses import dataclass

from IPython.display import Markdown

from mammo.evidence import digitiser, inbreast_rules, mias_alone, reports
from mammo.evidence import reader_study as exams
from mammo.evidence.kinds import evidence
from mammo.evidence.recorded import Evidence
from mammo.paper.sampling_error import published_intervals
from mammo.report.figures.explorer import ThresholdExplorer
from mammo.report.figures.mias_alone import heads_forest
from mammo.report.figures.reader_study import claims_forest, reader_curves, reader_study_explorer
from mammo.report.figures.specification import specification_curve
from mammo.report.figures.style import Picture
from mammo.report.page.blocks import Table
from mammo.report.tables import evidence as told
from mammo.report.tables import reader_study as exams_told
from mammo.study import Study

_REMEDIES = {
    exams.NAME: "`mammo fetch evidence` gets it; the next build then computes this anew.",
    inbreast_rules.NAME: (
        "`mammo fetch evidence` gets the boxes; INbreast.csv comes with INbreast, on request from "
        "its authors. The next build then computes this anew."
    ),
    mias_alone.NAME: (
        "`mammo fetch evidence --with mias` gets the films; `weights` has to be `imagenet`, or a "
        "file with VGG16's values. The next build then computes this anew."
    ),
}


@dataclass(frozen=True)
class Shown:
    """A kind of evidence as the chapter shows it.

    Attributes
    ----------
    status : Markdown or None
        Whether it is recorded or computed in this build; None for what is always computed.
    words : Markdown
    tables : tuple of Table
    figures : tuple of Picture or ThresholdExplorer
    evidence : Evidence or None
        The results themselves.
    """

    status: Markdown | None
    words: Markdown
    tables: tuple[Table, ...]
    figures: tuple[Picture | ThresholdExplorer, ...] = ()
    evidence: Evidence | None = None


def reader_study(study: Study) -> Shown:
    """Return the paper's models beside 14 radiologists on the same exams."""
    found, intervals = evidence(study, exams.NAME), published_intervals()
    estimates, against, curves, thresholds = (
        found.tables[name]
        for name in (exams.ESTIMATES, exams.AGAINST_READERS, exams.CURVES, exams.THRESHOLDS)
    )
    tests = exams.tests(estimates, against, intervals)
    return Shown(
        _status(found, exams.NAME),
        exams_told.agreement_sentence(estimates, against, tests),
        (
            exams_told.tests_table(tests, found.source),
            exams_told.scorers_table(estimates, found.source),
        ),
        (
            reader_curves(curves, estimates, against),
            claims_forest(estimates, against, intervals),
            reader_study_explorer(thresholds, found.source),
        ),
        found,
    )


def rules(study: Study) -> Shown:
    """Return frcnn_cad's released detections under every rule."""
    found = evidence(study, inbreast_rules.NAME)
    table = found.tables[inbreast_rules.TABLE]
    return Shown(
        _status(found, inbreast_rules.NAME),
        told.rules_sentence(table),
        (told.rules_table(table, found.source),),
        (specification_curve(table),),
        found,
    )


def scanners() -> Shown:
    """Return what the scanner tells of the diagnosis in DDSM."""
    table = digitiser.scanner_aurocs()
    return Shown(None, told.scanners_sentence(table), (told.scanners_table(table),))


def mias(study: Study) -> Shown:
    """Return classifiers that are made for mini-MIAS."""
    found, intervals = evidence(study, mias_alone.NAME), published_intervals()
    heads, chance = (found.tables[name] for name in (mias_alone.TABLE, mias_alone.CHANCE))
    return Shown(
        _status(found, mias_alone.NAME),
        told.heads_sentence(heads, chance, intervals),
        (told.heads_table(heads, found.source),),
        (heads_forest(heads, chance, intervals),),
        found,
    )


def who_found_what(new_york: Shown, of_rules: Shown) -> Table:
    """Return every report on the paper's published models, those computed here among them."""
    table = reports.who_found_what(
        published_intervals(),
        of_rules.evidence.tables[inbreast_rules.TABLE],
        new_york.evidence.tables[exams.ESTIMATES],
    )
    return told.reports_table(table, new_york.evidence.source, of_rules.evidence.source)


def _status(found: Evidence, name: str) -> Markdown:
    return told.status(found, _REMEDIES[name])
