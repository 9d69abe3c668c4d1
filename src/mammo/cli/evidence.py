"""The command on recorded results."""

from pathlib import Path

import click

from mammo.cli.options import of_study, with_parameters


@click.command()
@with_parameters
def record(params: Path | None, assignments: tuple[tuple[str, str], ...]) -> None:
    """Compute the evidence from the files below the data root anew, and keep it in recorded/."""
    parameters = of_study(params, assignments)
    from mammo.evidence import kinds
    from mammo.parameters import sources
    from mammo.study import Study
    from mammo.study.locations import RECORDED

    for name, files in kinds.record(Study(parameters), sources.resolve(RECORDED)).items():
        if files:
            print(*files, sep="\n")
        else:
            print(f"{name}: its files are not below the data root; its record stays as it is")
