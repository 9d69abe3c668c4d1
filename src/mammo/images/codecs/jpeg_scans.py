"""The scans of JPEG streams (ITU-T T.81): lossless ones decoded, lossy ones looked through.

The usual decoders fill what is missing of a stream with grey, and print a complaint that no program
sees. Here a stream is decoded to its last sample, or passed over to its last coefficient, or
refused. The loops over Huffman-coded bits (Annexes F and H) are compiled. A table says, of the code
that any 16 bits begin with, its length, 0 where there is none, and the symbol that it stands for. A
loop ends with a fault, or 0, where it was, and the place behind it.
"""

import numba
import numpy as np

from mammo.errors import UnreadableImageError
from mammo.files.compiled import compiled
from mammo.images.codecs.jpeg import BASELINE, END, EXTENDED, LOSSLESS, Scan, Table, read_scan

_NO_CODE, _CUT, _NO_RESTART, _SURPLUS = range(1, 5)
_FAULTS = {
    _NO_CODE: "holds a code that means nothing",
    _CUT: "ends",
    _NO_RESTART: "lacks the marker of a restart",
    _SURPLUS: "goes on",
}
_MARKER, _RESTART = 0xFF, 0xD0
_MOST_BLOCKS = 10  # of a unit, B.2.3


def decode_lossless(stream: bytes) -> np.ndarray:
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
    fault, row, end = _decode_lossless(
        np.frombuffer(stream, np.uint8),
        scan.start,
        lengths,
        sizes,
        scan.selection,
        1 << (frame.precision - scan.shift - 1),
        scan.restart_interval // frame.columns,
        samples,
    )
    _check_end(stream, fault, row / frame.rows, end)
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


def check_sequential(stream: bytes) -> None:
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
    fault, unit, end = _walk_blocks(
        np.frombuffer(stream, np.uint8),
        scan.start,
        np.stack([scan.tables[number][0] for number in numbers]),
        np.stack([scan.tables[number][1] for number in numbers]),
        np.searchsorted(numbers, blocks),
        units,
        scan.restart_interval,
    )
    _check_end(stream, fault, unit / units, end)


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


def _check_end(stream: bytes, fault: int, share: float, end: int) -> None:
    """Refuse a stream with a fault, or one that goes on where its image ends.

    A share of the image was there before the fault; the coded bits end at a place.
    """
    if not fault and stream[end:].lstrip(b"\xff")[:1] != bytes([END]):
        fault, share = _SURPLUS, 1.0
    if fault:
        raise UnreadableImageError(
            f"it is truncated or damaged: its JPEG stream {_FAULTS[fault]} after {share:.0%} of "
            "the image"
        )


@numba.njit(inline="always")
def _refill(data, position, bits, held):
    """Take bytes up to the next marker, as long as there is room for them."""
    while held <= 48 and position < data.size:
        byte = data[position]
        if byte == _MARKER:
            if position + 1 >= data.size or data[position + 1] != 0:
                break
            position += 1
        position += 1
        bits = (bits << np.uint64(8)) | np.uint64(byte)
        held += 8
    return position, bits, held


@numba.njit(inline="always")
def _ahead(bits, held):
    """Return the next 16 bits, zeros behind the last one."""
    if held >= 16:
        return (bits >> np.uint64(held - 16)) & np.uint64(0xFFFF)
    return (bits << np.uint64(16 - held)) & np.uint64(0xFFFF)


@numba.njit(inline="always")
def _is_restart(data, position, held, restarts):
    """Return whether a marker stands here, in its turn, behind less than a byte of padding."""
    return (
        held < 8
        and position + 1 < data.size
        and data[position] == _MARKER
        and data[position + 1] == _RESTART + restarts % 8
    )


@compiled
def _decode_lossless(data, position, lengths, sizes, predictor, first, restart_rows, samples):
    """Decode the samples of a lossless scan of one component (H.1, H.2).

    Parameters
    ----------
    data : array of uint8
    position : int
        Where the scan begins.
    lengths, sizes : arrays of uint8, shape (65536,)
        Of the code that 16 bits begin with; the symbol is the size of a difference, 16 at most.
    predictor : int
        1 to 7.
    first : int
        What the first sample is expected to be.
    restart_rows : int
        Rows between restarts, 0 for none.
    samples : array of uint16, shape (rows, columns)
        Is filled.
    """
    rows, columns = samples.shape
    bits, held = np.uint64(0), 0
    top = restarts = 0  # top: the row in which the prediction began
    for row in range(rows):
        if restart_rows and row and row % restart_rows == 0:
            if not _is_restart(data, position, held, restarts):
                return _NO_RESTART, row, position
            bits, held, top = np.uint64(0), 0, row
            position, restarts = position + 2, restarts + 1
        for column in range(columns):
            position, bits, held = _refill(data, position, bits, held)
            ahead = _ahead(bits, held)
            length, size = np.int64(lengths[ahead]), np.int64(sizes[ahead])
            extra = 0 if size == 16 else size
            if length == 0 or length + extra > held:
                return (_NO_CODE if length == 0 and held >= 16 else _CUT), row, position
            held -= length + extra
            difference = 32768 if size == 16 else 0
            if extra:
                low = np.int64((bits >> np.uint64(held)) & np.uint64((1 << extra) - 1))
                difference = low if low >> (extra - 1) else low - (1 << extra) + 1
            if row == top:
                expected = np.int64(samples[row, column - 1]) if column else np.int64(first)
            elif column == 0:
                expected = np.int64(samples[row - 1, 0])
            else:
                left = np.int64(samples[row, column - 1])
                above = np.int64(samples[row - 1, column])
                corner = np.int64(samples[row - 1, column - 1])
                if predictor == 1:
                    expected = left
                elif predictor == 2:
                    expected = above
                elif predictor == 3:
                    expected = corner
                elif predictor == 4:
                    expected = left + above - corner
                elif predictor == 5:
                    expected = left + ((above - corner) >> 1)
                elif predictor == 6:
                    expected = above + ((left - corner) >> 1)
                else:
                    expected = (left + above) >> 1
            samples[row, column] = (expected + difference) & 0xFFFF
    return (_SURPLUS if held >= 8 else 0), rows - 1, position


@compiled
def _walk_blocks(data, position, lengths, symbols, tables, units, restart_units):
    """Pass over the blocks of a sequential scan (F.2.2), decoding none.

    Parameters
    ----------
    data, position
        As of `_decode_lossless`.
    lengths, symbols : arrays of uint8, shape (tables, 65536)
    tables : array of int64, shape (blocks of a unit, 2)
        Each block's table of DC and of AC coefficients.
    units : int
        Number of minimum coded units.
    restart_units : int
        Units between restarts, 0 for none.
    """
    bits, held = np.uint64(0), 0
    restarts = 0
    for unit in range(units):
        if restart_units and unit and unit % restart_units == 0:
            if not _is_restart(data, position, held, restarts):
                return _NO_RESTART, unit, position
            bits, held = np.uint64(0), 0
            position, restarts = position + 2, restarts + 1
        for block in range(tables.shape[0]):
            coefficient = 0
            while coefficient < 64:
                table = tables[block, 1 if coefficient else 0]
                position, bits, held = _refill(data, position, bits, held)
                ahead = _ahead(bits, held)
                length, symbol = np.int64(lengths[table, ahead]), np.int64(symbols[table, ahead])
                extra = symbol & 15 if coefficient else symbol
                if length == 0 or extra > 16 or length + extra > held:
                    return (_NO_CODE if length == 0 and held >= 16 else _CUT), unit, position
                held -= length + extra
                if coefficient == 0:
                    coefficient = 1
                elif symbol == 0:  # end of block
                    coefficient = 64
                else:
                    coefficient += (symbol >> 4) + 1
                    if coefficient > 64:
                        return _NO_CODE, unit, position
    return (_SURPLUS if held >= 8 else 0), units - 1, position
