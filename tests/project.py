"""A copy of the book's sources in a folder of its own, where programs run as a user runs them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from filelock import FileLock

from mammo.book.rendering import BESIDE
from mammo.parameters import Parameters, sources

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
MADE = shutil.ignore_patterns("_build", "chapters", "index.ipynb", "__pycache__", "artifacts")
TINY = {
    "phantom_scale": 0.02,
    "phantom_pixel_mm": 1.0,
    "image_size": 64,
    "models": ["alexnet"],
    "weights": "random",
    "epochs": 2,
    "n_bootstrap": 100,
    "transfer_folds": 2,
    "factor_patients": 20,
    "adapt_fractions": [0.0, 0.2, 0.8],
    "adapt_runs": 1,
    "workers": 1,
}
"""Parameters of the smallest study in which each data set has both classes."""
PUBLISHED = {
    "models": ["alexnet", "end2end_vgg16", "frcnn_cad"],
    "published_width": 0.01,
    "end2end_rows": 192,
    "end2end_patches": 2,
    "end2end_patch_epochs": [0, 0, 1],
    "end2end_image_epochs": [1, 0],
    "frcnn_short_side": 96,
    "frcnn_hidden": 16,
    "frcnn_epochs": 1,
}
"""Changes that add the published models, as small as they can be."""


@dataclass(frozen=True)
class Project:
    """A project's folder, and the environment that its programs see: an empty home, no data."""

    root: Path
    environment: Mapping[str, str]

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def html(self) -> Path:
        return self.root / "book" / "_build" / "html"

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )

    def mammo(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run(BIN / "mammo", *arguments)

    def parameters(self, file: str, **changes: object) -> Parameters:
        """Return a file's parameters for use in this process, with this project's places."""
        places = {
            "artifacts": str(self.artifacts),
            "data_root": self.environment["MAMMO_DATA"],
        }
        return sources.load(self.root / file, {**places, **changes})

    def pages(self) -> list[str]:
        """Return the pages of the table of contents, without suffix."""
        toc = yaml.safe_load((self.root / "book" / "_toc.yml").read_text())
        return [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]

    def executed(self) -> dict[str, int]:
        """Return when each executed notebook was written: chapter/digest to nanoseconds."""
        return {
            f"{path.parent.parent.name}/{path.parent.name}": path.stat().st_mtime_ns
            for path in self.artifacts.glob("chapter-*/*/notebook.ipynb")
        }


def copy(folder: Path, source: Path = ROOT) -> Project:
    """Copy what the book is made from, and nothing that was made from it."""
    for part in ("book", "notebooks", "params", "recorded"):
        shutil.copytree(source / part, folder / part, ignore=MADE)
    for name in BESIDE:
        shutil.copy(source / name, folder)
    (folder / "params" / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    for empty in ("home", "no-data"):
        (folder / empty).mkdir()
    return Project(folder, _environment(folder))


def build(folder: Path, *command: str) -> tuple[Project, str, str]:
    """Copy the project into a folder and run a command of `mammo` there, unless that was done.

    Returns the project and what the command wrote to its output and to its error output. Of the
    parallel workers of a run of the tests, the first to come builds; the others wait for it.
    """
    outcome = folder.with_suffix(".json")
    with FileLock(folder.with_suffix(".lock")):
        if not outcome.exists():
            folder.mkdir()
            ran = copy(folder).mammo(*command)
            outcome.write_text(json.dumps([ran.returncode, ran.stdout, ran.stderr]))
    status, printed, complaints = json.loads(outcome.read_text())
    assert status == 0, complaints
    return Project(folder, _environment(folder)), printed, complaints


def _environment(folder: Path) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return environment | {
        "HOME": str(folder / "home"),
        "MAMMO_DATA": str(folder / "no-data"),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
