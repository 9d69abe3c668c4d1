"""Planted values in any file: as they are, respelt, encoded, packed or hashed without a key."""

import base64
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from .planted import STEM, UID_ROOT

_TEXT = re.compile(STEM.encode() + rb"\d*", re.IGNORECASE)
_UID = re.compile(re.escape(UID_ROOT.encode()) + rb"[\d.]*")
_TIME = re.compile(rb"\d{6}\.7\d{5}")
_DATE = re.compile(rb"(?<![\d.])(?:\d{8}|\d{4}-\d\d-\d\d|\d\d[./]\d\d[./]\d{4})")
_DIGEST = re.compile(rb"[0-9a-f]{12,}", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{11,}")
_DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_DIGEST_LENGTH = 12
_DEEPEST, _LARGEST = 4, 1 << 26
_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")


def find_planted(root: Path, planted: Mapping[str, str]) -> list[str]:
    """Find planted values in the files below a folder, and in their names.

    Searched are the bytes of each file; the same without zero bytes (UTF-16, UTF-32); what its
    base64, zlib and gzip streams and its zip members (npz, xlsx) hold, four deep. Dates are found
    in five spellings, and every value also as the first 12 hexadecimal digits of a hash without a
    key, which a list of all patients would undo.

    Parameters
    ----------
    root : Path
        A folder or a file.
    planted : mapping of str to str
        Where a value was planted, and the value: `Hospital.planted`.

    Returns
    -------
    list of str
        "file: where the value was planted", sorted, each once; empty if nothing was found.
    """
    marks = _marks(planted)
    files = [root] if root.is_file() else sorted(root.rglob("*"))
    found = set()
    for file in files:
        place = str(file.relative_to(root)) if file != root else file.name
        contents = [place.encode(errors="surrogateescape")]
        if file.is_file():
            contents.append(file.read_bytes())
        for content in contents:
            found |= {f"{place}: {where}" for where in _found_in(content, marks)}
    return sorted(found)


def planted_in(content: bytes, planted: Mapping[str, str]) -> list[str]:
    """Find planted values in bytes, such as what a program printed; see `find_planted`."""
    return sorted(_found_in(content, _marks(planted)))


def _marks(planted: Mapping[str, str]) -> dict[bytes, str]:
    """Everything that gives a value away, in lower case, and where the value was planted."""
    marks = {}
    for where, value in planted.items():
        raw = value.encode()
        for digest in _HASHES:
            marks[hashlib.new(digest, raw).hexdigest()[:_DIGEST_LENGTH].encode()] = where
        if token := _TEXT.search(raw):
            marks[token[0].lower()] = where
        else:
            marks |= dict.fromkeys((raw, raw[-len("hhmmss.ffffff") :]), where)
            marks |= dict.fromkeys(_spellings(value[:8]), where)
    return marks


def _spellings(date: str) -> Iterator[bytes]:
    if date.isdigit():
        year, month, day = date[:4], date[4:6], date[6:]
        yield date.encode()
        yield f"{year}-{month}-{day}".encode()
        for separator in "./":
            yield separator.join((day, month, year)).encode()
            yield separator.join((month, day, year)).encode()


def _found_in(content: bytes, marks: Mapping[bytes, str]) -> set[str]:
    if not marks:
        return set()
    found = set()
    for view in _views(content, _DEEPEST):
        for pattern in (_TEXT, _UID):  # whatever has the stem is planted, cut short or not
            found |= {marks.get(match.lower(), match.decode()) for match in pattern.findall(view)}
        for pattern in (_TIME, _DATE):
            found |= {marks[match] for match in pattern.findall(view) if match in marks}
        digests = {match[:_DIGEST_LENGTH].lower() for match in _DIGEST.findall(view)}
        found |= {f"{marks[digest]} (hash without key)" for digest in digests if digest in marks}
    return found


def _views(content: bytes, depth: int) -> Iterator[bytes]:
    """The content itself, and all that is packed in it."""
    yield content
    if b"\0" in content:
        yield content.replace(b"\0", b"")
    if depth:
        for unpack in (_zip_members, _deflated, _base64):
            for inner in unpack(content):
                yield from _views(inner, depth - 1)


def _zip_members(content: bytes) -> Iterator[bytes]:
    if not content.startswith(b"PK\3\4"):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            yield member.filename.encode()
            with archive.open(member) as stream:
                yield stream.read(_LARGEST)


def _deflated(content: bytes) -> Iterator[bytes]:
    """What zlib and gzip streams hold that begin anywhere: in PNG chunks, PDF objects, HDF5."""
    whole = memoryview(content)
    for start in _DEFLATED.finditer(content):
        try:
            inner = zlib.decompressobj(wbits=47).decompress(whole[start.start() :], _LARGEST)
        except zlib.error:
            continue
        yield inner


def _base64(content: bytes) -> Iterator[bytes]:
    """Base64, its lines joined; a notebook writes line ends as backslash and n."""
    joined = re.sub(rb"\\n|[\r\n]+", b"", content)
    for run in _BASE64.findall(joined):
        whole = run[:-1] if len(run) % 4 == 1 else run
        yield base64.b64decode(whole + b"=" * (-len(whole) % 4))
