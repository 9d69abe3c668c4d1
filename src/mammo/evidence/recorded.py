"""Results that are kept in the repository, and the same computed anew where their files are.

A record is ``NAME.json``, which says what the results were computed from, and ``NAME-TABLE.csv``.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from mammo import __version__
from mammo.errors import MammoError
from mammo.files.artifacts import Artifacts, commit, read_record
from mammo.files.disk import write_csv, write_text

CONFIDENCE = 0.95
N_BOOTSTRAP = 10_000
SEED = 2020


COMMAND = "mammo record"


@dataclass(frozen=True)
class Computed:
    """Results, and the files that they were computed from.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        By name; estimates and comparisons, never the score of a single exam.
    files : mapping of str to str
        What each file is called here, and its SHA-256.
    """

    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Evidence:
    """Results of one kind, recorded or computed in this run.

    Attributes
    ----------
    tables, files
        As in `Computed`.
    source : {"real", "recorded"}
        "real" where they were computed from the files in this run.
    version : str
        Of this package, that made the record.
    difference : float or None
        The largest difference between what this run computed and the record; infinite where the
        two differ in more than numbers, None where nothing was computed.
    """

    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, str]
    source: Literal["real", "recorded"]
    version: str
    difference: float | None


def computed_once(
    artifacts: Artifacts,
    name: str,
    inputs: Mapping[str, Any],
    tables_of: Callable[[], Mapping[str, pd.DataFrame]],
) -> dict[str, pd.DataFrame]:
    """Return the tables of a kind of evidence; they are computed once and kept as an artifact.

    Parameters
    ----------
    artifacts : Artifacts
    name : str
        Of the kind.
    inputs : mapping
        All that the tables depend on, but for the code behind the module of ``tables_of``.
    tables_of : callable
        Computes them.
    """

    @wraps(tables_of)
    def make(folder: Path) -> dict[str, list[str]]:
        tables = tables_of()
        for table, rows in tables.items():
            write_csv(folder / f"{table}.csv", rows)
        return {"tables": list(tables)}

    folder = artifacts.build(f"evidence-{name}", inputs, make)
    names = read_record(folder)["facts"]["tables"]
    return {table: pd.read_csv(folder / f"{table}.csv") for table in names}


def write(folder: Path, name: str, computed: Computed) -> list[Path]:
    """Write a record; return its files."""
    facts = {
        "files": dict(computed.files),
        "tables": list(computed.tables),
        "command": COMMAND,
        "version": __version__,
        "commit": commit(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.json"]
    write_text(written[0], json.dumps(facts, indent=1) + "\n")
    for table, rows in computed.tables.items():
        written.append(_table_file(folder, name, table))
        write_csv(written[-1], rows)
    return written


def read(folder: Path, name: str) -> Evidence:
    """Return what a record says.

    Raises
    ------
    MammoError
        If it is absent or damaged.
    """
    try:
        facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        tables = {table: pd.read_csv(_table_file(folder, name, table)) for table in facts["tables"]}
        return Evidence(tables, facts["files"], "recorded", facts["version"], None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MammoError(
            f"{folder / name}.json and its tables cannot be read ({error}): take them from the "
            f"repository again, or make them with '{COMMAND}'"
        ) from error


def compared(record: Evidence, computed: Computed) -> Evidence:
    """Return what this run computed, with its difference from the record."""
    pairs = [(record.tables.get(name), table) for name, table in computed.tables.items()]
    return Evidence(
        computed.tables,
        computed.files,
        "real",
        record.version,
        max(difference(old, new) for old, new in pairs),
    )


def difference(old: pd.DataFrame | None, new: pd.DataFrame) -> float:
    """Largest difference of two tables' numbers; infinite where anything else differs."""
    if old is None or old.shape != new.shape or list(old.columns) != list(new.columns):
        return math.inf
    largest = 0.0
    for name in new:
        first, second = old[name], new[name].reset_index(drop=True)
        if not pd.api.types.is_numeric_dtype(second) or pd.api.types.is_bool_dtype(second):
            if not first.astype(str).equals(second.astype(str)):
                return math.inf
        elif not first.isna().equals(second.isna()):
            return math.inf
        else:
            largest = max(largest, float((first - second).abs().max(skipna=True) or 0.0))
    return largest


def _table_file(folder: Path, name: str, table: str) -> Path:
    return folder / f"{name}-{table}.csv"
