"""The code behind an artifact: what its step imports, as it was when this process started."""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mammo.errors import MammoError

PACKAGE = Path(__file__).parents[1]
_NAME = PACKAGE.name
_ALIKE = ("h5py", "matplotlib", "numba", "numpy", "pandas", "pydicom", "scipy")
_COMPUTING = {name: name for name in (*_ALIKE, "torch", "torchvision")}
_COMPUTING |= {"PIL": "pillow", "cv2": "opencv-python-headless", "sklearn": "scikit-learn"}
"""Libraries whose versions results may depend on, by the name that they are imported by."""
_DATA = (".j2", ".toml", ".csv")
_PLUGINS = {"pydicom": ("python-gdcm", "pylibjpeg-openjpeg")}
"""What such a library computes with in its turn, found by itself."""


def _read_modules() -> dict[str, bytes]:
    found = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file.read_bytes()
    return found


_TEXTS = _read_modules()
"""Every module's source, read once: code that is edited later is not what this process runs."""


def modules_behind(module: str) -> tuple[str, ...]:
    """Return the modules of this package that one imports, those that they import, and itself.

    Imports in functions count, those for type checkers alone do not. A package's own module counts
    where a name is taken from it, and not where it only leads to another module.

    Parameters
    ----------
    module : str
        As ``mammo.study.manifests``; one of another package has nothing behind it.

    Raises
    ------
    MammoError
        If the module was not there when this process started.
    """
    if module.split(".")[0] == _NAME and module not in _TEXTS:
        raise MammoError(f"{module} was made after this process started; restart it and run again")
    return _closure(frozenset({module} & _TEXTS.keys()))


def modules_of_source(text: str) -> tuple[str, ...]:
    """Return the modules of this package that a program imports, and those that they import."""
    return _closure(frozenset(_own(_imported_names(ast.parse(text)))))


def digest_of(modules: Iterable[str]) -> str:
    """Return the digest of modules' syntax, without comments and docstrings."""
    parts = {module: _read(module).digest for module in sorted(modules)}
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@cache
def digest_of_data() -> str:
    """Return the digest of the package's templates, words and tables: what is shown hangs on them.

    No step reads any: a word that is changed computes nothing anew.
    """
    files = sorted(file for file in PACKAGE.rglob("*") if file.suffix in _DATA)
    parts = {str(file.relative_to(PACKAGE)): file.read_bytes() for file in files}
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def versions_behind(modules: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of the libraries that modules compute with."""
    imported = set().union(*(_read(module).libraries for module in modules))
    imported |= {plugin for name in imported for plugin in _PLUGINS.get(name, ())}
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    return found | {name: _version(name) for name in sorted(imported)}


def versions() -> dict[str, str]:
    """Return the versions of this package and of all that it computes with."""
    return {_NAME: _version(_NAME), **versions_behind(_TEXTS)}


def refuse_edited(modules: Iterable[str] = tuple(_TEXTS)) -> None:
    """Refuse to let other processes compute with code that is not what this one started with.

    Raises
    ------
    MammoError
        Naming the first module whose code, comments and docstrings aside, is another on disk.
    """
    for module in modules:
        place = PACKAGE.parent.joinpath(*module.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        text = file.read_bytes() if file.is_file() else b""
        if text != _TEXTS[module] and _digest_of_text(text) != _read(module).digest:
            raise MammoError(
                f"{file} was edited after this process started; restart it (in JupyterLab, the "
                "kernel) and run again, so that results are filed under the code that made them"
            )


def refuse_edited_unless_imported(modules: Iterable[str]) -> None:
    """Refuse to compute with code that was edited before this process imported it.

    Raises
    ------
    MammoError
        As `refuse_edited`.
    """
    refuse_edited(module for module in modules if module not in sys.modules)


@cache
def _closure(roots: frozenset[str]) -> tuple[str, ...]:
    found: set[str] = set()
    waiting = set(roots)
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= _read(module).imports - found
    return tuple(sorted(found))


class _Module(NamedTuple):
    """A module's imports of this package, the computing libraries it imports, and its digest."""

    imports: frozenset[str]
    libraries: frozenset[str]
    digest: str


@cache
def _read(module: str) -> _Module:
    tree = ast.parse(_TEXTS[module])
    names = set(_imported_names(tree))
    libraries = {name.split(".")[0] for name, _ in names} & _COMPUTING.keys()
    return _Module(
        frozenset(_own(names)), frozenset(_COMPUTING[name] for name in libraries), _digest(tree)
    )


def _own(names: Iterable[tuple[str, str]]) -> set[str]:
    """Return the modules of this package among imported names; a name may be a module itself."""
    found = {
        f"{module}.{name}" if f"{module}.{name}" in _TEXTS else module for module, name in names
    }
    return found & _TEXTS.keys() - {_NAME}


def _imported_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield module and name of every import that runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, name.name) for name in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.name, "") for name in node.names)
        else:
            yield from _imported_names(node)


def _digest_of_text(text: bytes) -> str:
    try:
        return _digest(ast.parse(text))
    except SyntaxError:
        return "not a program"


def _digest(tree: ast.AST) -> str:
    """Return the digest of a program; its docstrings are removed from the tree."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = [statement for statement in body if not _is_text(statement)] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@cache
def _version(name: str) -> str:
    from importlib import metadata

    return metadata.version(name)
