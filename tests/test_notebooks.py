"""Every chapter runs with jupytext and papermill alone, as the README says."""

from __future__ import annotations

import subprocess

import nbformat
import pytest

from conftest import Book

pytestmark = pytest.mark.book
PIPE = (
    "set -o pipefail; jupytext --to notebook --output - notebooks/{source}.py"
    " | papermill -f params/ci.yaml {options} - {output}"
)


def plain(book: Book, source: str, options: str, output: str) -> subprocess.CompletedProcess[str]:
    command = PIPE.format(source=source, options=options, output=output)
    return book.project.run("bash", "-c", command)


def test_a_chapter_runs_with_jupytext_and_papermill(book, tmp_path):
    output = tmp_path / "out.ipynb"
    options = "-p n_bootstrap 150 -p models '[\"alexnet\"]'"
    outcome = plain(book, "03_comparison", options, output)
    assert outcome.returncode == 0, outcome.stderr
    cells = nbformat.read(output, as_version=4).cells
    shown = "".join(
        out.get("data", {}).get("text/html", "") for c in cells for out in c.get("outputs", [])
    )
    assert 'id="table-3"' in shown
    assert "150 replicates" in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-p n_bootstap 500", "unknown parameter 'n_bootstap'; did you mean 'n_bootstrap'?"),
        ("-p n_bootstrap many", "parameter 'n_bootstrap' is 'many': input should be a valid integ"),
    ],
)
def test_a_wrong_parameter_fails_the_notebook_with_its_sentence(book, tmp_path, options, words):
    outcome = plain(book, "03_comparison", options, tmp_path / "out.ipynb")
    assert outcome.returncode != 0
    assert f"ParameterError: parameters of this notebook: {words}" in outcome.stderr


def test_a_rerun_chapter_refuses_a_wrong_parameter_before_it_starts(book):
    executed = book.project.executed()
    outcome = book.project.mammo("run", "comparison", "-p", "n_bootstap", "5")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr == (
        "mammo: command line: unknown parameter 'n_bootstap'; did you mean 'n_bootstrap'?\n"
    )
    assert book.project.executed() == executed
