"""Dataset shift in words: what the numbers say, and what they cannot say."""

import math

import pandas as pd

from mammo.hospital.shift.comparison import FEWEST_PATIENTS, ROLES, Shift
from mammo.hospital.shift.measures import MEASURES
from mammo.paper.published import dataset_title
from mammo.report.tables.formats import p_value

NO_DIRECTION = "no clear difference"

_EXTENTS = (
    (0.6, "can hardly be told apart"),
    (0.75, "can sometimes be told apart"),
    (0.9, "can mostly be told apart"),
    (math.inf, "can nearly always be told apart"),
)
"""What an auROC below each value means."""

_MEANING = (
    "This says how different images look, not how well a model does on them: a model may fail on "
    "images that look alike, and do well on images that do not. Anatomy, positioning and the mix "
    "of patients count as well as the device."
)


def in_words(shift: Shift) -> str:
    """Say how well the two sets can be told apart, by what, and what that means."""
    if shift.is_of_too_few:
        return " ".join([_too_few(shift), *_without_view(shift)])
    sentences = [domain_sentence(shift)]
    if shift.is_distinguishable:
        sentences.append(differences_sentence(shift))
    sentences.append(_MEANING)
    if "synthetic" in set(shift.sets["source"]):
        sentences.append("Synthetic images are simulated: they do not show what real ones would.")
    return " ".join(sentences)


def domain_sentence(shift: Shift) -> str:
    """Say with what auROC a classifier tells the sets apart, or why there is no number."""
    found = shift.domain.iloc[0]
    training, local = set_names(shift)
    if found["reason"]:
        return f"Whether {local} can be told from {training} is left open: {found['reason']}."
    value = (
        f"A classifier tells {local} from the training set, {training}, with "
        f"auROC {found['auroc']:.3f}, where 0.5 is guessing and 1 is no mistake"
    )
    chance = f"(p = {p_value(found['p_value'])})"
    if not shift.is_distinguishable:
        patients = " and ".join(f"{n:,}" for n in shift.sets["n_patients"])
        return (
            f"{value}: no more than chance gives {chance}, so that {patients} patients show no "
            "difference."
        )
    extent = next(words for limit, words in _EXTENTS if found["auroc"] < limit)
    return f"{value}: the images {extent} {chance}."


def _too_few(shift: Shift) -> str:
    training, local = set_names(shift)
    of_training, of_local = shift.sets["n_patients"]
    return (
        f"How {local} differs from {training} is left open: images of {of_local:,} and "
        f"{of_training:,} patients could be compared, and nothing is shown below "
        f"{FEWEST_PATIENTS} of either."
    )


def _without_view(shift: Shift) -> list[str]:
    """Say what is missing where most images are left out for want of a view."""
    local = shift.sets.set_index("role").loc[ROLES[1]]
    left_out = local["all_images"] - local["n_images"]
    if not local["views"] or not left_out:
        return []
    return [
        f"Of {local['all_images']:,} images of this site {left_out:,} do not state one of the "
        f"views that are compared ({local['views'].replace(' ', ', ')}): add a column view to the "
        "table."
    ]


def differences_sentence(shift: Shift) -> str:
    """Name the clearest difference of each kind, the largest first."""
    strongest: dict[str, str] = {}
    for _, row in shift.differences.sort_values("difference", key=abs, ascending=False).iterrows():
        measure = MEASURES[row["measure"]]
        if is_clear(row):
            size = f"{abs(row['difference']):.1f} SD"
            words = f"{measure.title.lower()} ({direction(row)}, by {size})"
            strongest.setdefault(measure.kind, words)
    if not strongest:
        return "No single measure differs by more than chance may."
    return f"The images of this site differ most in {', then in '.join(strongest.values())}."


def set_names(shift: Shift) -> list[str]:
    """Name the training set and this one, each with whether its images are real or synthetic."""
    return [
        f"{dataset_title(row.dataset)} ({row.source})" for row in shift.sets.itertuples(index=False)
    ]


def is_clear(row: pd.Series) -> bool:
    """Whether a difference has an interval, and it lies on one side of 0."""
    return bool(row["lower"] > 0 or row["upper"] < 0)


def direction(row: pd.Series) -> str:
    """Say how images of the second set differ from the first's in one measure."""
    if not is_clear(row):
        return NO_DIRECTION
    measure = MEASURES[row["measure"]]
    return measure.more if row["difference"] > 0 else measure.less
