"""Whatever is wrong with a file, it is read as it was meant or refused in one sentence.

The corpus is generated: see `bad_input`.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import bad_input
from bad_input import hostile_files
from bad_input.worker import Worker

FEWEST = {
    "dicom": 1000,
    "codec": 1000,
    "raster": 1500,
    "table": 800,
    "workbook": 200,
    "keras": 400,
    "caffe": 200,
    "tensor": 250,
    "parameter": 200,
    "archive": 400,
}
"""Files of each kind that there are at least."""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    made = Worker(tmp_path_factory.mktemp("bad_input"))
    yield made
    made.close()


@pytest.mark.parametrize(
    "step", [pytest.param(1, marks=pytest.mark.long), 20], ids="every {}".format
)
@pytest.mark.parametrize("name", bad_input.NAMES)
def test_every_file_is_read_well_or_refused_in_a_sentence(
    name: str, step: int, worker: Worker
) -> None:
    cases = islice(bad_input.kind(name).cases(), 0, None, step)
    outcomes = [(case.name, outcome) for case, outcome in worker.outcomes(name, cases)]
    assert [f"{file}: {outcome.fault}" for file, outcome in outcomes if outcome.fault] == []
    assert len(outcomes) >= FEWEST[name] // step
    names = Counter(file for file, _ in outcomes)
    assert [file for file, count in names.items() if count > 1] == []
    results = {outcome.result for _, outcome in outcomes}
    assert results == {"clean", "refused"}, "a corpus of one outcome tests half of a reader"
    assert "Traceback" not in worker.printed.read_text(errors="replace")


def test_what_goes_wrong_in_a_reader_is_noticed(tmp_path: Path) -> None:
    worker = Worker(tmp_path, seconds=5)
    outcomes = list(worker.outcomes("hostile", hostile_files.cases()))
    worker.close()
    faults = {case.name: outcome.fault for case, outcome in outcomes}
    for act, told in hostile_files.FAULTS.items():
        assert told in faults[act], act
