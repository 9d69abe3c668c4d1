"""Images a second of all six models at full size on a GPU, by precision and batch.

    python benchmarks/models_on_gpu.py [--seconds S]

Ours take 832 x 832, end2end 1152 x 896, frcnn_cad 2100 x 1700 one image at a time (its proposals
differ in number). Weights are random: they do not bear on the speed but for the detector's number
of boxes. Reading and resizing images is not timed. Without a GPU there is nothing to run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from mammo.models import MODELS, end2end, frcnn_cad, weights
from mammo.models.transfer import (
    ClassifierSettings,
    Extractor,
    TransferModel,
    build_classifier,
    map_shape,
)
from mammo.training.devices import computing

OURS, THEIRS = (832, 832), (1152, 896)
TOPS = {"vgg16": "[512-512-1024]x2", "resnet50": "[512-512-1024]x2"}
BATCHES = (1, 8, 32)


def classifiers() -> Iterator[tuple[str, torch.nn.Module, tuple[int, int]]]:
    for name, card in MODELS.items():
        if card.family == "ours":
            extractor = Extractor(name, weights.resolve("random", name, 0)[0])
            channels = map_shape(extractor, OURS[0])[0]
            head = build_classifier(channels, ClassifierSettings(), 0)
            yield name, TransferModel(extractor, head).eval(), OURS
        elif card.family == "end2end":
            made = end2end.build(card.backbone, TOPS[card.backbone], seed=0).eval()
            yield name, made.for_inference(), THEIRS


def images_a_second(run: Callable[[], object], images: int, seconds: float) -> float:
    """Repeat a run for so many seconds after three for warmth."""
    for _ in range(3):
        run()
    torch.cuda.synchronize()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        run()
        torch.cuda.synchronize()
        done += images
    return done / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    if not torch.cuda.is_available():
        print("there is no GPU here: nothing was timed")
        return
    device = torch.device("cuda")
    print(torch.cuda.get_device_name(), f"torch {torch.__version__}")
    with torch.inference_mode():
        for name, model, (rows, columns) in classifiers():
            model.to(device, memory_format=torch.channels_last)
            for precision in ("float32", "bfloat16"):
                for batch in BATCHES:
                    grey = torch.rand(batch, 1, rows, columns, device=device)
                    with computing(device, precision):
                        speed = images_a_second(lambda m=model, x=grey: m(x), batch, seconds)
                    print(f"{name:18}{precision:10}batch {batch:3}{speed:9.1f} images/s")
            model.to("cpu")
        detector = frcnn_cad.build(frcnn_cad.PUBLISHED, 0).eval().to(device)
        pixels = np.random.default_rng(0).random((4200, 3400), np.float32)
        x, scale = frcnn_cad.preparation.prepare(pixels, 1700, 2100)
        for precision in ("float32", "bfloat16"):
            with computing(device, precision):
                speed = images_a_second(
                    lambda: detector.detect_in(x, scale, pixels.shape), 1, seconds
                )
            print(f"{'frcnn_cad':18}{precision:10}batch   1{speed:9.1f} images/s")


if __name__ == "__main__":
    main()
