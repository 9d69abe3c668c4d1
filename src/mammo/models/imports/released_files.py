"""Released files as they were downloaded: which release each is, and what it holds."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch import Tensor

from mammo import __version__
from mammo.errors import WeightsError
from mammo.files.disk import naming_errors
from mammo.models.frcnn_cad import DetectorSettings
from mammo.models.imports import (
    Architecture,
    assemble,
    check_fit,
    check_size,
    known,
    location,
    read_record,
)
from mammo.models.releases import RELEASES, UNSUPPORTED, Form, Release
from mammo.models.values import write_values
from mammo.models.weights import fingerprint

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NO_WEIGHTS = {
    rb"\s*<(!doctype|html|\?xml)": "a web page: the download asked for a confirmation",
    rb"PK\x03\x04": "a zip archive: unpack it first",
    rb"\x1f\x8b": "a gzip archive: unpack it first",
}

State = dict[str, Tensor]


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


def recognise(path: Path, release: str | None = None) -> Release:
    """Return the card of a released file, by its name or by what the user says.

    Parameters
    ----------
    path : Path
    release : str, optional
        Key in `RELEASES`, for a file that no longer has its released name.

    Raises
    ------
    WeightsError
        If the release is not known or not supported, or the name is another release's.
    """
    if path.name in UNSUPPORTED:
        raise WeightsError(f"{path}: {path.name} {UNSUPPORTED[path.name]}; import another release")
    named = next((card for card in RELEASES.values() if card.file == path.name), None)
    if release is None:
        if named is None:
            files = ", ".join(card.file for card in RELEASES.values())
            raise WeightsError(
                f"{path}: not the name of a released file ({files}); say with --release which of "
                f"{', '.join(RELEASES)} it is"
            )
        return named
    card = known(release)
    if named not in (None, card):
        raise WeightsError(
            f"{path}: the name is that of release {named.name}, not of {release}; leave --release "
            "out, or rename the file if its name is wrong"
        )
    return card


def read_release(path: Path, card: Release) -> tuple[Architecture, State]:
    """Return the architecture, as JSON keeps it, and the tensors of a released file.

    Raises
    ------
    WeightsError
        If the file is too large, of another format, damaged, or does not hold what the card says.
    """
    check_size(path)
    with path.open("rb") as file:
        start = file.read(512)
    for pattern, what in _NO_WEIGHTS.items():
        if re.match(pattern, start, re.IGNORECASE):
            raise WeightsError(f"{path} is {what}; expected {card.file} as offered at {card.page}")
    is_hdf5 = start.startswith(_HDF5)
    if is_hdf5 != (card.format == "Keras"):
        raise WeightsError(
            f"{path} is {'a' if is_hdf5 else 'no'} Keras (HDF5) file, and release {card.name} is "
            f"a {card.format} file; check which file it is"
        )
    architecture, state = _READERS[card.format](path, card)
    return json.loads(json.dumps(architecture)), state


def _read_keras(path: Path, card: Release) -> tuple[Architecture, State]:
    from mammo.models.end2end import hdf5_trial, keras_h5

    hdf5_trial.try_out(path)
    found = keras_h5.read_keras(path)
    form = _form(found.backbone, found.top)
    if (form, tuple(found.input_shape)) != (card.form, card.input_size):
        raise WeightsError(
            f"{path} holds {form} for inputs of {_by(found.input_shape)}; release {card.name} is "
            f"{card.form} for inputs of {_by(card.input_size)}; check which file it is"
        )
    return {"backbone": found.backbone, "top": found.top}, found.state


def _read_caffe(path: Path, card: Release) -> tuple[Architecture, State]:
    from mammo.models.frcnn_cad import caffemodel

    settings = DetectorSettings(**card.detector)
    return {"detector": asdict(settings)}, caffemodel.read_caffemodel(path, settings)


_READERS: dict[str, Callable[[Path, Release], tuple[Architecture, State]]] = {
    "Keras": _read_keras,
    "Caffe": _read_caffe,
}


def _form(backbone: list[dict[str, Any]], top: list[dict[str, Any]]) -> Form:
    body, head = (_convolutions(layers) for layers in (backbone, top))
    additions = sum(layer["kind"] == "add" for layer in top)
    return Form(len(body), body[-1] if body else 0, additions, head[-1] if head else 0)


def _convolutions(layers: list[dict[str, Any]]) -> list[int]:
    """Return the channels of each convolution, in order."""
    return [layer["channels"] for layer in layers if layer["kind"] == "conv"]


def _by(size: tuple[int, ...] | None) -> str:
    return " x ".join(map(str, size or ()))
