"""How fast a hospital's folder is surveyed and prepared, beside the disk and the bare decoder.

    python benchmarks/institution_speed.py [--files N] [--distinct N] [--workers N]

Writes DISTINCT full-size images (4096 x 3328, 14 bits, JPEG Lossless) and hard links to them until
there are FILES. In turns with ours, so that other work on the machine meets all alike: reading the
same bytes of each file without understanding them, and decoding each file with pydicom and gdcm in
as many processes and nothing more. Memory is the peak of this process and of its largest child.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mammo.datasets.institution.survey import survey_folder
from mammo.files.workers import pool
from mammo.images import store_building
from mammo.images.cropped_image import PreprocessingSettings

ROWS, COLUMNS, BITS = 4096, 3328, 14
HEADER_BYTES = 2**15
CHUNK = 16


def write_image(path: Path, number: int) -> None:
    import gdcm
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    header.SOPInstanceUID = f"2.25.{number + 1}"
    header.PatientID, header.Modality = f"synthetic {number}", "MG"
    header.PresentationIntentType = "FOR PRESENTATION"
    header.ImageLaterality, header.ViewPosition = "L", "CC"
    header.PhotometricInterpretation, header.SamplesPerPixel = "MONOCHROME2", 1
    header.Rows, header.Columns, header.PixelRepresentation = ROWS, COLUMNS, 0
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, BITS, BITS - 1
    header.WindowCenter, header.WindowWidth = 2 ** (BITS - 1), 2**BITS
    header.PixelData = drawn_breast(number).tobytes()
    header["PixelData"].VR = "OW"
    raw = path.with_suffix(".raw")
    header.save_as(raw, enforce_file_format=True)
    reader, change, writer = (
        gdcm.ImageReader(),
        gdcm.ImageChangeTransferSyntax(),
        gdcm.ImageWriter(),
    )
    reader.SetFileName(str(raw))
    reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(path))
    writer.Write()
    raw.unlink()


def drawn_breast(number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:ROWS, :COLUMNS].astype(np.float32)
    inside = np.hypot(x / (0.6 * COLUMNS), (y - ROWS / 2) / (0.45 * ROWS)) < 1
    coarse = rng.standard_normal((ROWS // 8, COLUMNS // 8)).astype(np.float32)
    tissue = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 6), (COLUMNS, ROWS))
    grey = 6000 + 1500 * tissue / tissue.std() + rng.normal(0, 40, (ROWS, COLUMNS))
    return np.where(inside, np.clip(grey, 1, 2**BITS - 1), 0).astype(np.uint16)


def write_folder(folder: Path, n_files: int, n_distinct: int) -> list[Path]:
    for number in range(n_distinct):
        write_image(folder / f"{number:06d}", number)
    for number in range(n_distinct, n_files):
        os.link(folder / f"{number % n_distinct:06d}", folder / f"{number:06d}")
    return sorted(folder.iterdir())


def read_heads(paths: Iterable[Path]) -> None:
    for path in paths:
        with path.open("rb") as file:
            file.read(HEADER_BYTES)


def read_whole(paths: Iterable[Path]) -> None:
    for path in paths:
        path.read_bytes()


def decode(paths: list[str]) -> int:
    from pydicom.pixels import pixel_array

    return sum(pixel_array(path).shape[0] > 0 for path in paths)


def decode_all(paths: list[Path], workers: int) -> None:
    texts = [str(path) for path in paths]
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    with pool(workers) as processes:
        assert sum(processes.map(decode, chunks)) == len(paths)


def prepare_all(paths: list[Path], workers: int, size: int) -> None:
    rows = pd.DataFrame({"path": [str(path) for path in paths], "excluded": None})
    rows["image_id"], rows["laterality"] = [path.name for path in paths], "L"
    with tempfile.TemporaryDirectory() as folder:
        store_building.build(rows, PreprocessingSettings(size=size), Path(folder), workers)


def measured(work: Callable[..., None], *arguments: object) -> tuple[float, int]:
    """Seconds of a work in a process of its own; its growth and its largest child's peak, MiB."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as process:
        return process.submit(_measured, work, *arguments).result()


def _measured(work: Callable[..., None], *arguments: object) -> tuple[float, int]:
    survey_folder(Path(__file__).parent)  # imports
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    work(*arguments)
    elapsed = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return elapsed, (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024


def survey_all(folder: Path, workers: int) -> None:
    survey_folder(folder, workers=workers)


def time_survey(paths: list[Path], workers: int) -> None:
    print(f"\nsurvey, {workers} processes, files in the system's cache")
    for count in (len(paths) // 4, len(paths)):
        with tempfile.TemporaryDirectory(dir=paths[0].parents[1]) as part:
            linked = [Path(part, path.name) for path in paths[:count]]
            for path, link in zip(paths, linked, strict=False):
                os.link(path, link)
            ours, memory = measured(survey_all, Path(part), workers)
            heads, _ = measured(read_heads, linked)
            whole, _ = measured(read_whole, linked[:256])
        print(
            f"{count:>7} files: {ours:6.2f} s, {count / ours:6,.0f} files/s, {memory} MiB; their "
            f"first 32 KiB {heads:5.2f} s; whole {whole * count / min(256, count):6.1f} s (scaled)"
        )


def time_preparation(paths: list[Path], workers: int) -> None:
    print(f"\npreparation, {workers} processes")
    for count in (len(paths) // 4, len(paths)):
        bare, memory = measured(decode_all, paths[:count], workers)
        line = f"{count:>7} files: bare decoder {count / bare:5.2f}/s, {memory} MiB"
        for size in (224, 832):
            ours, memory = measured(prepare_all, paths[:count], workers, size)
            line += f"; size {size} {count / ours:5.2f}/s, {100 * bare / ours:.0f}%, {memory} MiB"
        print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--distinct", type=int, default=24)
    parser.add_argument("--prepared", type=int, default=400)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "images")
        folder.mkdir()
        print(f"writing {given.distinct} images and links to them: {given.files} files ...")
        files = write_folder(folder, given.files, given.distinct)
        time_survey(files, given.workers)
        time_preparation(files[: given.prepared], given.workers)
