"""The sections of the report on a hospital's own images, each as its blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from mammo.evaluation.tables.calibration import unsuited
from mammo.evaluation.tables.drops import POWER
from mammo.evaluation.verdicts import CLOSE
from mammo.hospital import notebook
from mammo.hospital.shift import words as shift_report
from mammo.hospital.shift.figures import grey_histograms, standardised_differences
from mammo.hospital.validation import words
from mammo.hospital.validation.conclusions import patients_needed
from mammo.hospital.validation.evidence import Evidence
from mammo.hospital.validation.examples import WorstImage
from mammo.paper.published import short_title
from mammo.report.estimates import intervals_in_words
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.reliability import reliability_curves
from mammo.report.figures.roc import roc_curves
from mammo.report.figures.thresholds import carried_thresholds
from mammo.report.page.blocks import Block, Figure, Findings, Prose, Table, Thumbnail, Thumbnails
from mammo.report.tables import comparison
from mammo.report.tables.formats import NOTHING, bounds, set_name
from mammo.report.tables.readers import readers_table
from mammo.report.tables.verdicts import rules_table


def data(evidence: Evidence) -> Iterator[Block]:
    """What was found, what can be used, and what was left out."""
    found = evidence.preflight
    if found is None:
        yield Prose(
            f"Scores came as a file: {words.size(evidence)}. What the images are like is not known "
            "here."
        )
    else:
        counts = found.report.counts.astype("object")
        yield Table(
            counts.where(counts.notna(), None).rename_axis("Count").reset_index(),
            "What was found, and what can be used",
        )
    yield Findings(evidence.findings)
    if found is not None and len(found.exclusions):
        yield Table(
            _by_reason(found.exclusions["reason"]),
            "Left out, by reason",
            note="`exclusions.csv` lists each file by its pseudonym.",
            collapsed=True,
        )


def _by_reason(reasons: pd.Series) -> pd.DataFrame:
    alike = reasons.str.replace(r"image [0-9a-f]{16}", "another image", regex=True)
    return alike.value_counts().rename_axis("Reason").reset_index(name="Files or rows")


def aurocs(evidence: Evidence) -> Iterator[Block]:
    """The headline, the drops, and models against each other."""
    places = "at home and here" if len(evidence.internal) else "here"
    yield Figure(
        auroc_forest(evidence.estimates, published=()),
        f"auROC of each model {places}, with intervals.",
    )
    yield _auroc_table(evidence)
    yield from _worst_cases(evidence)
    drops = evidence.evaluation.drops
    if len(drops):
        shown = comparison.drop_table(drops, evidence.sources)
        yield _table(shown, "Drop from the internal set to this one")
    readers = evidence.evaluation.against_readers
    if len(readers):
        yield readers_table(readers, evidence.evaluation.settings.unit)
    yield from _planning_table(evidence)
    pairs = evidence.pairs
    if len(pairs):
        shown = comparison.pair_table(pairs, evidence.sources)
        yield _table(shown, "Models against each other here", collapsed=True)


def _worst_cases(evidence: Evidence) -> Iterator[Prose]:
    for row in evidence.evaluation.worst_cases.itertuples():
        yield Prose(
            f"{short_title(row.model)}: {row.n_missing:,} scores are missing. Whatever they were, "
            f"the auROC would be {row.lowest:.2f} to {row.highest:.2f}; {row.auroc:.2f} is with "
            "what was taken for them."
        )
    for row in evidence.evaluation.unverified.itertuples():
        if row.dataset == evidence.dataset:
            yield Prose(
                f"{short_title(row.model)}: {row.n_unverified:,} are rated BI-RADS 3, whose labels "
                "may be unverified. Whatever they are, the auROC would be "
                f"{row.lowest:.2f} to {row.highest:.2f}."
            )


def _planning_table(evidence: Evidence) -> Iterator[Table]:
    needed = patients_needed(evidence)
    if needed.empty:
        return
    margin = evidence.evaluation.margin
    shown = pd.DataFrame(
        {
            "Model": needed["model"].map(short_title),
            "Patients with cancer here": needed["n_malignant_patients"],
            f"To show an auROC at most {CLOSE:g} below": needed["for_area"].map(_patients),
            f"To exclude a drop of {margin:g}": needed["for_drop"].map(_patients),
        }
    )
    note = (
        "Patients with cancer that it takes, with as many others for each as here, to show this "
        f"with {POWER:.0%} power: that the auROC is at most {CLOSE:g} below the one found, and, if "
        "there is no drop, that a drop of the margin is excluded. From the variance by patient "
        "that was found (Obuchowski); of few patients that is itself uncertain."
    )
    yield Table(shown, "How many patients it would take", note, data=needed, collapsed=True)


def _patients(number: float) -> str:
    if pd.isna(number):
        return NOTHING
    return "no number" if math.isinf(number) else f"{number:,.0f}"


def _auroc_table(evidence: Evidence) -> Table:
    rows = evidence.estimates
    shown = pd.DataFrame(
        {
            "Model": rows["model"].map(short_title),
            "Set": [set_name(name, evidence.sources) for name in rows["dataset"]],
            "auROC": [NOTHING if pd.isna(one) else f"{one:.3f}" for one in rows["auroc"]],
            "Interval": bounds(rows["lower"], rows["upper"], 3),
            words.plural(evidence.scored_unit).capitalize(): rows["n_images"],
            "Patients": rows["n_patients"],
            "Malignant": rows["n_malignant"],
        }
    )
    note = intervals_in_words(rows)
    return Table(shown, "auROC of each model on each set", note, data=rows)


def curves(evidence: Evidence) -> Iterator[Block]:
    """The receiver operating characteristic."""
    yield Figure(
        roc_curves(evidence.evaluation.scored, evidence.estimates),
        "Sensitivity against one minus specificity, one panel a model.",
    )


def operating_points(evidence: Evidence) -> Iterator[Block]:
    """Thresholds carried over from the internal set, given, or chosen anew."""
    carried = evidence.evaluation.operating_points
    if len(carried):
        criterion, is_carried = carried["criterion"].iloc[0], len(evidence.internal) > 0
        which = f"a threshold chosen at home for {criterion}" if is_carried else criterion
        yield Figure(
            carried_thresholds(carried, criterion, evidence.sources),
            f"What {which} gives here.",
        )
        shown = comparison.operating_point_table(carried, evidence.sources)
        if is_carried:
            yield _table(shown, "Thresholds carried over from the internal set", collapsed=True)
        else:
            yield Table(shown.shown, "Thresholds that were given, on all of these patients")
    if len(evidence.rechosen):
        shown = notebook.rechosen_table(evidence.rechosen, evidence.sources)
        yield _table(shown, "Thresholds chosen anew on these patients")


def calibration(evidence: Evidence) -> Iterator[Block]:
    """Whether scores are the probabilities that they may seem."""
    before, after = evidence.evaluation.reliability
    if len(before):
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
    yield _table(shown, "auROC within subgroups of these patients", collapsed=True)
    tests = evidence.evaluation.subgroup_tests
    if len(tests) and len(tests := tests[tests["dataset"] == evidence.dataset]):
        tested = comparison.subgroup_test_table(tests, evidence.sources)
        yield _table(tested, "Whether the auROC differs between them", collapsed=True)


def examples(evidence: Evidence) -> Iterator[Block]:
    """The worst mistakes, as pictures."""
    groups: dict[tuple[str, str], list[WorstImage]] = {}
    for example in evidence.examples:
        groups.setdefault((example.model, example.kind), []).append(example)
    for (model, kind), items in groups.items():
        yield Thumbnails(
            [Thumbnail(item.png, item.alt, item.caption) for item in items],
            f"{short_title(model)}: the worst {kind}s, each of another patient",
        )
    if groups:
        yield Prose(
            "Shown are the breasts as the models see them: cropped, masked, with the grey of each "
            "stretched. Where the images are, `mammo locate FOLDER IMAGE` tells which file one is."
        )


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
            "At home means on patients of the set that a model learnt from who took no part in its "
            "training. A drop compares them with the patients here, who are others."
        )
    of_home = ["drop", "no worse", "threshold"] if len(evidence.internal) else []
    are_compared = len(evidence.pairs) or len(evidence.evaluation.against_readers)
    of_pairs = ["difference"] if are_compared else []
    kinds = ["any", "auROC", *of_home, *of_pairs]
    yield replace(rules_table(kinds), collapsed=True)
    yield Prose(
        "Patients, studies and images are named by keyed hashes; the key never leaves the machine "
        "that made this report."
    )


def _table(table: Table, caption: str, *, collapsed: bool = False) -> Table:
    return replace(table, caption=caption, collapsed=collapsed)
