"""The report on a hospital's own images, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from mammo.report import comparison, shift
from mammo.report.display import Table as Presented
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.reliability import reliability_curves
from mammo.report.figures.roc import roc_curves
from mammo.report.figures.shift import grey_histograms, standardised_differences
from mammo.report.figures.thresholds import carried_thresholds
from mammo.report.page.blocks import (
    Block,
    Figure,
    Findings,
    KeyFigure,
    KeyFigures,
    NextSteps,
    Notice,
    Page,
    Prose,
    Section,
    Table,
    Thumbnail,
    Thumbnails,
)
from mammo.report.presentation import bounds
from mammo.report.published import model_title
from mammo.validation import words
from mammo.validation.evidence import Evidence

_AT_A_GLANCE = 4


def page(evidence: Evidence, meta: dict[str, str]) -> Page:
    """Return the report.

    Parameters
    ----------
    evidence : Evidence
    meta : dict
        Facts in small print: date, versions, seed.
    """
    sections = (
        ("What was tested", "data", _data),
        ("auROC, here and at home", "auroc", _aurocs),
        ("The whole curves", "curves", _curves),
        ("Operating points", "operating-points", _operating_points),
        ("Scores as probabilities", "calibration", _calibration),
        ("Subgroups", "subgroups", _subgroups),
        ("What the models get most wrong", "examples", _examples),
        ("How these images differ from those the models know", "shift", _shift),
        ("How it was made", "methods", _methods),
    )
    filled = [(title, anchor, list(of(evidence))) for title, anchor, of in sections]
    return Page(
        title="External validation on own images",
        subtitle=f"{_listed(evidence.models)} on {_size(evidence)}",
        meta=meta,
        lead=list(_lead(evidence)),
        sections=[Section(title, blocks, anchor) for title, anchor, blocks in filled if blocks],
    )


def _lead(evidence: Evidence) -> Iterator[Block]:
    yield from _notices(evidence)
    yield KeyFigures([_key_figure(evidence, name) for name in evidence.models[:_AT_A_GLANCE]])
    yield Prose(words.verdicts(evidence))
    yield NextSteps(words.next_steps(evidence))


def _notices(evidence: Evidence) -> Iterator[Block]:
    if evidence.sources.get(evidence.dataset) == "synthetic":
        yield Notice("warning", "The tested images are SYNTHETIC phantoms, not patients.")
    synthetic = [
        name for name, found in evidence.weights.items() if found.learnt_from == "synthetic"
    ]
    if synthetic:
        yield Notice(
            "warning",
            f"{_listed(synthetic)}: trained on synthetic images. The numbers show that the method "
            "runs; they say nothing about these models.",
        )


def _key_figure(evidence: Evidence, model: str) -> KeyFigure:
    row = evidence.own.loc[model]
    home = "no internal result"
    if model in evidence.internal.index:
        home = f"at home {evidence.internal.loc[model, 'auroc']:.2f}"
    elif (found := evidence.weights.get(model)) and found.published_internal:
        home = f"published at home {found.published_internal:.2f}"
    return KeyFigure(
        label=model_title(model),
        value=f"{row['auroc']:.2f}",
        interval=f"{row['lower']:.2f} to {row['upper']:.2f}",
        explanation=f"auROC on these images; {home}",
    )


def _data(evidence: Evidence) -> Iterator[Block]:
    if evidence.preflight is None:
        yield Prose(
            f"Scores came as a file: {_size(evidence)}. What the images are like is not known here."
        )
        return
    found = evidence.preflight
    counts = found.report.counts.astype("object")
    yield Table(
        counts.where(counts.notna(), None).rename_axis("Count").reset_index(),
        "What was found, and what can be used",
    )
    yield Findings(found.report.findings)
    if len(found.exclusions):
        grouped = found.exclusions["reason"].str.replace(
            r"image [0-9a-f]{16}", "another image", regex=True
        )
        reasons = grouped.value_counts().rename_axis("Reason").reset_index(name="Files or rows")
        yield Table(
            reasons,
            "Left out, by reason",
            note="`exclusions.csv` lists each file by its pseudonym.",
            collapsed=True,
        )


def _aurocs(evidence: Evidence) -> Iterator[Block]:
    yield Figure(
        auroc_forest(evidence.estimates, published=()),
        "auROC of each model on its internal set and on these images, with intervals.",
    )
    yield _table(_auroc_table(evidence), "auROC of each model on each set")
    if len(evidence.assessment.drops):
        drops = comparison.drop_table(evidence.assessment.drops, evidence.sources)
        yield _table(drops, "Drop from the internal set to these images")
    pairs = evidence.assessment.comparisons
    pairs = pairs[(pairs["comparison"] == "models") & (pairs["dataset"] == evidence.dataset)]
    if len(pairs):
        shown = comparison.pair_table(pairs, evidence.sources)
        yield _table(shown, "Models against each other on these images", collapsed=True)


def _auroc_table(evidence: Evidence) -> Presented:
    rows = evidence.estimates
    shown = pd.DataFrame(
        {
            "Model": rows["model"].map(model_title),
            "Set": [comparison.set_name(name, evidence.sources) for name in rows["dataset"]],
            "auROC": rows["auroc"].map("{:.3f}".format),
            "Interval": bounds(rows["lower"], rows["upper"], 3),
            "Images": rows["n_images"],
            "Patients": rows["n_patients"],
            "Malignant": rows["n_malignant"],
        }
    )
    how, valid = evidence.assessment.settings, rows["n_valid"].min()
    note = (
        f"{100 * how.confidence:g}% intervals, percentile bootstrap of {how.unit}s, "
        f"{how.n_bootstrap:,} replicates (at least {valid:,} held both classes), seed {how.seed}."
    )
    return Presented(shown, rows, note)


def _curves(evidence: Evidence) -> Iterator[Block]:
    yield Figure(
        roc_curves(evidence.assessment.scored, evidence.estimates),
        "Sensitivity against one minus specificity, one panel a model.",
    )


def _operating_points(evidence: Evidence) -> Iterator[Block]:
    carried = evidence.assessment.operating_points
    if len(carried):
        criterion = evidence.assessment.criteria[0].name
        yield Figure(
            carried_thresholds(carried, criterion, evidence.sources),
            f"What a threshold chosen at home for {criterion} gives on these images.",
        )
        shown = comparison.operating_point_table(carried, evidence.sources)
        yield _table(shown, "Thresholds carried over from the internal set", collapsed=True)
    if len(evidence.rechosen):
        shown = comparison.operating_point_table(evidence.rechosen, evidence.sources)
        note = (
            "Chosen on half of these patients and applied to the other half, which alone is shown; "
            "a threshold that is measured on the patients it was chosen on flatters itself."
        )
        yield Table(shown.shown, "Thresholds chosen anew on these patients", note)


def _calibration(evidence: Evidence) -> Iterator[Block]:
    before, after = evidence.reliability
    if before.empty:
        yield Prose("The scores are no probabilities (some are outside 0 to 1).")
        return
    yield Figure(
        reliability_curves(before, after, evidence.sources),
        "Share malignant against score, as scored and after recalibration on half of the patients.",
    )


def _subgroups(evidence: Evidence) -> Iterator[Block]:
    found = evidence.assessment.subgroups
    found = found[found["dataset"] == evidence.dataset] if len(found) else found
    if len(found):
        shown = comparison.subgroup_table(found, evidence.sources)
        yield _table(shown, "auROC within subgroups of these images", collapsed=True)


def _examples(evidence: Evidence) -> Iterator[Block]:
    for (model, kind), items in _grouped(evidence).items():
        yield Thumbnails(
            [Thumbnail(item.png, item.alt, item.caption) for item in items],
            f"{model_title(model)}: the worst {kind}s, each of another patient",
        )
    if evidence.examples:
        yield Prose(
            "Shown are the breasts as the models see them: cropped, masked, with the grey of each "
            "stretched. `mammo locate FOLDER IMAGE` tells, where the images are, which file one is."
        )


def _grouped(evidence: Evidence) -> dict[tuple[str, str], list]:
    groups: dict[tuple[str, str], list] = {}
    for example in evidence.examples:
        groups.setdefault((example.model, example.kind), []).append(example)
    return groups


def _shift(evidence: Evidence) -> Iterator[Block]:
    if evidence.shift is None:
        return
    yield Prose(shift.in_words(evidence.shift))
    yield Figure(grey_histograms(evidence.shift), "Grey values within the breast, in both sets.")
    yield Figure(
        standardised_differences(evidence.shift), "What differs between the sets, and by how much."
    )


def _methods(evidence: Evidence) -> Iterator[Block]:
    if evidence.weights:
        rows = [
            {"Model": model_title(name), "Weights": found.words, "Learnt from": found.learnt_from}
            for name, found in evidence.weights.items()
        ]
        yield Table(pd.DataFrame(rows), "Where the models come from")
    yield Prose(
        "The auROC is the probability that a malignant image is scored higher than a benign one: "
        "0.5 is guessing, 1 is perfect. Intervals draw whole patients, since images of one patient "
        "are alike. Drops compare two sets of other patients. Patients, studies and images are "
        "named by keyed hashes; the key never leaves the machine that made this report."
    )


def _table(presented: Presented, caption: str, *, collapsed: bool = False) -> Table:
    return Table(presented.shown, caption, presented.note, collapsed)


def _size(evidence: Evidence) -> str:
    row = evidence.own.iloc[0]
    return (
        f"{row['n_images']:,} images of {row['n_patients']:,} patients, "
        f"{row['n_malignant']:,} of them malignant"
    )


def _listed(models: Sequence[str]) -> str:
    titles = [model_title(name) for name in models]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
