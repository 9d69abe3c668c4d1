"""What the numbers of a validation say, and what to do next, in plain words."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

import pandas as pd

from mammo.hospital.shift.words import set_names
from mammo.hospital.validation.conclusions import (
    FEWEST,
    GUESSING,
    against_guessing,
    are_too_few,
    claim_of,
    drop_of,
    look_different,
    threshold_of,
    times_as_many_patients,
)
from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import short_title
from mammo.report.tables.formats import p_value, set_name

_RANKS = {
    "better": "better than guessing",
    "worse": "worse than guessing",
    "open": "which guessing might have reached",
}
_MANY = 100
"""Times as many patients beyond which a number would only seem exact."""


def verdict(evidence: Evidence, model: str) -> str:
    """Say in a few sentences what one model does on the hospital's images."""
    row, title = evidence.own.loc[model], f"**{short_title(model)}**"
    if math.isnan(row["auroc"]):
        return f"{title} cannot be judged: both classes are needed, and there is only one here."
    return (
        f"{title} has an auROC of {row['auroc']:.2f} ({_interval(row)}) here, "
        f"{_RANKS.get(against_guessing(row), 'from too few cases to say more')}. "
        f"{_beside_home(evidence, model)}"
    )


def verdicts(evidence: Evidence) -> str:
    """Return the `verdict` on every model, one paragraph each."""
    return "\n\n".join(verdict(evidence, model) for model in evidence.models)


def numbered(items: list[str]) -> str:
    """Return items as a numbered list in Markdown."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


def listed(models: Sequence[str]) -> str:
    """Return the names of models within a sentence."""
    titles = [short_title(name) for name in models]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


def size(evidence: Evidence) -> str:
    """Return how many images, or whatever was scored, of how many patients there are."""
    row, unit = evidence.own.iloc[0], plural(evidence.scored_unit)
    scored = f"{row['n_images']:,} {unit} ({row['n_malignant']:,} malignant)"
    return scored if unit == "patients" else f"{scored} of {row['n_patients']:,} patients"


def plural(unit: str) -> str:
    """Return what was scored, in the plural."""
    return "studies" if unit == "study" else f"{unit}s"


def _beside_home(evidence: Evidence, model: str) -> str:
    if model in evidence.drops.index:
        return _drop(evidence, model)
    claimed, place = evidence.weights[model].claimed, claim_of(evidence, model)
    if claimed is None or place is None:
        return "There is no internal result to compare it with."
    return (
        f"{claimed.by[0].upper()}{claimed.by[1:]} {claimed.auroc:.2f}, {place} this interval, "
        f"{claimed.on}, so that no drop can be tested."
    )


def _drop(evidence: Evidence, model: str) -> str:
    """Say whether a drop was shown and, where not, which drop could have been."""
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    home = set_name(internal["dataset"], evidence.sources)
    span = f"drop {drop['difference']:+.2f}, {drop['lower']:+.2f} to {drop['upper']:+.2f}"
    found = {
        "shown": f"a drop is shown ({span}).",
        "small": f"a drop is shown, of less than {drop['margin']:g} ({span}).",
        "shown alone": (
            f"a drop is shown if this model is taken alone ({span}), and not once all "
            f"{len(evidence.drops)} are counted (p = {p_value(drop['p_holm'])} after Holm)."
        ),
        "none": f"it loses less than {drop['margin']:g} here, if anything ({span}).",
        "unknown": "there are too few patients to test whether that is a drop.",
        "open": f"neither a drop nor its absence is shown ({span}); {_missed(drop, internal)}.",
    }
    return (
        f"At home ({home}) it had {internal['auroc']:.2f} ({_interval(internal)}): "
        f"{found[drop_of(evidence, model)]}"
    )


def _missed(drop: pd.Series, internal: pd.Series) -> str:
    """Say which drop would have been found, where none was."""
    least = drop["smallest_detectable"]
    if against_guessing(internal) != "better":
        return "at home, too, guessing might have reached this"
    if least > internal["auroc"] - GUESSING:
        return "with these data not even a drop to guessing would be found four times in five"
    return (
        f"with these data a drop of {least:.2f} would be found four times in five, a smaller one "
        "less often"
    )


def next_steps(evidence: Evidence) -> list[str]:
    """Return what to do next, from what this report found; never more than it supports."""
    synthetic = [model for model in evidence.models if evidence.learnt_from_phantoms(model)]
    judged = [model for model in evidence.models if model not in synthetic]
    return [
        *_about_training(synthetic),
        *_about_data(evidence),
        *_about_guessing(evidence, judged),
        *_about_drops(evidence, judged),
        *_about_thresholds(evidence, judged),
        *_about_shift(evidence),
        "Let someone who reads mammograms look at the malignant cases with the lowest scores and "
        "the benign ones with the highest: the label may be wrong, and not the model.",
        "This is a study of the past on chosen cases. Before a model takes part in care it is to "
        "be tested on the women it will be used for, at their prevalence, with its readers.",
    ]


def _about_training(synthetic: list[str]) -> Iterator[str]:
    if synthetic:
        yield (
            f"**Take no conclusion about {listed(synthetic)}**: trained on synthetic images, for "
            "want of real ones, they show the method only. Put CBIS-DDSM under the data root, or "
            "import the authors' weights (`mammo weights list`), and repeat this."
        )


def _about_data(evidence: Evidence) -> Iterator[str]:
    wrong = [found for found in evidence.findings if found.severity in ("warning", "error")]
    if wrong:
        warnings = "warning" if len(wrong) == 1 else f"{len(wrong)} warnings"
        yield (
            f"Clear up the {warnings} on the data first; what is left out or doubtful may be what "
            "is hard."
        )
    if evidence.own["auroc"].isna().any():
        yield "Add images of the other class: with one alone nothing can be judged."
    elif any(are_too_few(row) for _, row in evidence.own.iterrows()):
        yield (
            f"Add patients before anything is concluded: fewer than {FEWEST} cases of one class "
            "leave all open, whatever the interval says."
        )


def _about_guessing(evidence: Evidence, models: list[str]) -> Iterator[str]:
    ranks = {model: against_guessing(evidence.own.loc[model]) for model in models}
    if wrong := [model for model in ranks if ranks[model] == "worse"]:
        yield (
            "Check how labels are coded and which way scores point before anything else: the "
            f"order is the wrong way round in the scores of {listed(wrong)}."
        )
    if doubtful := [model for model in ranks if ranks[model] == "open"]:
        yield f"Do not rely on {listed(doubtful)} here: guessing might do as well."


def _about_drops(evidence: Evidence, models: list[str]) -> Iterator[str]:
    drops = {model: drop_of(evidence, model) for model in models}
    if lost := [model for model in drops if drops[model] == "shown"]:
        yield (
            f"Ask on which devices and patients {listed(lost)} did better than here, and try what "
            "a part of your own data would change (`mammo adapt`): a drop is shown."
        )
    if less := [model for model in drops if claim_of(evidence, model) == "above"]:
        yield (
            f"Ask on which devices and patients the auROC was found that is claimed for "
            f"{listed(less)}: it lies above the interval found here."
        )
    unsettled = [model for model in drops if drops[model] in ("open", "shown alone")]
    yield from _about_size(evidence, unsettled)


def _about_size(evidence: Evidence, models: list[str]) -> Iterator[str]:
    """Say how many patients it would take to find a drop of the margin."""
    factors = {model: times_as_many_patients(evidence, model) for model in models}
    question = f"Whether a loss of {evidence.assessment.margin:g} or more hides in the results of"
    if more := {model: math.ceil(k) for model, k in factors.items() if 1 < k < math.inf}:
        yield (
            f"{question} {listed([*more])} is open: to find such a loss four times in five, plan "
            f"for {_times(more.values())} as many patients of this kind."
        )
    if enough := [model for model, k in factors.items() if k <= 1]:
        yield (
            f"{question} {listed(enough)} is open, although such a loss would be found four times "
            "in five: more patients make the interval narrower."
        )
    if hopeless := [model for model, k in factors.items() if math.isinf(k)]:
        yield (
            f"{question} {listed(hopeless)} is open, and no number of own patients would settle "
            "it: the internal set is too small."
        )


def _times(factors: Collection[int]) -> str:
    """Say how many times, no more exactly than is known."""
    least, most = min(factors), max(factors)
    if least > _MANY:
        return f"more than {_MANY} times"
    if most > _MANY:
        return f"{least} to more than {_MANY} times"
    return f"about {least} times" if least == most else f"about {least} to {most} times"


def _about_thresholds(evidence: Evidence, models: list[str]) -> Iterator[str]:
    thresholds = {model: threshold_of(evidence, model) for model in models}
    if moved := [model for model in thresholds if thresholds[model] == "moved"]:
        yield (
            f"Do not keep thresholds of {listed(moved)}: carried over, they give a lower "
            "sensitivity or specificity here. Choose them on your own patients."
        )
    if doubtful := [model for model in thresholds if thresholds[model] == "may have moved"]:
        yield (
            f"Do not trust thresholds of {listed(doubtful)} yet: carried over, they may give a "
            "lower sensitivity or specificity here, which these patients do not settle."
        )


def _about_shift(evidence: Evidence) -> Iterator[str]:
    if look_different(evidence):
        yield (
            f"These images look unlike those of {set_names(evidence.shift)[0]}, which the models "
            "learnt from. Check that they are FOR PRESENTATION and undamaged by export; then "
            "compare with intensity harmonisation (`mammo adapt`)."
        )


def _interval(row: pd.Series) -> str:
    if math.isnan(row["lower"]):
        return "too few patients for an interval"
    return f"{100 * row['confidence']:g}% interval {row['lower']:.2f} to {row['upper']:.2f}"
