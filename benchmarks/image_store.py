"""How fast images are read, prepared and stored, on one thread and with several processes.

Run: python benchmarks/image_store.py [all-mias.tar.gz]

Without the archive of mini-MIAS, drawn films of the same size take its place.
"""

import os
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image as Pillow

from mammo import images
from mammo.images import breast_mask
from mammo.images.cropped_image import PreprocessingSettings, prepare
from mammo.images.image import Image
from mammo.images.store_building import build


def milliseconds(work: Callable[[], object], repeats: int = 10) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def drawn_film(rows: int, columns: int) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    distance = np.hypot((y - rows / 2) / (rows * 0.45), x / (columns * 0.6))
    noise = np.random.default_rng(0).normal(0, 0.01, (rows, columns)).astype(np.float32)
    return np.clip(np.clip((1 - distance) * 3, 0, 0.8) + 0.03 + noise, 0, 1)


def write_films(folder: Path, archive: Path | None) -> list[Path]:
    if archive is not None:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        return sorted(folder.glob("**/*.pgm"))
    film = drawn_film(1024, 1024)
    paths = [folder / f"{number:03d}.pgm" for number in range(64)]
    for number, path in enumerate(paths):
        Pillow.fromarray(np.roll(film * 255, number, axis=0).astype(np.uint8)).save(path)
    return paths


def time_one_image() -> None:
    print(f"{'one image, one thread':32}{'segment':>10}{'224':>8}{'832':>8}  ms")
    for rows, columns in ((1024, 1024), (3000, 2400), (6000, 4000)):
        image = Image(pixels=drawn_film(rows, columns), bits_stored=12)
        times = [milliseconds(lambda pixels=image.pixels: breast_mask.segment(pixels))]
        for size in (224, 832):
            settings = PreprocessingSettings(size=size)
            times.append(milliseconds(lambda i=image, s=settings: prepare(i, "L", s)))
        print(f"{rows:>6} x {columns:<23}" + "".join(f"{value:8.1f}" for value in times))


def time_store(paths: list[Path]) -> None:
    films = pd.DataFrame({"path": [str(path) for path in paths], "excluded": None})
    films["image_id"] = [path.stem for path in paths]
    reading = milliseconds(lambda: images.read_image(paths[0]))
    print(f"\n{len(paths)} films of 1024 x 1024; reading one takes {reading:.1f} ms")
    for size in (224, 832):
        for workers in sorted({1, 2, os.cpu_count() or 1}):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                build(films, PreprocessingSettings(size=size), Path(folder), workers)
                seconds = time.perf_counter() - start
            rate = len(paths) / seconds
            print(f"size {size}, {workers} processes: {seconds:6.1f} s, {rate:6.1f} images/s")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    time_one_image()
    with tempfile.TemporaryDirectory() as place:
        time_store(write_films(Path(place), Path(sys.argv[1]) if sys.argv[1:] else None))
