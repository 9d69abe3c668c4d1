"""The command on anybody's scores."""

from pathlib import Path

import click

from mammo.cli.options import PATH, at_points, printing_warnings


@click.command()
@click.argument("scores", type=PATH)
@click.option("--output", type=PATH, help="Folder for tables and figures.")
@click.option("--internal", help="The data set that the models were made with.")
@click.option(
    "--column", "names", nargs=2, multiple=True, metavar="OURS THEIRS", help="A column's name."
)
@click.option(
    "--constant",
    "constants",
    nargs=2,
    multiple=True,
    metavar="COLUMN VALUE",
    help="One value for a column that the file lacks, as 'model vendor'.",
)
@click.option("--missing", type=float, help="What an empty score stands for, as 0.")
@click.option(
    "--per",
    type=click.Choice(["image", "breast", "patient"]),
    default="image",
    show_default=True,
    help="What is scored; breasts need a column laterality.",
)
@click.option("--rule", type=click.Choice(["mean", "max"]), help="From images to one score.")
@click.option("--subgroup", "subgroups", multiple=True, metavar="COLUMN", help="Divide by it, too.")
@click.option(
    "--readers",
    multiple=True,
    metavar="COLUMN",
    help="Readers' scores to compare the models with: a column, or several with *.",
)
@at_points
@click.option("--margin", type=float, default=0.05, show_default=True, help="A loss not to matter.")
@click.option(
    "--unit",
    type=click.Choice(["patient", "image"]),
    default="patient",
    show_default=True,
    help="What is taken as independent.",
)
@click.option(
    "--replicates", type=click.IntRange(100, 1_000_000), default=10_000, show_default=True
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def evaluate(scores: Path, output: Path | None, **options: object) -> None:
    """Evaluate anybody's SCORES, a CSV file: auROC, drops, operating points, calibration.

    Columns: dataset, model, patient_id, image_id, y_true (0 or 1), y_score (the higher, the more
    suspicious); optionally split (validation = internal, test = external), laterality, view and
    whatever else is to form subgroups.
    """
    from mammo.report import evaluation as report

    evaluation = report.evaluate(scores, report.Options(**options))
    with printing_warnings():
        print(report.summary(evaluation))
        if output is not None:
            written = report.write(evaluation, output)
            print(f"\nWritten to {output}: {', '.join(path.name for path in written)}")
