"""The command line: ``mammo``. Heavy libraries are imported where a command needs them."""

import os
import sys

import click

from mammo import __version__
from mammo.cli import datasets, own_data, scores, study
from mammo.errors import MammoError


def main() -> None:
    """Run the command line; a fault of the input or the system ends in one sentence, status 1."""
    sys.stdout.reconfigure(errors="backslashreplace")  # Names of files need not be text.
    try:
        cli(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MammoError as error:
        print(f"mammo: {error}", file=sys.stderr)
        sys.exit(1)
    except UnicodeEncodeError as error:
        letters = error.object[error.start : error.end].encode("unicode_escape").decode()
        remedy = "which is in a file's name; set LC_ALL=C.UTF-8 and run again, or rename it"
        print(f"mammo: this locale cannot write '{letters}', {remedy}", file=sys.stderr)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        print("mammo: interrupted; the next run goes on from here", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        _drop_output()
        if not isinstance(error, BrokenPipeError):  # Whoever read the output has seen enough.
            from mammo.files.disk import sentence

            print(f"mammo: {sentence(error, error.filename or 'output')}", file=sys.stderr)
        sys.exit(1)


def _drop_output() -> None:
    """Keep the interpreter from writing again, at its end, what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mammo")
def cli() -> None:
    """External validation of mammogram classifiers: a living reproduction of Wang et al. 2020."""


for _command in (
    study.book,
    study.prepare,
    study.run,
    study.predict,
    study.parameters,
    study.record,
    own_data.check,
    own_data.validate,
    own_data.adapt,
    own_data.locate,
    scores.evaluate,
    datasets.fetch,
    datasets.weights,
):
    cli.add_command(_command)
