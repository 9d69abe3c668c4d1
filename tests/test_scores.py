import numpy as np
import pandas as pd
import pytest

from made_scores import made_scores
from mammo.errors import LeakageError, MammoError
from mammo.evaluation.tables.scores import BREAST, KEY, MIXED, aggregated, check_contract, parts


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return made_scores()


def test_parts_are_one_model_on_one_set(scored):
    found = list(parts(scored))
    assert [part.key["dataset"] for part in found] == ["home"] * 2 + ["north"] * 2 + ["south"] * 2
    for part in found:
        rows = scored[(scored[KEY] == pd.Series(part.key)).all(axis=1)]
        labels, scores, patients = part.arrays
        np.testing.assert_array_equal(labels, rows["y_true"])
        np.testing.assert_array_equal(scores, rows["y_score"])
        np.testing.assert_array_equal(patients, rows["patient_id"])


@pytest.mark.parametrize("rule", ["mean", "max"])
def test_breasts_have_the_mean_or_the_highest_of_their_images(scored, rule):
    found = aggregated(scored, BREAST, rule)
    names = scored["patient_id"] + " " + scored["laterality"]
    wanted = scored.groupby(["model", "dataset", names])["y_score"].agg(rule)
    assert len(found) == len(wanted) == len(scored) / 2
    for row in found.itertuples():
        key = (row.model, row.dataset, f"{row.patient_id} {row.laterality}")
        assert row.y_score == pytest.approx(wanted[key])
    assert set(found["view"]) == {MIXED}
    assert set(found["laterality"]) == {"L", "R"}


def test_a_patient_is_malignant_if_any_image_is(scored):
    found = aggregated(scored, ["patient_id"], "max")
    wanted = scored.groupby(["model", "patient_id"])["y_true"].max()
    assert found["y_true"].tolist() == [
        wanted[row.model, row.patient_id] for row in found.itertuples()
    ]
    assert set(found["density"].dropna()) == set("abcd")


def test_breasts_without_a_side_are_refused(scored):
    with pytest.raises(MammoError, match="laterality"):
        aggregated(scored.drop(columns="laterality"), BREAST, "max")
    with pytest.raises(MammoError, match="laterality"):
        aggregated(scored.assign(laterality=""), BREAST, "max")


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda t: t.drop(columns="y_true"), MammoError, r"lack the columns \['y_true'\]"),
        (lambda t: pd.concat([t, t.tail(1)]), MammoError, "south-039-R-MLO twice"),
        (lambda t: t.assign(y_true=[1, *t["y_true"][1:]]), MammoError, "has both labels, 0 and 1"),
        (
            lambda t: t.assign(dataset="one", y_true=0, patient_id="p"),
            LeakageError,
            "1 patients of one are in several splits",
        ),
    ],
)
def test_a_table_that_breaks_its_contract_is_refused(scored, spoil, error, words):
    assert check_contract(scored) is scored
    table = spoil(scored[scored["model"] == "second"].copy() if error is LeakageError else scored)
    if error is MammoError and "both labels" in words:
        table.loc[table.index[0], "y_true"] = 1 - table["y_true"].iloc[1]
    with pytest.raises(error, match=words):
        check_contract(table)
