"""What passes inside of a network while it runs."""

from collections.abc import Callable

from torch import Tensor, nn


def input_of(module: nn.Module, run: Callable[[], object]) -> Tensor:
    """Return what a module takes in during a run, the last time."""
    taken: list[Tensor] = []
    handle = module.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    run()
    handle.remove()
    return taken[-1]
