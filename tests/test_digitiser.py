import math

import numpy as np
import pytest

from mammo.datasets.ddsm_scanners import cases_by_scanner
from mammo.evaluation import auroc
from mammo.evidence import digitiser


def test_the_scanner_alone_has_the_auroc_that_its_counts_give():
    rows = digitiser.scanner_aurocs().set_index("dataset")
    assert rows["n"].tolist() == [914 + 870 + 141, 2620]
    assert (rows["n_positive"] == 914).all()
    assert rows["auroc"].round(2).tolist() == [0.56, 0.59]
    for name, row in rows.iterrows():
        cancers, others = (
            cases_by_scanner(digitiser.CANCER), cases_by_scanner(*digitiser.OTHERS[name])
        )  # fmt: skip
        wins = 0.0
        for first in cancers:
            for second in cancers:
                share = [c / (c + others[s]) for s, c in cancers.items() if s in (first, second)]
                tie = first == second
                higher = not tie and (
                    cancers[first] / (cancers[first] + others[first])
                    > cancers[second] / (cancers[second] + others[second])
                )
                assert len(share) == (1 if tie else 2)
                wins += cancers[first] * others[second] * (0.5 if tie else float(higher))
        assert row["auroc"] == pytest.approx(wins / 914 / sum(others.values()))
        assert row["lower"] < row["auroc"] < row["upper"]
    assert rows.loc["CBIS-DDSM", ["dba", "dba_cancers", "dba_volumes"]].tolist() == [97, 97, 2]


def test_volumes_and_not_cases_are_independent():
    rows = digitiser.scanner_aurocs().set_index("dataset")
    assert rows["n_volumes"].tolist() == [31, 43]
    assert rows[["lower", "upper"]].round(2).to_numpy().tolist() == [[0.37, 0.73], [0.41, 0.75]]


def test_scanners_dealt_at_random_give_as_much():
    rows = digitiser.scanner_aurocs()
    assert (rows["by_chance"] > rows["auroc"]).all()  # ranked by the cases themselves
    assert (rows["p"] > 0.5).all()


@pytest.mark.parametrize("dataset", digitiser.OTHERS)
def test_simulated_scores_with_the_scanner_added_have_the_area(dataset):
    generator, distance = np.random.default_rng(1), 1.5
    scanners = list(cases_by_scanner())
    kinds = [cases_by_scanner(digitiser.CANCER), cases_by_scanner(*digitiser.OTHERS[dataset])]
    shares = [np.array(list(kind.values())) / sum(kind.values()) for kind in kinds]
    with np.errstate(divide="ignore"):
        ratio = np.log(shares[0]) - np.log(shares[1])
    labels, scores = np.repeat([1, 0], 40_000), []
    for place, of_kind in enumerate(shares):
        scanner = generator.choice(len(scanners), 40_000, p=of_kind)
        x = generator.normal(size=40_000) + distance * (place == 0)
        scores.append(distance * x - distance**2 / 2 + ratio[scanner])
    found = auroc(labels, np.clip(np.concatenate(scores), -1e9, 1e9))
    assert digitiser.auroc_with_scanner(distance, dataset) == pytest.approx(found, abs=0.006)


def test_what_is_left_without_the_scanner():
    assert digitiser.without_scanner(0.88) == pytest.approx(0.866, abs=5e-4)
    for value in (0.6, 0.75, 0.95):
        assert 0.5 < digitiser.without_scanner(value) < value
    assert math.isnan(digitiser.without_scanner(0.52))
