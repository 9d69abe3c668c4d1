"""Compiled loops over the Huffman-coded bits of JPEG streams (ITU-T T.81 Annexes F and H).

A table says, of the code that any 16 bits begin with, its length, 0 where there is none, and the
symbol that it stands for. A loop ends with a fault, or 0, where it was, and the place behind it.
"""

from collections.abc import Callable

import numba
import numpy as np

from mammo.images.codecs.jpeg import CUT, NO_CODE, NO_RESTART, SURPLUS

_MARKER, _RESTART = 0xFF, 0xD0


def _compiled(function: Callable) -> Callable:
    """Compile at the first call, and keep the code where there is a folder to keep it in."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder can be written: compile in every process
        return numba.njit(nogil=True)(function)


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


@_compiled
def decode_lossless(data, position, lengths, sizes, predictor, first, restart_rows, samples):
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
                return NO_RESTART, row, position
            bits, held, top = np.uint64(0), 0, row
            position, restarts = position + 2, restarts + 1
        for column in range(columns):
            position, bits, held = _refill(data, position, bits, held)
            ahead = _ahead(bits, held)
            length, size = np.int64(lengths[ahead]), np.int64(sizes[ahead])
            extra = 0 if size == 16 else size
            if length == 0 or length + extra > held:
                return (NO_CODE if length == 0 and held >= 16 else CUT), row, position
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
    return (SURPLUS if held >= 8 else 0), rows - 1, position


@_compiled
def walk_blocks(data, position, lengths, symbols, tables, units, restart_units):
    """Pass over the blocks of a sequential scan (F.2.2), decoding none.

    Parameters
    ----------
    data, position
        As of `decode_lossless`.
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
                return NO_RESTART, unit, position
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
                    return (NO_CODE if length == 0 and held >= 16 else CUT), unit, position
                held -= length + extra
                if coefficient == 0:
                    coefficient = 1
                elif symbol == 0:  # end of block
                    coefficient = 64
                else:
                    coefficient += (symbol >> 4) + 1
                    if coefficient > 64:
                        return NO_CODE, unit, position
    return (SURPLUS if held >= 8 else 0), units - 1, position
