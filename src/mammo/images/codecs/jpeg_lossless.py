"""JPEG Lossless (process 14) of one component, decoded to the last sample or refused.

The usual decoders fill what is missing of a stream with grey and print a complaint that no program
sees; most mammograms are kept in this process. Clauses are those of ITU-T T.81.
"""

import numpy as np

from mammo.errors import UnreadableImageError
from mammo.images.codecs.jpeg import LOSSLESS, Scan, Table, check_end, read_scan
from mammo.images.codecs.kernels import decode_lossless


def decode(stream: bytes) -> np.ndarray:
    """Return the samples of a stream.

    Returns
    -------
    numpy.ndarray of uint8 or uint16, shape (rows, columns)
        uint8 where the stream's precision is up to 8 bits.

    Raises
    ------
    UnreadableImageError
        If the stream ends before its last sample or goes on behind it, or is of another process.
    """
    scan = read_scan(stream)
    lengths, sizes = _checked_table(scan)
    frame = scan.frame
    samples = np.empty((frame.rows, frame.columns), np.uint16)
    fault, row, end = decode_lossless(
        np.frombuffer(stream, np.uint8),
        scan.start,
        lengths,
        sizes,
        scan.selection,
        1 << (frame.precision - scan.shift - 1),
        scan.restart_interval // frame.columns,
        samples,
    )
    check_end(stream, fault, row / frame.rows, end)
    samples <<= scan.shift
    return samples.astype(np.uint8) if frame.precision <= 8 else samples


def _checked_table(scan: Scan) -> Table:
    """Return the scan's table; refuse what the decoding does not know (H.1)."""
    if scan.process != LOSSLESS or scan.frame.components != 1:
        raise UnreadableImageError("its JPEG stream is not lossless or has several components")
    table = scan.tables.get(scan.components[0].dc_table)
    if table is None or table[1].max() > 16:
        raise UnreadableImageError("its JPEG stream has no usable Huffman table")
    if not 1 <= scan.selection <= 7 or scan.shift >= scan.frame.precision:
        raise UnreadableImageError("its JPEG scan header is damaged")
    if scan.restart_interval % scan.frame.columns:
        raise UnreadableImageError("its JPEG stream restarts within a row")
    return table
