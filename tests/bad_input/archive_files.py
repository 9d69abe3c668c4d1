"""Archives: zip files that are read where they lie, tar files that are unpacked."""

import gzip
import io
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mammo.errors import MammoError
from mammo.files import containers
from mammo.files.archives import unpack

from .case import Case, Expectation, Kind, Original
from .mutations import around, flipped, foreign, spread, truncated

MOST_BYTES, MOST_FILES = 2**20, 20
_MEMBERS = {"a/1.dcm": b"one" * 500, "2.dcm": bytes(range(256)) * 4, "empty": b""}
Content = dict[str, bytes]


@cache
def zipped() -> Original:
    return Original("zip", "images.zip", _zip(_MEMBERS))


def _zip(members: Content, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@cache
def tarred() -> Original:
    return Original("tar", "images.tar.gz", gzip.compress(_tar(_MEMBERS), mtime=0))


def _tar(members: Content) -> bytes:
    return _tar_of(*((_info(name, len(content)), content) for name, content in members.items()))


def _info(name: str, size: int = 0, **facts: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info


def _tar_of(*members: tuple[tarfile.TarInfo, bytes], end: bool = True) -> bytes:
    blocks = []
    for info, content in members:
        blocks.append(info.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512))
    return b"".join(blocks) + b"\0" * 1024 * end


def _zip_cases() -> Iterator[Case]:
    whole = zipped()
    content = whole.content
    directory = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    edges = [place for place in range(len(content)) if content[place : place + 2] == b"PK"]
    yield from truncated(whole, [*around(edges), *spread(0, len(content), 40)])
    yield from flipped(
        whole, [*spread(0, directory, 80), *range(directory, len(content), 2)], "any"
    )
    yield from foreign(whole)
    names = (
        "../outside", "/etc/passwd", "a/../../outside", "C:\\x", "..\\outside", "./x", "a//b",
        "\x1b[2J", "a\nb", "ü", "x" * 300, "/".join("x" * 500), "CON", " ", "a ", "=1+1",
        "\u202efdp.exe", "~/x", "$HOME", "`true`", "a;b", "-rf", "a\\b", "a/./b",
    )  # fmt: skip
    for name in names:
        yield Case(f"zip: a member {name[:20]!r}", whole, _zip({name: b"x", "y": b"y"}), "any")
    yield Case("zip: a name twice", whole, _zip(_MEMBERS) + b"", "same")
    bomb = _zip({"bomb": bytes(2**26)})
    yield Case("zip: a bomb within bounds", whole, bomb, "any")
    lengths = struct.unpack_from("<HHH", content, directory + 28)
    nameless = struct.pack("<HHH", 0, 0, sum(lengths))  # the name becomes a comment
    made = content[: directory + 28] + nameless + content[directory + 34 :]
    yield Case("zip: a member without a name", whole, made, "any")
    for size in (0, 1, 2**31, 2**32 - 2):
        at = directory + 24
        made = content[:at] + struct.pack("<I", size) + content[at + 4 :]
        yield Case(f"zip: a size of {size}", whole, made, "any")
    for field, at in {"members": end + 10, "directory bytes": end + 12, "offset": end + 16}.items():
        made = content[:at] + b"\xff\xff\xff\x7f"[: 2 if field == "members" else 4]
        made += content[len(made) :]
        yield Case(f"zip: too many {field}", whole, made, "any")
    locked = bytearray(content)
    locked[directory + 8] |= 1
    yield Case("zip: locked", whole, bytes(locked), "refused")
    for method in (1, 9, 12, 14, 93, 99):
        packed = bytearray(content)
        packed[directory + 10] = packed[8] = method
        yield Case(f"zip: packed by method {method}", whole, bytes(packed), "refused")
    for kind in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield Case(f"zip: packed as {kind}", whole, _zip(_MEMBERS, kind), "same")
    yield Case("zip: bytes before", whole, b"MZ" + bytes(500) + content, "same")
    yield Case("zip: a zip in a zip", whole, _zip({"inner.zip": content}), "any")
    overlapping = content[: end + 8] + struct.pack("<HH", 3, 3) + content[end + 12 :]
    yield Case("zip: the same member again", whole, overlapping, "any")
    yield Case("zip: nothing in it", whole, _zip({}), "any")


def _tar_cases() -> Iterator[Case]:
    whole = tarred()
    plain = gzip.decompress(whole.content)
    edges = range(0, len(plain), 512)
    yield from truncated(whole, spread(0, len(whole.content), 40))
    # Of gzip's header not every bit says something; the rest has a checksum.
    yield from flipped(whole, spread(0, len(whole.content), 100), "harmless")
    for case in foreign(whole):
        # Zeros are an archive of nothing.
        yield case if "zeros" not in case.name else Case(case.name, whole, case.content, "any")
    for place in edges:
        cut = gzip.compress(plain[:place])
        # What ends between two members is whole to tar.
        yield Case(f"tar: unpacked and cut off at {place}", whole, cut, "any")
    for place in spread(0, len(plain), 120):
        damaged = bytearray(plain)
        damaged[place] ^= 0x41
        yield Case(f"tar: byte {place} changed", whole, gzip.compress(bytes(damaged)), "any")
    yield Case("tar: not packed", whole, plain, "same")
    one = b"x" * 10
    members: dict[str, tuple[Expectation, list[tuple[tarfile.TarInfo, bytes]]]] = {
        "a path that leads out": ("any", [(_info("../../x", 10), one)]),
        "an absolute path": ("any", [(_info("/etc/x", 10), one)]),
        "a path of dots": ("refused", [(_info("a/..", 10), one)]),
        "no name": ("refused", [(_info("", 10), one)]),
        "a name without end": ("any", [(_info("x" * 5000, 10), one)]),
        "a name that a terminal obeys": ("any", [(_info("\x1b[2J", 10), one)]),
        "a name twice": ("refused", [(_info("a/x", 10), one), (_info("b/x", 10), one)]),
        "a link out": ("any", [(_info("x", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b"")]),
        "a hard link": ("any", [(_info("x", type=tarfile.LNKTYPE, linkname="/etc/passwd"), b"")]),
        "a link, then a file behind it": (
            "any",
            [(_info("x", type=tarfile.SYMTYPE, linkname="/tmp"), b""), (_info("x/y", 10), one)],
        ),
        "a device": ("any", [(_info("x", type=tarfile.CHRTYPE, devmajor=1, devminor=3), b"")]),
        "a pipe": ("any", [(_info("x", type=tarfile.FIFOTYPE), b"")]),
        "a folder": ("any", [(_info("x", type=tarfile.DIRTYPE), b"")]),
        "an unknown type": ("any", [(_info("x", 10, type=b"Z"), one)]),
        "a file that others may change": ("any", [(_info("x", 10, mode=0o6777), one)]),
        "21 files": ("refused", [(_info(f"x{i}", 1), b"x") for i in range(21)]),
        "a file beyond the bound": ("refused", [(_info("x", 2**21), bytes(2**21))]),
        "files beyond the bound": (
            "refused", [(_info(f"x{i}", 2**18), bytes(2**18)) for i in range(6)],
        ),
        "a size beyond the end": ("refused", [(_info("x", 10_000), one)]),
        "a size of 2 ** 60": ("refused", [(_info("x", 2**60), one)]),
        "a size below zero": ("refused", [(_info("x", -512), one)]),
        "a sparse file": ("any", [(_info("x", 512, type=tarfile.GNUTYPE_SPARSE), bytes(512))]),
        "a long name of a gigabyte": (
            "refused", [(_info("x", 2**30, type=tarfile.GNUTYPE_LONGNAME), bytes(2**21))],
        ),
        "a long name below zero": (
            "refused", [(_info("x", -512, type=tarfile.GNUTYPE_LONGNAME), one)],
        ),
        "extended headers in a row": (
            "any", [(_info("x", 10, type=tarfile.XHDTYPE), b"9 a=bcde\n\n")] * 3000,
        ),
        "an extended header that is none": ("any", [(_info("x", 10, type=tarfile.XHDTYPE), one)]),
        "an extended size": (
            "any",
            [(_info("x", 30, type=tarfile.XHDTYPE), b"30 size=99999999999999999999\n\n\n"),
             (_info("y", 10), one)],
        ),
    }  # fmt: skip
    for name, (expectation, made) in members.items():
        yield Case(f"tar: {name}", whole, gzip.compress(_tar_of(*made)), expectation)
    zeros = gzip.compress(_tar_of((_info("x", 2**30, type=tarfile.XHDTYPE), b""), end=False))
    yield Case("tar: a bomb in a header", whole, zeros + gzip.compress(bytes(2**28)), "refused")
    yield Case("tar: gzip in gzip", whole, gzip.compress(whole.content), "refused")
    for name, tail in {"bytes": b"x" * 100, "zeros": bytes(100)}.items():
        yield Case(f"tar: {name} behind", whole, whole.content + tail, "harmless")


def cases() -> Iterator[Case]:
    yield from _zip_cases()
    yield from _tar_cases()


def read(path: Path) -> Content:
    """Return the files of an archive; nothing may be left beside it."""
    return _read_zip(path) if path.suffix == ".zip" else _read_tar(path)


def _read_zip(path: Path) -> Content:
    found = {}
    try:
        for member in containers.walk(path):
            with containers.open_binary(member) as file:
                found[str(member.relative_to(path))] = file.read()
    except OSError as error:
        raise MammoError(f"{path.name}: {error}") from None
    return found


def _read_tar(path: Path) -> Content:
    place = Path(tempfile.mkdtemp(dir=path.parent))
    folder = place / "unpacked"
    try:
        unpack(path, folder, max_bytes=MOST_BYTES, max_files=MOST_FILES)
        assert [one.name for one in place.iterdir()] == ["unpacked"], "something was left behind"
        files = list(folder.iterdir())
        assert all(file.is_file() and not file.is_symlink() for file in files)
        return {file.name: file.read_bytes() for file in files}
    finally:
        shutil.rmtree(place)


def check(content: Content) -> None:
    for name in content:
        assert ".." not in Path(name).parts and not name.startswith("/"), name


def same(one: Content, other: Content) -> bool:
    return one == other


KIND = Kind(cases, read, check, same)
