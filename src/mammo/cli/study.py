"""Commands on the study, its book and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mammo.cli.options import PATH, of_study

if TYPE_CHECKING:
    from pathlib import Path

    from mammo.parameters import Parameters


@click.command()
@click.option("--offline", is_flag=True, help="Do not try to fetch the small files of evidence.")
@of_study
def book(offline: bool, parameters: Parameters) -> None:
    """Compute what is missing, execute the chapters that changed, render the book."""
    from mammo.book import build

    build.book(parameters, offline=offline)


@click.command()
@of_study
def prepare(parameters: Parameters) -> None:
    """Compute every expensive step, without the book; under torchrun on several devices."""
    from mammo.book import preparation

    preparation.prepare(parameters)


@click.command()
@click.argument("chapter")
@click.option("--into-book", is_flag=True, help="Put the page into the book, with a banner.")
@of_study
def run(chapter: str, into_book: bool, parameters: Parameters) -> None:
    """Rerun one CHAPTER, such as comparison; its page goes to results/, the book stays as it is."""
    from mammo.book import chapters
    from mammo.parameters import sources

    chosen = chapters.chapter(chapter, sources.project_root())
    from mammo.book import build  # heavy, and a name that is misspelt is told at once

    build.chapter(chosen, parameters, into_book=into_book)


@click.command()
@click.argument("model")
@click.argument("dataset")
@click.option("--output", type=PATH, help="CSV file; without it the screen.")
@of_study
def predict(model: str, dataset: str, output: Path | None, parameters: Parameters) -> None:
    """Score the images of DATASET with MODEL, trained first where it has to be."""
    from mammo.files.disk import csv_text, write_text
    from mammo.report.results import harmless
    from mammo.study import Study, results

    scores = results.scores(Study(parameters), model, dataset)
    text = csv_text(harmless(scores))
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
        print(f"{output}: {len(scores)} scores of {model} on {dataset}")


@click.command()
@of_study
def record(parameters: Parameters) -> None:
    """Compute the evidence from the files below the data root anew, and keep it in recorded/."""
    from mammo.evidence import kinds
    from mammo.parameters import sources
    from mammo.study import Study
    from mammo.study.locations import RECORDED

    for name, files in kinds.record(Study(parameters), sources.resolve(RECORDED)).items():
        if files:
            print(*files, sep="\n")
        else:
            print(f"{name}: its files are not below the data root; its record stays as it is")


@click.command()
def parameters() -> None:
    """List every parameter: its name, default and meaning."""
    from mammo.parameters import Parameters

    for name, field in Parameters.model_fields.items():
        print(f"{name} = {field.default!r}\n    {field.description}")
