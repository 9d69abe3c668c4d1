"""Options that messages name are options that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import mammo
from mammo.cli import cli

ROOT = Path(mammo.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
OF_OTHER_PROGRAMS = {"--nproc-per-node"}  # torchrun


def options_of(command: click.Command) -> Iterator[str]:
    """Yield the options of a command and of those below it."""
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    yield "--help"
    for below in getattr(command, "commands", {}).values():
        yield from options_of(below)


def named_in(path: Path) -> set[str]:
    """Return the options that a module's sentences name; one alone is another program's."""
    texts = (
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    )
    return {option for text in texts for option in OPTION.findall(text)}


def test_every_option_that_a_message_names_is_there():
    known = {*options_of(cli)} | OF_OTHER_PROGRAMS
    unknown = {
        path.relative_to(ROOT).as_posix(): sorted(found)
        for path in sorted(ROOT.rglob("*.py"))
        if (found := named_in(path) - known)
    }
    assert not unknown


def test_every_option_that_the_documents_name_is_there():
    known = {*options_of(cli)} | OF_OTHER_PROGRAMS
    project = ROOT.parents[1]
    for name in ("README.md", "docs/architecture.md"):
        if not (project / name).is_file():
            pytest.skip("the package was installed without its documents")
        commands = re.findall(r"(?:^|`)(?:\.venv/bin/)?mammo [^`\n]*", (project / name).read_text())
        named = {option for line in commands for option in OPTION.findall(line)}
        assert named <= known
