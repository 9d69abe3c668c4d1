"""PGM, PNG, TIFF and JPEG files."""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
from PIL import Image as Pillow
from PIL import TiffImagePlugin

from .case import SECRET, Case, Expectation, Kind, Original
from .dicom_files import inverted
from .mammograms import SHAPE, check, read, same, stored
from .mutations import around, flipped, foreign, spread, truncated

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@cache
def pgm(bits: int) -> Original:
    top = (1 << bits) - 1
    head = f"P5\n# {SECRET}\n{SHAPE[1]} {SHAPE[0]}\n{top}\n".encode()
    pixels = stored(bits).astype(">u2" if bits > 8 else "u1").tobytes()
    return Original(f"PGM of {bits} bits", "image.pgm", head + pixels)


@cache
def png(bits: int) -> Original:
    text = chunk(b"tEXt", b"Comment\0" + SECRET.encode())
    return Original(f"PNG of {bits} bits", "image.png", _png(stored(bits), text))


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its checksum (PNG, section 5.3)."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _png(values: np.ndarray, *between: bytes, **header: int) -> bytes:
    return b"".join(
        [
            _SIGNATURE,
            _header(values, **header),
            *between,
            chunk(b"IDAT", zlib.compress(_lines(values))),
            chunk(b"IEND", b""),
        ]
    )


def _header(values: np.ndarray, **header: int) -> bytes:
    fields = {
        "columns": values.shape[1],
        "rows": values.shape[0],
        "bits": 8 * values.itemsize,
        "colour": 0,
        "compression": 0,
        "filter": 0,
        "interlace": 0,
    }
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *(fields | header).values()))


def _lines(values: np.ndarray) -> bytes:
    rows = values.astype(values.dtype.newbyteorder(">")).view("u1").reshape(len(values), -1)
    return np.pad(rows, ((0, 0), (1, 0))).tobytes()


@cache
def tiff(bits: int, compression: str | None = None) -> Original:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory[270] = SECRET
    name = f"TIFF of {bits} bits, {compression or 'not compressed'}"
    content = saved(stored(bits), "TIFF", tiffinfo=directory, compression=compression)
    return Original(name, "image.tif", content)


@cache
def jpeg() -> Original:
    return Original("JPEG", "image.jpg", saved(stored(8), "JPEG", quality=95, comment=SECRET))


def saved(values: np.ndarray, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(values).save(stream, kind, **options)
    return stream.getvalue()


def chunks(content: bytes) -> list[int]:
    """Where the chunks of a PNG begin and where its last one ends."""
    places = [len(_SIGNATURE)]
    while places[-1] < len(content):
        (length,) = struct.unpack_from(">I", content, places[-1])
        places.append(places[-1] + 12 + length)
    return places


def _of_pgm(bits: int) -> Iterator[Case]:
    whole = pgm(bits)
    head, pixels = _split(whole.content)
    edges = range(len(head) + 2)
    yield from truncated(whole, [*edges, *spread(len(head), len(whole.content), 25)])
    yield from flipped(whole, range(len(head)))
    places = spread(len(head), len(whole.content), 10)
    yield from flipped(whole, places, "changed" if bits in (8, 16) else "any")
    rows, columns, top = *SHAPE, (1 << bits) - 1
    heads: dict[str, tuple[Expectation, bytes]] = {
        "a column less": ("refused", b"P5 %d %d %d\n" % (columns - 1, rows, top)),
        "a row less": ("refused", b"P5 %d %d %d\n" % (columns, rows - 1, top)),
        "a row more": ("refused", b"P5 %d %d %d\n" % (columns, rows + 1, top)),
        "no columns": ("refused", b"P5 0 %d %d\n" % (rows, top)),
        "-1 columns": ("refused", b"P5 -1 %d %d\n" % (rows, top)),
        "100 megapixels": ("refused", b"P5 10000 10000 %d\n" % top),
        "a thousand digits": ("refused", b"P5 %d %s %d\n" % (columns, b"9" * 1000, top)),
        "a maximum of 0": ("refused", b"P5 %d %d 0\n" % (columns, rows)),
        "a maximum of 70000": ("refused", b"P5 %d %d 70000\n" % (columns, rows)),
        "a maximum below the pixels": ("refused", b"P5 %d %d %d\n" % (columns, rows, top // 2)),
        "another kind": ("refused", b"P6 %d %d %d\n" % (columns, rows, top)),
        "no numbers": ("refused", b"P5 %s\n" % SECRET.encode()),
        "a comment that does not end": ("refused", b"P5 #" + b"x" * 100_000),
        "a long comment": ("harmless", b"P5 #%s\n%d %d %d\n" % (b"x" * 9999, columns, rows, top)),
        "tabs": ("harmless", b"P5\t%d\t%d\t%d\t" % (columns, rows, top)),
    }  # fmt: skip
    for name, (expectation, other) in heads.items():
        yield Case(f"{whole.name}: {name}", whole, other + pixels, expectation)
    yield Case(f"{whole.name}: bytes behind", whole, whole.content + bytes(7), "refused")
    yield Case(f"{whole.name}: twice", whole, whole.content * 2, "refused")


def _split(content: bytes) -> tuple[bytes, bytes]:
    head = b"\n".join(content.split(b"\n")[:4]) + b"\n"
    return head, content[len(head) :]


def _of_png(bits: int) -> Iterator[Case]:
    whole = png(bits)
    values, content = stored(bits), whole.content
    places = chunks(content)
    inside = spread(places[-3], places[-2], 25)
    yield from truncated(whole, [*range(0, 9), *around(places[:-1]), *inside])
    yield from flipped(whole, [*range(places[1]), *inside, *range(places[-2], len(content))],
                       "refused")  # fmt: skip
    headers: dict[str, tuple[Expectation, dict[str, int]]] = {
        "a column less": ("refused", {"columns": SHAPE[1] - 1}),
        "a column more": ("refused", {"columns": SHAPE[1] + 1}),
        "a row less": ("refused", {"rows": SHAPE[0] - 1}),
        "a row more": ("refused", {"rows": SHAPE[0] + 1}),
        "no rows": ("refused", {"rows": 0}),
        "100 megapixels": ("refused", {"rows": 10000, "columns": 10000}),
        "2 ** 62 pixels": ("refused", {"rows": 2**31 - 1, "columns": 2**31 - 1}),
        "RGB": ("refused", {"colour": 2}),
        "palette": ("refused", {"colour": 3}),
        "an unknown colour": ("refused", {"colour": 9}),
        "3 bits": ("refused", {"bits": 3}),
        "the other depth": ("refused", {"bits": 16 if bits <= 8 else 8}),
        "interlaced": ("refused", {"interlace": 1}),
        "an unknown compression": ("refused", {"compression": 7}),
        "an unknown filter": ("refused", {"filter": 9}),
    }
    for name, (expectation, header) in headers.items():
        yield Case(f"{whole.name}: {name}", whole, _png(values, **header), expectation)
    bomb = zlib.compress(bytes(2**26), 9)
    between: dict[str, tuple[Expectation, bytes]] = {
        "a text bomb": ("harmless", chunk(b"zTXt", b"Comment\0\0" + bomb)),
        "an international text bomb": ("harmless", chunk(b"iTXt", b"C\0\1\0\0\0" + bomb)),
        "a colour profile bomb": ("harmless", chunk(b"iCCP", b"C\0\0" + bomb)),
        "a second header": ("harmless", _header(values)),
        "a header of another size": ("refused", _header(values, rows=SHAPE[0] - 1)),
        "an unknown chunk": ("same", chunk(b"abCd", b"x" * 100)),
        "an unknown chunk that matters": ("harmless", chunk(b"ABCD", b"x" * 100)),
        "3 animated frames": ("refused", chunk(b"acTL", struct.pack(">II", 3, 0))),
        "a claim of 2 ** 31 bytes": ("refused", struct.pack(">I", 2**31 - 1) + b"tEXt"),
    }
    for name, (expectation, extra) in between.items():
        yield Case(f"{whole.name}: {name}", whole, _png(values, extra), expectation)
    lines = _lines(values)
    streams = {
        "a pixel bomb": zlib.compress(lines + bytes(2**26), 9),
        "a row missing": zlib.compress(lines[: -len(lines) // SHAPE[0]]),
        "a wrong checksum of the stream": zlib.compress(lines)[:-4] + b"\0\0\0\0",
        "no stream": b"",
        "noise": np.random.default_rng(0).bytes(500),
    }
    for name, stream in streams.items():
        made = _SIGNATURE + _header(values) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")
        expectation = "harmless" if name == "a pixel bomb" else "refused"
        yield Case(f"{whole.name}: {name}", whole, made, expectation)
    yield Case(f"{whole.name}: no end", whole, content[: places[-2]], "refused")
    yield Case(f"{whole.name}: bytes behind", whole, content + bytes(50), "harmless")


def _entries(content: bytes) -> dict[int, int]:
    """Where the entries of a little-endian TIFF's directory stand, by tag (TIFF 6.0, section 2)."""
    (place,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, place)
    starts = [place + 2 + 12 * number for number in range(count)]
    return {struct.unpack_from("<H", content, start)[0]: start for start in starts}


_TIFF_TAGS = {
    256: "columns", 257: "rows", 258: "bits", 259: "compression", 262: "photometric",
    273: "strips", 277: "samples", 278: "rows a strip", 279: "bytes a strip",
}  # fmt: skip


def _of_tiff(bits: int, compression: str | None) -> Iterator[Case]:
    whole = tiff(bits, compression)
    content, entries = whole.content, _entries(whole.content)
    edges = [4, 8, *entries.values(), *(start + 8 for start in entries.values())]
    directory = min(entries.values()) - 2
    yield from truncated(whole, [*around(edges), *spread(0, len(content), 25)], "harmless")
    yield from flipped(whole, [*range(8), *range(directory, max(entries.values()) + 12, 3)])
    for tag, name in _TIFF_TAGS.items():
        if tag not in entries:
            continue
        start = entries[tag]
        for value in (0, 1, 2, 7, 35, 37, 65535, 2**31 - 1, 2**32 - 1):
            made = content[: start + 8] + struct.pack("<I", value) + content[start + 12 :]
            yield Case(f"{whole.name}: {name} {value}", whole, made, "any")
        for count in (0, 2, 2**31, 2**32 - 1):
            made = content[: start + 4] + struct.pack("<I", count) + content[start + 8 :]
            yield Case(f"{whole.name}: {name} {count} times", whole, made, "any")
    for name, (rows, columns) in {"a column less": (40, 35), "a row more": (41, 36)}.items():
        made = bytearray(content)
        for tag, value in ((256, columns), (257, rows)):
            struct.pack_into("<I", made, entries[tag] + 8, value)
        # What a compressed strip is said to unpack to, it says itself.
        expectation = "any" if compression else "refused"
        yield Case(f"{whole.name}: {name}", whole, bytes(made), expectation)
    start = entries[262] + 8
    made = content[:start] + b"\0\0\0\0" + content[start + 4 :]
    yield Case(f"{whole.name}: white is zero", whole, made, "changed", inverted)
    loop = bytearray(content)
    end = max(entries.values()) + 12
    struct.pack_into("<I", loop, end, directory)
    yield Case(f"{whole.name}: directories in a circle", whole, bytes(loop), "harmless")
    struct.pack_into("<I", loop, 4, 2**32 - 1)
    yield Case(f"{whole.name}: no directory", whole, bytes(loop), "refused")


def _of_jpeg() -> Iterator[Case]:
    whole = jpeg()
    content = whole.content
    scan = content.index(b"\xff\xda")
    marks = [place for place in range(scan) if content[place] == 255 and content[place + 1] >= 192]
    yield from truncated(whole, [*around(marks), *spread(scan, len(content) - 2, 30)])
    yield from flipped(whole, [*range(3), *range(3, scan, 3), *spread(scan, len(content), 20)])
    frame = content.index(b"\xff\xc0")
    for name, place in {"rows": frame + 5, "columns": frame + 7}.items():
        for value in (0, 1, 39, 10000, 65535):
            made = content[:place] + struct.pack(">H", value) + content[place + 2 :]
            # 39 rows or columns take as many blocks as the 40 and 36 that there are.
            expectation = "any" if value == 39 else "refused"
            yield Case(f"{whole.name}: {value} {name}", whole, made, expectation)
    made = content[: frame + 5] + b"\x27\x10\x27\x10" + content[frame + 9 :]
    yield Case(f"{whole.name}: 100 megapixels", whole, made, "refused")
    yield Case(f"{whole.name}: bytes behind", whole, content + bytes(50), "harmless")


def cases() -> Iterator[Case]:
    for bits in (8, 16):
        yield from _of_pgm(bits)
        yield from _of_png(bits)
    yield from _of_pgm(12)
    for bits, compression in ((8, None), (16, None), (16, "tiff_lzw"), (8, "tiff_adobe_deflate")):
        yield from _of_tiff(bits, compression)
    yield from _of_jpeg()
    yield from foreign(png(16))


KIND = Kind(cases, read, check, same)
