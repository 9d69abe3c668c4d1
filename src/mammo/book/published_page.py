"""An executed chapter made ready to be published: how it is made again, and a banner if need be."""

import json
import shlex
from pathlib import Path

from mammo.book.chapters import Chapter
from mammo.errors import ParameterError
from mammo.files.disk import write_text
from mammo.parameters import Parameters, sources

_RECORD = Path("book", "_build", "parameters.json")
TITLE = "Rerun this page"
"""Of a page's last section; the cells that show nothing are moved into it (``book/_ext``)."""

_WIDGET = "application/vnd.jupyter.widget-view+json"
_WORDS = """\
(rerun-{name})=
## {title}

In the project's folder, this makes the page anew, from the data sets below `MAMMO_DATA`:

```bash
{command}
```

`-p NAME VALUE` sets a parameter; {{doc}}`/rerun` says more. The cells that follow stand at the
beginning of the notebook.
"""


def note_parameters(parameters: Parameters, root: Path) -> None:
    """Note what the book at `root` is made with, for pages that are made later."""
    record = root / _RECORD
    record.parent.mkdir(exist_ok=True)
    write_text(record, json.dumps(parameters.changed()))


def parameters_of_book(root: Path) -> Parameters:
    """Return what the book at `root` was made with; where none is, what it would be made with."""
    record = root / _RECORD
    if record.is_file():
        try:
            return sources.load(record, {})
        except ParameterError:  # Made by code that had other parameters.
            pass
    return sources.load(sources.default_file(), {})


def differences(chapter: Chapter, ours: Parameters, of_book: Parameters) -> str:
    """Return a chapter's parameters that are not the book's, in words; empty if there are none."""
    book = of_book.of(chapter.groups)
    return ", ".join(
        f"`{name}` is {json.dumps(value)} (in the book {json.dumps(book[name])})"
        for name, value in ours.of(chapter.groups).items()
        if value != book[name]
    )


def with_banner(executed: str, differing: str) -> str:
    """Return an executed notebook's text, with a banner below its title if `differing` says so."""
    if not differing:
        return executed
    notebook = json.loads(executed)
    words = f"This page was made with other parameters than the book: {differing}."
    notebook["cells"].insert(1, _markdown("other-parameters", f":::{{warning}}\n{words}\n:::"))
    return _written(notebook)


def command(chapter: Chapter, parameters: Parameters) -> str:
    """Return the command that makes a chapter's page with these parameters."""
    usual = sources.load(sources.default_file(), {}).of(chapter.groups)
    words = ["mammo", "run", chapter.name]
    for name, value in parameters.of(chapter.groups).items():
        if value != usual[name]:
            words += ["-p", name, value if isinstance(value, str) else json.dumps(value)]
    return shlex.join(words)


def with_rerun(executed: str, chapter: Chapter, parameters: Parameters) -> str:
    """Return an executed notebook's text with its last section, how to rerun it.

    What papermill noted on this machine (folders, times) is left out, and so are bars of progress,
    which are widgets where JupyterLab is installed.
    """
    notebook = json.loads(executed)
    cells, metadata = notebook["cells"], notebook["metadata"]
    for noted in (notebook, *cells):
        for name in ("papermill", "execution"):
            noted["metadata"].pop(name, None)
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [one for one in cell["outputs"] if _WIDGET not in one.get("data", {})]
    metadata.pop("widgets", None)
    metadata["mammo"]["source"] = chapter.source
    words = _WORDS.format(name=chapter.name, title=TITLE, command=command(chapter, parameters))
    cells.append(_markdown("rerun", words))
    return _written(notebook)


def _markdown(name: str, words: str) -> dict[str, object]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": words}


def _written(notebook: dict[str, object]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
