from pathlib import Path

import nbformat
import pytest

import project
from mammo.book import execution
from mammo.book.chapters import Chapter
from mammo.errors import MammoError
from mammo.files import code
from mammo.files.artifacts import Artifacts
from mammo.parameters import DataParameters, Parameters, sources


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """The book's sources; programs run there."""
    made = project.copy(tmp_path)
    monkeypatch.chdir(made.root)
    return made.root


def notebook(root: Path, code: str) -> Chapter:
    """Write a chapter's source with a parameters cell and one more."""
    source = root / "notebooks" / "trial.py"
    kernel = ["# ---", "# jupyter:", "#   kernelspec:", "#     name: python3", "# ---", ""]
    kernel[4:4] = ["#     display_name: Python 3", "#     language: python"]
    cells = [*kernel, '# %% tags=["parameters"]', "seed = 2020", "", "# %%", code, ""]
    source.write_text("\n".join(cells))
    return Chapter("trial", "notebooks/trial.py", "chapters/trial.ipynb", (DataParameters,))


def parameters(root: Path, **changes: object) -> Parameters:
    return sources.validate({"artifacts": str(root / "artifacts"), **changes})


def execute(chapter: Chapter, values: Parameters, data: str, root: Path) -> Path:
    return execution.execute(chapter, values, data, root, Artifacts(Path(values.artifacts)))


def test_a_chapter_is_executed_when_something_it_depends_on_changed(root, monkeypatch):
    runs = []

    def pretend(_: object, values: Parameters, __: object, folder: Path) -> None:
        runs.append(values.seed)
        (folder / "notebook.ipynb").write_text(f"seed {values.seed}")

    monkeypatch.setattr(execution, "_run_notebook", pretend)
    chapter = notebook(root, "1")
    for seed, data in ((1, "a"), (1, "a"), (2, "a"), (2, "b"), (1, "a")):
        executed = execute(chapter, parameters(root, seed=seed), data, root)
        assert executed.read_text() == f"seed {seed}"
    assert runs == [1, 2, 2]
    execute(chapter, parameters(root, seed=1, n_bootstrap=300, workers=3), "a", root)
    assert len(runs) == 3
    execute(notebook(root, "2"), parameters(root, seed=1), "a", root)
    assert len(runs) == 4
    version = code._version
    monkeypatch.setattr(
        code, "_version", lambda name: "another" if name == "scipy" else version(name)
    )
    measured = "from mammo.evaluation import auroc_interval"
    execute(notebook(root, measured), parameters(root, seed=1), "a", root)
    monkeypatch.undo()
    monkeypatch.setattr(execution, "_run_notebook", pretend)
    execute(notebook(root, measured), parameters(root, seed=1), "a", root)
    assert len(runs) == 6  # once with each version of what the chapter computes with


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "from mammo.errors import DatasetError; raise DatasetError('x.csv: no rows; add some')",
            "chapter 'trial': x.csv: no rows; add some",
        ),
        ("1 / 0", r"chapter 'trial': ZeroDivisionError: division by zero; see .*notebook\.ipynb"),
    ],
)
def test_a_failing_cell_is_named_and_its_chapter_is_not_kept(root, code, words):
    chapter = notebook(root, code)
    with pytest.raises(MammoError, match=f"^{words}$"):
        execute(chapter, parameters(root), "a", root)
    assert not list((root / "artifacts").glob("chapter-trial/*/record.json"))


def test_parameters_are_injected_and_code_is_folded(root):
    chapter = notebook(root, "print('seed is', seed)")
    path = execute(chapter, parameters(root, seed=7), "a", root)
    executed = nbformat.read(path, as_version=4)
    tags = [cell.metadata.get("tags", []) for cell in executed.cells]
    assert ["parameters"] in tags and ["injected-parameters"] in tags
    assert "hide-input" in tags[-1]
    assert executed.cells[-1].outputs[0].text == "seed is 7\n"


def test_a_reworded_parameter_executes_a_chapter_anew(root, monkeypatch):
    runs = []
    monkeypatch.setattr(execution, "_run_notebook", lambda *_: runs.append(1))
    chapter = notebook(root, "print('seed is', seed)")
    for _ in range(2):
        execute(chapter, parameters(root), "a", root)
    assert len(runs) == 1
    monkeypatch.setattr(Parameters.model_fields["seed"], "description", "another meaning")
    execute(chapter, parameters(root), "a", root)
    assert len(runs) == 2
