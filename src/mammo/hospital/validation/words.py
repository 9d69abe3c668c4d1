"""Sentences on the verdicts of `conclusions`, and what to do next."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

import pandas as pd

from mammo.evaluation.verdicts import FEWEST, are_too_few
from mammo.hospital.shift.words import set_names
from mammo.hospital.validation.conclusions import (
    claim_of,
    detectable_of,
    drop_of,
    look_different,
    rank_of,
    size_of,
    threshold_of,
    times_as_many_patients,
)
from mammo.hospital.validation.evidence import Evidence
from mammo.paper.published import short_title
from mammo.report.tables.formats import enumerated, estimate, p_value, set_name

_RANKS = {
    "better": "better than guessing",
    "worse": "worse than guessing",
    "open": "which guessing might have reached",
    "guesses internally": (
        "of which nothing is concluded, since guessing might have reached its internal validation"
    ),
    "too few": f"from fewer than {FEWEST} patients of one class, who settle nothing",
    "unknown": "without an interval to judge it by",
}
_DROPS = {
    "shown": "a {span} is shown{family}",
    "small": "a {span} is shown, less than {margin:g}",
    "shown alone": (
        "a {span} is shown by this model's own test, and no longer once that is corrected for "
        "testing {n_models} models (p = {p}, Holm)"
    ),
    "none": "at this site it loses less than {margin:g}, if anything: {span}",
    "too few": f"fewer than {FEWEST} patients of one class cannot show whether that is a drop",
    "unknown": "there are too few patients to test whether that is a drop",
    "open": "neither a drop nor its absence is shown: {span}; {detectable}",
}
_DETECTABLE = {
    "guesses internally": "guessing might have reached the internal validation, too",
    "none": "with 80% power these data could not even show a drop to guessing",
    "some": "the smallest drop that these data detect with 80% power is {least:.2f}",
}
_MANY = 100
"""Times as many patients beyond which a number would only seem exact."""


def verdict(evidence: Evidence, model: str) -> str:
    """Say in a few sentences what one model does on the hospital's images."""
    row, title = evidence.own.loc[model], f"**{short_title(model)}**"
    if math.isnan(row["auroc"]):
        return f"{title} cannot be judged: both classes are needed, and there is only one."
    return (
        f"{title} has an auROC of {row['auroc']:.2f} ({_interval(row)}) by {evidence.scored_unit} "
        f"at this site, {_RANKS[rank_of(evidence, model)]}. "
        f"{_compare_with_internal(evidence, model)}"
    )


def verdicts(evidence: Evidence) -> str:
    """Return the `verdict` on every model, one paragraph each."""
    return "\n\n".join(verdict(evidence, model) for model in evidence.models)


def numbered(items: list[str]) -> str:
    """Return items as a numbered list in Markdown."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


def listed(models: Sequence[str]) -> str:
    """Return the names of models within a sentence."""
    return enumerated([short_title(name) for name in models])


def size(evidence: Evidence) -> str:
    """Return how many images, or whatever was scored, of how many patients there are."""
    row, unit = evidence.own.iloc[0], plural(evidence.scored_unit)
    scored = f"{row['n_images']:,} {unit} ({row['n_malignant']:,} malignant)"
    return scored if unit == "patients" else f"{scored} of {row['n_patients']:,} patients"


def plural(unit: str) -> str:
    """Return what was scored, in the plural."""
    return "studies" if unit == "study" else f"{unit}s"


def _compare_with_internal(evidence: Evidence, model: str) -> str:
    if model in evidence.drops.index:
        return _describe_drop(evidence, model)
    claimed, place = evidence.weights[model].claimed, claim_of(evidence, model)
    if claimed is None or place is None:
        return "There is no internal validation to compare it with."
    seen = "" if place == "too few" else f" {place} this interval,"
    return (
        f"{claimed.by[0].upper()}{claimed.by[1:]} {claimed.auroc:.2f},{seen} {claimed.on}, so that "
        "no drop can be tested."
    )


def _describe_drop(evidence: Evidence, model: str) -> str:
    """Say whether a drop was shown and, where not, which drop could have been."""
    drop, internal = evidence.drops.loc[model], evidence.internal.loc[model]
    where = set_name(internal["dataset"], evidence.sources)
    least, n_models = drop["smallest_detectable"], len(evidence.drops)
    found = _DROPS[drop_of(evidence, model)].format(
        span=change_in_words(drop),
        margin=drop["margin"],
        n_models=n_models,
        family=f", after Holm over these {n_models} drops alone" if n_models > 1 else "",
        p=p_value(drop["p_holm"]),
        detectable=_DETECTABLE[detectable_of(evidence, model)].format(least=least),
    )
    return (
        f"In internal validation ({where}) it had {internal['auroc']:.2f} "
        f"({_interval(internal)}); {found}."
    )


def change_in_words(drop: Mapping[str, float]) -> str:
    """Name a drop with its interval; one below 0 is a gain."""
    found = abs(drop["difference"])
    if round(drop["difference"], 2) < 0:
        return f"gain of {estimate(found, -drop['upper'], -drop['lower'])}"
    return f"drop of {estimate(found, drop['lower'], drop['upper'])}"


def next_steps(evidence: Evidence) -> list[str]:
    """Return what to do next, from what this report found; never more than it supports."""
    synthetic = [model for model in evidence.models if evidence.learnt_from_phantoms(model)]
    judged = [model for model in evidence.models if model not in synthetic]
    return [
        *_about_training(synthetic),
        *_about_data(evidence),
        *_about_models(evidence, judged),
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
            f"Add patients before anything is concluded: fewer than {FEWEST} patients of one class "
            "leave all open, whatever the intervals say."
        )


_QUESTION = "Whether a loss of {margin:g} or more hides in the results of {models} is open"
_ADVICE = {
    (rank_of, "worse"): (
        "Check how labels are coded and which way scores point before anything else: the order is "
        "the wrong way round in the scores of {models}."
    ),
    (rank_of, "open"): "Do not rely on {models} at this site: guessing might do as well.",
    (rank_of, "guesses internally"): (
        "Do not rely on {models} at this site: guessing might have reached the internal validation."
    ),
    (drop_of, "shown"): (
        "Ask on which devices and patients {models} did better than at this site, and try what a "
        "part of your own data would change (`mammo adapt`): a drop is shown."
    ),
    (claim_of, "above"): (
        "Ask on which devices and patients the auROC was found that is claimed for {models}: it "
        "lies above the interval found at this site."
    ),
    (size_of, "more patients"): (
        f"{_QUESTION}: to exclude such a loss with 80% power, if nothing is lost, plan for "
        "{times} as many patients of this kind."
    ),
    (size_of, "enough"): (
        f"{_QUESTION}, although such a loss would be excluded with 80% power, if nothing were "
        "lost: more patients make the interval narrower."
    ),
    (size_of, "internal set too small"): (
        f"{_QUESTION}, and no number of own patients would settle it: the internal set is too "
        "small."
    ),
    (threshold_of, "moved"): (
        "Do not keep thresholds of {models}: carried over, they give a lower sensitivity or "
        "specificity at this site. Choose them on your own patients."
    ),
    (threshold_of, "may have moved"): (
        "Do not trust thresholds of {models} yet: carried over, they may give a lower sensitivity "
        "or specificity at this site, which these patients do not settle."
    ),
}
"""What is to be done about models of which a conclusion comes to a verdict."""


def _about_models(evidence: Evidence, models: list[str]) -> Iterator[str]:
    for (conclude, wanted), sentence in _ADVICE.items():
        if found := [model for model in models if conclude(evidence, model) == wanted]:
            parts = {"models": listed(found), "margin": evidence.evaluation.margin}
            if wanted == "more patients":
                factors = [times_as_many_patients(evidence, model) for model in found]
                parts["times"] = _times([math.ceil(factor) for factor in factors])
            yield sentence.format(**parts)


def _times(factors: Collection[int]) -> str:
    """Say how many times, no more exactly than is known."""
    least, most = min(factors), max(factors)
    if least > _MANY:
        return f"more than {_MANY} times"
    if most > _MANY:
        return f"{least} to more than {_MANY} times"
    return f"about {least} times" if least == most else f"about {least} to {most} times"


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
