"""What the operating point in use means for a thousand women, by examination."""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from mammo.evaluation import score_interval
from mammo.evaluation.aggregation import Rule
from mammo.evaluation.screening import Bounded, per_thousand
from mammo.evaluation.tables import operating_points
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import RECHOICE_FRACTION, Criterion
from mammo.evaluation.tables.scores import (
    COLUMNS,
    EXTERNAL_SPLIT,
    INTERNAL_SPLIT,
    KEY,
    Settings,
    aggregated,
    parts,
)
from mammo.parameters import ProtocolParameters

AT_SITE, IN_STUDY = "at the stated prevalence", "in this study"
"""Where women have the prevalence that a number is of."""
_INTERNALLY = "threshold chosen in internal validation"
_ENDS = ("", "_lower", "_upper")


def examinations(scored: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return a table of scores with one row an examination and model.

    Examinations are told apart by ``study_id``, where each score has one, else by patient.
    """
    names = [*COLUMNS, *_key(scored)]
    return aggregated(scored[list(dict.fromkeys(names))], _key(scored), rule)


def aurocs_by_examination(scored: pd.DataFrame, rule: Rule, settings: Settings) -> pd.DataFrame:
    """Return the auROC by examination of each model's external set, indexed by ``model``.

    Returns
    -------
    DataFrame
        ``auroc``, ``lower``, ``upper``, ``n_rarer_patients``.
    """
    rows = {}
    for part in parts(examinations(scored, rule)):
        if part.split != EXTERNAL_SPLIT:
            continue
        found = score_interval(*part.arrays, unit=settings.unit, confidence=settings.confidence)
        rows[part.model] = {
            "auroc": found.value,
            "lower": found.lower,
            "upper": found.upper,
            "n_rarer_patients": found.n_rarer_patients,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def screened(
    evaluation: Evaluation, protocol: ProtocolParameters, *, by_breast: bool
) -> pd.DataFrame:
    """Return what the first operating point gives among a thousand women.

    Examinations (see `examinations`) are recalled by the rule of the protocol. A threshold that is
    not given is chosen on a model's internal examinations, or on half of the external ones and
    measured on the other half.

    Parameters
    ----------
    evaluation : Evaluation
    protocol : ProtocolParameters
    by_breast : bool
        Whether a cancer counts as found only where its own breast is flagged: the labels and scores
        are of breasts or of images, whose sides are known. If not, it is where the examination is.

    Returns
    -------
    DataFrame
        A row a model and prevalence: a row of
        `mammo.evaluation.tables.operating_points.carried_over`, by examination; ``chosen``, how the
        threshold was; ``by_breast``; ``per_examination`` and ``per_internal_examination``, the mean
        number of scores that one examination has (NaN where no internal one chose); ``found_share``
        of the cancers, with ``_lower`` and ``_upper``; ``among`` (`AT_SITE` or `IN_STUDY`) and its
        ``prevalence``; then ``recalled``, ``found``, ``missed`` (of a thousand),
        ``positive_predictive_value`` and ``negative_predictive_value``, each with ``_lower`` and
        ``_upper``. Empty without both classes.
    """
    scored, rule = evaluation.scored, protocol.rule
    points = _points(evaluation, examinations(scored, rule))
    if points.empty:
        return points
    if by_breast:
        found = _at_thresholds(evaluation, points, examinations(_of_one_mind(scored), rule))
    else:
        found = points
    points = points.assign(
        by_breast=by_breast,
        **{f"found_share{end}": found[f"sensitivity{end}"] for end in _ENDS},
        **_scores_an_examination(scored, points),
    )
    return pd.DataFrame(
        {**row, "among": among, "prevalence": prevalence, **_of_a_thousand(row, prevalence)}
        for row in points.to_dict("records")
        for among, prevalence in _prevalences(row, protocol)
    )


def breasts_are_told_apart(scored: pd.DataFrame) -> bool:
    """Say whether each score of the external sets names one side, and labels tell sides apart.

    Labels of examinations do not, whatever was scored: wherever there is a cancer, both breasts
    carry it.
    """
    own = scored[scored["split"] == EXTERNAL_SPLIT]
    if "laterality" not in own or not own["laterality"].isin(["L", "R"]).all():
        return False
    breasts = own.groupby([*_key(scored), "laterality"])["y_true"].max()
    examinations = breasts.groupby(level=0).agg(["size", "min", "max"])
    with_cancer = examinations[(examinations["size"] == 2) & (examinations["max"] == 1)]
    return with_cancer.empty or bool((with_cancer["min"] == 0).any())


def _key(scored: pd.DataFrame) -> list[str]:
    has_study = "study_id" in scored and scored["study_id"].notna().all()
    return ["study_id" if has_study else "patient_id"]


def _of_one_mind(scored: pd.DataFrame) -> pd.DataFrame:
    """Leave out what an examination with a cancer shows of the breast without one."""
    own = scored[scored["split"] == EXTERNAL_SPLIT]
    examination = [*KEY, *_key(scored)]
    of_breast, of_examination = (
        own.groupby(names)["y_true"].transform("max")
        for names in ([*examination, "laterality"], examination)
    )
    return own[of_breast == of_examination]


def _at_thresholds(
    evaluation: Evaluation, points: pd.DataFrame, others: pd.DataFrame
) -> pd.DataFrame:
    """Return what the same thresholds give on the same examinations, scored otherwise."""
    rows = []
    for index, point in points.iterrows():
        same = others[others["model"] == point["model"]]
        is_half = point["chosen"] == _half(evaluation)
        rule = Criterion(point["criterion"], lambda *_, at=point["threshold"]: at, not is_half)
        measure = operating_points.rechosen if is_half else operating_points.carried_over
        rows.append(measure(same, [rule], evaluation.settings).set_axis([index]))
    return pd.concat(rows)


def _scores_an_examination(scored: pd.DataFrame, points: pd.DataFrame) -> dict[str, pd.Series]:
    sizes = scored.groupby([*KEY, *_key(scored)], sort=False).size()
    means = sizes.groupby(level=["model", "split"]).mean()
    chosen = points["chosen"].str.startswith(_INTERNALLY)
    own, internal = (
        points["model"].map(lambda model, split=split: means.get((model, split), math.nan))
        for split in (EXTERNAL_SPLIT, INTERNAL_SPLIT)
    )
    return {"per_examination": own, "per_internal_examination": internal.where(chosen)}


def _half(evaluation: Evaluation) -> str:
    return (
        f"threshold chosen for {evaluation.criteria[0].name} on {RECHOICE_FRACTION:.0%} of the "
        "patients, the others tested"
    )


def _points(evaluation: Evaluation, examined: pd.DataFrame) -> pd.DataFrame:
    first, settings = evaluation.criteria[0], evaluation.settings
    carried = operating_points.carried_over(examined, [first], settings)
    if len(carried):
        carried = carried[carried["split"] == EXTERNAL_SPLIT]
        examined = examined[~examined["model"].isin(carried["model"])]
    how = "threshold in use" if first.is_given else f"{_INTERNALLY} for {first.name}"
    anew = operating_points.rechosen(examined, [first], settings)
    tables = [carried.assign(chosen=how), anew.assign(chosen=_half(evaluation))]
    if not any(len(table) for table in tables):
        return pd.DataFrame()
    points = pd.concat([table for table in tables if len(table)], ignore_index=True)
    has_both = (points["n_malignant"] > 0) & (points["n_malignant"] < points["n_images"])
    return points[has_both]


def _prevalences(
    row: Mapping[str, object], protocol: ProtocolParameters
) -> Iterator[tuple[str, float]]:
    if protocol.prevalence is not None:
        yield AT_SITE, protocol.prevalence
    yield IN_STUDY, row["n_malignant"] / row["n_images"]


def _of_a_thousand(row: Mapping[str, float], prevalence: float) -> dict[str, float]:
    sensitivity, specificity, found_share = (
        Bounded(*(row[f"{name}{end}"] for end in _ENDS))
        for name in ("sensitivity", "specificity", "found_share")
    )
    women = per_thousand(sensitivity, specificity, prevalence)
    cancers = per_thousand(found_share, specificity, prevalence)
    counted = women._replace(found=cancers.found, missed=cancers.missed)._asdict()
    return {
        f"{name}{end}": number
        for name, numbers in counted.items()
        for end, number in zip(_ENDS, numbers, strict=True)
    }
