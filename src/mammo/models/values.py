"""A model's values on disk: safetensors, the file whole or absent."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from mammo.errors import MammoError
from mammo.files.disk import atomic_write, sentence


def write_values(path: Path, values: Mapping[str, Tensor], record: Any) -> None:
    """Write a model's values, and a record as JSON in the header, whole or not at all.

    Raises
    ------
    MammoError
        If there is no room for them, or the operating system refuses it.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in values.items()}
    try:
        with atomic_write(path) as temporary:
            safetensors.torch.save_file(tensors, temporary, {"record": json.dumps(record)})
    except SafetensorError as error:
        raise MammoError(sentence(error, path)) from error
