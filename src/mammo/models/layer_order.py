"""The layers of a network in the order in which data pass them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

Layer = dict[str, Any]


def layers_passed(model: nn.Module, run: Callable[[Any], object]) -> list[Layer]:
    """Return ``name``, ``output`` and ``parameters`` of the modules that a run passes.

    Parameters
    ----------
    model : Module
        Left as it is.
    run : callable
        Takes a copy on the meta device and passes data through it.

    Returns
    -------
    list of dict
        One for each pass of a module without children; ``output`` is its shape without the batch,
        ``parameters`` their number.
    """
    probe = copy.deepcopy(model).to("meta").eval()
    layers: list[Layer] = []

    def note(name: str):
        def hook(module: nn.Module, _: Any, output: Tensor) -> None:
            parameters = sum(p.numel() for p in module.parameters())
            shape = tuple(output.shape[1:])
            layers.append({"name": name, "output": shape, "parameters": parameters})

        return hook

    for name, module in probe.named_modules():
        if not any(module.children()):
            module.register_forward_hook(note(name))
    run(probe)
    return layers
