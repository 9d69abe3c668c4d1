"""A chapter executed with papermill, where something that it depends on changed."""

import logging
from pathlib import Path

from mammo.book.chapters import Chapter
from mammo.errors import MammoError
from mammo.files import code
from mammo.files.artifacts import Artifacts, digest
from mammo.parameters import Parameters, sources

NOTEBOOK = "notebook.ipynb"


def execute(
    chapter: Chapter, parameters: Parameters, fingerprint: str, root: Path, artifacts: Artifacts
) -> Path:
    """Execute a chapter, unless nothing that it depends on has changed.

    Parameters
    ----------
    chapter : Chapter
        The chapter.
    parameters : Parameters
        All parameters; those that differ from their defaults are injected.
    fingerprint : str
        Digest of the data sets that are in place.
    root : Path
        The project's root.
    artifacts : Artifacts
        Where the executed notebook is kept.

    Returns
    -------
    Path
        The executed notebook, in its artifact folder.

    Raises
    ------
    MammoError
        If a cell fails; the message names the chapter and repeats the cell's error.
    """
    source = root / chapter.source
    text = source.read_text(encoding="utf-8")
    modules = code.modules_of_source(text)
    inputs = {
        "source": digest(text),
        "code": code.digest_of(modules),
        "versions": code.versions_behind(modules),
        "words": code.digest_of_data(),
        "parameters": parameters.of(chapter.groups),
        "meanings": [field.description for field in Parameters.model_fields.values()],
        "data": fingerprint,
    }
    folder = artifacts.build(
        f"chapter-{chapter.name}",
        inputs,
        lambda partial: _run_notebook(chapter, parameters, source, partial),
    )
    return folder / NOTEBOOK


def _run_notebook(chapter: Chapter, parameters: Parameters, source: Path, folder: Path) -> None:
    import jupytext
    import papermill
    from papermill.exceptions import PapermillExecutionError

    code.refuse_edited()  # The kernel imports what is on disk now.
    # Names that are not in the parameters cell are checked by the notebook's own first line.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    notebook = jupytext.read(source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    output = folder / NOTEBOOK
    values = parameters.changed()
    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=values,
            kernel_name="python3",
            cwd=str(sources.project_root()),
            progress_bar={"desc": chapter.name, "leave": False},
            extra_arguments=["--log-level=CRITICAL"],
        )
    except PapermillExecutionError as error:
        is_ours = error.ename in _error_names()
        cause = error.evalue if is_ours else f"{error.ename}: {error.evalue}; see {output}"
        raise MammoError(f"chapter '{chapter.name}': {cause}") from None


def _error_names() -> set[str]:
    from mammo import errors

    return {name for name in vars(errors) if name.endswith("Error")}
