"""The one place that chooses device, precision and processes."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Literal

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies import DDPStrategy

Precision = Literal["auto", "bfloat16", "float32"]

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # of glibc's malloc.h

_PATIENCE = timedelta(days=2)
"""How long processes wait for the first, which alone prepares a large set's images."""


def launch(accelerator: str = "auto") -> Fabric:
    """Return a launched Fabric for this process.

    Alone, it takes one device. Started by ``torchrun``, it takes the number of processes on this
    node and of nodes from the variables that torchrun sets (``LOCAL_WORLD_SIZE``, ``WORLD_SIZE``).

    Parameters
    ----------
    accelerator : str
        "auto" (a GPU where there is one), "cpu", "cuda" or "mps".
    """
    local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    world = int(os.environ.get("WORLD_SIZE", 1))
    fabric = Fabric(
        accelerator=accelerator,
        devices=local,
        num_nodes=world // local,
        strategy=DDPStrategy(timeout=_PATIENCE) if world > 1 else "auto",
        precision="32-true",
    )
    fabric.launch()
    if fabric.device.type == "cpu":
        keep_freed_memory()
    return fabric


def keep_freed_memory() -> None:
    """Let this process keep the memory of a freed tensor for the next one; glibc only.

    glibc gives large blocks back to the system at once and gets them anew, every page cleared: a
    fifth of the processor's time of a VGG16 on a whole mammogram.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def is_bfloat16_fast(device: torch.device) -> bool:
    """Return whether the device computes in bfloat16 by instructions of its own."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def reproducible() -> AbstractContextManager[None]:
    """Let cuDNN take the same algorithm at every run, and float32 in full (no TF32)."""
    return torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)


@contextmanager
def computing(device: torch.device, precision: Precision) -> Iterator[None]:
    """Compute reproducibly, and in the precision asked for.

    Parameters
    ----------
    device : torch.device
    precision : {"auto", "bfloat16", "float32"}
        "auto" is bfloat16 autocast where `is_bfloat16_fast`, else float32.
    """
    wanted = precision == "bfloat16" or (precision == "auto" and is_bfloat16_fast(device))
    with reproducible(), torch.autocast(device.type, torch.bfloat16, enabled=wanted):
        yield
