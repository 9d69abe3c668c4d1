import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mammo.datasets import reader_study
from mammo.errors import MammoError
from mammo.evaluation import auroc_covariance, mean_reader, readers_against_model


@pytest.fixture(scope="module")
def study(real_data: Path) -> pd.DataFrame:
    """14 radiologists' and models' scores of 1,440 breasts."""
    return reader_study.read(real_data / reader_study.FOLDER / reader_study.FILE)


def arrays(study: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    readers = study[list(reader_study.READERS)]
    return study["malignant"].to_numpy(), readers.to_numpy(), study["exam"].to_numpy()


def test_the_mean_of_fourteen_radiologists(study):
    found = mean_reader(*arrays(study))
    assert found.value == pytest.approx(0.7787959404, abs=1e-10)
    assert found.standard_error == pytest.approx(0.0251738, abs=1e-7)
    assert found.degrees_of_freedom == pytest.approx(245.25, abs=0.01)
    assert (found.lower, found.upper) == pytest.approx((0.729211, 0.828380), abs=1e-6)
    assert (found.n_readers, found.n_clusters, found.n_positive_clusters) == (14, 720, 60)


@pytest.mark.parametrize(
    ("model", "difference", "error", "df", "bounds", "p_value"),
    [
        ("frcnn_cad", 0.0643081315, 0.03463539, 878.82, (-0.003670, 0.132286), 0.06368581),
        ("end2end_ddsm", 0.3247486978, 0.04524297, 2558.72, (0.236032, 0.413465), 9.236e-13),
        ("end2end_inbreast", 0.1928046662, 0.04241803, 1977.06, (0.109616, 0.275993), 5.816e-6),
    ],
)
def test_fourteen_radiologists_against_a_model(
    study, model, difference, error, df, bounds, p_value
):
    labels, readers, exams = arrays(study)
    scores = study[model].to_numpy()
    found = readers_against_model(labels, readers, scores, exams)
    assert found.difference == pytest.approx(difference, abs=1e-10)
    assert found.standard_error == pytest.approx(error, abs=1e-8)
    assert found.degrees_of_freedom == pytest.approx(df, abs=0.01)
    assert (found.lower, found.upper) == pytest.approx(bounds, abs=1e-6)
    assert found.p_value == pytest.approx(p_value, rel=2e-4)


def cases(
    n_readers: int = 4, n_exams: int = 90, seed: int = 0, of_readers: float = 0.3
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labels, readers' and a model's scores, exams: two breasts each, readers no better."""
    rng = np.random.default_rng(seed)
    exams = np.repeat(np.arange(n_exams), 2)
    labels = (exams % 3 == 0) & (np.arange(exams.size) % 2 == 0)
    shared = np.repeat(rng.normal(size=n_exams), 2)
    skills = 1 + of_readers * rng.normal(size=n_readers)
    noise = rng.normal(size=(exams.size, n_readers))
    readers = labels[:, None] * skills + shared[:, None] + noise
    return labels, readers.round(1), labels + shared + rng.normal(size=exams.size), exams


def by_pairs(labels: np.ndarray, scores: np.ndarray) -> float:
    """auROC as the share of pairs that are in order; a tie is half."""
    wins = [
        np.mean((positive > scores[~labels]) + 0.5 * (positive == scores[~labels]))
        for positive in scores[labels]
    ]
    return float(np.mean(wins))


def naive(labels, readers, model, exams) -> tuple[float, float, float]:
    """Difference, error and Hillis' df as the formulas have them, in loops over readers."""
    n = readers.shape[1]
    everyone = [*readers.T, model]
    covariance = auroc_covariance(labels, everyone, exams)[1]
    differences = [by_pairs(labels, reader) - by_pairs(labels, model) for reader in readers.T]
    mean_square = sum((d - np.mean(differences)) ** 2 for d in differences) / (n - 1)
    apart = [
        covariance[j, k] - covariance[j, n] - covariance[k, n] + covariance[n, n]
        for j in range(n)
        for k in range(n)
        if j != k
    ]
    second = max(np.mean(apart), 0)
    variance = mean_square / n + second
    df = (n - 1) * ((mean_square + n * second) / mean_square) ** 2
    return float(np.mean(differences)), math.sqrt(variance), df


def test_readers_against_a_model_agree_with_the_formulas_written_out():
    labels, readers, model, exams = cases()
    found = readers_against_model(labels, readers, model, exams, confidence=0.9)
    difference, error, df = naive(labels, readers, model, exams)
    assert found.difference == pytest.approx(difference, abs=1e-12)
    assert found.standard_error == pytest.approx(error, rel=1e-12)
    assert found.degrees_of_freedom == pytest.approx(df, rel=1e-9)
    reach = stats.t.ppf(0.95, df) * error
    assert (found.lower, found.upper) == pytest.approx((difference - reach, difference + reach))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(difference) / error, df))
    assert found.mean_reader == pytest.approx(mean_reader(labels, readers, exams).value)
    assert (found.n_readers, found.n_clusters, found.n_positive_clusters) == (4, 90, 30)


def test_few_cancer_exams_lower_the_degrees_of_freedom():
    many, few = (readers_against_model(*cases(n_exams=n)) for n in (90, 87))
    assert (many.n_positive_clusters, few.n_positive_clusters) == (30, 29)
    labels, readers, model, exams = cases(n_exams=87)
    _, error, df = naive(labels, readers, model, exams)
    aurocs = [by_pairs(labels, reader) for reader in readers.T]
    of_readers = np.var(aurocs, ddof=1) / 4
    of_cases = error**2 - of_readers
    assert few.degrees_of_freedom == pytest.approx(
        error**4 / (of_readers**2 / 3 + of_cases**2 / 28)
    )
    assert few.degrees_of_freedom < df


def test_ten_cancer_exams_err_less_with_the_degrees_of_freedom_of_the_cases():
    found = [readers_against_model(*cases(n_exams=30, seed=seed)) for seed in range(400)]
    shares = []
    for seed, one in enumerate(found):
        df = naive(*cases(n_exams=30, seed=seed))[2]
        hillis = 2 * stats.t.sf(abs(one.difference) / one.standard_error, df)
        shares.append((one.p_value < 0.05, hillis < 0.05))
    by_cases, by_hillis = np.mean(shares, axis=0)
    assert by_cases < by_hillis and by_cases < 0.1


def test_readers_are_a_sample_where_their_own_spread_is_large():
    """A t-test over the readers would take the cases as given, fixed readers the readers."""

    def share(n: int = 200) -> float:
        made = [readers_against_model(*cases(seed=seed)) for seed in range(n)]
        return np.mean([one.p_value < 0.05 for one in made])

    assert share() < 0.09


def test_one_reader_is_compared_as_another_model_over_other_cases():
    labels, readers, model, exams = cases()
    for one in (readers[:, 0], readers[:, :1]):
        found = readers_against_model(labels, one, model, exams)
        aurocs, c = auroc_covariance(labels, [readers[:, 0], model], exams)
        assert found.difference == pytest.approx(aurocs[0] - aurocs[1])
        assert found.standard_error == pytest.approx(np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1]))
        assert found.degrees_of_freedom == math.inf
    few = readers_against_model(*(part[:30] for part in (labels, readers[:, 0], model, exams)))
    assert few.degrees_of_freedom == few.n_positive_clusters - 1 == 4


def test_readers_who_agree_with_the_model_have_no_error():
    labels, _, model, exams = cases()
    found = readers_against_model(labels, np.column_stack([model] * 3), model, exams)
    assert found.difference == 0
    assert np.isnan([found.standard_error, found.lower, found.upper, found.p_value]).all()


def test_readers_who_tie_on_all_cases_are_at_chance():
    labels, readers, _model, exams = cases()
    assert mean_reader(labels, np.ones_like(readers), exams).value == 0.5


def test_breasts_of_an_exam_are_not_independent():
    labels, readers, _model, exams = cases(n_exams=300)
    labels = np.repeat(labels[::2], 2)  # both breasts of an exam alike
    readers += 2 * np.repeat(np.random.default_rng(1).normal(size=300), 2)[:, None]
    by_exam = mean_reader(labels, readers, exams)
    by_breast = mean_reader(labels, readers, np.arange(exams.size))
    assert by_exam.value == by_breast.value
    assert by_exam.standard_error > 1.15 * by_breast.standard_error


def test_one_class_has_no_auroc():
    labels, readers, model, exams = cases()
    with pytest.warns(UserWarning, match="undefined"):
        found = readers_against_model(np.zeros_like(labels), readers, model, exams)
    assert np.isnan([found.mean_reader, found.difference, found.p_value]).all()
    assert found.n_positive_clusters == 0


def test_one_cancer_exam_has_no_interval():
    labels, readers, model, exams = cases()
    one = labels & (exams == 0)
    with pytest.warns(UserWarning, match="no variance"):
        found = readers_against_model(one, readers, model, exams)
    assert np.isfinite(found.difference) and np.isnan([found.lower, found.p_value]).all()


def test_a_missing_score_is_refused_by_reader_and_case():
    labels, readers, model, exams = cases()
    readers[7, 2] = math.nan
    with pytest.raises(MammoError, match=r"reader 3 .* case 8 "):
        readers_against_model(labels, readers, model, exams)


def test_readers_of_another_shape_are_refused():
    labels, readers, _model, exams = cases()
    for wrong in (readers[:, :0], readers[None]):
        with pytest.raises(MammoError, match="readers has shape"):
            mean_reader(labels, wrong, exams)
    with pytest.raises(MammoError, match="equal length"):
        mean_reader(labels, readers[:-1], exams)
