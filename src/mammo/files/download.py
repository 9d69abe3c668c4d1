"""One file from the net or from disk, resumed where a former attempt ended."""

import http.client
import re
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from mammo.errors import DatasetError, ParameterError

SCHEMES = ("http", "https", "file")
TIMEOUT_S = 60
_CHUNK = 2**20


def download(url: str, target: Path, *, max_bytes: int) -> Path:
    """Download a file; the target appears when it is complete.

    What has arrived is kept in ``<target>.part``; a further call asks the server for the rest (HTTP
    Range, RFC 9110 section 14) and starts again where it cannot give that.

    Parameters
    ----------
    url : str
        http, https or file address.
    target : Path
        File to make.
    max_bytes : int
        Bound on the size of the file.

    Raises
    ------
    ParameterError
        If the address is of another kind.
    DatasetError
        If the file cannot be had, or is larger than the bound.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise ParameterError(f"{url!r} is no address that begins with one of {list(SCHEMES)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    try:
        with _open(url, partial) as response:
            _receive(response, partial, max_bytes)
    except (OSError, http.client.HTTPException) as error:
        raise DatasetError(
            f"{url} cannot be downloaded ({error}): run the command again to resume, or put the "
            f"file at {target} by hand"
        ) from error
    partial.replace(target)
    return target


def _open(url: str, partial: Path):
    """Ask for what is missing; a server that has nothing after it is asked for everything."""
    present = partial.stat().st_size if partial.exists() else 0
    headers = {"Range": f"bytes={present}-"} if present else {}
    try:
        return urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S
        )
    except urllib.error.HTTPError as error:
        if not present or error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
    partial.unlink()
    return urllib.request.urlopen(url, timeout=TIMEOUT_S)


def _receive(response, partial: Path, max_bytes: int) -> None:
    start = _start(response)
    if start and start != partial.stat().st_size:
        raise OSError(f"the server answered from byte {start}, which was not asked for")
    length = response.headers.get("Content-Length")
    total = start + int(length) if length else None
    bar = tqdm(
        desc=partial.name.removesuffix(".part"),
        initial=start,
        total=total,
        unit="B",
        unit_scale=True,
    )
    with partial.open("ab" if start else "wb") as file, bar:
        while chunk := response.read(_CHUNK):
            if file.tell() + len(chunk) > max_bytes:
                raise OSError(f"it is larger than the {max_bytes} bytes expected at most")
            file.write(chunk)
            bar.update(len(chunk))
        size = file.tell()
    if total is not None and size != total:
        raise OSError(f"the connection ended after {size} of {total} bytes")


def _start(response) -> int:
    """First byte of a partial answer (206, Content-Range); 0 for a whole one."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not match:
        raise OSError("the server sent a part without saying which")
    return int(match[1])
