import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import project
from mammo.study import Study

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

hypothesis.settings.register_profile("in company", deadline=None)  # others may compute, too
hypothesis.settings.load_profile("in company")


class ByFile(LoadScopeScheduling):
    """Gives the tests of a file to one worker, and those of all files on the book to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        text = (self.config.rootpath / file).read_text(encoding="utf-8")
        return "book" if re.search(r"^pytestmark = .*mark\.book\b", text, re.M) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Say how parallel workers share the tests."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of the book come first: its build takes longest."""
    items.sort(key=lambda item: item.get_closest_marker("book") is None)


@pytest.fixture(scope="session", autouse=True)
def freed_memory_goes_back() -> Iterator[None]:
    """Large and small networks alternate here: what a process keeps for the next one piles up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mammo.training.devices.keep_freed_memory", lambda: None)
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that the parallel workers of this run of the tests share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real sample files, named by MAMMO_REAL_DATA; the test is skipped without it."""
    folder = os.environ.get("MAMMO_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real sample files are absent: set MAMMO_REAL_DATA to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def prepared(run_folder: Path) -> project.Project:
    """A project in which `mammo prepare` has computed the tiniest study."""
    made, _, _ = project.build(run_folder / "prepared", "prepare", "--params", "params/tiny.yaml")
    return made


@pytest.fixture
def study(prepared: project.Project) -> Study:
    """The tiniest study, opened anew; its artifacts are all in place."""
    return Study(prepared.parameters("params/tiny.yaml"))


@pytest.fixture(scope="session")
def published_study(prepared: project.Project) -> Study:
    """The tiniest study with published models trained in it."""
    return Study(prepared.parameters("params/tiny.yaml", **project.PUBLISHED))


@pytest.fixture(scope="session")
def mias_study(
    prepared: project.Project, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """The tiniest study with the real archive of mini-MIAS in its data folder."""
    root = tmp_path_factory.mktemp("data")
    (root / "all-mias.tar.gz").symlink_to(real_data / "all-mias.tar.gz")
    return Study(prepared.parameters("params/tiny.yaml", data_root=str(root)))


@dataclass(frozen=True)
class Book:
    """The small complete book, and what its build printed."""

    project: project.Project
    printed: str
    complaints: str


@pytest.fixture(scope="session")
def book(run_folder: Path) -> Book:
    """The small complete book, built once with ``mammo book``; tests leave it as it is."""
    return Book(
        *project.build(run_folder / "book", "book", "--offline", "--params", "params/ci.yaml")
    )


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A headless browser; the test is skipped where there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no browser: install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is absent")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--disable-gpu", *sandbox])
        yield opened
        opened.close()
