"""Opening files that may be absent, damaged or hostile: a fault is one sentence without a name."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mammo.errors import UnreadableImageError
from mammo.files.containers import open_binary


def opened(path: Path) -> BinaryIO:
    """Open a file, or a member of an archive, to read bytes.

    Raises
    ------
    UnreadableImageError
        One sentence without the path, so that equal faults read equal.
    """
    try:
        return open_binary(path)
    except OSError as error:
        reason = error.strerror or "it is damaged, encrypted or too large in its archive"
        raise UnreadableImageError(f"the file cannot be opened: {reason}") from error


@contextmanager
def naming_faults(what: str) -> Iterator[None]:
    """Turn whatever a reader raises into one sentence, and keep its warnings to itself.

    Readers answer damage with nearly any kind of error, and their texts quote the values that
    they are about, which may name a patient.

    Parameters
    ----------
    what : str
        What is read, such as "the DICOM header".

    Raises
    ------
    UnreadableImageError
        As `opened`.
    """
    log = logging.getLogger("pydicom")  # which has its warnings, too
    was_disabled, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnreadableImageError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise UnreadableImageError(f"{what} is damaged: {kind}") from error
    finally:
        log.disabled = was_disabled
