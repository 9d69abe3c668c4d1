"""What the operating point in use means for a thousand women, by examination."""

from collections.abc import Iterator, Mapping

import pandas as pd

from mammo.evaluation.screening import Bounded, per_thousand
from mammo.evaluation.tables import operating_points
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.operating_points import RECHOICE_FRACTION
from mammo.evaluation.tables.scores import COLUMNS, EXTERNAL_SPLIT, aggregated
from mammo.parameters import ProtocolParameters

AT_SITE, IN_STUDY = "at this site", "in this study"
"""Where women have the prevalence that a number is of."""


def screened(evaluation: Evaluation, protocol: ProtocolParameters) -> pd.DataFrame:
    """Return what the first operating point gives among a thousand women.

    Examinations are told apart by ``study_id``, where each score has one, else by patient, and are
    recalled by the rule of the protocol. A threshold that is not given is chosen on a model's
    internal examinations, or on half of the external ones and measured on the other half.

    Returns
    -------
    DataFrame
        A row a model and prevalence: a row of
        `mammo.evaluation.tables.operating_points.carried_over`, by examination; ``chosen``, how the
        threshold was; ``among`` (`AT_SITE` or `IN_STUDY`) and its ``prevalence``; then
        ``recalled``, ``found``, ``missed`` (of a thousand), ``positive_predictive_value`` and
        ``negative_predictive_value``, each with ``_lower`` and ``_upper``. Empty without both
        classes.
    """
    points = _points(evaluation, _examinations(evaluation.scored, protocol))
    return pd.DataFrame(
        {**row, "among": among, "prevalence": prevalence, **_of_a_thousand(row, prevalence)}
        for row in points.to_dict("records")
        for among, prevalence in _prevalences(row, protocol)
    )


def _examinations(scored: pd.DataFrame, protocol: ProtocolParameters) -> pd.DataFrame:
    has_study = "study_id" in scored and scored["study_id"].notna().all()
    names = [*COLUMNS, "study_id"] if has_study else [*COLUMNS]
    return aggregated(scored[names], [names[-1] if has_study else "patient_id"], protocol.rule)


def _points(evaluation: Evaluation, examinations: pd.DataFrame) -> pd.DataFrame:
    first, settings = evaluation.criteria[0], evaluation.settings
    carried = operating_points.carried_over(examinations, [first], settings)
    if len(carried):
        carried = carried[carried["split"] == EXTERNAL_SPLIT]
        examinations = examinations[~examinations["model"].isin(carried["model"])]
    chosen = f"threshold chosen in internal validation for {first.name}"
    how = "threshold in use" if first.is_given else chosen
    anew = operating_points.rechosen(examinations, [first], settings)
    half = (
        f"threshold chosen for {first.name} on {RECHOICE_FRACTION:.0%} of the patients, the others "
        "tested"
    )
    points = pd.concat([carried.assign(chosen=how), anew.assign(chosen=half)])
    if points.empty:
        return points
    has_both = (points["n_malignant"] > 0) & (points["n_malignant"] < points["n_images"])
    return points[has_both]


def _prevalences(
    row: Mapping[str, object], protocol: ProtocolParameters
) -> Iterator[tuple[str, float]]:
    if protocol.prevalence is not None:
        yield AT_SITE, protocol.prevalence
    yield IN_STUDY, row["n_malignant"] / row["n_images"]


def _of_a_thousand(row: Mapping[str, float], prevalence: float) -> dict[str, float]:
    sensitivity, specificity = (
        Bounded(row[name], row[f"{name}_lower"], row[f"{name}_upper"])
        for name in ("sensitivity", "specificity")
    )
    found = per_thousand(sensitivity, specificity, prevalence)._asdict()
    return {
        f"{name}{end}": number
        for name, numbers in found.items()
        for end, number in zip(("", "_lower", "_upper"), numbers, strict=True)
    }
