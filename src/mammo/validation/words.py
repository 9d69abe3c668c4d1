"""What the numbers of a validation say, and what to do next, in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from mammo.report.published import model_title
from mammo.validation.evidence import Evidence

GUESSING = 0.5
DIFFERENT = 0.8
"""auROC of telling two sets apart above which they are called clearly different."""
CLOSE = 0.1
"""Loss of sensitivity or specificity at a carried threshold that is worth a warning."""


def verdict(evidence: Evidence, model: str) -> str:
    """Say in a few sentences what one model does on the hospital's images."""
    row = evidence.own.loc[model]
    if math.isnan(row["auroc"]):
        return f"**{model_title(model)}** cannot be judged: both classes are needed."
    sentences = [
        f"**{model_title(model)}** has an auROC of {row['auroc']:.2f} "
        f"({_interval(row)}) on these images, {_against_guessing(row)}."
    ]
    if model in evidence.drops.index:
        sentences.append(_drop(evidence, model))
    elif published := _published(evidence, model):
        sentences.append(
            f"Its authors published {published:.2f} on a set that it learnt from in part, so that "
            "no drop can be tested here."
        )
    else:
        sentences.append("There is no internal result to compare it with.")
    return " ".join(sentences)


def verdicts(evidence: Evidence) -> str:
    """Return the `verdict` on every model, one paragraph each."""
    return "\n\n".join(verdict(evidence, model) for model in evidence.models)


def numbered(items: list[str]) -> str:
    """Return items as a numbered list in Markdown."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


def _against_guessing(row: pd.Series) -> str:
    if row["lower"] > GUESSING:
        return "better than guessing"
    if row["upper"] < GUESSING:
        return "worse than guessing"
    return "which guessing might have reached"


def _drop(evidence: Evidence, model: str) -> str:
    """Say whether a drop was shown and, where not, which drop could have been."""
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    home = f"At home it had {internal['auroc']:.2f} ({_interval(internal)})"
    margin, least = f"{drop['margin']:g}", f"{drop['smallest_detectable']:.2f}"
    span = f"{drop['difference']:+.2f}, {drop['lower']:+.2f} to {drop['upper']:+.2f}"
    if drop["lower"] > 0:
        return f"{home}: a drop is shown ({span})."
    if drop["non_inferior"]:
        return f"{home}: it loses less than {margin} here, if anything ({span})."
    return (
        f"{home}: neither a drop nor its absence is shown ({span}); these data could reliably "
        f"have shown a drop of {least} or more, and no smaller one."
    )


def next_steps(evidence: Evidence) -> list[str]:
    """Return what to do next, from what this report found; never more than it supports."""
    return [
        *_about_training(evidence),
        *_about_data(evidence),
        *(step for model in evidence.models for step in _about_model(evidence, model)),
        *_about_shift(evidence),
        "Let someone who reads mammograms look at the images that were scored most wrongly: a "
        "wrong label is as common a reason as a wrong model.",
        "This is a study of the past on chosen cases. Before a model takes part in care it is to "
        "be tested on the women it will be used for, at their prevalence, with its readers.",
    ]


def _about_training(evidence: Evidence) -> Iterator[str]:
    weights = evidence.weights.items()
    synthetic = [name for name, found in weights if found.learnt_from == "synthetic"]
    if synthetic:
        yield (
            f"**Take no conclusion about {_listed(synthetic)}**: trained on synthetic images, for "
            "want of real ones, they show the method only. Put CBIS-DDSM under the data root, or "
            "import the authors' weights (`mammo weights list`), and repeat this."
        )


def _about_data(evidence: Evidence) -> Iterator[str]:
    if evidence.preflight is None:
        return
    wrong = [f for f in evidence.preflight.report.findings if f.severity in ("warning", "error")]
    if wrong:
        yield (
            f"Clear up the {len(wrong)} warnings on the data first; what is left out or doubtful "
            "may be what is hard."
        )


def _about_model(evidence: Evidence, model: str) -> Iterator[str]:
    row, title = evidence.own.loc[model], model_title(model)
    if row["upper"] < GUESSING:
        yield (
            f"{title} ranks these images the wrong way round: check the labels' coding and the "
            "direction of the scores before anything else."
        )
    elif row["lower"] <= GUESSING:
        yield f"Do not rely on {title} here: on these images it may be no better than guessing."
    if model not in evidence.drops.index:
        return
    drop = evidence.drops.loc[model]
    if drop["lower"] > 0:
        yield (
            f"{title} loses accuracy here: ask its maker on which devices and patients it was "
            "tested, and try what a part of your own data would change (`mammo adapt`)."
        )
    elif not drop["non_inferior"]:
        factor = (drop["smallest_detectable"] / drop["margin"]) ** 2
        yield (
            f"To settle whether {title} loses {drop['margin']:g} or more, plan for about "
            f"{max(factor, 1):.0f} times as many patients of this kind."
        )
    if _loses_at_threshold(evidence, model):
        yield (
            f"Do not keep the threshold of {title}: carried over, it gives another sensitivity or "
            "specificity here. Choose it on your own patients."
        )


def _loses_at_threshold(evidence: Evidence, model: str) -> bool:
    points = evidence.assessment.operating_points
    if points.empty:
        return False
    own = points[points["model"] == model].pivot(
        index="criterion", columns="split", values=["sensitivity", "specificity"]
    )
    lost = [own[name]["validation"] - own[name]["test"] for name in ("sensitivity", "specificity")]
    return bool((pd.concat(lost) > CLOSE).any())


def _about_shift(evidence: Evidence) -> Iterator[str]:
    if evidence.shift is None or not evidence.shift.domain["auroc"].iloc[0] > DIFFERENT:
        return
    yield (
        "These images look unlike those that the models learnt from. Check that they are FOR "
        "PRESENTATION and undamaged by export; then compare with intensity harmonisation "
        "(`mammo adapt`)."
    )


def _published(evidence: Evidence, model: str) -> float | None:
    return evidence.weights[model].published_internal if model in evidence.weights else None


def _interval(row: pd.Series) -> str:
    return f"{100 * row['confidence']:g}% interval {row['lower']:.2f} to {row['upper']:.2f}"


def _listed(models: list[str]) -> str:
    titles = [model_title(name) for name in models]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
