"""Sentences on why a model fails on external sets; each says no more than its numbers do."""

import pandas as pd
from IPython.display import Markdown

from mammo.datasets.check_report import counted
from mammo.evaluation import verdicts
from mammo.evaluation.tables.attribution import PLACEBO, DividedDrop
from mammo.paper.published import dataset_title, short_title
from mammo.report.tables.causes import CAUSES
from mammo.report.tables.formats import drop_or_gain, estimate, p_value, span


def parts_sentence(parts: pd.DataFrame) -> Markdown:
    """Say which drops are shown, and whether difficulty or mismatch is shown in them.

    Parameters
    ----------
    parts : DataFrame
        As `mammo.evaluation.tables.transfer.transfer_results`.
    """
    if parts.empty:
        return Markdown("No model of this build was trained on each of two sets.")
    level = 1 - parts["confidence"].iloc[0]
    found = pd.Series([verdicts.parted_drop(row) for _, row in parts.iterrows()], parts.index)
    shown, guesses, few = (
        parts[found == name] for name in ("shown", "guesses internally", "too few")
    )
    said = [
        f"Of {counted(len(parts), 'drop')}, {len(shown)} "
        f"{'is' if len(shown) == 1 else 'are'} shown (p at most {level:.2g} after Holm's "
        f"adjustment over {len(parts)})."
    ]
    if len(guesses):
        said.append(f"None can be shown where the internal interval reaches 0.5: {_at(guesses)}.")
    if len(few):
        said.append(f"Too few, under {verdicts.FEWEST} patients of a class: {_at(few)}.")
    if shown.empty:
        said.append("Parts of a drop that is not shown are not interpreted.")
    for _, row in shown.iterrows():
        parts_shown = [
            f"{name} {estimate(*row[[name, f'{name}_lower', f'{name}_upper']], sign='+')}"
            for name in ("difficulty", "mismatch")
            if verdicts.is_shown(row, name)
        ]
        said.append(
            f"{short_title(row['model'])} on {dataset_title(row['dataset'])} loses "
            f"{row['drop']:.2f}: {' and '.join(parts_shown) or 'neither part by itself'} "
            f"{'are' if len(parts_shown) == 2 else 'is'} shown."
        )
    return Markdown(" ".join(said) + _sizes(parts))


def _at(rows: pd.DataFrame) -> str:
    """Name models on sets, one model after the other."""
    return "; ".join(
        f"{short_title(model)} on {', '.join(dataset_title(name) for name in own['dataset'])}"
        for model, own in rows.groupby("model", sort=False)
    )


def _sizes(parts: pd.DataFrame) -> str:
    """Warn where trainings differ in size, since a difficulty can then be a want of images."""
    ratio = (parts["internal_n_train"] / parts["own_n_train"]).max()
    if ratio < 1.5:
        return ""
    return (
        f" The trainings on the internal set have up to {ratio:.0f} times as many images as those "
        "on an external one: a difficulty can then be a want of images, which the parameter "
        "`transfer_equal_sizes` takes out."
    )


def shares_sentence(divided: DividedDrop, model: str) -> Markdown:
    """Say whether a drop is shown, and which causes have a share in it.

    Parameters
    ----------
    divided : DividedDrop
    model : str
    """
    before, after, drop = (divided.ends.loc[name] for name in ("internal", "external", "drop"))
    fall = (
        f"{short_title(model)} has an auROC of {_estimate(before)} on "
        f"{before['n_patients']:.0f} synthetic patients drawn as DDSM's, and of "
        f"{_estimate(after)} under all causes, on the "
        f"{after['n_patients']:.0f} of them whom the reader's rule keeps."
    )
    verdict = verdicts.parted_drop(
        {
            "drop": drop["value"],
            "drop_p_holm": drop["p"],
            "internal_lower": before["lower"],
            "n_rarer_patients": drop["n_rarer_patients"],
            "confidence": divided.settings.confidence,
        }
    )
    if verdict == "too few":
        return Markdown(
            f"{fall} With fewer than {verdicts.FEWEST} patients of a class nothing is concluded."
        )
    if verdict == "guesses internally":
        return Markdown(
            f"{fall} The first interval reaches 0.5: no drop can be expected, and the shares are "
            "not interpreted."
        )
    size = (
        f"{drop_or_gain(drop['value'])} ({span(drop['lower'], drop['upper'], sign='+')}; "
        f"p {p_value(drop['p'])})"
    )
    if verdict == "open":
        return Markdown(
            f"{fall} The difference, {size}, does not show a drop, so that the shares are not "
            "interpreted."
        )
    causes = divided.shares[divided.shares["factor"] != PLACEBO]
    shown = causes[[verdicts.is_shown(row) for _, row in causes.iterrows()]]
    shown = shown.sort_values("share", ascending=False)
    named = [
        f"{CAUSES[row.factor].name.lower()} "
        f"{estimate(row.share, row.share_lower, row.share_upper, sign='+')}"
        for row in shown.itertuples()
    ]
    found = (
        f"Shown of {len(causes)} causes, after Holm's adjustment: {'; '.join(named)}."
        if named
        else f"None of the {len(causes)} causes has a share that is shown by itself."
    )
    return Markdown(f"{fall} The drop is {size}. {found}")


def real_images_sentence(model: str) -> Markdown:
    """Say why no cause is switched where the model learnt from real images."""
    return Markdown(
        f"Left out: {short_title(model)} learnt from real images, and what switched causes do to "
        "it on phantoms would mix with what phantoms as such do. Where DDSM is synthetic the "
        "section is computed."
    )


def hits_sentence(hits: pd.DataFrame, left_out: dict[str, str]) -> Markdown:
    """Say how often the highest cell is on a lesion, and what was left out and why.

    Parameters
    ----------
    hits : DataFrame
        As `mammo.book.lesion_hits.lesion_hits`.
    left_out : dict of str to str
        Models, or a model on sets, in words, and why each is left out.
    """
    reasons: dict[str, list[str]] = {}
    for subject, reason in left_out.items():
        reasons.setdefault(reason, []).append(subject)
    said = [f"Left out: {'; '.join(subjects)} ({why})." for why, subjects in reasons.items()]
    above = [
        f"{short_title(row.model)} on {dataset_title(row.dataset)}"
        for row in hits.itertuples()
        if row.lower > 0
    ]
    if len(hits):
        said.insert(
            0,
            f"The highest cell is on a lesion more often than by chance in {len(above)} of "
            f"{len(hits)} rows (intervals above 0, each alone)"
            + (f": {', '.join(above)}." if above else "."),
        )
    return Markdown(" ".join(said))


def _estimate(row: pd.Series) -> str:
    return estimate(row["value"], row["lower"], row["upper"])
