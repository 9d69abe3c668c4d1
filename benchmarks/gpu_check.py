"""Checks all six models on a GPU against the CPU, and times them at full size.

    python benchmarks/gpu_check.py [--device cuda] [--seconds 3] [--models NAME ...] [--tiny]

First each is scored and trained for two steps at small size on both: float32 must agree to 1e-4 of
the greatest value; what bfloat16 changes is stated. Then come images a second at the size of
params/paper.yaml, and how long that study would compute. Weights are random: they do not bear on
the speed but for the detector's number of boxes. Reading and resizing images is not timed. At most
8 minutes; status 1 if something disagrees, 2 if there is no such device.
"""

import argparse
import copy
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from mammo.models import MODELS, end2end, frcnn_cad, weights
from mammo.models.standardisation import calibrate
from mammo.models.transfer import (
    ClassifierSettings,
    Extractor,
    TransferModel,
    build_classifier,
    map_shape,
)
from mammo.parameters import Parameters, sources
from mammo.study.families.end2end import COLUMNS_A_ROW, TOPS
from mammo.training.devices import Precision, computing, is_bfloat16_fast, launch, reproducible
from mammo.training.end2end import Stage, StagedSettings, WholeImageTask
from mammo.training.fit import Task, fit
from mammo.training.frcnn_cad import DetectorTask, DetectorTraining
from mammo.training.frcnn_cad_losses import DetectorLosses
from mammo.training.frcnn_cad_start import standardise_detector
from mammo.training.patches import Windows, patch_size
from mammo.training.samples import StoredImages
from mammo.training.transfer import TrainingSettings, TransferTask

PAPER = Path(__file__).parents[1] / "params" / "paper.yaml"
AGREEMENT = 1e-4
SMALL, SAMPLES, BATCH = 128, 12, 4
SMALL_DETECTOR = frcnn_cad.DetectorSettings(
    width=1 / 8,
    hidden=32,
    dropout=0.0,
    short_side=SMALL,
    long_side=SMALL,
    anchor_scales=(2, 4),
    post_nms=30,
    min_size=2,
)
PATCHES_AN_IMAGE = 2 * 10 * 3568 / 3103
"""Shen's ten of each of CBIS-DDSM's lesions, and as many elsewhere."""
IMAGES = {"cbis_ddsm": 3103, "inbreast": 410, "mias": 322, "institution": 1872}


# Agreement, at small size


@dataclass
class Data:
    """Images with a bright square, and what is to be learnt from them."""

    folder: Path

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self.labels, self.patients = np.arange(SAMPLES) % 2, np.arange(SAMPLES).astype(str)
        self.pixels = rng.integers(0, 20000, (SAMPLES, SMALL, SMALL)).astype(np.uint16)
        self.pixels[:, 30:90, 30:90] += (9000 + 20000 * self.labels)[:, None, None].astype("u2")
        paths = [str(self.folder / f"{number}.png") for number in range(SAMPLES)]
        for path, image in zip(paths, self.pixels, strict=True):
            cv2.imwrite(path, image)
        facts = {"image_id": self.patients, "patient_id": self.patients, "label": self.labels}
        self.images = pd.DataFrame({**facts, "path": paths})
        box = {"row_min": 30, "col_min": 30, "row_max": 90, "col_max": 90}
        self.lesions = pd.DataFrame({"image_id": self.patients, "malignant": self.labels, **box})

    @property
    def grey(self) -> Tensor:
        """All images (n, 1, rows, columns), in [0, 1]."""
        return torch.from_numpy(self.pixels[:, None].astype(np.float32) / 65535)


def small_model(name: str, data: Data) -> nn.Module:
    """Return a model without dropout, whose random numbers are others on each device."""
    card = MODELS[name]
    if card.family == "ours":
        extractor = Extractor(name, weights.resolve("random", name, 0)[0])
        calibrate(extractor, data.grey)
        extractor.requires_grad_(True)
        channels = map_shape(extractor, SMALL)[0]
        return TransferModel(
            extractor, build_classifier(channels, ClassifierSettings(dropout=0), 0)
        )
    if card.family == "end2end":
        return end2end.build(card.backbone, TOPS[name], seed=0, width=1 / 8)
    network = frcnn_cad.build(SMALL_DETECTOR, 0)
    standardise_detector(network, data.images, seed=0)
    return network


def small_task(name: str, model: nn.Module, data: Data, fabric: Fabric, precision: str) -> Task:
    """Return a training of two steps."""
    family = MODELS[name].family
    if family == "ours":
        samples = StoredImages([(data.pixels, np.arange(SAMPLES))])
        own = TrainingSettings(1e-4, batch_size=BATCH, epochs=1, precision=precision)
        own = replace(own, early_stopping_fraction=0.25)
        return TransferTask(model, samples, data.labels, data.patients, own, fabric, seed=0)
    if family == "end2end":
        windows = Windows.of_whole_images(data.pixels, np.arange(SAMPLES))
        held, stages = np.arange(SAMPLES) >= SAMPLES - 4, [Stage("all", 1e-4, 1)]
        settings = StagedSettings(batch_size=BATCH, precision=precision)
        return WholeImageTask(model, windows, data.labels, held, stages, settings, fabric, seed=0)
    detector = DetectorTraining(
        "adamw", 1e-4, images_a_step=5, anchors_an_image=10**6, epochs=1, held_aside=0.25
    )
    detector = replace(detector, precision=precision)
    return DetectorTask(model, data.images, data.lesions, detector, fabric, seed=0)


@torch.no_grad()
def scores(model: nn.Module, data: Data, device: torch.device, precision: Precision) -> Tensor:
    """Return a model's outputs on a device; of the detector those before boxes are sorted."""
    model = copy.deepcopy(model).to(device).eval()
    with computing(device, precision):
        if not isinstance(model, frcnn_cad.FasterRCNN):
            return model(data.grey.to(device)).float().cpu()
        features = model.features(data.grey[:4].expand(-1, 3, -1, -1).to(device) * 255 - 128)
        boxes = torch.tensor([[8.0, 8.0, 90.0, 90.0]], device=device)
        outputs = (*model.rpn(features), *model.head(features, [boxes] * 4))
        return torch.cat([values.float().flatten() for values in outputs]).cpu()


def difference(found: Tensor, expected: Tensor) -> float:
    """Return the greatest difference as a part of the greatest value."""
    return float((found - expected).abs().max() / expected.abs().max())


def check_agreement(models: list[str], device: str, data: Data) -> bool:
    """Print how far each model's scores and training losses are from the CPU's in float32."""
    here, there = launch("cpu"), launch(device)
    variants, agree = ((here, "float32"), (there, "float32"), (there, "bfloat16")), True
    print(f"{'difference from float32 on the CPU':36}{'scores':>12}{'loss of two steps':>20}")
    for name in models:
        model = small_model(name, data)
        found = {}
        for fabric, precision in variants:
            trained = copy.deepcopy(model)
            task = small_task(name, trained, data, fabric, precision)
            with tempfile.TemporaryDirectory() as folder:
                loss = fit(task, Path(folder))["best"]["train_loss"]
            outputs = scores(model, data, fabric.device, precision)
            found[fabric is there, precision] = outputs, torch.tensor([loss])
        expected = found[False, "float32"]
        for precision in ("float32", "bfloat16"):
            differences = list(map(difference, found[True, precision], expected))
            is_good = precision == "bfloat16" or max(differences) < AGREEMENT
            agree &= is_good
            mark = "" if is_good else f"  more than {AGREEMENT:g}"
            print(f"{name:18}{precision:18}{differences[0]:12.1e}{differences[1]:20.1e}{mark}")
    return agree


# Speed, at full size


Run = tuple[Callable[[], object], int]
"""One call, and how many images it takes."""


def full_runs(name: str, p: Parameters, device: torch.device, is_tiny: bool) -> dict[str, Run]:
    """Return what a study does with a model, at the parameters' size or a tiny one."""
    width = 1 / 16 if is_tiny else p.published_width
    if (family := MODELS[name].family) == "ours":
        return transfer_runs(name, p, device, SMALL if is_tiny else p.image_size)
    if family == "end2end":
        return end2end_runs(name, p, device, 192 if is_tiny else p.end2end_rows, width)
    return detector_runs(p, device, SMALL if is_tiny else p.frcnn_short_side, width, is_tiny)


def transfer_runs(name: str, p: Parameters, device: torch.device, side: int) -> dict[str, Run]:
    extractor = Extractor(name, weights.resolve("random", name, 0)[0])
    shape = map_shape(extractor, side)
    settings = ClassifierSettings(p.classifier_channels, p.classifier_hidden, p.dropout)
    classifier = build_classifier(shape[0], settings, 0).to(device)
    extractor.to(device)
    grey = torch.rand(16, 1, side, side, device=device)
    maps = torch.rand(p.batch_size, *shape, device=device).half()
    return {
        "score": (lambda: extractor(grey), len(grey)),
        "train": (training_step(classifier, lambda: classifier(maps).sum(), p), len(maps)),
    }


def end2end_runs(
    name: str, p: Parameters, device: torch.device, rows: int, width: float
) -> dict[str, Run]:
    model = end2end.build(MODELS[name].backbone, TOPS[name], seed=0, width=width)
    model.to(device, memory_format=torch.channels_last)
    scorer = copy.deepcopy(model).eval().for_inference()
    patches = end2end.PatchClassifier(model.backbone, model.mean).to(device)
    shape, side = (rows, round(rows * COLUMNS_A_ROW)), patch_size(rows)
    some = torch.rand(16, 1, *shape, device=device)
    whole = torch.rand(p.end2end_image_batch, 1, *shape, device=device)
    small = torch.rand(p.end2end_patch_batch, 1, side, side, device=device)
    return {
        "score": (lambda: scorer(some), len(some)),
        "train": (training_step(model, lambda: model(whole).sum(), p), len(whole)),
        "patches": (training_step(patches, lambda: patches(small).sum(), p), len(small)),
    }


def detector_runs(
    p: Parameters, device: torch.device, short: int, width: float, is_tiny: bool
) -> dict[str, Run]:
    settings = replace(
        frcnn_cad.PUBLISHED,
        width=width,
        hidden=16 if is_tiny else p.frcnn_hidden,
        short_side=short,
        long_side=round(short * 21 / 17),
    )
    network = frcnn_cad.build(settings, 0).to(device, memory_format=torch.channels_last)
    pixels = np.random.default_rng(0).random((settings.long_side, short), np.float32)
    x, scale = frcnn_cad.preparation.prepare(pixels, short, settings.long_side)
    lesions = torch.tensor([[20.0, 20.0, 60.0, 60.0]], device=device)
    x, classes = x.to(device), torch.tensor([2], device=device)
    scorer, losses = copy.deepcopy(network).eval(), DetectorLosses(network, p.frcnn_anchors)
    return {
        "score": (lambda: scorer.detect_in(x, scale, pixels.shape), 1),
        "train": (
            training_step(losses, lambda: losses(x, scale, lesions, classes).sum(), p),
            1,
        ),
    }


def training_step(
    module: nn.Module, loss: Callable[[], Tensor], p: Parameters
) -> Callable[[], None]:
    """Return a step as `mammo.training.fit` makes it."""
    optimizer = torch.optim.AdamW(module.parameters(), 1e-6)
    device = next(module.parameters()).device

    def step() -> None:
        with torch.enable_grad(), reproducible():
            with computing(device, p.precision):
                found = loss()
            found.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


@torch.no_grad()
def images_a_second(run: Run, p: Parameters, device: torch.device, seconds: float) -> float:
    """Repeat a call for so many seconds after two for warmth."""
    call, images = run
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    with computing(device, p.precision):
        for _ in range(2):
            call()
        wait()
        count, start = 0, time.perf_counter()
        while not count or time.perf_counter() - start < seconds:
            call()
            wait()
            count += images
    return count / (time.perf_counter() - start)


def seconds_of_study(name: str, speeds: dict[str, float], p: Parameters) -> float:
    """Return how long a study computes for one model, all images at the measured speeds."""
    images = sum(IMAGES.values())
    learnt = (1 - p.validation_fraction) * IMAGES["cbis_ddsm"]
    if MODELS[name].family == "ours":
        flipped = (len(p.flips) - 1) * learnt
        return (images + flipped) / speeds["score"] + p.runs * p.epochs * learnt / speeds["train"]
    scored = images * (4 if p.end2end_flips and "patches" in speeds else 1) / speeds["score"]
    if "patches" not in speeds:
        return scored + p.frcnn_epochs * learnt / speeds["train"]
    patches = sum(p.end2end_patch_epochs) * learnt * PATCHES_AN_IMAGE / speeds["patches"]
    return scored + patches + sum(p.end2end_image_epochs) * learnt / speeds["train"]


def time_full_size(models: list[str], device: torch.device, seconds: float, is_tiny: bool) -> None:
    """Print images a second of each model, and what params/paper.yaml takes."""
    p, total = sources.load(PAPER, {}), 0.0
    fast = "" if is_bfloat16_fast(device) else " (float32: the device has no bfloat16)"
    print(f"\nimages a second at {'tiny' if is_tiny else 'full'} size, precision auto{fast}")
    for name in models:
        runs = full_runs(name, p, device, is_tiny)
        speeds = {what: images_a_second(run, p, device, seconds) for what, run in runs.items()}
        needed = seconds_of_study(name, speeds, p)
        total += needed
        told = ", ".join(
            f"{what} {speed:.1f} (batch {runs[what][1]})" for what, speed in speeds.items()
        )
        print(f"{name:18}{told}: {needed / 3600:.2f} hours", flush=True)
        del runs
    print(
        f"params/paper.yaml at these speeds: {total / 3600:.1f} hours, without reading images and "
        "training on mixed data"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--tiny", action="store_true", help="narrow networks, to try the script")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        print("gpu_check: torch finds no CUDA device here, so nothing was checked", file=sys.stderr)
        return 2
    name = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        agrees = check_agreement(options.models, options.device, Data(Path(folder)))
    time_full_size(options.models, torch.device(options.device), options.seconds, options.tiny)
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
