"""Imported weights: a folder of safetensors files, each with the record of where it is from.

Nothing is unpickled, and sizes are checked before anything is read.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import nn

from mammo import __version__
from mammo.errors import WeightsError
from mammo.files.disk import naming_errors
from mammo.models.foreign_text import one_line
from mammo.models.imports.assembly import Architecture, assemble, check_fit
from mammo.models.imports.released_files import check_size, known, read_release, recognise
from mammo.models.releases import RELEASES, Release, releases_of
from mammo.models.values import write_values
from mammo.models.weights import fingerprint

_SUFFIX = ".safetensors"
_MOST_HEADER_BYTES = 2**20
_FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("release", "model", "file", "file_sha256", "sha256", "split"), str),
    **dict.fromkeys(("licence", "imported", "version"), str),
    **dict.fromkeys(("architecture", "published_auroc"), dict),
    "mean": (float, type(None)),
    "input_size": (list, type(None)),
    "file_bytes": int,
    "trained_on": list,
}


def import_file(path: Path, folder: Path, release: str | None = None) -> Path:
    """Convert a released file and put it into the library, whole or not at all.

    Parameters
    ----------
    path : Path
        A released file: Keras' HDF5 or a .caffemodel. Its content decides which, not its name.
    folder : Path
        The library; made if absent.
    release : str, optional
        Key in `RELEASES`, for a file that no longer has its released name.

    Returns
    -------
    Path
        ``folder/release.safetensors``; left as it is where the same import is there already.

    Raises
    ------
    WeightsError
        If the file is none of the releases, is damaged, does not hold what its release does, or
        the library has other weights under that name.
    MammoError
        If the library cannot be written to.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; give the path of a released weights file")
    card = recognise(path, release)
    architecture, state = read_release(path, card)
    check_fit(assemble(architecture, card.mean, path), state, path)
    facts = _facts(path, card, architecture, fingerprint(state))
    target = location(folder, card.name)
    if target.exists():
        there = read_record(target)
        if any(there[key] != facts[key] for key in ("sha256", "architecture", "mean")):
            raise WeightsError(
                f"{target} holds other weights, imported from {there['file']} on "
                f"{there['imported']}; delete it first, if {path} is to replace it"
            )
        return target
    with naming_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_values(target, state, facts)
    return target


def location(folder: Path, release: str) -> Path:
    """Return where a release, a key in `RELEASES`, stands in the library."""
    return folder / f"{known(release).name}{_SUFFIX}"


def find(model: str, folder: Path, release: str | None = None) -> Path | None:
    """Return the file of a model's weights, or None if the library has none.

    Parameters
    ----------
    model : str
        Key in `mammo.models.MODELS`.
    folder : Path
        The library.
    release : str, optional
        Which of the model's releases; by default its first (`releases_of`), else the only one
        that is there. What that one was trained on is in its record.

    Raises
    ------
    WeightsError
        If the release is none of the model's or is absent, or the default is absent and several
        others are there.
    """
    names = [card.name for card in releases_of(model)]
    if release is not None:
        if release not in names:
            raise WeightsError(
                f"release '{release}' is none of {model}; its releases are {', '.join(names)}"
            )
        place = location(folder, release)
        if not place.is_file():
            raise WeightsError(
                f"{place}: no such weights; get {RELEASES[release].file} from "
                f"{RELEASES[release].page} and run 'mammo weights import' on it"
            )
        return place
    there = [name for name in names if location(folder, name).is_file()]
    if not there:
        return None
    if there[0] != names[0] and len(there) > 1:
        raise WeightsError(
            f"{folder} has several releases of {model}, {', '.join(there)}, and not the default "
            f"{names[0]}; name the one to use"
        )
    return location(folder, there[0])


def read_record(path: Path) -> dict[str, Any]:
    """Return what a file of the library says about itself; its tensors are not read.

    Keys: release, model, architecture, mean, input_size; file, file_bytes and file_sha256 of the
    released file; sha256 of the tensors; trained_on, split, licence, published_auroc (dataset,
    single, flips); imported (date in UTC) and version (of this package).

    Raises
    ------
    WeightsError
        If the file is absent, damaged, or none of the library's.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights; 'mammo weights list' says what is there")
    check_size(path)
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
    if header_bytes > _MOST_HEADER_BYTES:
        raise _foreign(path, f"a header of {header_bytes} bytes")
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})["record"])
    except SafetensorError as error:
        raise _foreign(path, str(error)) from None
    except (KeyError, ValueError, RecursionError):
        raise _foreign(path, "no record in its header") from None
    if not isinstance(facts, dict):
        raise _foreign(path, "a record that is no list of facts")
    wrong = [k for k, kind in _FIELDS.items() if k not in facts or not _is(kind, facts[k])]
    if wrong:
        raise _foreign(path, f"a record without usable {', '.join(wrong)}")
    card = RELEASES.get(facts["release"])
    if card is None or card.model != facts["model"]:
        raise _foreign(path, f"release '{facts['release']}' of model '{facts['model']}'")
    return facts


def load(path: Path) -> nn.Module:
    """Return the network of a file of the library, in evaluation mode, on the CPU.

    Returns
    -------
    End2End or FasterRCNN
        With the release's mean, or the detector's settings.

    Raises
    ------
    WeightsError
        If the file is absent, damaged, changed since its import, or none of the library's.
    """
    facts = read_record(path)
    network = assemble(facts["architecture"], facts["mean"], path)
    try:
        state = safetensors.torch.load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise _foreign(path, str(error)) from None
    check_fit(network, state, path)
    found = fingerprint(state)
    if found != facts["sha256"]:
        raise WeightsError(
            f"{path}: the tensors' SHA-256 is {found[:12]}..., recorded is "
            f"{facts['sha256'][:12]}...; delete the file and import its source again"
        )
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval()


def _is(kind: type | tuple[type, ...], value: Any) -> bool:
    """Return whether a value is of a kind; text must be such that a terminal only shows it."""
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return isinstance(value, kind) and all(
        text.isprintable() for text in texts if isinstance(text, str)
    )


def _facts(
    path: Path, card: Release, architecture: Architecture, tensors_sha256: str
) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "release": card.name,
        "model": card.model,
        "architecture": architecture,
        "mean": card.mean,
        "input_size": card.input_size and list(card.input_size),
        "file": "".join(letter if letter.isprintable() else "?" for letter in path.name),
        "file_bytes": path.stat().st_size,
        "file_sha256": digest,
        "sha256": tensors_sha256,
        "trained_on": list(card.trained_on),
        "split": card.split,
        "licence": card.licence,
        "published_auroc": {
            "dataset": card.auroc_on,
            "single": card.auroc,
            "flips": card.auroc_flips,
        },
        "imported": datetime.now(UTC).date().isoformat(),
        "version": __version__,
    }


def _foreign(path: Path, what: str) -> WeightsError:
    return WeightsError(
        f"{path}: not a file of the library ({one_line(what)}); delete it and import its source "
        "again"
    )
