"""Where parameters come from (files, command lines, notebooks), checked, and what is where."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mammo.errors import ParameterError
from mammo.parameters import DataParameters, Parameters

DEFAULT_DATA_ROOT = "data"


def project_root() -> Path:
    """Return the nearest folder, from the working one upwards, that holds the book's sources."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "book" / "_toc.yml").is_file():
            return folder
    return here


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
        raise ParameterError(f"{place}: {'; '.join(dict.fromkeys(faults))}") from None


def load(path: Path | None, overrides: Mapping[str, Any]) -> Parameters:
    """Return the parameters of a YAML file (or the defaults) with some of them overridden."""
    if path is None:
        return validate(overrides, "command line")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise ParameterError(f"{path}: no such parameter file; see params/ for examples") from None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ParameterError(f"{path}: not a YAML file of parameters: {reason}") from None
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: expected lines of 'name: value', found {values!r}")
    validate(values, str(path))
    return validate({**values, **overrides}, f"{path} and command line")


def read(namespace: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a notebook's cells have set, checked.

    Parameters
    ----------
    namespace : mapping
        The notebook's ``globals()``. At its first call every public variable of a plain type is
        taken for a parameter, so that a misspelt one is refused; when the cell is run again in a
        live session, other variables are left alone.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value has the wrong type or is out of range.
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
        plain = {name: plain[name] for name in plain if name in Parameters.model_fields}
    return validate(plain, "parameters of this notebook")


def parse_assignments(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return names and values of ``-p NAME VALUE`` options, the values read as YAML."""
    values = {}
    for name, text in pairs:
        try:
            values[name] = yaml.safe_load(text)
        except yaml.YAMLError:
            raise ParameterError(f"-p {name} {text!r}: not a value in YAML or JSON") from None
    return values


def _sentence(fault: Mapping[str, Any]) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else "parameters"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Parameters.model_fields, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "valid names are "
        return f"unknown parameter '{name}'; {hint}" + (
            "" if near else ", ".join(sorted(Parameters.model_fields))
        )
    meaning = Parameters.model_fields[name].description if name in Parameters.model_fields else ""
    message = fault["msg"][0].lower() + fault["msg"][1:]
    return f"parameter '{name}' is {fault['input']!r}: {message} ({meaning})"
