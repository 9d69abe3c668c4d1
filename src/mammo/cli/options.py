"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mammo.parameters import Parameters


PATH = click.Path(path_type=Path)


class SeveralModels(click.Command):
    """A command whose ``--models`` takes names in a row, which click allows of arguments alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the names that follow the option before click sees them."""
        if "--models" in args[:-1]:
            from mammo.models import MODELS

            first = args.index("--models") + 1
            names = list(takewhile(MODELS.__contains__, args[first + 1 :]))
            args = [*args[:first], ",".join([args[first], *names]), *args[first + 1 + len(names) :]]
        return super().parse_args(ctx, args)


def _adding(*options: Callable) -> Callable[[Callable], Callable]:
    """Return what adds options to a command, in their order."""

    def add(command: Callable) -> Callable:
        for option in reversed(options):
            command = option(command)
        return command

    return add


with_parameters = _adding(
    click.option(
        "--params",
        type=PATH,
        help="YAML file of parameters; without it the defaults, for book, prepare, run and predict "
        "with what the project's params/demo.yaml says.",
    ),
    click.option(
        "-p",
        "assignments",
        nargs=2,
        multiple=True,
        metavar="NAME VALUE",
        help="One parameter and its value, as YAML or JSON; see 'mammo parameters'.",
    ),
)
"""Adds the options that set the study's parameters."""

with_labels = _adding(
    click.option(
        "--labels",
        type=PATH,
        help="Table of labels, CSV or Excel: a row an image, breast, study or patient.",
    ),
    click.option(
        "--column",
        "columns",
        nargs=2,
        multiple=True,
        metavar="OURS THEIRS",
        callback=lambda context, option, pairs: dict(pairs),
        help="A column's name, as --column patient_id MRN.",
    ),
    click.option(
        "--positive", multiple=True, metavar="WORD", help="What the table calls malignant."
    ),
    click.option("--negative", multiple=True, metavar="WORD", help="What the table calls benign."),
    click.option(
        "--exclude", "excluded", multiple=True, metavar="WORD", help="What is to be left out."
    ),
    click.option(
        "--per",
        "level",
        type=click.Choice(["image", "breast", "study", "patient"]),
        help="What a row speaks of, if its columns do not tell.",
    ),
)
"""Adds the options that say how a table of labels is to be read."""

at_points = click.option(
    "--at",
    "criteria",
    multiple=True,
    metavar="POINT",
    help="Operating point: youden, sensitivity=0.9, specificity=0.9 or threshold=0.5.",
)

with_protocol = _adding(
    click.option("--product", metavar="NAME", help="What is tested."),
    click.option("--product-version", metavar="TEXT", help="Its version."),
    click.option("--site", metavar="NAME", help="Where the examinations were."),
    click.option("--period", metavar="TEXT", help="When, as '2021 to 2023'."),
    click.option(
        "--truth",
        metavar="TEXT",
        help="How it was established who has cancer, as 'biopsy, or two years without'.",
    ),
    click.option("--acceptable", type=float, metavar="AUROC", help="The least to accept."),
    click.option(
        "--no-worse-than",
        type=float,
        metavar="LOSS",
        help="The loss of auROC to accept, from internal validation or what is stated.",
    ),
    click.option(
        "--prevalence",
        metavar="SHARE",
        help="Women with cancer among those examined at your site, as 6/1000.",
    ),
    click.option(
        "--threshold", type=float, metavar="SCORE", help="From which on a woman is recalled."
    ),
    click.option(
        "--rule",
        type=click.Choice(["max", "mean"]),
        help="From the scores of an examination's images, or breasts, to its own: max if not.",
    ),
)
"""Adds the options that state what is fixed before a validation."""


def data_root() -> Path:
    """Return the folder of the real data sets."""
    from mammo.parameters import Parameters, sources

    return sources.data_root(Parameters())


def checked(
    params: Path | None,
    assignments: tuple[tuple[str, str], ...],
    named: Mapping[str, Any] = MappingProxyType({}),
) -> Parameters:
    """Return the parameters that the options of `with_parameters` name, over those in `named`."""
    from mammo.parameters import sources

    return sources.load(params, {**named, **sources.parse_assignments(assignments)})


def of_study(command: Callable) -> Callable:
    """Give a command the ``parameters`` of the project's study, by the options that set them.

    Where no file is named they are those of the project's default file.
    """

    @wraps(command)
    def with_those(
        params: Path | None, assignments: tuple[tuple[str, str], ...], **options: object
    ) -> None:
        from mammo.parameters import sources

        command(parameters=checked(params or sources.default_file(), assignments), **options)

    return with_parameters(with_those)


@contextmanager
def printing_warnings() -> Iterator[None]:
    """Print each warning to the user once, as a sentence, after the results."""
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", UserWarning)
        yield
    for message in dict.fromkeys(str(warning.message) for warning in noted):
        print(f"mammo: note: {message}", file=sys.stderr)
