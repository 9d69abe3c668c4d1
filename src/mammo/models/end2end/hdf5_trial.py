"""Whether the HDF5 library withstands a file: tried in a process of its own, within bounds.

The library is written in C. At files with a single damaged byte it may run without end, or take
gigabytes of memory; what it does in one process it does in every other.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from mammo.errors import WeightsError

_SECONDS, _BYTES_A_SECOND = 20.0, 10_000_000
_MOST_BYTES = 2**31
"""Address space of the process, beyond twice the file's size."""


def try_out(path: Path) -> None:
    """Have everything in a file read by a process that may not take too long or too much.

    Raises
    ------
    WeightsError
        If that process does not end in time, or ends with a fault.
    """
    seconds = _SECONDS + path.stat().st_size / _BYTES_A_SECOND
    # -P: nothing that lies in the working folder is imported.
    command = [sys.executable, "-P", __file__, str(path)]
    try:
        outcome = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(
            f"{path}: reading it as HDF5 does not end within {seconds:.0f} seconds; it is damaged: "
            "fetch the file again"
        ) from None
    if outcome.returncode:
        raise WeightsError(f"{path}: not readable as HDF5, or truncated; fetch the file again")


def _read_everything(path: Path) -> None:
    import h5py

    size = path.stat().st_size
    _limit_memory(_MOST_BYTES + 2 * size)

    def read(_: str, item: h5py.Group | h5py.Dataset) -> None:
        dict(item.attrs)
        if isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            _ = item[()] if item.nbytes <= size else None

    with h5py.File(path, "r") as file:
        read("/", file)
        file.visititems(read)


def _limit_memory(most: int) -> None:
    with suppress(ImportError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    _read_everything(Path(sys.argv[1]))
