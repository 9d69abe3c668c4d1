"""The library of the authors' weights: released files in, checked networks out."""

from __future__ import annotations

from mammo.models.imports.files import available, find, import_file, load, location, read_record

__all__ = ["available", "find", "import_file", "load", "location", "read_record"]
