"""Networks from the architecture that a file states, and whether tensors fit them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mammo.errors import WeightsError
from mammo.models.end2end import End2End
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.models.foreign_text import misfits, one_line, some_of
from mammo.models.frcnn_cad import DetectorSettings, FasterRCNN

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
