"""Released files as they were downloaded: which release each is, and what it holds."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from mammo.errors import WeightsError
from mammo.models.frcnn_cad import DetectorSettings
from mammo.models.imports.assembly import Architecture
from mammo.models.releases import RELEASES, UNSUPPORTED, Form, Release

MOST_BYTES = 2**31
"""Bound on a file of weights; the largest release has 550 MB."""
_HDF5 = b"\x89HDF\r\n\x1a\n"
_NO_WEIGHTS = {
    rb"\s*<(!doctype|html|\?xml)": "a web page: the download asked for a confirmation",
    rb"PK\x03\x04": "a zip archive: unpack it first",
    rb"\x1f\x8b": "a gzip archive: unpack it first",
}

State = dict[str, Tensor]


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


def known(release: str) -> Release:
    """Return the card of a release by its name, a key in `RELEASES`; refuse other names."""
    if release not in RELEASES:
        raise WeightsError(f"no release '{release}'; the releases are {', '.join(RELEASES)}")
    return RELEASES[release]


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


def check_size(path: Path) -> None:
    """Refuse a file of more than `MOST_BYTES`."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise WeightsError(
            f"{path} has {size} bytes, weights at most {MOST_BYTES}; check which file it is"
        )


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
