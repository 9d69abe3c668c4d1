"""Why a file is refused: one sentence that names it and quotes no text of its content."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mammo.errors import UnreadableImageError


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Make one sentence of whatever reading a file raises.

    An `UnreadableImageError` of what reads the file has a clause about it, "it is truncated", which
    may hold numbers and words of the standard: any other text of a header may name the patient.
    Libraries raise nearly anything on damaged files, and quote what they trip over in errors and in
    warnings: of their errors the sentence keeps the type, and warnings are not shown.

    Raises
    ------
    UnreadableImageError
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MemoryError:
        raise
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{path} cannot be read as a mammogram: {error}.") from None
    except OSError as error:
        reason = error.strerror or error
        raise UnreadableImageError(f"{path} cannot be opened: {reason}.") from None
    except Exception as error:
        raise UnreadableImageError(
            f"{path} cannot be read as a mammogram: it is truncated or damaged"
            f" ({type(error).__name__})."
        ) from None
