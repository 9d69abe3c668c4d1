"""Commands that bring data sets and weights to this machine."""

from pathlib import Path

import click

from mammo.cli.options import PATH, data_root


@click.command()
@click.argument("dataset")
@click.option("--url", help="Fetch from here instead; file:// works too.")
@click.option("--with", "further", multiple=True, metavar="DATASET", help="With evidence: mias.")
def fetch(dataset: str, url: str | None, further: tuple[str, ...]) -> None:
    """Download DATASET, checked against its checksum; an interrupted download goes on.

    "evidence" stands for the released results that the chapter on real evidence is computed from;
    their --url is that of a folder laid out like a data root.
    """
    from mammo.datasets import fetch as fetching

    if dataset == "evidence":
        print(*fetching.fetch_evidence(data_root(), further, url), sep="\n")
    elif further:
        raise click.UsageError("--with goes with evidence alone; fetch one set after the other")
    else:
        print(fetching.fetch(dataset, data_root(), url=url))


@click.group()
def weights() -> None:
    """Import the weights that the published models' authors offer; list what is there."""


@weights.command("import")
@click.argument("file", type=PATH)
@click.option("--release", help="Which release FILE is, if its name no longer says so.")
def import_weights(file: Path, release: str | None) -> None:
    """Convert FILE, as downloaded from its authors, and put it under the data root."""
    from mammo.models.imports import report as library_report
    from mammo.models.imports.released_files import import_file

    print(library_report.describe(import_file(file, _library(), release)))


@weights.command("list")
def list_weights() -> None:
    """Print what is there of the six models' weights, and how to get the rest."""
    from mammo.models.imports import report as library_report

    print(library_report.listing(_library()))


def _library() -> Path:
    """Return the folder of imported weights; it need not be there."""
    from mammo.study import locations

    return data_root() / locations.WEIGHTS
