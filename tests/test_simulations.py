import numpy as np
import pandas as pd
import pytest

from mammo.book.sections import how_sure
from mammo.report.tables import simulations
from mammo.report.tables.simulations import kept

ONE_CLASS, BOTH = "four images, one class", "four images, both classes"


def covered(**changes: object) -> dict[str, object]:
    """A row of the simulated coverage of an auROC's interval."""
    row = {"layout": ONE_CLASS, "icc": 0.5, "malignant_patients": 5, "method": "score"}
    return row | {"n_simulations": 200, "n_covered": 190, "width": 0.3} | changes


def test_the_worst_design_of_each_size_is_shown_a_column_a_method_and_each_layout_kept():
    rows = [
        covered(),
        covered(icc=0.8, n_covered=188),
        covered(method="percentile", n_simulations=100, n_covered=80),
        covered(layout=BOTH, n_covered=189),
        covered(layout=BOTH, malignant_patients=500, n_covered=191),
    ]
    rows += [covered(method=name) for name in ("Obuchowski, logit", "Newcombe over design effect")]
    table = simulations.auroc_coverage(pd.DataFrame(rows))
    assert table.data["layout"].tolist() == [ONE_CLASS, BOTH, BOTH]
    assert table.shown["Malignant patients"].tolist() == [5, 500]
    assert table.shown["Score"].tolist() == ["94.0%", "95.5%"]
    assert table.shown["Percentile"].tolist() == ["80.0%", "–"]
    assert "200 sets a design, 100 for the percentile interval" in table.note


def test_errors_of_differences_are_shown_one_and_two_sided():
    row = {"layout": BOTH, "malignant_patients": 10, "n_simulations": 1000}
    between = pd.DataFrame(
        [
            {**row, "method": "chosen", "n_no_worse": 30, "n_worse": 20},
            {**row, "method": "chosen", "n_no_worse": 10, "n_worse": 45},
            {**row, "method": "normal", "n_no_worse": 180, "n_worse": 20},
        ]
    )
    paired = between.assign(malignant_patients=20)
    table = simulations.difference_errors(between, paired)
    assert table.shown["Difference on"].tolist() == ["two sets", "the same images"]
    assert table.shown["This book: no worse, falsely"].tolist() == ["3.0%"] * 2
    assert table.shown["This book: differs, falsely"].tolist() == ["5.5%"] * 2
    assert table.shown["Normal throughout: differs, falsely"].tolist() == ["20.0%"] * 2
    assert len(table.data) == len(table.shown)


def test_shares_are_shown_beside_what_these_patients_alone_would_say():
    rows = pd.DataFrame(
        [
            {"layout": "an image", "patients": 5, "method": method, "n_simulations": 50,
             "n_covered": n, "width": 0.4}
            for method, n in (("Wilson, drawn design effect", 47), ("Wilson, raw", 40))
        ]
    )  # fmt: skip
    shown = simulations.share_coverage(rows).shown
    assert shown.iloc[0].tolist() == ["an image", 5, "94.0%", "80.0%"]


def by_chance(share: float, n: pd.Series) -> pd.Series:
    """What a share of n simulations exceeds about once in ten thousand times, too far from it."""
    return 3.7 * np.sqrt(share * (1 - share) / n)


def test_kept_intervals_hold_as_often_as_the_project_promises():
    found = kept("aurocs")
    found["share"] = found["n_covered"] / found["n_simulations"]
    score = found[found["method"] == "score"]
    assert set(score["malignant_patients"]) >= {5, 500}
    assert (score["share"] >= 0.93 - by_chance(0.93, score["n_simulations"])).all()
    assert found.loc[found["method"] == "percentile", "share"].min() < 0.8


@pytest.mark.parametrize("name", ["differences", "pairs"])
def test_kept_differences_err_no_more_often_than_the_project_promises(name):
    found = kept(name)
    found["no_worse"] = found["n_no_worse"] / found["n_simulations"]
    found["two_sided"] = found["no_worse"] + found["n_worse"] / found["n_simulations"]
    chosen = found[found["method"] == "chosen"]
    for share, most in (("no_worse", 0.035), ("two_sided", 0.07)):
        assert (chosen[share] <= most + by_chance(most, chosen["n_simulations"])).all()
    assert found.loc[found["method"] == "normal", "no_worse"].max() > 0.2


def test_the_chapter_shows_every_kept_table():
    tables = list(how_sure.simulated().values())
    assert [table.name for table in tables] == ["coverage", "difference-errors", "share-coverage"]
    for table in tables:
        assert "benchmarks/interval_coverage.py" in table.note
