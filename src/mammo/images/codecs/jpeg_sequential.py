"""Lossy JPEG of the sequential processes: whether a stream holds its whole image.

Decoders fill what is missing of one with grey. Clauses are those of ITU-T T.81.
"""

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.images.codecs.jpeg import BASELINE, EXTENDED, Scan, check_end, read_scan
from mammo.images.codecs.kernels import walk_blocks

_MOST_BLOCKS = 10  # of a unit, B.2.3


def check(stream: bytes) -> None:
    """Pass over the stream's coefficients and see that it ends with the last one.

    Progressive and arithmetic-coded streams, and those of several scans, are not looked at.

    Raises
    ------
    UnreadableImageError
        If the stream ends before its image or goes on behind it.
    """
    scan = read_scan(stream)
    if scan.process not in (BASELINE, EXTENDED) or len(scan.components) != scan.frame.components:
        return
    blocks = _blocks(scan)
    numbers = sorted(scan.tables)
    if not set(blocks.ravel().tolist()) <= set(numbers):
        raise UnreadableImageError("its JPEG stream lacks a Huffman table")
    units = _units(scan)
    fault, unit, end = walk_blocks(
        np.frombuffer(stream, np.uint8),
        scan.start,
        np.stack([scan.tables[number][0] for number in numbers]),
        np.stack([scan.tables[number][1] for number in numbers]),
        np.searchsorted(numbers, blocks),
        units,
        scan.restart_interval,
    )
    check_end(stream, fault, unit / units, end)


def _blocks(scan: Scan) -> np.ndarray:
    """Return the numbers of the two tables of each block of a unit, shape (blocks, 2)."""
    counts = (
        [1] if len(scan.components) == 1 else [one.across * one.down for one in scan.components]
    )
    if not 0 < min(counts) <= sum(counts) <= _MOST_BLOCKS:
        raise UnreadableImageError("its JPEG frame header is damaged")
    tables = [(one.dc_table, one.ac_table) for one in scan.components]
    return np.repeat(np.array(tables, np.int64), counts, axis=0)


def _units(scan: Scan) -> int:
    """Return the number of minimum coded units (A.2): blocks, where there is one component."""
    single = len(scan.components) == 1
    across = 8 if single else 8 * max(one.across for one in scan.components)
    down = 8 if single else 8 * max(one.down for one in scan.components)
    return -(-scan.frame.columns // across) * -(-scan.frame.rows // down)
