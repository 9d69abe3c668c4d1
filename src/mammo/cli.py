"""The command line: ``mammo``. Heavy libraries are imported where a command needs them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mammo import __version__
from mammo.errors import MammoError

if TYPE_CHECKING:
    from mammo.parameters import Parameters


def main() -> None:
    """Run the command line; a fault of the input ends in one sentence and status 1."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MammoError as error:
        print(f"mammo: {error}", file=sys.stderr)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        print("mammo: interrupted; the next run goes on from here", file=sys.stderr)
        sys.exit(130)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mammo")
def cli() -> None:
    """External validation of mammogram classifiers: a living reproduction of Wang et al. 2020."""


def with_parameters(command: Callable) -> Callable:
    """Add the options that set the study's parameters."""
    file = click.option(
        "--params",
        type=click.Path(path_type=Path),
        help="YAML file of parameters; without it the defaults.",
    )
    one = click.option(
        "-p",
        "assignments",
        nargs=2,
        multiple=True,
        metavar="NAME VALUE",
        help="One parameter and its value, as YAML or JSON; see 'mammo parameters'.",
    )
    return file(one(command))


def with_labels(command: Callable) -> Callable:
    """Add the options that say how a table of labels is to be read."""
    options = (
        click.option(
            "--labels",
            type=click.Path(path_type=Path),
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
        click.option(
            "--negative", multiple=True, metavar="WORD", help="What the table calls benign."
        ),
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
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@with_parameters
def book(params: Path | None, assignments: tuple[tuple[str, str], ...]) -> None:
    """Compute what is missing, execute the chapters that changed, render the book."""
    parameters = _parameters(params, assignments)
    from mammo import build

    build.book(parameters)


@cli.command()
@with_parameters
def prepare(params: Path | None, assignments: tuple[tuple[str, str], ...]) -> None:
    """Compute every expensive step, without the book; under torchrun on several devices."""
    parameters = _parameters(params, assignments)
    from mammo import build

    build.prepare(parameters)


@cli.command()
@click.argument("chapter")
@with_parameters
def run(chapter: str, params: Path | None, assignments: tuple[tuple[str, str], ...]) -> None:
    """Rerun one CHAPTER, such as comparison, and render the book."""
    parameters = _parameters(params, assignments)
    from mammo import build

    build.chapter(chapter, parameters)


@cli.command()
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
    parameters = _parameters(params, assignments)
    from mammo import results
    from mammo.provenance import write_text
    from mammo.study import Study

    scores = results.scores(Study(parameters), model, dataset)
    text = scores.to_csv(index=False)
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
        print(f"{output}: {len(scores)} scores of {model} on {dataset}")


@cli.command()
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Folder for tables and figures.")
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
    "--at",
    "criteria",
    multiple=True,
    metavar="POINT",
    help="Operating point: youden, sensitivity=0.9, specificity=0.9 or threshold=0.5.",
)
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
    from mammo import evaluate as evaluation

    assessment = evaluation.assess(scores, evaluation.Options(**options))
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", UserWarning)
        print(evaluation.summary(assessment))
        if output is not None:
            written = evaluation.write(assessment, output)
            print(f"\nWritten to {output}: {', '.join(path.name for path in written)}")
    for message in dict.fromkeys(str(warning.message) for warning in noted):
        print(f"mammo: note: {message}", file=sys.stderr)


@cli.command()
@click.argument("dataset")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@with_labels
@click.option(
    "--exclusions",
    type=click.Path(path_type=Path),
    default=Path("exclusions.csv"),
    show_default=True,
    help="Where to list what of your own images is left out, and why.",
)
def check(
    dataset: str, path: Path | None, labels: Path | None, exclusions: Path, **layout: object
) -> None:
    """Report what is there of DATASET (at PATH, or found), what was excluded, what is missing.

    Your own images are the data set 'institution': mammo check institution FOLDER --labels TABLE.
    """
    if dataset == "institution" and path is not None:
        sys.exit(_check_own(path, labels, exclusions, layout))
    from mammo.datasets.check import survey

    report = survey(dataset, path, data_root=_data_root())
    print(report)
    sys.exit(report.status)


def _check_own(folder: Path, labels: Path | None, exclusions: Path, layout: dict) -> int:
    from mammo import preflight
    from mammo.provenance import write_text

    found = preflight.of_folder(folder, labels, layout)
    print(found.report)
    if len(found.exclusions):
        write_text(exclusions, preflight.exclusions_csv(found))
        print(
            f"{exclusions} lists the {len(found.exclusions):,} files and rows left out; "
            f"'mammo locate {folder} IMAGE' tells which file an image is."
        )
    return found.report.status


@cli.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@with_labels
@click.option("--models", help="Models to test, parted by commas or spaces; without it all six.")
@click.option(
    "--scores", type=click.Path(path_type=Path), help="Test these scores instead of models."
)
@click.option("--stated", type=float, help="With --scores: the auROC that their maker states.")
@click.option("--missing", type=float, help="With --scores: what an image without one counts as.")
@click.option(
    "--at",
    "criteria",
    multiple=True,
    metavar="POINT",
    help="Operating point: youden, sensitivity=0.9, specificity=0.9 or threshold=0.5.",
)
@click.option(
    "--thumbnails/--no-thumbnails",
    default=True,
    show_default=True,
    help="Show the images that are scored most wrongly.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
    help="Folder for report.html and its tables.",
)
@with_parameters
def validate(
    folder: Path | None,
    output: Path,
    scores: Path | None,
    **options: Any,
) -> None:
    """Test models on your own images in FOLDER, or anybody's scores of them, and write a report.

    \b
    mammo validate FOLDER --labels labels.csv --models resnet50,end2end_vgg16
    mammo validate --scores vendor.csv --labels labels.csv
    """
    if (folder is None) == (scores is None):
        raise click.UsageError("name either a FOLDER of images or a file of --scores")
    from mammo.validation import commands, report

    if scores is not None:
        evidence = commands.of_scores(scores, **options)
    else:
        evidence = commands.of_images(folder, **options)
    written = report.write(evidence, output)
    print(commands.summary(evidence))
    print(f"\nWritten to {output}: {', '.join(path.name for path in written)}")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True)
def locate(folder: Path, images: tuple[str, ...]) -> None:
    """Tell which files below FOLDER the IMAGES are that a report or table names.

    It takes the key of this machine: names of images in reports cannot be traced elsewhere.
    """
    from mammo import preflight

    for image, place in preflight.locate(folder, images).items():
        print(f"{image} {place or 'is not there, or was named with another key'}")


@cli.command()
@click.argument("dataset")
@click.option("--url", help="Fetch from here instead; file:// works too.")
def fetch(dataset: str, url: str | None) -> None:
    """Download DATASET, checked against its checksum; an interrupted download goes on."""
    from mammo.datasets import fetch as fetching

    print(fetching.fetch(dataset, _data_root(), url=url))


@cli.group()
def weights() -> None:
    """Import the weights that the published models' authors offer; list what is there."""


@weights.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--release", help="Which release FILE is, if its name no longer says so.")
def import_weights(file: Path, release: str | None) -> None:
    """Convert FILE, as downloaded from its authors, and put it under the data root."""
    from mammo.models import library
    from mammo.models.library import report as library_report

    print(library_report.describe(library.import_file(file, _library(), release)))


@weights.command("list")
def list_weights() -> None:
    """Print what is there of the six models' weights, and how to get the rest."""
    from mammo.models.library import report as library_report

    print(library_report.listing(_library()))


@cli.command()
def parameters() -> None:
    """List every parameter: its name, default and meaning."""
    from mammo.parameters import Parameters

    for name, field in Parameters.model_fields.items():
        print(f"{name} = {field.default!r}\n    {field.description}")


def _library() -> Path:
    """Return the folder of imported weights; it need not be there."""
    from mammo import locations

    return _data_root() / locations.WEIGHTS


def _data_root() -> Path:
    from mammo import config
    from mammo.parameters import Parameters

    return config.data_root(Parameters())


def _parameters(params: Path | None, assignments: tuple[tuple[str, str], ...]) -> Parameters:
    from mammo import config

    return config.load(params, config.parse_assignments(assignments))
