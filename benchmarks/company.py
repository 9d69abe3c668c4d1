"""What another busy process costs: seconds alone, beside it, and their ratio.

    python benchmarks/company.py [--seconds S] [--threads 1 2] [--batches 4 16]
        [--waiting moment sleep spin] [--book]

Times a training step of a narrow end2end network, the extraction of features and, if asked for,
the small book, each in a process of its own, alone and beside a product of matrices in a loop at
nice 10. Waiting threads of OpenMP sleep, as the package sets it, or spin, as libgomp does by
default. On an idle machine the figures mean something, elsewhere only the ratios do, roughly.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mammo.book.rendering import BESIDE

ROOT = Path(__file__).parents[1]
WAITING = {"moment": {}, "sleep": {"GOMP_SPINCOUNT": "0"}, "spin": {"GOMP_SPINCOUNT": "300000"}}
"""How threads wait: as the package has it, asleep at once, and as libgomp does by default."""
SIDE = 224
BUSY = """
import os
os.nice(10)
import torch
one = torch.rand(1024, 1024)
while True:
    one @ one
"""


def training_step(batch: int) -> Callable[[], object]:
    import torch

    from mammo.models import end2end

    model = end2end.build("resnet50", "512x1", seed=0, width=1 / 8)
    model.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters())
    grey = torch.rand(batch, 1, SIDE, SIDE)

    def step() -> None:
        model(grey).sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def features(batch: int) -> Callable[[], object]:
    import torch

    from mammo.models import weights
    from mammo.models.transfer import Extractor

    extractor = Extractor("resnet50", weights.resolve("random", "resnet50", 0)[0])
    grey = torch.rand(batch, 1, SIDE, SIDE)
    return torch.inference_mode()(lambda: extractor(grey))


PARTS = {"training step": training_step, "features": features}


def time_part(part: str, batches: list[int], threads: int, seconds: float) -> None:
    """Print the milliseconds an image of each batch size, in this process."""
    import torch

    from mammo.training.devices import keep_freed_memory

    torch.set_num_threads(threads)
    keep_freed_memory()
    for batch in batches:
        run = PARTS[part](batch)
        run()
        count, start = 0, time.perf_counter()
        while not count or time.perf_counter() - start < seconds:
            run()
            count += 1
        print(1000 * (time.perf_counter() - start) / count / batch)


@contextmanager
def company(is_wanted: bool, environment: dict[str, str]) -> Iterator[None]:
    """Have a busy process of the same kind beside, or none."""
    if not is_wanted:
        yield
        return
    busy = subprocess.Popen([sys.executable, "-c", f"import mammo{BUSY}"], env=environment)
    try:
        time.sleep(5)  # It imports.
        yield
    finally:
        busy.kill()
        busy.wait()


def timed(
    part: str, threads: int, options: argparse.Namespace, environment: dict[str, str]
) -> list[float]:
    """Return milliseconds an image of each batch size, from a process of its own."""
    given = ["--part", part, "--threads", threads, "--seconds", options.seconds]
    command = [sys.executable, __file__, *given, "--batches", *options.batches]
    told = subprocess.check_output(list(map(str, command)), text=True, env=environment)
    return [float(line) for line in told.split()]


def time_book(environment: dict[str, str]) -> float:
    """Return the seconds of the small book, from nothing, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("book", "notebooks", "params", "recorded"):
            made = shutil.ignore_patterns("_build", "chapters", "index.ipynb")
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=made)
        for file in BESIDE:
            shutil.copy(ROOT / file, folder)
        start = time.perf_counter()
        command = [sys.executable, "-m", "mammo", "book", "--offline", "--params", "params/ci.yaml"]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        return time.perf_counter() - start


def report(title: str, alone: float, beside: float, unit: str) -> None:
    print(f"{title:52}{alone:9.1f}{beside:9.1f} {unit}{beside / alone:7.2f} times", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--waiting", choices=WAITING, nargs="+", default=[*WAITING])
    parser.add_argument("--book", action="store_true")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        time_part(options.part, options.batches, options.threads[0], options.seconds)
        return
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before")
    print(f"{'':52}{'alone':>9}{'beside':>9}")
    for waiting in options.waiting:
        environment = {**os.environ, **WAITING[waiting]}
        for part in PARTS:
            for threads in options.threads:
                found = []
                for is_wanted in (False, True):
                    with company(is_wanted, environment):
                        found.append(timed(part, threads, options, environment))
                for batch, *both in zip(options.batches, *found, strict=True):
                    title = f"{part}, batch {batch}, {threads} threads, waiting {waiting}"
                    report(title, *both, "ms")
        if options.book:
            found = []
            for is_wanted in (False, True):
                with company(is_wanted, environment):
                    found.append(time_book(environment))
            report(f"small book, waiting {waiting}", *found, "s")


if __name__ == "__main__":
    main()
