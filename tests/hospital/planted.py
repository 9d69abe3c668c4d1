"""Recognisable values in the place of what identifies a patient."""

from datetime import date, timedelta
from itertools import count

STEM = "ZZPLANT"
UID_ROOT = "1.2.826.0.1.3680043.8.498.7777777"
TEXT_VRS = ("AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
PLANTED_VRS = (*TEXT_VRS, "DA", "DT", "TM", "UI")
"""Value representations that can hold free text, a date, a time or a unique identifier."""

_FIRST_BIRTH, _FIRST_VISIT = date(1930, 1, 1), date(2009, 1, 1)


class Planter:
    """Makes values that occur nowhere else, and remembers where each one goes.

    Parameters
    ----------
    seed : int
        Part of every unique identifier, so that two hospitals share none.
    stem : str
        What every text begins with; a number of six digits follows.
    """

    def __init__(self, seed: int, stem: str = STEM) -> None:
        self.values: dict[str, str] = {}
        self._seed, self._stem = seed, stem
        self._texts, self._dates, self._times, self._uids = (count() for _ in range(4))

    def value(self, where: str, vr: str = "LO") -> str:
        """Return a new value of a value representation (PS3.5 6.2) for one place.

        Raises
        ------
        ValueError
            If the place has a value already, or the value representation holds no text.
        """
        if where in self.values:
            raise ValueError(f"{where} has a planted value already")
        if vr not in PLANTED_VRS:
            raise ValueError(f"{where}: nothing can be planted in the value representation {vr}")
        self.values[where] = value = self._new(where, vr)
        return value

    def _new(self, where: str, vr: str) -> str:
        if vr == "UI":
            return f"{UID_ROOT}.{self._seed}.{next(self._uids)}"
        if vr == "DA":
            return self._date(where)
        if vr == "TM":
            return self._time()
        if vr == "DT":
            return self._date(where) + self._time()
        token = f"{self._stem}{next(self._texts):06d}"
        if vr == "PN":
            return f"{token}^Ännchen"
        return f"{token} Häberle" if vr in ("LT", "ST", "UC", "UT") else token

    def _date(self, where: str) -> str:
        first = _FIRST_BIRTH if "Birth" in where else _FIRST_VISIT
        return (first + timedelta(days=next(self._dates))).strftime("%Y%m%d")

    def _time(self) -> str:
        number = next(self._times)
        hour, minute, second = number // 3600 % 24, number // 60 % 60, number % 60
        return f"{hour:02d}{minute:02d}{second:02d}.7{number:05d}"
