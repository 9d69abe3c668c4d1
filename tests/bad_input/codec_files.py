"""Compressed DICOM files: streams that are cut, damaged, of another image, or bombs.

A flipped bit within coded pixels cannot always be seen: no codec of DICOM has a checksum. What must
be seen is that pixels are missing, and with `CHECKED` codecs that a run of bytes is lost or
overwritten.
"""

import io
from collections.abc import Iterator
from functools import cache

import numpy as np
from pydicom import dcmread, uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame

from hospital.encoding import put_pixels, set_syntax

from .case import Case, Expectation, Kind, Original
from .mammograms import check, mammogram, read, same, stored, to_bytes
from .mutations import around, flipped, foreign, spread, truncated

SYNTAXES = {
    "RLE": uid.RLELossless,
    "JPEG Lossless": uid.JPEGLosslessSV1,
    "JPEG-LS": uid.JPEGLSLossless,
    "JPEG 2000": uid.JPEG2000Lossless,
    "JPEG": uid.JPEGBaseline8Bit,
}
DEPTHS = {
    "RLE": (8, 12),
    "JPEG Lossless": (8, 12, 16),
    "JPEG-LS": (8, 12),
    "JPEG 2000": (12,),
    "JPEG": (8,),
}
CHECKED = ("RLE", "JPEG Lossless", "JPEG-LS")
"""Codecs of which a lost run of bytes is seen, wherever it was."""
_OTHER_SIZE = (36, 40)


def _dataset(codec: str, bits: int, values: np.ndarray) -> Dataset:
    ds = mammogram(bits)
    if codec == "JPEG":
        ds.Rows, ds.Columns = values.shape
        ds.PixelData = encapsulate([_baseline(values)])
        ds["PixelData"].VR = "OB"
        set_syntax(ds, uid.JPEGBaseline8Bit)
    else:
        put_pixels(ds, values, bits, SYNTAXES[codec])
    return ds


def _baseline(values: np.ndarray) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "JPEG", quality=95)
    return stream.getvalue()


@cache
def original(codec: str, bits: int) -> Original:
    name = f"{codec} of {bits} bits"
    return Original(name, "compressed.dcm", to_bytes(_dataset(codec, bits, stored(bits))))


def _frame(content: bytes) -> bytes:
    return get_frame(dcmread(io.BytesIO(content)).PixelData, 0, number_of_frames=1)


def _with_frames(whole: Original, *frames: bytes) -> bytes:
    ds = dcmread(io.BytesIO(whole.content))
    ds.PixelData = encapsulate(list(frames), has_bot=False)
    return to_bytes(ds)


def _altered(whole: Original, codec: str) -> Iterator[Case]:
    """Frames that are wrong in a file that is whole."""
    frame = _frame(whole.content)
    body = len(frame) // 3  # behind all headers of the streams
    lost: Expectation = "refused" if codec in CHECKED else "any"
    middle = spread(body, len(frame) - 70, 10)
    for cut in spread(2, len(frame) - 4, 20):
        yield _case(whole, f"the stream cut off at {cut}", frame[:cut], "refused")
        ended = frame[:cut] + b"\xff\xd9"
        yield _case(whole, f"the stream ended at {cut}", ended, "refused")
    for place in middle:
        gone = frame[:place] + frame[place + 16 :]
        yield _case(whole, f"16 bytes lost at {place}", gone, lost)
        zeros = frame[:place] + bytes(64) + frame[place + 64 :]
        yield _case(whole, f"64 bytes zeroed at {place}", zeros, lost)
    for end in (b"\xff\xd9", b"\0" * 4):
        unended = frame.rstrip(b"\0").removesuffix(b"\xff\xd9") + end
        yield _case(whole, f"the stream ends with {end.hex()}", unended, "harmless")
    if codec != "RLE":  # whose end no marker tells
        yield _case(whole, "the stream ends twice", frame + b"\xff\xd9", "harmless")
        yield _case(whole, "a stream behind the stream", frame + frame, "harmless")


def _case(whole: Original, what: str, frame: bytes, expectation: Expectation) -> Case:
    return Case(f"{whole.name}: {what}", whole, _with_frames(whole, frame), expectation)


def _of_other_images(whole: Original, codec: str, bits: int) -> Iterator[Case]:
    """Streams that hold another image than the header announces."""
    values = stored(bits)
    others = {
        "of other sides": np.ascontiguousarray(values.reshape(_OTHER_SIZE)),
        "with a row less": values[:-1],
        "with a column more": np.pad(values, ((0, 0), (0, 1))),
    }
    for name, pixels in others.items():
        other = _frame(to_bytes(_dataset(codec, bits, pixels)))
        # A run of bytes has no sides of its own.
        unseen = codec == "RLE" and pixels.size == values.size
        yield _case(whole, f"an image {name}", other, "any" if unseen else "refused")
    bomb = bytearray(_frame(whole.content))
    for name, place in _sizes(bytes(bomb), codec).items():
        huge = bytes(bomb[:place]) + b"\xff\xff" + bytes(bomb[place + 2 :])
        yield _case(whole, f"65535 {name} in the stream", huge, "refused")
    foreign_codec = next(one for one in SYNTAXES if one not in (codec, "JPEG"))
    other = _frame(original(foreign_codec, 12).content)
    yield _case(whole, f"a stream in {foreign_codec}", other, "refused")
    yield _case(whole, "no stream", b"\0\0", "refused")
    ds = dcmread(io.BytesIO(whole.content))
    ds.PixelData = encapsulate([_frame(whole.content)], fragments_per_frame=3)
    yield Case(f"{whole.name}: three fragments", whole, to_bytes(ds), "same")
    for name, table in {"beyond": b"\xff\xff\xff\x7f", "odd": b"\1\0\0\0"}.items():
        made = ds.PixelData[:4] + b"\4\0\0\0" + table + ds.PixelData[8:]
        ds.PixelData = made
        yield Case(f"{whole.name}: an offset {name}", whole, to_bytes(ds), "harmless")


def _sizes(frame: bytes, codec: str) -> dict[str, int]:
    """Where a stream states its sides (the lower bytes of them)."""
    if codec == "JPEG 2000":
        return {"columns": 10, "rows": 14}
    if codec == "RLE":
        return {"bytes before its segment": 4}
    marker = {"JPEG-LS": b"\xff\xf7", "JPEG Lossless": b"\xff\xc3", "JPEG": b"\xff\xc0"}[codec]
    place = frame.index(marker)
    return {"rows": place + 5, "columns": place + 7}


def _rle_bomb() -> Iterator[Case]:
    """Two bytes that stand for 128, many times over."""
    whole = original("RLE", 12)
    header = np.zeros(16, "<u4")
    header[:3] = 2, 64, 64 + 2_000_000
    bomb = header.tobytes() + b"\x81\x00" * 2_000_000
    yield _case(whole, "256 megabytes for 2,880 bytes", bomb, "refused")


def cases() -> Iterator[Case]:
    for codec, depths in DEPTHS.items():
        for bits in depths:
            whole = original(codec, bits)
            start = whole.content.index(b"\xe0\x7f\x10\x00OB")
            edges = [start, start + 4, start + 8, start + 12, start + 20, start + 24, start + 28]
            end = len(whole.content) - 8  # of the last fragment
            yield from truncated(whole, [*around(edges), *spread(start, end, 20), end - 1, end])
            yield from truncated(whole, [end + 4], "harmless")  # within the delimiter
            yield from flipped(whole, range(start, start + 28))
            yield from _altered(whole, codec)
            yield from _of_other_images(whole, codec, bits)
    yield from foreign(original("JPEG Lossless", 12))
    yield from _rle_bomb()


KIND = Kind(cases, read, check, same)
