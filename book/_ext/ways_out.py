"""Ways out of a page: who to cite, which version this is, and where the code and its issues are.

The address of the repository is ``repository-code`` of ``CITATION.cff``. Without it no page offers
to edit, to run or to report anything.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlparse

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from mammo import __version__
from mammo.files import code
from mammo.files.artifacts import commit

_BRANCH = "main"
_EXECUTED = "notebooks"
"""The branch that holds the published book's executed notebooks (``.github/workflows``)."""
_IN_LAB = "?factory=Jupytext%20Notebook"
_SHORT = 9


def configure(app: Sphinx, config: Config) -> None:
    """Read the citation, and give the theme what Jupyter Book has no name for."""
    root = Path(app.srcdir).parent
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    config.mammo_citation, config.mammo_edition = citation, _edition(citation)
    config.templates_path.append(str(Path(app.srcdir, "_templates")))
    config.html_theme_options |= {
        "show_toc_level": 2,
        "navigation_with_keys": True,
        "footer_content_items": ["ways_out.html", "extra-footer.html"],
    }


def _edition(citation: dict[str, Any]) -> str:
    """Return version, commit and its date; without git the release's date."""
    found = commit()
    if found == "unknown":
        return f"version {__version__}, {citation['date-released']}"
    short = found[:_SHORT] + (" with changes" if found.endswith("+changes") else "")
    git = ["git", "-C", str(code.PACKAGE), "show", "-s", "--format=%cs", "HEAD"]
    date = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return ", ".join(filter(None, (f"version {__version__}", f"commit {short}", date)))


def add_to_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Give a page's template what its footer says, and its header the ways to the repository."""
    citation = app.config.mammo_citation
    repository = citation.get("repository-code", "").rstrip("/")
    (paper,) = (one for one in citation["references"] if one["type"] == "article")
    context["mammo"] = {
        "title": citation["title"],
        "authors": ", ".join(author["name"] for author in citation["authors"]),
        "year": str(citation["date-released"])[:4],
        "licence": citation["license"],
        "paper": paper,
        "edition": app.config.mammo_edition,
        "repository": repository,
    }
    if document is not None and repository:
        context["header_buttons"].append(
            {
                "type": "group",
                "icon": "fas fa-code-branch",
                "tooltip": "Run, edit, report",
                "label": "ways-out",
                "buttons": list(_buttons(repository, page, _source(app, page))),
            }
        )


def _source(app: Sphinx, page: str) -> str:
    """Return the file that a page is made from, below the repository's root."""
    declared = json.loads(app.env.metadata[page].get("mammo", "{}"))
    return declared.get("source", f"book/{page}.md")


def _buttons(repository: str, page: str, source: str) -> Iterator[dict[str, str]]:
    """Yield what can be done with a page: run it if it is a chapter, edit it, report an issue."""
    address = urlparse(repository)
    owner_and_name = address.path.strip("/")
    on_github = address.hostname == "github.com"
    if source.endswith(".py"):
        short = f"gh/{owner_and_name}" if on_github else f"git/{quote(repository, safe='')}"
        in_lab = quote(f"lab/tree/{source}{_IN_LAB}", safe="")
        binder = f"https://mybinder.org/v2/{short}/{_BRANCH}?urlpath={in_lab}"
        yield _button("Run on Binder", "fas fa-rocket", binder)
        if on_github:
            executed = f"{owner_and_name}/blob/{_EXECUTED}/{page}.ipynb"
            colab = f"https://colab.research.google.com/github/{executed}"
            yield _button("Open in Colab", "fas fa-play", colab)
    inner = "" if on_github else "/-"
    yield _button(
        "Edit this page", "fas fa-pencil-alt", f"{repository}{inner}/edit/{_BRANCH}/{source}"
    )
    yield _button("Report an issue", "fas fa-lightbulb", f"{repository}{inner}/issues/new")


def _button(text: str, icon: str, url: str) -> dict[str, str]:
    return {"type": "link", "text": text, "icon": icon, "url": url}


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx, after the theme has made its list of buttons."""
    app.add_config_value("mammo_citation", {}, "")
    app.add_config_value("mammo_edition", "", "html")
    app.connect("config-inited", configure)
    app.connect("html-page-context", add_to_page, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
