"""Keep the pages from asking other hosts for scripts that this book does not use.

Jupyter Book adds the loader of Thebe (code run in the reader's browser) to every page, twice, which
browsers report as an error.
"""

from typing import Any

from sphinx.application import Sphinx


def drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], _: object) -> None:
    """Take Thebe's scripts out of a page."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{script.filename}{script.attributes.get('body', '')}"
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx, after the extensions that add scripts."""
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
