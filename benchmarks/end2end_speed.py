"""Seconds of one image of end2end's input, 1152 x 896, here and in Keras, side by side.

    python benchmarks/end2end_speed.py [--threads N] [--repeats N]
        [--keras-python PATH [--weights FOLDER]]

PATH is the interpreter of an environment with tensorflow-cpu and tf_keras. It writes each network
with random weights as .h5 (into FOLDER, or takes what is there), which both then read, and runs
as a process of its own, in turns with ours: other work on the machine meets both alike. Without
it only ours is timed.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import torch

from mammo.models import end2end
from mammo.models.end2end import End2End, keras_h5
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.training.devices import keep_freed_memory

GOLDENS = Path(__file__).parents[1] / "tests" / "golden" / "make_end2end.py"
NETWORKS = {"resnet50_same": ("resnet50", "[512-512-1024]x2"), "vgg16": ("vgg16", "512x1")}
ROWS, COLUMNS = 1152, 896
KERAS = """
import sys, time
import numpy as np, tensorflow as tf, tf_keras
path, pixels, threads = sys.argv[1:]
tf.config.threading.set_intra_op_parallelism_threads(int(threads))
tf.config.threading.set_inter_op_parallelism_threads(int(threads))
model = tf_keras.models.load_model(path, compile=False)
x = np.repeat(np.load(pixels)[:, 0, :, :, None] * 255 - np.float32(end_mean), 3, axis=3)
for line in sys.stdin:
    start, busy = time.perf_counter(), time.process_time()
    probability = model.predict_on_batch(x)[0, 1]
    print(time.perf_counter() - start, time.process_time() - busy, probability, flush=True)
""".replace("end_mean", str(end2end.DDSM_MEAN))

Timed = Callable[[], tuple[float, float, float]]
"""One run: its seconds, the processor's, and the probability of cancer."""


def ours(model: End2End, grey: torch.Tensor) -> Timed:
    def run() -> tuple[float, float, float]:
        start, busy = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            probability = model(grey).sigmoid()[0].item()
        return time.perf_counter() - start, time.process_time() - busy, probability

    return run


@contextmanager
def keras(python: str, path: Path, grey: torch.Tensor, threads: int) -> Iterator[Timed]:
    pixels = path.with_name("grey.npy")
    np.save(pixels, grey.numpy())
    process = subprocess.Popen(
        [python, "-c", KERAS, str(path), str(pixels), str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TF_USE_LEGACY_KERAS": "1"},
    )

    def run() -> tuple[float, float, float]:
        process.stdin.write("run\n")
        process.stdin.flush()
        return tuple(map(float, process.stdout.readline().split()))

    try:
        yield run
    finally:
        process.stdin.close()
        process.wait()


def save_with_keras(python: str, name: str, path: Path) -> None:
    if not path.is_file():
        print(f"Keras writes {path.name} (minutes) ...", flush=True)
        command = [python, str(GOLDENS), name, "--save", str(path)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def read(path: Path) -> End2End:
    network = keras_h5.read_keras(path)
    backbone = LayerGraph(network.backbone)
    model = End2End(backbone, LayerGraph(network.top, backbone.out_channels), end2end.DDSM_MEAN)
    model.load_state_dict(network.state)
    return model.eval()


def compare(runs: dict[str, Timed], repeats: int) -> None:
    """Run each in turn, several times, and print the medians."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    probabilities = {name: run()[2] for name, run in runs.items()}
    for _ in range(repeats):
        for name, run in runs.items():
            times[name].append(run()[:2])
    for name, values in times.items():
        seconds, busy = (median(column) for column in zip(*values, strict=True))
        print(
            f"  {name:24}{seconds:8.2f} s, processor {busy:6.2f} s, "
            f"probability {probabilities[name]:.6f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--keras-python")
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()  # as `mammo.training.devices.launch` does
    grey = torch.rand(1, 1, ROWS, COLUMNS, generator=torch.Generator().manual_seed(0))
    print(f"one image of {ROWS} x {COLUMNS}, {arguments.threads} threads of {os.cpu_count()} cores")
    if not arguments.keras_python:
        print("Keras is not timed: name its interpreter with --keras-python")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.weights or Path(temporary)
        for name, (backbone, top) in NETWORKS.items():
            print(f"{name}, load {os.getloadavg()[0]:.1f}")
            if not arguments.keras_python:
                model = end2end.build(backbone, top, seed=0).eval()
                compare(both_forms(model, grey), arguments.repeats)
            else:
                path = folder / f"{name}.h5"
                save_with_keras(arguments.keras_python, name, path)
                model = read(path)
                with keras(arguments.keras_python, path, grey, arguments.threads) as run:
                    compare({"Keras": run, **both_forms(model, grey)}, arguments.repeats)


def both_forms(model: End2End, grey: torch.Tensor) -> dict[str, Timed]:
    return {
        "ours, as read": ours(model, grey),
        "ours, for_inference": ours(model.for_inference(), grey),
    }


if __name__ == "__main__":
    main()
