"""Commands on data sets and on a hospital's own images."""

import sys
from pathlib import Path
from shlex import quote
from typing import Any

import click

from mammo.cli.options import (
    PATH,
    SeveralModels,
    at_points,
    checked,
    data_root,
    printing_warnings,
    with_labels,
    with_parameters,
    with_protocol,
)


@click.command()
@click.argument("dataset")
@click.argument("path", required=False, type=PATH)
@with_labels
@click.option(
    "--exclusions",
    type=PATH,
    help="CSV file to list in what of your own images is left out, and why.",
)
@click.option("--scores", type=PATH, help="Check scores of your own images instead.")
@click.option("--missing", type=float, help="With --scores: what an image without one counts as.")
def check(
    dataset: str,
    path: Path | None,
    labels: Path | None,
    exclusions: Path | None,
    scores: Path | None,
    missing: float | None,
    **layout: object,
) -> None:
    """Report what is there of DATASET (at PATH, or found), what was excluded, what is missing.

    \b
    Your own images, or anybody's scores of them, are the data set 'institution':
    mammo check institution FOLDER --labels TABLE
    mammo check institution --scores FILE --labels TABLE
    """
    from mammo.datasets import DATASETS
    from mammo.datasets.check import check_dataset

    root = data_root()
    if scores is not None:
        if dataset != "institution" or path is not None or labels is None:
            raise click.UsageError("check scores by institution --scores FILE --labels TABLE")
        from mammo.datasets.institution.labels import LabelLayout
        from mammo.hospital.validation.check import check as check_scores

        report = check_scores(scores, labels, LabelLayout(**layout), missing)
    elif dataset == "institution" and (own := path or DATASETS[dataset].find(root)):
        sys.exit(_check_own(own, labels, exclusions, layout))
    else:
        report = check_dataset(dataset, path, data_root=root)
    print(report)
    sys.exit(report.status)


def _check_own(folder: Path, labels: Path | None, exclusions: Path | None, layout: dict) -> int:
    from mammo.datasets.check_report import Finding, Report
    from mammo.errors import DatasetError
    from mammo.hospital import preflight

    try:
        found = preflight.of_folder(folder, labels, layout)
    except DatasetError as error:
        report = Report("your data", folder, None, (Finding("error", str(error)),))
        print(report)
        return report.status
    print(found.report)
    if exclusions is not None:
        preflight.write_exclusions(found, exclusions)
    if count := len(found.exclusions):
        listed = f"{exclusions} lists" if exclusions else "--exclusions FILE would list"
        print(
            f"{listed} what is left out ({count:,}) and why; "
            f'"mammo locate {quote(str(folder))} IMAGE" tells which file an image is.'
        )
    return found.report.status


@click.command(cls=SeveralModels)
@click.argument("folder", required=False, type=PATH)
@with_labels
@click.option("--models", help="Models to test, parted by spaces or commas; without it all six.")
@click.option("--scores", type=PATH, help="Test these scores instead of models.")
@click.option("--stated", type=float, help="With --scores: the auROC that their maker states.")
@click.option("--missing", type=float, help="With --scores: what an image without one counts as.")
@click.option(
    "--readers",
    multiple=True,
    metavar="NAME",
    help="With --scores: who in the column model is a reader; several with *.",
)
@at_points
@with_protocol
@click.option(
    "--thumbnails/--no-thumbnails",
    default=True,
    show_default=True,
    help="Show the images that are scored most wrongly.",
)
@click.option(
    "--output",
    type=PATH,
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
    mammo validate FOLDER --labels labels.csv --models resnet50 end2end_vgg16
    mammo validate --scores vendor.csv --labels labels.csv
    """
    if (folder is None) == (scores is None):
        raise click.UsageError("name either a FOLDER of images or a file of --scores")
    from mammo.hospital.validation import commands, report

    with printing_warnings():
        if scores is not None:
            evidence = commands.of_scores(scores, **options)
        else:
            evidence = commands.of_images(folder, **options)
        written = report.write(evidence, output)
        print(commands.summary(evidence))
    print(f"\nWritten to {output}: {', '.join(path.name for path in written)}")


@click.command()
@click.argument("folder", required=False, type=PATH)
@with_labels
@click.option("--model", help="One of alexnet, vgg16 and resnet50.")
@click.option("--output", type=PATH, help="Folder for tables and a figure.")
@with_parameters
def adapt(
    folder: Path | None,
    labels: Path | None,
    model: str | None,
    output: Path | None,
    params: Path | None,
    assignments: tuple[tuple[str, str], ...],
    **layout: object,
) -> None:
    """Say how much of your own data in FOLDER would help a model, and what costs less.

    The model is trained with more and more of your patients and always tested on the same others.
    """
    from mammo.parameters import sources

    own = sources.of_institution(folder, labels, layout)
    own |= {"adapt_model": model} if model else {}
    p = checked(params, assignments, own)
    from mammo.hospital.adaptation import adapt
    from mammo.study import Study

    with printing_warnings():
        result = adapt.adapt(Study(p))
        print(adapt.text(result))
        if output is not None:
            written = adapt.write(result, output)
            print(f"\nWritten to {output}: {', '.join(path.name for path in written)}")


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="[FOLDER] NAMES...")
@click.option(
    "--scores",
    type=PATH,
    help="Look in this table of scores, and that of --labels, in place of a FOLDER.",
)
@with_labels
def locate(
    names: tuple[str, ...], scores: Path | None, labels: Path | None, **layout: object
) -> None:
    """Tell which files below FOLDER, or lines of tables, the NAMES are of that a report gives.

    \b
    mammo locate FOLDER NAME
    mammo locate --scores vendor.csv --labels labels.csv NAME

    It takes the key of this machine: names in reports cannot be traced on another. The status is 1
    if one is not found.
    """
    if scores is not None:
        from mammo.hospital.validation import commands

        places = commands.locate(scores, labels, names, layout)
    else:
        from mammo.hospital import preflight

        folder, *images = names
        if not images:
            raise click.UsageError("name a FOLDER, then what is to be found in it")
        places = preflight.locate(Path(folder), images)
    for name, place in places.items():
        print(f"{name} {place or 'is not there, or was named with another key'}")
    sys.exit(None in places.values())
