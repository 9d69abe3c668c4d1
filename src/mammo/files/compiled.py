"""Loops compiled by numba, whose code is kept where a folder can be written."""

from collections.abc import Callable

import numba


def compiled(function: Callable) -> Callable:
    """Compile at the first call, and keep the code where there is a folder to keep it in."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder can be written: compile in every process
        return numba.njit(nogil=True)(function)
