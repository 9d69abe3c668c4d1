"""The kinds of evidence that are computed from files of others, each recorded or computed anew."""

from pathlib import Path

from mammo.evidence import inbreast_rules, mias_alone, reader_study, recorded
from mammo.evidence.recorded import Evidence
from mammo.parameters import sources
from mammo.study import Study
from mammo.study.locations import RECORDED

KINDS = {module.NAME: module.compute for module in (reader_study, inbreast_rules, mias_alone)}


def evidence(study: Study, name: str) -> Evidence:
    """Return the results of a kind: computed where its files are, else as recorded.

    Parameters
    ----------
    study : Study
        Its data root is where the files are looked for.
    name : str
        A key of `KINDS`.
    """
    record = recorded.read(sources.resolve(RECORDED), name)
    computed = KINDS[name](study)
    return record if computed is None else recorded.compared(record, computed)


def record(study: Study, folder: Path) -> dict[str, list[Path]]:
    """Write the results of every kind whose files are there; return what was written of each."""
    computed = {name: compute(study) for name, compute in KINDS.items()}
    return {
        name: [] if found is None else recorded.write(folder, name, found)
        for name, found in computed.items()
    }
