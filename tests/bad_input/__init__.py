"""Files that are wrong in every way thought of, and what has to become of each.

    python -m bad_input FOLDER      (in tests/) writes them all, and a table of what is expected

Nothing is stored: everything follows from the code. A kind of files is a module with ``KIND``; a
case is one file of it. `bad_input.worker` reads cases in a process of its own, so that a reader
that hangs, fills the memory or kills its process fails its case and no more.
"""

from importlib import import_module

from .case import Kind

NAMES = (
    "dicom",
    "codec",
    "raster",
    "table",
    "workbook",
    "keras",
    "caffe",
    "tensor",
    "parameter",
    "archive",
)
"""Kinds of files, each a module ``NAME_files``."""


def kind(name: str) -> Kind:
    """Return a kind of files by its name."""
    return import_module(f"{__name__}.{name}_files").KIND
