"""The sections of the report on a hospital's own images, each as its blocks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pandas as pd

from mammo.datasets.check_report import Report
from mammo.evaluation.tables.calibration import unsuited
from mammo.evaluation.tables.extremes import Kind, worst
from mammo.evaluation.tables.scores import parts
from mammo.hospital.shift import words as shift_report
from mammo.hospital.shift.comparison import FEWEST_PATIENTS
from mammo.hospital.shift.figures import grey_histograms, standardised_differences
from mammo.hospital.validation import protocol, words
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.examples import strips
from mammo.hospital.validation.thousand_women import thresholds_by_examination
from mammo.paper.published import short_title
from mammo.report.figures.curves import carried_thresholds, reliability_curves, roc_curves
from mammo.report.figures.style import PANEL_SIDE, PHONE_WIDTH
from mammo.report.page.blocks import Block, Figure, Findings, Prose, Table
from mammo.report.tables import comparison
from mammo.report.tables.verdicts import rules_table

RECHOSEN_NOTE = (
    "Chosen on half of these patients and applied to the other half, which alone is shown: a "
    "threshold that is measured on the patients it was chosen on flatters itself."
)
N_WORST = 5
"""Rows of a file that are listed as scored most wrongly, of each model and kind."""


def data(evidence: Evidence) -> Iterator[Block]:
    """What was found, what can be used, and what was left out."""
    found = evidence.preflight
    if found is None:
        yield Prose(
            f"Scores came as a file: {words.size(evidence)}. What the images are like is not known."
        )
    else:
        yield counts_table(found.report)
    known = [one for one in evidence.findings if one.severity != "ok"]
    if known:
        yield Findings(known)
    facts = [one.text for one in evidence.findings if one.severity == "ok"]
    if facts:
        yield Table(pd.DataFrame({"Fact": facts}), "What else is known of the data", collapsed=True)
    if found is not None and len(found.exclusions):
        yield Table(
            _by_reason(found.exclusions["reason"]),
            "Left out, by reason",
            note="`exclusions.csv` lists each file by its pseudonym.",
            collapsed=True,
        )


def counts_table(report: Report) -> Table:
    """Show how many files, images, breasts and patients there are, and how many can be used."""
    counts = report.counts.astype("object").where(report.counts.notna(), None)
    shown = counts.rename_axis("Count").reset_index().rename(columns=str.capitalize)
    return Table(shown, "What was found, and what can be used", name="own-counts")


def _by_reason(reasons: pd.Series) -> pd.DataFrame:
    alike = reasons.str.replace(r"image [0-9a-f]{16}", "another image", regex=True)
    return alike.value_counts().rename_axis("Reason").reset_index(name="Files or rows")


def curves(evidence: Evidence) -> Iterator[Block]:
    """The receiver operating characteristic."""
    if missing := _too_few_to_draw(evidence):
        yield Prose(f"No ROC curve is drawn: {missing}")
        return
    side = PHONE_WIDTH if len(evidence.models) == 1 else PANEL_SIDE
    points = evidence.point_in_use
    picture = roc_curves(evidence.evaluation.scored, evidence.estimates, points, side)
    first, unit = evidence.evaluation.criteria[0], evidence.scored_unit
    marked = "" if points is None else f" Marked: {first.name}, by {unit}."
    yield Figure(picture, f"Sensitivity against one minus specificity, one panel a model.{marked}")


def _too_few_to_draw(evidence: Evidence) -> str:
    """Say what is missing for a curve to show anything; nothing where it is enough."""
    n = int(evidence.own["n_rarer_patients"].min())
    if n >= FEWEST_PATIENTS:
        return ""
    return (
        f"{n} patients of the rarer class are too few to show anything; it takes patients with "
        f"and patients without cancer, {FEWEST_PATIENTS} of each at least."
    )


def operating_points(evidence: Evidence) -> Iterator[Block]:
    """Thresholds carried over from internal validation, given, or chosen anew."""
    unit = evidence.scored_unit
    if len(evidence.screened) and unit not in ("study", "patient"):
        yield Prose(f"Here each {unit} counts; for 1,000 women above, each examination does.")
    yield from thresholds_by_examination(evidence)
    carried = evidence.evaluation.operating_points
    if len(carried):
        first, is_carried = evidence.evaluation.criteria[0], len(evidence.internal) > 0
        if is_carried and not _too_few_to_draw(evidence):
            chosen = f"a threshold chosen for {first.name} in internal validation"
            yield Figure(
                carried_thresholds(carried, first.name, evidence.sources),
                f"What {first.name if first.is_given else chosen} gives at this site.",
            )
        shown = comparison.operating_point_table(carried, evidence.sources)
        if is_carried:
            caption = "Thresholds carried over from internal validation"
            yield _collapsed(shown, caption)
        else:
            caption = "Thresholds that were given, on all of these patients"
            yield Table(shown.shown, caption, comparison.predictive_note(carried))
    if len(evidence.rechosen):
        yield rechosen_table(evidence)


def rechosen_table(evidence: Evidence) -> Table:
    """Show what thresholds chosen on half of the patients give on the other half."""
    caption = "Thresholds chosen anew on half of these patients, measured on the other half"
    if evidence.rechosen.empty:
        nothing = pd.DataFrame({"Result": ["none: half of the patients have one class only"]})
        return Table(nothing, caption, name="own-thresholds")
    table = comparison.operating_point_table(evidence.rechosen, evidence.sources)
    note = f"{RECHOSEN_NOTE} {comparison.predictive_note(evidence.rechosen)}"
    return replace(table, caption=caption, note=note, name="own-thresholds")


def calibration(evidence: Evidence) -> Iterator[Block]:
    """Whether scores are the probabilities that they may seem."""
    before, after = evidence.evaluation.reliability
    if missing := _too_few_to_draw(evidence):
        yield Prose(f"No reliability is drawn: {missing}")
    elif len(before):
        yield Figure(
            reliability_curves(before, after, evidence.sources),
            "Share malignant against score, as scored and after recalibration on half of the "
            "patients.",
        )
    for sentence in unsuited(evidence.evaluation.scored):
        yield Prose(f"{sentence}.")


def subgroups(evidence: Evidence) -> Iterator[Block]:
    """The auROC on parts of the hospital's set."""
    found = evidence.evaluation.subgroups
    if found.empty:
        return
    found = found[found["dataset"] == evidence.dataset]
    shown = comparison.subgroup_table(found[found["auroc"].notna()], evidence.sources)
    if n_undefined := int(found["auroc"].isna().sum()):
        left_out = f" Left to subgroups.csv: {n_undefined:,} levels with one class only."
        shown = replace(shown, note=shown.note + left_out)
    yield _collapsed(shown, "auROC within subgroups of these patients")
    tests = evidence.evaluation.subgroup_tests
    if len(tests) and len(tests := tests[tests["dataset"] == evidence.dataset]):
        tested = comparison.subgroup_test_table(tests, evidence.sources)
        yield _collapsed(tested, "Whether the auROC differs between them")


def examples(evidence: Evidence) -> Iterator[Block]:
    """The worst mistakes, as pictures."""
    if evidence.preflight is None:
        yield from _worst_scores(evidence)
    yield from strips(evidence.examples)
    if evidence.examples:
        yield Prose(
            "Shown are the breasts as the models see them: cropped, masked, with the grey of each "
            "stretched. Where the images are, `mammo locate FOLDER IMAGE` tells which file one is."
        )


def _worst_scores(evidence: Evidence) -> Iterator[Block]:
    """List what scores from a file get most wrong, by the names under which it is found again."""
    found = pd.concat(
        [
            worst(part, kind, N_WORST).assign(kind=kind)
            for part in parts(evidence.evaluation.scored)
            for kind in get_args(Kind)
        ]
    )
    facts = [name for name in ("laterality", "view") if name in found]
    shown = pd.DataFrame(
        {
            "Model": found["model"].map(short_title),
            "Kind": found["kind"],
            "Name": found["image_id"],
            **{name.capitalize(): found[name] for name in facts},
            "Score": found["y_score"],
            "Above": found["percentile"].map("{:.0f}% of all".format),
        }
    )
    note = (
        "Each of another patient. Where both tables are, `mammo locate --scores SCORES --labels "
        "LABELS NAME` tells the lines in which one stands."
    )
    yield Table(shown, "What is scored most wrongly", note)


def shift(evidence: Evidence) -> Iterator[Block]:
    """How the images differ from the training set's."""
    if evidence.shift is None:
        return
    yield Prose(shift_report.in_words(evidence.shift))
    if evidence.shift.is_of_too_few:
        return
    yield Figure(grey_histograms(evidence.shift), "Grey values within the breast, in both sets.")
    yield Figure(
        standardised_differences(evidence.shift), "What differs between the sets, and by how much."
    )


def methods(evidence: Evidence) -> Iterator[Block]:
    """Where the models come from, and how the numbers are to be read."""
    rows = [
        {"Model": short_title(name), "Weights": found.words, "Learnt from": found.learnt_from}
        for name, found in evidence.weights.items()
    ]
    yield Table(pd.DataFrame(rows), "Where the models come from")
    unit, units = evidence.scored_unit, words.plural(evidence.scored_unit)
    drawn = {
        "patient": f"Intervals take patients as independent, not {units}: those of one are alike.",
        "image": f"Intervals take {units} of one patient as independent, and are too narrow.",
    }
    yield Prose(
        f"The auROC is the probability that a malignant {unit} is scored higher than a benign one: "
        f"0.5 is guessing, 1 is perfect. {drawn[evidence.evaluation.settings.unit]}"
    )
    if len(evidence.internal):
        yield Prose(
            "Internal validation is on patients of the set that a model learnt from who took no "
            "part in its training. A drop compares them with the patients of this site, who are "
            "others."
        )
    of_drops = ["drop", "no worse", "threshold"] if len(evidence.internal) else []
    are_compared = len(evidence.pairs) or len(evidence.evaluation.against_readers)
    of_pairs = ["difference"] if are_compared else []
    fixed = ["acceptance"] if protocol.criteria(evidence.protocol) else []
    kinds = ["any", "auROC", *of_drops, *of_pairs, *fixed]
    yield replace(rules_table(kinds), collapsed=True)
    yield Prose(
        "Patients, studies and images are named by keyed hashes; the key never leaves the machine "
        "that made this report."
    )


def _collapsed(table: Table, caption: str) -> Table:
    return replace(table, caption=caption, collapsed=True)
