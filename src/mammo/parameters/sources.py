"""Where parameters come from (files, command lines, notebooks), checked, and what is where."""

import difflib
import os
import reprlib
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mammo.errors import ParameterError
from mammo.parameters import DataParameters, Parameters

DEFAULT_DATA_ROOT = "data"
MOST_CHARACTERS = 2**16
"""Of a parameter file; one that states everything has some thousands."""
_LONGEST, _MOST_FAULTS, _MOST_SHOWN = 2000, 5, 100


def project_root() -> Path:
    """Return the nearest folder, from the working one upwards, that holds the book's sources."""
    here = Path.cwd()
    return next(filter(_is_project, (here, *here.parents)), here)


def _is_project(folder: Path) -> bool:
    return (folder / "book" / "_toc.yml").is_file()


def default_file() -> Path | None:
    """Return the parameter file that the project's book is made with where none is named."""
    file = project_root() / "params" / "demo.yaml"
    return file if file.is_file() else None


def resolve(path: str) -> Path:
    """Return a path as absolute; a relative one is below the project's root."""
    return (project_root() / Path(path).expanduser()).resolve()


def data_root(parameters: DataParameters) -> Path:
    """Return the folder of the real data sets: parameter, ``$MAMMO_DATA``, or ``data/``."""
    return resolve(parameters.data_root or os.environ.get("MAMMO_DATA") or DEFAULT_DATA_ROOT)


def validate(values: Mapping[str, Any], place: str = "parameters") -> Parameters:
    """Return checked parameters.

    Raises
    ------
    ParameterError
        With one sentence a fault: the name, the value, what is expected.
    """
    try:
        return Parameters(**{str(name): value for name, value in values.items()})
    except ValidationError as error:
        faults = [_sentence(fault) for fault in error.errors()]
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        told = "; ".join(dict.fromkeys(faults[:_MOST_FAULTS]))
        raise ParameterError(f"{place}: {told}{more}") from None
    except RecursionError:
        raise ParameterError(f"{place}: lists within lists, deeper than can be read") from None


def load(path: Path | None, overrides: Mapping[str, Any]) -> Parameters:
    """Return the parameters of a YAML file (or the defaults) with some of them overridden.

    Raises
    ------
    ParameterError
        If the file is absent, no YAML, larger than `MOST_CHARACTERS`, or refers to parts of itself
        (aliases may unfold without end); or as `validate`.
    """
    given = validate(overrides, "command line")
    if path is None:
        return given
    try:
        with path.open(encoding="utf-8") as file:
            values = _parse(file.read(MOST_CHARACTERS + 1))
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such parameter file; see params/ for examples") from None
    except (OSError, _UnreadableError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ParameterError(f"{path}: not a YAML file of parameters: {reason}") from None
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: expected lines of 'name: value', found {_shown(values)}")
    validate(values, str(path))
    return validate({**values, **overrides}, f"{path} and command line")


def notebook_parameters(namespace: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a notebook's cells have set, checked.

    Parameters
    ----------
    namespace : mapping
        The notebook's ``globals()``. At its first call every public variable of a plain type is
        taken for a parameter, so that a misspelt one is refused; when the cell is run again in a
        live session, other variables are left alone, and warned of if they look like a parameter.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value has the wrong type or is out of range.

    Warns
    -----
    UserWarning
        If the working folder belongs to no project, so that all is computed anew below it.
    """
    is_rerun = any(isinstance(value, Parameters) for value in namespace.values())
    plain = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_")
        and name not in ("In", "Out")
        and isinstance(value, str | int | float | list | tuple | dict | None)
    }
    if is_rerun:
        others = plain.keys() - Parameters.model_fields
        _warn_of_misspelt({name: plain.pop(name) for name in sorted(others)})
    parameters = validate(plain, "parameters of this notebook")
    if not _is_project(project_root()) and not Path(parameters.artifacts).is_absolute():
        warnings.warn(
            f"no project of mammo at {Path.cwd()} or above: what is computed goes to "
            f"{resolve(parameters.artifacts)}, and data sets are looked for in "
            f"{data_root(parameters)}; run in the project's folder to find what is there",
            stacklevel=2,
        )
    return parameters


def _warn_of_misspelt(others: Mapping[str, Any]) -> None:
    """Warn of variables that are named like a parameter and hold what it could."""
    for name, value in others.items():
        for near in difflib.get_close_matches(name, Parameters.model_fields, n=1, cutoff=0.8):
            with suppress(ParameterError):
                validate({near: value})
                warnings.warn(
                    f"'{name}' is no parameter and changes nothing; did you mean '{near}'?",
                    stacklevel=3,
                )


def of_institution(
    folder: Path | None, labels: Path | None, layout: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters that stand for a folder, a table of labels and how that is read."""
    places = {"folder": folder, "labels": labels}
    named = {name: str(path.resolve()) for name, path in places.items() if path is not None}
    return {f"institution_{name}": value for name, value in (named | dict(layout)).items() if value}


def parse_assignments(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return names and values of ``-p NAME VALUE`` options, the values read as YAML."""
    values = {}
    for name, text in pairs:
        try:
            values[name] = _parse(text)
        except _UnreadableError:
            raise ParameterError(f"-p {name} {text!r}: not a value in YAML or JSON") from None
    return values


def _sentence(fault: Mapping[str, Any]) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else "parameters"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Parameters.model_fields, n=1)
        known = f"valid names are {', '.join(sorted(Parameters.model_fields))}"
        hint = f"did you mean '{near[0]}'?" if near else known
        return f"unknown parameter {_shown(name)}; {hint}"
    meaning = Parameters.model_fields[name].description if name in Parameters.model_fields else ""
    message = fault["msg"][0].lower() + fault["msg"][1:]
    return f"parameter '{name}' is {_shown(fault['input'])}: {message} ({meaning})"


class _UnreadableError(Exception):
    """Text that is no YAML, or YAML of a kind that no parameters need."""


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML without aliases, names that come twice in a mapping, and values without end."""

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _UnreadableError("an alias (*name); write the value out")
        return super().compose_node(parent, index)

    def construct_scalar(self, node: yaml.Node) -> Any:
        if len(node.value) > _LONGEST:
            raise _UnreadableError(f"a value of more than {_LONGEST:,} characters")
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise _UnreadableError(f"{_shown(twice[0])} is there twice; keep one of them")
        return super().construct_mapping(node, deep)


def _parse(text: str) -> Any:
    if len(text) > MOST_CHARACTERS:
        raise _UnreadableError(f"more than {MOST_CHARACTERS:,} characters")
    try:
        return _PlainLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f" in line {mark.line + 1}" if mark else ""
        raise _UnreadableError(f"{error.problem or error.context}{line}") from None
    # Beside its own errors, YAML raises those of numbers and dates that are none.
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _UnreadableError(f"a value that cannot be read ({type(error).__name__})") from None


def _shown(value: object) -> str:
    """Show a value in one short line, whatever it is."""
    text = reprlib.repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
