"""Label rules are parameters: what they may be, and clear errors for what they may not."""

import reprlib
from collections.abc import Mapping, Sequence

from mammo.errors import DatasetError, ParameterError


def require_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise `ParameterError` unless `value` is one of the choices."""
    if value not in choices:
        raise ParameterError(f"{name} is {value!r}; it must be one of {list(choices)}")


def require_choices(name: str, values: Sequence[object], choices: Sequence[object]) -> None:
    """Raise `ParameterError` unless `values` is a list of at least one of the choices."""
    if isinstance(values, str) or not values or not set(values) <= set(choices):
        raise ParameterError(f"{name} is {values!r}; it must be a list of one or more of {choices}")


def classes_of(rule: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Turn a rule {class: values} into {value: class}, refusing a value in two classes."""
    classes: dict[str, str] = {}
    for name, values in rule.items():
        for value in [values] if isinstance(values, str) else values:
            other = classes.setdefault(str(value), name)
            if other != name:
                raise ParameterError(f"{value!r} is in both {other} and {name}: name it once")
    return classes


def class_of(value: str, classes: Mapping[str, str], where: str) -> str:
    """Look a value up in `classes_of` a rule.

    Raises
    ------
    DatasetError
        If the rule does not say what the value means; `where` names file and line.
    """
    if value not in classes:
        raise DatasetError(
            f"{where}: label {reprlib.repr(value)} is outside the label rule, which knows "
            f"{list(classes)}; correct the table or extend the rule"
        )
    return classes[value]
