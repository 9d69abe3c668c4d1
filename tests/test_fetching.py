import subprocess

import pytest

from mammo.book import build, fetching
from mammo.datasets.fetch import EVIDENCE, RELEASED
from mammo.parameters import Parameters


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project, which is the working folder."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").write_text("root: index\nparts: []\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAMMO_DATA", raising=False)
    return tmp_path


def answering(monkeypatch, outcome) -> list[dict]:
    """Let the other process end so; return what it was started with."""
    started = []

    def run(command, **options):
        started.append({"command": command, **options})
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(fetching.subprocess, "run", run)
    return started


def test_what_came_is_said(project, monkeypatch, capsys):
    done = subprocess.CompletedProcess([], 0, "", "")
    (started,) = [answering(monkeypatch, done)]
    fetching.try_to_fetch_evidence(Parameters())
    assert started[0]["command"][1:] == ["-m", "mammo", "fetch", "evidence"]
    assert started[0]["env"]["MAMMO_DATA"] == str(project / "data")
    assert started[0]["timeout"] <= 6
    assert capsys.readouterr().out == f"real evidence: fetched to {project / 'data'}\n"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (subprocess.TimeoutExpired([], 6), "no answer within 6 seconds"),
        (
            subprocess.CompletedProcess([], 1, "", "bar\nmammo: no host: run it again\nby hand"),
            "no host",
        ),
        (subprocess.CompletedProcess([], -9, "", ""), "it failed"),
    ],
)
def test_what_did_not_come_is_said_and_the_build_goes_on(
    project, monkeypatch, capsys, outcome, reason
):
    answering(monkeypatch, outcome)
    fetching.try_to_fetch_evidence(Parameters())
    said = capsys.readouterr().out
    assert f"real evidence: not fetched ({reason}); the chapter shows what is recorded" in said
    assert said.count("\n") == 1


def test_what_is_there_is_not_fetched_and_nothing_is_said(project, monkeypatch, capsys):
    for name in EVIDENCE:
        (project / "data" / RELEASED[name].folder).mkdir(parents=True)
    started = answering(monkeypatch, None)
    fetching.try_to_fetch_evidence(Parameters())
    assert (started, capsys.readouterr().out) == ([], "")


def test_a_named_folder_that_is_absent_is_not_made(project, monkeypatch):
    started = answering(monkeypatch, None)
    fetching.try_to_fetch_evidence(Parameters(data_root=str(project / "absent")))
    assert started == []


def test_a_process_that_hangs_is_ended(project, monkeypatch, capsys):
    monkeypatch.setattr(fetching.sys, "executable", "/bin/sleep")
    monkeypatch.setattr(
        fetching.subprocess, "run", lambda command, run=subprocess.run, **options: run(
            ["sleep", "60"], **options
        )
    )  # fmt: skip
    fetching.try_to_fetch_evidence(Parameters(), seconds=0.2)
    assert "no answer within 0.2 seconds" in capsys.readouterr().out


@pytest.mark.parametrize("offline", [True, False])
def test_a_book_that_is_to_stay_offline_does_not_try(project, monkeypatch, offline):
    tried = []
    monkeypatch.setattr(build, "try_to_fetch_evidence", tried.append)

    def stop(_: Parameters) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "prepare", stop)
    monkeypatch.setattr(build, "declared", lambda root: {})
    with pytest.raises(KeyboardInterrupt):
        build.book(Parameters(), offline=offline)
    assert bool(tried) != offline
