"""Every chapter runs with jupytext and papermill alone, as the README says."""

import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from conftest import Book
from project import BIN, ROOT

pytestmark = pytest.mark.book
(COMMAND,) = re.findall(
    r"^\.venv/bin/jupytext .*papermill.*$", (ROOT / "README.md").read_text(), re.M
)


def plain(book: Book, options: str, output: Path) -> subprocess.CompletedProcess[str]:
    """Run the README's command with the small book's parameters and some more."""
    command = COMMAND.replace("params/demo.yaml", "params/ci.yaml").replace(".venv/bin", str(BIN))
    command = re.sub(r"- \S+$", f"{options} - {output}", command)
    return book.project.run("bash", "-o", "pipefail", "-c", command)


def test_the_readmes_command_reruns_a_chapter(book, tmp_path):
    output = tmp_path / "out.ipynb"
    outcome = plain(book, "-p models '[\"alexnet\"]'", output)
    assert outcome.returncode == 0, outcome.stderr
    cells = nbformat.read(output, as_version=4).cells
    shown = "".join(
        out.get("data", {}).get("text/html", "") for c in cells for out in c.get("outputs", [])
    )
    assert 'id="table-3"' in shown
    assert "500 replicates" in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-p n_bootstap 500", "unknown parameter 'n_bootstap'; did you mean 'n_bootstrap'?"),
        ("-p n_bootstrap many", "parameter 'n_bootstrap' is 'many': input should be a valid integ"),
    ],
)
def test_a_wrong_parameter_fails_the_notebook_with_its_sentence(book, tmp_path, options, words):
    outcome = plain(book, options, tmp_path / "out.ipynb")
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
