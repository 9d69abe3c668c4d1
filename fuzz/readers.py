"""Look for files that a reader does not withstand, guided by what of its code they reach.

    python fuzz/readers.py dicom --seconds 180        one kind of files of tests/bad_input
    python fuzz/readers.py --list                     their names

Needs atheris (`make fuzz` installs it). It starts from the good files of `bad_input` and from some
of its cases, and ends at the first file that is neither read soundly nor refused in one sentence;
that file is left in artifacts/fuzz/KIND. Make a case of it in tests/bad_input.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[1]
MOST_BYTES = 2**16
_EVERY = 7
"""One case of so many is a seed."""
_LIBRARIES = ["mammo", "pydicom", "yaml", "plistlib", "tarfile", "zipfile", "openpyxl"]
_SECONDS, _MEGABYTES = 20, 4096
"""That one file may take."""


def main() -> None:
    """Fuzz one kind of files until time is up or something is found."""
    sys.path.insert(0, str(ROOT / "tests"))
    with atheris.instrument_imports(include=_LIBRARIES):
        import bad_input

        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("kind", nargs="?", choices=bad_input.NAMES)
        parser.add_argument("--seconds", type=int, default=180)
        parser.add_argument("--list", action="store_true")
        chosen = parser.parse_args()
        if chosen.list or chosen.kind is None:
            print("\n".join(bad_input.NAMES))
            return
        kind = bad_input.kind(chosen.kind)
    found = ROOT / "artifacts" / "fuzz" / chosen.kind
    found.mkdir(parents=True, exist_ok=True)
    seeds = Path(tempfile.mkdtemp(prefix="fuzz-seeds-"))
    names = _write_seeds(kind, seeds)
    options = [
        f"-max_total_time={chosen.seconds}",
        f"-timeout={_SECONDS}",
        f"-rss_limit_mb={_MEGABYTES}",
        f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={found}/",
    ]
    atheris.Setup([sys.argv[0], str(seeds), *options], _attempt(kind, names))
    atheris.Fuzz()


def _write_seeds(kind, folder: Path) -> list[str]:
    """Write the files to start from; return the names that files of the kind have."""
    names: dict[str, None] = {}
    seeds = list(kind.seeds()) if kind.seeds else []
    for number, case in enumerate(kind.cases()):
        if case.original.file not in names or number % _EVERY == 0:
            seeds += [case.original.content, case.content] if kind.wrap is None else []
        names[case.original.file] = None
    for seed in seeds:
        if len(seed) < MOST_BYTES:
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    return list(names)


def _attempt(kind, names: list[str]) -> Callable[[bytes], None]:
    """Return what is done with every file that the fuzzer makes up."""
    from mammo.errors import MammoError

    folder = Path(tempfile.mkdtemp(prefix="fuzz-file-"))

    def attempt(content: bytes) -> None:
        for name in names:  # where the name decides which reader it is
            path = folder / name
            path.write_bytes(kind.wrap(content) if kind.wrap else content)
            try:
                kind.check(kind.read(path))
            except MammoError as error:
                assert str(error).isprintable() and name in str(error), str(error)[:500]

    return attempt


if __name__ == "__main__":
    main()
