"""Commands on the study and its book."""

from pathlib import Path

import click

from mammo.cli.options import of_study, with_parameters


@click.command()
@click.option("--offline", is_flag=True, help="Do not try to fetch the small files of evidence.")
@with_parameters
def book(offline: bool, params: Path | None, assignments: tuple[tuple[str, str], ...]) -> None:
    """Compute what is missing, execute the chapters that changed, render the book."""
    parameters = of_study(params, assignments)
    from mammo.book import build

    build.book(parameters, offline=offline)


@click.command()
@with_parameters
def prepare(params: Path | None, assignments: tuple[tuple[str, str], ...]) -> None:
    """Compute every expensive step, without the book; under torchrun on several devices."""
    parameters = of_study(params, assignments)
    from mammo.book import preparation

    preparation.prepare(parameters)


@click.command()
@click.argument("chapter")
@click.option("--into-book", is_flag=True, help="Put the page into the book, with a banner.")
@with_parameters
def run(
    chapter: str,
    into_book: bool,
    params: Path | None,
    assignments: tuple[tuple[str, str], ...],
) -> None:
    """Rerun one CHAPTER, such as comparison; its page goes to results/, the book stays as it is."""
    from mammo.book import chapters
    from mammo.parameters import sources

    chosen = chapters.chapter(chapter, sources.project_root())
    parameters = of_study(params, assignments)
    from mammo.book import build

    build.chapter(chosen, parameters, into_book=into_book)


@click.command()
@click.argument("model")
@click.argument("dataset")
@click.option("--output", type=click.Path(path_type=Path), help="CSV file; without it the screen.")
@with_parameters
def predict(
    model: str,
    dataset: str,
    output: Path | None,
    params: Path | None,
    assignments: tuple[tuple[str, str], ...],
) -> None:
    """Score the images of DATASET with MODEL, trained first where it has to be."""
    parameters = of_study(params, assignments)
    from mammo.files.disk import write_text
    from mammo.study import Study, results

    scores = results.scores(Study(parameters), model, dataset)
    text = scores.to_csv(index=False)
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
        print(f"{output}: {len(scores)} scores of {model} on {dataset}")


@click.command()
def parameters() -> None:
    """List every parameter: its name, default and meaning."""
    from mammo.parameters import Parameters

    for name, field in Parameters.model_fields.items():
        print(f"{name} = {field.default!r}\n    {field.description}")
