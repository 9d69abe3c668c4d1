"""Milliseconds an image of the frozen extractors, by precision and memory layout.

python benchmarks/feature_extraction.py [--size 224] [--images 32] [--threads N]
"""

import argparse
import time

import torch

from mammo.models import MODELS, weights
from mammo.models.transfer import Extractor
from mammo.training.devices import is_bfloat16_fast, launch

VARIANTS = {
    "float32": (torch.float32, torch.contiguous_format),
    "float32, channels last": (torch.float32, torch.channels_last),
    "bfloat16, channels last": (torch.bfloat16, torch.channels_last),
}


def milliseconds(
    layers: torch.nn.Module, images: torch.Tensor, dtype: torch.dtype, layout: torch.memory_format
) -> float:
    layers = layers.to(memory_format=layout)
    images = images.contiguous(memory_format=layout)
    device = images.device
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=dtype is torch.bfloat16)
    with torch.inference_mode(), autocast:
        layers(images)
        if device.type == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(3):
            layers(images)
        if device.type == "cuda":
            torch.cuda.synchronize()
    return (time.perf_counter() - start) / 3 / len(images) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = launch().device
    print(
        f"{device}, {torch.get_num_threads()} threads, bfloat16 native: {is_bfloat16_fast(device)}"
    )
    images = torch.rand(arguments.images, 3, arguments.size, arguments.size, device=device)
    for name, card in MODELS.items():
        if card.family != "ours":
            continue
        layers = Extractor(name, weights.resolve("random", name, 0)[0]).layers.to(device)
        for variant, (dtype, layout) in VARIANTS.items():
            print(f"{name:9s} {variant:24s} {milliseconds(layers, images, dtype, layout):8.1f} ms")


if __name__ == "__main__":
    main()
