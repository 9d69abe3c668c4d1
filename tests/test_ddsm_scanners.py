"""DDSM's table of volumes: totals, and what it says of scanner and diagnosis."""

import itertools

import pytest

from mammo.datasets.ddsm_scanners import CASES, cases_by_scanner


def test_there_are_43_volumes_numbered_without_gap() -> None:
    last = {"cancer": 15, "benign": 14, "benign_without_callback": 2, "normal": 12}
    assert sum(last.values()) == 43
    for diagnosis, number in last.items():
        found = [volumes for (of, _), volumes in CASES.items() if of == diagnosis]
        assert sorted(itertools.chain(*found)) == list(range(1, number + 1))


@pytest.mark.parametrize(
    ("diagnosis", "dba", "lumisys", "howtek"),
    [
        ("cancer", 97, 393, 424),
        ("benign", 0, 328, 542),
        ("benign_without_callback", 0, 141, 0),
        ("normal", 430, 82, 183),
    ],
)
def test_cases_by_scanner(diagnosis: str, dba: int, lumisys: int, howtek: int) -> None:
    assert cases_by_scanner(diagnosis) == {"DBA": dba, "LUMISYS": lumisys, "HOWTEK": howtek}


def test_several_diagnoses_add_up() -> None:
    assert cases_by_scanner("cancer", "benign")["LUMISYS"] == 393 + 328
    assert sum(cases_by_scanner().values()) == 914 + 870 + 141 + 695
