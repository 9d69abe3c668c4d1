import os
from functools import partial
from pathlib import Path

import pytest

from mammo.book import clock
from mammo.book.clock import Clock
from mammo.errors import DatasetError
from mammo.files.artifacts import Artifacts


def write(artifacts: Artifacts, name: str) -> Path:
    """Make a result that says which process made it, and how many threads that may have."""

    def make(folder: Path) -> None:
        (folder / "made").write_text(f"{os.getpid()} {os.environ.get('OMP_NUM_THREADS')}")

    return artifacts.build("trial", {"name": name}, make)


def makers(artifacts: Artifacts, *names: str) -> list[str]:
    return [(write(artifacts, name) / "made").read_text().split()[0] for name in names]


def fail(artifacts: Artifacts) -> None:
    write(artifacts, "before")
    raise DatasetError("x.csv: no rows; add some")


def steps(artifacts: Artifacts, *names: str) -> clock.Steps:
    return {name: partial(write, artifacts, name) for name in names}


def test_a_clock_tells_each_step_and_the_whole(capsys, monkeypatch):
    ticks = iter([0.0, 0.0, 1.5, 2.0, 4.0, 4.5])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(ticks))
    timed = Clock()
    for name in ("a", "longer"):
        with timed.step(name):
            pass
    assert capsys.readouterr().out == "a: 1.5 s\nlonger: 2.0 s\n"
    assert timed.table() == "\n".join(
        ["  a           1.5 s", "  longer      2.0 s", "  total       4.5 s"]
    )


def test_steps_go_side_by_side_in_other_processes_and_share_the_processors(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    artifacts, timed = Artifacts(tmp_path), Clock()
    write(artifacts, "c")
    timed.run(steps(artifacts, *"abcd"), artifacts, lambda: 2)
    assert list(timed.seconds) == [*"abcd"]
    here = str(os.getpid())
    made_by = makers(artifacts, *"abcd")
    assert made_by[2] == here and here not in (made_by[0], made_by[1], made_by[3])
    _, threads = (write(artifacts, "a") / "made").read_text().split()
    assert int(threads) == max(1, (os.cpu_count() or 1) // 2)


@pytest.mark.parametrize(("names", "at_once"), [("abc", 1), ("a", 2)])
def test_one_at_a_time_is_done_here(tmp_path, names, at_once):
    artifacts = Artifacts(tmp_path)
    Clock().run(steps(artifacts, *names), artifacts, lambda: at_once)
    assert set(makers(artifacts, *names)) == {str(os.getpid())}


def test_what_is_there_asks_for_no_process(tmp_path):
    artifacts = Artifacts(tmp_path)
    makers(artifacts, *"ab")
    Clock().run(steps(artifacts, *"ab"), artifacts, lambda: pytest.fail("asked"))


def test_a_fault_ends_the_run_with_its_words_and_keeps_what_was_made(tmp_path):
    artifacts = Artifacts(tmp_path)
    two = {"bad": partial(fail, artifacts), **steps(artifacts, "good")}
    with pytest.raises(DatasetError, match="no rows"):
        Clock().run(two, artifacts, lambda: 2)
    assert artifacts.has_all_of(partial(write, artifacts, "before"))
