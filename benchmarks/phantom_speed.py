"""Time to draw and write a synthetic image of each set, all in, on one thread.

    OMP_NUM_THREADS=1 python benchmarks/phantom_speed.py [pixel_mm]

Wall and processor time differ where other work shares the machine.
"""

import sys
import tempfile
import time
from pathlib import Path

import cv2

from mammo.datasets import phantom

IMAGES = {"cbis_ddsm": 40, "inbreast": 40, "mias": 24, "institution": 40}
IMAGES_A_SET = {"cbis_ddsm": 3103, "inbreast": 410, "mias": 322, "institution": 1872}


def is_image(path: Path) -> bool:
    return path.suffix in (".dcm", ".pgm") and "ROI mask" not in path.parent.name


def main(pixel_mm: float) -> None:
    cv2.setNumThreads(1)
    print(f"pixel {pixel_mm} mm (MIAS .2 mm)   wall ms   processor ms   KiB   an image")
    for dataset, n in IMAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / dataset
            scale = n / IMAGES_A_SET[dataset]
            wall, processor = time.perf_counter(), time.process_time()
            phantom.write(dataset, target, seed=1, scale=scale, pixel_mm=pixel_mm)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            files = [path for path in target.rglob("*") if path.is_file()]
            images = sum(map(is_image, files))
            size = sum(path.stat().st_size for path in files) / 1024 / images
            times = f"{1e3 * wall / images:8.0f} {1e3 * processor / images:12.0f}"
            print(f"{dataset:12} {images:4d} images      {times} {size:8.0f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.4)
