"""The extractor's weights: ImageNet's, a file's, or random ones, each with a record."""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from mammo.errors import WeightsError
from mammo.models import MODELS, WeightsSource
from mammo.models.foreign_text import misfits, some_of
from mammo.models.transfer import trunk

State = dict[str, Tensor]

_MOST_BYTES = 2**31
_REACH_SECONDS = 5.0
_HEADS = ("classifier.", "fc.")
_REMEDY = (
    "give the file's path as 'weights', or let weights be 'auto' or 'random' to go on without it"
)

_UNREACHED = "ImageNet's weights could not be fetched; with weights 'imagenet' the error says why. "


class AbsentWeightsError(WeightsError):
    """ImageNet's weights are not on this machine and cannot be fetched."""

    def __init__(self, source: WeightsSource, path: Path, reason: str) -> None:
        super().__init__(
            f"{source.url} cannot be fetched ({reason}); put the file at {path}, {_REMEDY}"
        )


@dataclass(frozen=True)
class WeightsRecord:
    """Where an extractor's weights come from; shown with every result.

    Parameters
    ----------
    kind : str
        "imagenet", "file" or "random".
    source : str
        In words.
    sha256 : str
        Of the tensors' names, types, shapes and values (not of the file).
    licence : str
        Terms of use.
    note : str
        What a reader must know; empty where there is nothing.
    """

    kind: str
    source: str
    sha256: str
    licence: str
    note: str


def resolve(spec: str, backbone: str, seed: int) -> tuple[State, WeightsRecord]:
    """Return the values of a backbone's `trunk` and their record.

    Parameters
    ----------
    spec : str
        "imagenet": torchvision's, from its cache or the net, checked against their SHA-256.
        "random": drawn from ``seed``. "auto": ImageNet's where they can be had, else random.
        Anything else: path of a ``.safetensors`` or ``.pth`` file of the whole torchvision
        network or of its convolutional part.
    backbone : str
        "alexnet", "vgg16" or "resnet50".
    seed : int
        Seed of random weights.

    Raises
    ------
    WeightsError
        If the weights cannot be had, are damaged, or do not fit the backbone.
    """
    if spec == "random":
        return _random(backbone, seed, "")
    if spec == "imagenet":
        return _imagenet(backbone)
    if spec == "auto":
        try:
            return _imagenet(backbone)
        except AbsentWeightsError:
            return _random(backbone, seed, _UNREACHED)
    return _from_file(Path(spec), backbone)


def fingerprint(state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of tensors: names, types, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(state):
        values = state[name].detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)};".encode())
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()


def imagenet_file(backbone: str) -> Path:
    """Return where ImageNet's weights stand in torch's cache, or will once they are fetched."""
    name = MODELS[backbone].weights.url.rpartition("/")[2]
    return Path(torch.hub.get_dir()) / "checkpoints" / name


def _imagenet(backbone: str) -> tuple[State, WeightsRecord]:
    source = MODELS[backbone].weights
    path = imagenet_file(backbone)
    if not path.is_file():
        _fetch(source, path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(source.sha256):
        raise WeightsError(
            f"{path}: SHA-256 is {found[:8]}..., expected {source.sha256}...; delete the file, "
            "so that it is fetched again"
        )
    state = _fitting(_read(path), backbone, path)
    title = f"ImageNet-1K V1, torchvision, {path.name}"
    return state, WeightsRecord("imagenet", title, fingerprint(state), source.licence, "")


def _fetch(source: WeightsSource, path: Path) -> None:
    reason = _why_unreachable()
    if reason:
        raise AbsentWeightsError(source, path, reason)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(source.url, str(path), hash_prefix=source.sha256)
    except urllib.error.HTTPError as error:
        raise AbsentWeightsError(source, path, str(error)) from None
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        # They can be had: to go on with random ones would hide a full disk or a lost connection.
        raise WeightsError(
            f"{path}: fetching it from {source.url} failed ({error}); see to that and run this "
            "again, or let weights be 'random'"
        ) from None


def _from_file(path: Path, backbone: str) -> tuple[State, WeightsRecord]:
    if not path.is_file():
        raise WeightsError(
            f"weights '{path}': no such file; expected imagenet, random, auto or the path of a "
            ".safetensors or .pth file"
        )
    state = _fitting(_read(path), backbone, path)
    note = "Weights from a file given by the user."
    return state, WeightsRecord("file", path.name, fingerprint(state), "not known", note)


def _random(backbone: str, seed: int, reason: str) -> tuple[State, WeightsRecord]:
    """Draw He's normal weights (fan in, for ReLU) and leave normalisation layers neutral.

    He et al., "Delving deep into rectifiers", ICCV 2015.
    """
    entropy = hashlib.sha256(f"{backbone}/{seed}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(entropy[:7], "big"))
    state = {}
    for name, blank in trunk(backbone).state_dict().items():
        values = torch.zeros(blank.shape, dtype=blank.dtype)
        if values.dim() == 4:
            values.normal_(0, (2 / values[0].numel()) ** 0.5, generator=generator)
        # The scale of a batch normalisation is 1, too; ResNet's vectors are that or biases.
        elif name.endswith("running_var") or (backbone == "resnet50" and name.endswith(".weight")):
            values.fill_(1)
        state[name] = values
    note = (
        f"{reason}The extractor's weights are random, not trained on ImageNet: each channel is "
        "standardised on training images, and no more is to be expected than from random features."
    )
    source = f"random, He normal, seed {seed}"
    return state, WeightsRecord("random", source, fingerprint(state), "none needed", note)


@cache
def _why_unreachable() -> str | None:
    """Return why the host of torchvision's weights does not answer; asked once a process.

    The library's own download waits without limit, so the host is tried with one first.
    """
    request = urllib.request.Request(MODELS["alexnet"].weights.url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_REACH_SECONDS):
            return None
    except urllib.error.URLError as error:
        return getattr(error.reason, "strerror", None) or str(error.reason)
    except OSError as error:
        return str(error)


def _read(path: Path) -> State:
    import safetensors.torch

    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise WeightsError(f"{path} has {size:,} bytes, weights {_MOST_BYTES:,} at most")
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        _refuse_packed(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        kind = type(error).__name__
        raise WeightsError(f"{path}: not readable as weights ({kind})") from None
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(values, Tensor) for name, values in state.items()
    ):
        raise WeightsError(f"{path}: expected a state dict, names with tensors")
    return state


def _refuse_packed(path: Path) -> None:
    """Refuse an archive whose parts are packed: torch leaves them as they are, a bomb does not."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise ValueError("packed parts")


def _fitting(state: Mapping[str, Tensor], backbone: str, path: Path) -> State:
    """Return the trunk's tensors of a network's; refuse missing, foreign or misshapen ones."""
    expected = trunk(backbone).state_dict()
    own = {
        re.sub(r"^features\.", "", name): values
        for name, values in state.items()
        if not name.startswith(_HEADS)
    }
    counters = {name for name in expected if name.endswith("num_batches_tracked")}
    shapes = (
        {name: tuple(values.shape) for name, values in tensors.items()}
        for tensors in (own, expected)
    )
    unsound = (f"'{name}' is not of finite numbers" for name in own if not _is_sound(own[name]))
    if faults := misfits(*shapes, counters) or sorted(unsound):
        raise WeightsError(
            f"{path}: does not fit {backbone}: {some_of(faults)}; expected torchvision's "
            f"{backbone} or its convolutional part"
        )
    return {
        name: own[name].to(blank.dtype) if name in own else torch.zeros_like(blank, device="cpu")
        for name, blank in expected.items()
    }


def _is_sound(values: Tensor) -> bool:
    """Return whether values are plain numbers, none of them infinite or not a number."""
    is_plain = values.layout is torch.strided and values.device.type == "cpu"
    is_real = not values.is_complex() and not values.is_quantized
    return is_plain and is_real and bool(torch.isfinite(values.float()).all())
