"""Imported weights: a folder of safetensors files, each with the record of where it is from.

Nothing is unpickled, and sizes are checked before anything is read.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mammo.errors import WeightsError
from mammo.models.end2end import End2End
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.models.foreign_text import misfits, one_line, some_of
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN
from mammo.models.releases import RELEASES, Release, releases_of
from mammo.models.weights import fingerprint

MOST_BYTES = 2**31
"""Bound on a file of weights; the largest release has 550 MB."""
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


def known(release: str) -> Release:
    """Return the card of a release by its name, a key in `RELEASES`; refuse other names."""
    if release not in RELEASES:
        raise WeightsError(f"no release '{release}'; the releases are {', '.join(RELEASES)}")
    return RELEASES[release]


def check_size(path: Path) -> None:
    """Refuse a file of more than `MOST_BYTES`."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise WeightsError(
            f"{path} has {size} bytes, weights at most {MOST_BYTES}; check which file it is"
        )


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


def _foreign(path: Path, what: str) -> WeightsError:
    return WeightsError(
        f"{path}: not a file of the library ({one_line(what)}); delete it and import its source "
        "again"
    )


Architecture = dict[str, Any]
"""Of end2end the layers, ``backbone`` and ``top``; of frcnn_cad the ``detector``'s settings."""


def assemble(architecture: Architecture, mean: float | None, path: Path) -> nn.Module:
    """Return the network without values, so that it costs no memory, whatever the file says.

    Parameters
    ----------
    architecture : dict
        As JSON keeps it.
    mean : float or None
        Grey value, of 255, that end2end subtracts; None for frcnn_cad.
    path : Path
        The file, for errors.

    Raises
    ------
    WeightsError
        If no network can be built.
    """
    try:
        with torch.device("meta"):
            if "detector" in architecture:
                return FasterRCNN(_settings(architecture["detector"]))
            backbone = LayerGraph(architecture["backbone"])
            top = LayerGraph(architecture["top"], backbone.out_channels)
            return End2End(backbone, top, float(mean))
    except Exception as error:  # a foreign file may state anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path}: its architecture cannot be built ({one_line(reason)})"
        ) from None


def _settings(values: Mapping[str, Any]) -> DetectorSettings:
    """Return the settings that JSON keeps, with tuples again."""
    return DetectorSettings(
        **{key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    )


def check_fit(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors that are missing, unknown, or of another type or shape; name them."""
    if faults := misfits(_kinds(state), _kinds(network.state_dict())):
        raise WeightsError(
            f"{path}: the tensors do not fit the network: {some_of(faults)}; check which file it is"
        )


def _kinds(state: Mapping[str, Tensor]) -> dict[str, str]:
    return {
        name: f"{str(values.dtype).removeprefix('torch.')} {tuple(values.shape)}"
        for name, values in state.items()
    }
