"""A chapter edited in JupyterLab, in a browser, as a researcher does it."""

import difflib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import nbformat
import pytest

import project

pytest.importorskip("jupyterlab", reason="JupyterLab is absent: pip install -e '.[lab]'")
pytestmark = [pytest.mark.book, pytest.mark.browser, pytest.mark.long]
SECONDS = 240
CHAPTER = "08_how_sure.py"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> project.Project:
    return project.copy(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def address(made: project.Project) -> Iterator[str]:
    """Address of a JupyterLab on the project's notebooks, as `make lab` opens it."""
    port = free_port()
    options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir=notebooks", *options]
    settings = {"JUPYTER_CONFIG_PATH": str(project.ROOT / ".jupyter")}
    log = made.root / "lab.log"
    with log.open("w") as written:
        lab = subprocess.Popen(
            command,
            cwd=made.root,
            env={**made.environment, **settings},
            stdout=written,
            stderr=written,
        )
    home = f"http://127.0.0.1:{port}/lab"
    try:
        until = time.monotonic() + SECONDS
        while not answers(home):
            assert lab.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.5)
        yield home
    finally:
        lab.kill()  # A kernel ends with it.
        lab.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def test_a_parameter_changed_in_jupyterlab_changes_its_line_alone(made, address, browser):
    source = made.root / "notebooks" / CHAPTER
    before = source.read_text()
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(1000 * SECONDS)
    tab.goto(f"{address}/tree/{CHAPTER}?reset")
    notebook = tab.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    line = notebook.locator(".cm-line", has_text="seed =")
    line.click()
    tab.keyboard.press("End")
    tab.keyboard.press("Shift+Home")
    tab.keyboard.type("seed = 2021  # of the simulations")
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.get_by_text("Run All Cells", exact=True).click()
    # JupyterLab holds only the cells that are in view; the last one is there when all have run.
    last = notebook.locator("#share-coverage caption")
    until = time.monotonic() + SECONDS
    while not last.count() and time.monotonic() < until:
        notebook.locator(".jp-WindowedPanel-outer").evaluate("e => e.scrollTo(0, e.scrollHeight)")
        time.sleep(0.5)
    last.wait_for()
    assert notebook.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
    assert "IProgress not found" not in notebook.inner_text()
    # jupyterlab-myst renders what plain JupyterLab shows as its source.
    assert "{cite:p}" not in notebook.inner_text()
    tab.keyboard.press("Control+s")
    until = time.monotonic() + SECONDS
    while source.read_text() == before and time.monotonic() < until:
        time.sleep(0.2)
    tab.close()
    changed = [
        line
        for line in difflib.unified_diff(before.splitlines(), source.read_text().splitlines(), n=0)
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert changed == [
        "-seed = 2020  # of the simulations",
        "+seed = 2021  # of the simulations",
    ]
    outcome = made.mammo("run", "how_sure", "--params", "params/tiny.yaml")
    assert outcome.returncode == 0, outcome.stderr
    executed = nbformat.read(made.root / "results" / "how_sure" / "notebook.ipynb", as_version=4)
    sources = [cell.source for cell in executed.cells if cell.cell_type == "code"]
    assert [source for source in sources if "seed =" in source] == [
        "seed = 2021  # of the simulations"
    ]
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
