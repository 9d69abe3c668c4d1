"""The rendered book as one PDF, printed by a Chromium that is at hand: ``make pdf``."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mammo.book import rendering
from mammo.errors import MammoError
from mammo.files.disk import sentence, write_bytes
from mammo.parameters import sources

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 300


def browser() -> str:
    """Return the program of a Chromium: one on the path, else playwright's own.

    Raises
    ------
    MammoError
        If there is none; the message says how it is had.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None) or _of_playwright()
    if found is None:
        raise MammoError(
            f"no Chromium to print with (looked for {', '.join(BROWSERS)} and playwright's); "
            "install one, as with 'apt install chromium' or 'playwright install chromium', or "
            "print the pages from any browser"
        )
    return found


def _of_playwright() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as started:
        program = started.chromium.executable_path
    return program if Path(program).is_file() else None


def print_book(root: Path) -> Path:
    """Render the book at `root` as one page and print that.

    Returns
    -------
    Path
        ``book/_build/mammo.pdf``.

    Raises
    ------
    MammoError
        If there is no Chromium or no book yet, or if one of the two fails.
    """
    program = browser()
    page = rendering.render_as_one_page(root)
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder, "book.pdf")
        command = [program, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to start as root with it.
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.as_uri()]
        outcome = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        if outcome.returncode != 0 or not printed.is_file():
            last = (outcome.stderr.strip().splitlines() or ["no word of why"])[-1]
            raise MammoError(f"{program} could not print {page}: {last}")
        target = root / "book" / "_build" / "mammo.pdf"
        write_bytes(target, printed.read_bytes())
    return target


def main() -> None:
    """Print the book of the project in the working folder, and say where the PDF is."""
    try:
        print(f"The book is at {print_book(sources.project_root())}")
    except MammoError as error:
        sys.exit(f"mammo: {error}")
    except OSError as error:
        sys.exit(f"mammo: {sentence(error, error.filename or 'the PDF')}")


if __name__ == "__main__":
    main()
