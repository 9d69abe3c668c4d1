"""An executed chapter made ready to be published: how its page is made again, and nothing else."""

import json
import shlex

import nbformat

from mammo.book.chapters import Chapter
from mammo.parameters import Parameters, sources

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
    notebook = nbformat.reads(executed, as_version=4)
    for noted in (notebook, *notebook.cells):
        for name in ("papermill", "execution"):
            noted.metadata.pop(name, None)
    for cell in notebook.cells:
        if "outputs" in cell:
            cell["outputs"] = [one for one in cell["outputs"] if _WIDGET not in one.get("data", {})]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["mammo"]["source"] = chapter.source
    words = _WORDS.format(name=chapter.name, title=TITLE, command=command(chapter, parameters))
    notebook.cells.append(nbformat.v4.new_markdown_cell(words, id="rerun"))
    return nbformat.writes(notebook)
