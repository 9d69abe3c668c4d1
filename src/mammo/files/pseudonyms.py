"""Names for patients, studies and images that only the holder of a key can trace back."""

import hmac
import os
import secrets
from pathlib import Path

from filelock import FileLock

from mammo.errors import MammoError
from mammo.files.disk import atomic_write

KEY_FILE_VARIABLE = "MAMMO_KEY_FILE"
PUBLIC_KEY = b"synthetic images need no secret!"
"""For sets without patients, so that they have the same names on every machine."""
_KEY_BYTES = 32
_DIGITS = 16


def pseudonym(key: bytes, kind: str, text: str) -> str:
    """Return the name by which an identifier is called everywhere but in its own files.

    Parameters
    ----------
    key : bytes
        Without it a pseudonym can be neither traced nor guessed from a list of identifiers.
    kind : str
        What is named ("patient", "study", "image"): the same text has another name in each.
    text : str
        The identifier; surrogate escapes, as odd file names give them, are allowed.

    Returns
    -------
    str
        The first 16 hexadecimal digits of HMAC-SHA256 (RFC 2104, FIPS 180-4).
    """
    message = f"{kind}\0{text}".encode(errors="surrogateescape")
    return hmac.digest(key, message, "sha256").hex()[:_DIGITS]


def key_of(source: str) -> bytes:
    """Return the key of a set's pseudonyms: this machine's, or for synthetic images a public one.

    Raises
    ------
    MammoError
        As `local_key`.
    """
    return PUBLIC_KEY if source == "synthetic" else local_key()


def key_fingerprint(source: str) -> str:
    """Return what tells one key of `key_of` from another, and nothing else of it."""
    return pseudonym(key_of(source), "key", "")


def key_file() -> Path:
    """Return where the key is kept: ``$MAMMO_KEY_FILE``, else the user's folder of settings."""
    if named := os.environ.get(KEY_FILE_VARIABLE):
        return Path(named).expanduser()
    settings = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(settings).expanduser() / "mammo" / "pseudonyms.key"


def local_key() -> bytes:
    """Return this machine's key, made at random where there is none, for its owner's eyes only.

    Raises
    ------
    MammoError
        If the file can be neither read nor made, or holds no key.
    """
    file = key_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            _make(file)
        text = file.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        raise MammoError(
            f"{file}: the key of the pseudonyms can be neither read nor made ({error.strerror}); "
            f"name a file that can be written in ${KEY_FILE_VARIABLE}"
        ) from None
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise MammoError(
            f"{file} holds no key: expected {2 * _KEY_BYTES} hexadecimal digits; remove it, and "
            "images get new pseudonyms, or put back the right file"
        )
    return key


def _make(file: Path) -> None:
    """Make the key file, whole; of several processes that try, the first decides."""
    with FileLock(file.with_name(f"{file.name}.lock")):
        if not file.exists():
            with atomic_write(file) as temporary:
                temporary.touch(mode=0o600)
                temporary.write_text(secrets.token_hex(_KEY_BYTES) + "\n", encoding="ascii")
