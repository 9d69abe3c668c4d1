"""A try, before the book is built, to fetch what the chapter on real evidence is computed from."""

import os
import subprocess
import sys

from mammo.datasets.fetch import EVIDENCE, RELEASED
from mammo.parameters import DataParameters, sources

SECONDS = 6.0
"""All that a build waits for it."""


def try_to_fetch_evidence(parameters: DataParameters, seconds: float = SECONDS) -> None:
    """Fetch what is absent of `EVIDENCE`, say how that went, and go on either way.

    Another process fetches: looking up a name or waiting for a server can take longer than any
    limit that is set on it, and a process can be ended. What has arrived then is kept for the next
    try.
    """
    root = sources.data_root(parameters)
    if all((root / RELEASED[name].folder).is_dir() for name in EVIDENCE):
        return
    if not root.is_dir() and root != sources.resolve(sources.DEFAULT_DATA_ROOT):
        return  # The build says so itself.
    command = [sys.executable, "-m", "mammo", "fetch", "evidence"]
    environment = {**os.environ, "MAMMO_DATA": str(root)}
    try:
        outcome = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        failure = f"no answer within {seconds:g} seconds"
    else:
        failure = _reason(outcome.stderr) if outcome.returncode else ""
    if failure:
        print(
            f"real evidence: not fetched ({failure}); the chapter shows what is recorded. 'mammo "
            "fetch evidence' tries again, 'mammo book --offline' does not try",
            flush=True,
        )
    else:
        print(f"real evidence: fetched to {root}", flush=True)


def _reason(complaints: str) -> str:
    """Return what the command complains of, without what it tells to do."""
    said = [line for line in complaints.splitlines() if line.startswith("mammo: ")]
    return said[-1].removeprefix("mammo: ").partition(": run ")[0] if said else "it failed"
