"""Write all cases below a folder, with a table of their names and of what has to become of them."""

import csv
import sys
from pathlib import Path

from . import NAMES, kind


def write(folder: Path) -> int:
    """Write ``KIND/NUMBER/FILE`` for each case and ``cases.csv``; return how many there are."""
    rows = []
    for name in NAMES:
        for number, case in enumerate(kind(name).cases()):
            path = folder / name / f"{number:05d}" / case.original.file
            path.parent.mkdir(parents=True)
            path.write_bytes(case.content)
            rows.append((path.relative_to(folder), case.name, case.expectation))
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "case", "expected"), *rows])
    return len(rows)


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1])):,} files")
