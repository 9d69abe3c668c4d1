"""DDSM's volumes: how many cases of which diagnosis each of its film scanners digitised.

DDSM (Heath et al., IWDM 2000) was published in 43 volumes, each of one diagnosis and one scanner;
its calibration pages name the scanner of each volume. The numbers of cases are those of the files,
as the table ``metadata.csv`` of github.com/josephdviviano/pyddsm lists them; DDSM's own page gives
118 for normal_01 and 60 for cancer_08. CBIS-DDSM, made of the first three diagnoses, does not tell
the scanner, and its patients' numbers are not DDSM's case numbers.
"""

from collections import Counter
from typing import Literal

Diagnosis = Literal["cancer", "benign", "benign_without_callback", "normal"]
Scanner = Literal["DBA", "LUMISYS", "HOWTEK"]

CASES: dict[tuple[Diagnosis, Scanner], dict[int, int]] = {
    ("cancer", "DBA"): {3: 66, 4: 31},
    ("cancer", "LUMISYS"): {1: 69, 2: 88, 5: 83, 9: 81, 15: 72},
    ("cancer", "HOWTEK"): {6: 56, 7: 52, 8: 55, 10: 59, 11: 59, 12: 80, 13: 21, 14: 42},
    ("benign", "LUMISYS"): {1: 80, 4: 81, 6: 74, 13: 72, 14: 21},
    ("benign", "HOWTEK"): {2: 69, 3: 64, 5: 62, 7: 61, 8: 64, 9: 75, 10: 21, 11: 62, 12: 64},
    ("benign_without_callback", "LUMISYS"): {1: 75, 2: 66},
    ("normal", "DBA"): {1: 111, 2: 117, 3: 38, 4: 57, 5: 47, 6: 60},
    ("normal", "LUMISYS"): {9: 59, 10: 23},
    ("normal", "HOWTEK"): {7: 78, 8: 27, 11: 58, 12: 20},
}
"""Cases of each volume by its number within the diagnosis, such as "cancer_01"."""


def cases_by_scanner(*diagnoses: Diagnosis) -> dict[Scanner, int]:
    """Return how many cases of some diagnoses each scanner digitised; it may be none.

    Parameters
    ----------
    *diagnoses : str
        Without any, the cases of all diagnoses.
    """
    counts: Counter[Scanner] = Counter({"DBA": 0, "LUMISYS": 0, "HOWTEK": 0})
    for (diagnosis, scanner), volumes in CASES.items():
        if not diagnoses or diagnosis in diagnoses:
            counts[scanner] += sum(volumes.values())
    return dict(counts)
