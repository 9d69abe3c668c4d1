"""Info.txt of mini-MIAS: prose, then a row for each abnormality or normal film."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from mammo.errors import DatasetError

_FINDING = re.compile(
    r"(?P<film>mdb\d{3})\s+(?P<density>[FGD])\s+(?P<type>[A-Z]{4})"
    r"(?:\s+(?P<severity>[BM])"
    r"(?:\s+(?P<x>\d{1,4})\s+(?P<y>\d{1,4})\s+(?P<radius>\d{1,4})|\s+\*NOTE 3\*)?)?",
    re.ASCII,
)
_MOST_BYTES = 2**20


def read_findings(info: Path) -> dict[str, list[dict]]:
    """Read Info.txt: prose, then one row per abnormality or normal film.

    Returns
    -------
    dict
        Film ("mdb001") -> rows with density (F, G, D), type (NORM, CALC, CIRC, SPIC, MISC, ARCH,
        ASYM), severity (B, M or None) and x, y, radius in pixels from the bottom left, or None
        where the set gives none.

    Raises
    ------
    DatasetError
        Naming the line that cannot be understood.
    """
    findings: dict[str, list[dict]] = defaultdict(list)
    for number, line in enumerate(_text(info).splitlines(), start=1):
        if not re.match(r"mdb\d", line):
            continue
        match = _FINDING.fullmatch(line.strip())
        if not match or (match["type"] == "NORM") != (match["severity"] is None):
            raise DatasetError(
                f"{info}, line {number}: {line.strip()[:80]!r} is not 'mdbNNN density class "
                "severity x y radius'; restore the file from the archive"
            )
        findings[match["film"]].append(match.groupdict())
    return dict(findings)


def _text(info: Path) -> str:
    try:
        if info.stat().st_size > _MOST_BYTES:
            raise DatasetError(f"{info} has more than {_MOST_BYTES:,} bytes; restore the file")
        return info.read_text(encoding="latin-1")
    except OSError as error:
        raise DatasetError(f"{info} cannot be read: {error.strerror}") from None
