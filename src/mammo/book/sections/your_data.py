"""Your own data: the images in the institution's place, checked, scored, compared, adapted to."""

from dataclasses import replace
from functools import lru_cache

import pandas as pd
from IPython.display import Markdown

from mammo.book.sections.result import Result
from mammo.datasets.check_report import Report
from mammo.hospital import preflight
from mammo.hospital.adaptation import adapt
from mammo.hospital.adaptation import words as adapted_words
from mammo.hospital.adaptation.learning_curve import learning_curve
from mammo.hospital.preflight import Preflight
from mammo.hospital.shift import words as shift_words
from mammo.hospital.shift.figures import grey_histograms, standardised_differences
from mammo.hospital.validation import acceptance, of_images, protocol, sections, words
from mammo.hospital.validation import thousand_women as women
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.examples import strips
from mammo.hospital.validation.protocol import NOT_STATED
from mammo.report.figures.curves import carried_thresholds
from mammo.report.figures.forest import auroc_forest
from mammo.report.page.blocks import Group, Table
from mammo.report.tables import comparison
from mammo.report.tables.formats import NOTHING
from mammo.study import Study

SCREENING = 6 / 1000
"""Share of the women in a screening programme who have cancer, if none is stated."""


def check(study: Study) -> Result:
    """Return what is there and what of it can be used, before anything is run."""
    report = _preflight(study).report
    return Result(report.counts, Group((sections.counts_table(report), findings_table(report))))


def findings_table(report: Report) -> Table:
    """Show what a check found, the worst first, and what to do where there is anything to do."""
    found = pd.DataFrame(report.findings).set_axis(["Kind", "Finding", "What to do"], axis=1)
    todo = found["What to do"].replace("", NOTHING)
    shown = found.assign(**{"What to do": todo}) if (todo != NOTHING).any() else found.iloc[:, :2]
    return Table(shown, "What is to be known of these images", name="own-findings")


def aurocs(study: Study) -> Result:
    """Return the auROC of each model on these images and in internal validation, and its drop."""
    evidence = _evidence(study)
    table = comparison.drop_table(evidence.evaluation.drops, evidence.sources)
    caption = "Drop of the auROC from internal validation to these images"
    return Result(
        evidence.estimates,
        replace(table, name="own-drops", caption=caption),
        auroc_forest(evidence.estimates, published=()),
        Markdown(words.verdicts(evidence)),
    )


def thresholds(study: Study) -> Result:
    """Return thresholds chosen on half of these patients; the figure is of carried ones."""
    evidence, figure = _evidence(study), None
    points = evidence.evaluation.operating_points
    if len(points):
        first = evidence.evaluation.criteria[0].name
        figure = carried_thresholds(points, first, evidence.sources)
    return Result(evidence.rechosen, sections.rechosen_table(evidence), figure)


def decision(study: Study) -> Result:
    """Return whether each model meets what was fixed, and what a threshold means for 1,000 women.

    Of the site where its prevalence is stated, else of `SCREENING`.
    """
    named = study.parameters
    if named.prevalence is None:
        named = named.model_copy(update={"prevalence": SCREENING})
    evidence = replace(_evidence(study), protocol=named)
    met = acceptance.in_words(evidence) or [acceptance.NOTHING_FIXED.text]
    facts = {name: fact for name, fact in protocol.facts(named).items() if fact != NOT_STATED}
    stated = pd.DataFrame(facts.items(), columns=["What", "Stated"])
    caption = "What was stated before anything was looked at"
    tables = [block for block in women.thousand_women(evidence) if isinstance(block, Table)]
    named_tables = [
        Table(stated, caption, name="own-protocol"),
        *(replace(table, name=f"own-women-{n}") for n, table in enumerate(tables, start=1)),
    ]
    shown = named_tables[len(facts) < 2 :]  # that no criterion was fixed is said in words
    return Result(evidence.screened, Group(shown), words=Markdown("\n\n".join(met)))


def worst_images(study: Study) -> Group:
    """Show the images that each model gets most wrong."""
    return Group(strips(_evidence(study).examples))


def shift(study: Study) -> Result:
    """Return how these images differ from those that the models learnt from."""
    found = _evidence(study).shift
    words = Markdown(shift_words.in_words(found))
    if found.is_of_too_few:
        return Result(found.differences.head(0), words=words)
    figure = Group((grey_histograms(found), standardised_differences(found)))
    return Result(found.differences, figure=figure, words=words)


def adaptation(study: Study) -> Result:
    """Return what more and more local patients in the training bring, and what costs less."""
    found = adapt.adapt(study)
    tables = (adapted_words.curve_table(found), adapted_words.alternatives_table(found))
    words = Markdown("\n\n".join(adapted_words.sentences(found)))
    return Result(found.summary, Group(tables), learning_curve(found), words)


def next_steps(study: Study) -> Markdown:
    """Say what to do next, no more than the numbers support."""
    return Markdown(words.numbered(words.next_steps(_evidence(study))))


@lru_cache(maxsize=1)
def _preflight(study: Study) -> Preflight:
    return preflight.of_study(study)


@lru_cache(maxsize=1)
def _evidence(study: Study) -> Evidence:
    """Return the models' scores and all that follows from them, which all sections share."""
    return of_images.evidence(study, _preflight(study))
