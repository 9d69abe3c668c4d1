"""How fast tables of scores are read, and joined with labels, and in how much memory.

    python benchmarks/scores_speed.py [--rows N ...]

Each number of rows is read in a process of its own, so that the peak of memory is its own; pandas'
reader of CSV, which checks nothing, is the yardstick. Seconds are the processor's.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

KINDS = ("nothing", "pandas", "evaluate", "validate --scores")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--measure", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, metavar=("ROWS", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(Path(options.write[1]), int(options.write[0]))
        return
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    print(f"{'rows':>10}  {'reader':<18} {'s':>6} {'MB':>6}")
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            run("--write", f"{rows}", folder)
            for kind in KINDS:
                print(f"{rows:>10,}  {kind:<18} {run('--measure', kind, folder)}", flush=True)


def run(*arguments: str) -> str:
    """Run this script with other arguments; a child's peak of memory begins with its parent's."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def write(folder: Path, rows: int) -> None:
    """Write scores of one model on one set, and the same as a vendor's scores and labels."""
    rng, number = np.random.default_rng(0), np.arange(rows)
    labels = (rng.random(rows) < 0.3).astype(int)
    table = pd.DataFrame(
        {
            "dataset": "home",
            "model": "m",
            "patient_id": [f"P{k}" for k in number // 4],
            "image_id": [f"I{k}" for k in number],
            "y_true": labels,
            "y_score": (1 / (1 + np.exp(-rng.normal(size=rows) - labels))).round(6),
            "laterality": np.array(list("LLRR"))[number % 4],
            "view": np.array(["CC", "MLO"])[number % 2],
        }
    )
    table.to_csv(folder / "scores.csv", index=False)
    names = {"image_id": "image", "y_true": "label", "y_score": "score"}
    table = table.rename(columns=names)
    table[["image", "score"]].to_csv(folder / "vendor.csv", index=False)
    table[["image", "patient_id", "label"]].to_csv(folder / "labels.csv", index=False)


def measure(kind: str, folder: Path) -> None:
    from mammo.datasets.institution.labels import read_labels
    from mammo.evaluation.tables.score_file import read_scores
    from mammo.evaluation.tables.scores import check_contract
    from mammo.files.pseudonyms import KEY_FILE_VARIABLE
    from mammo.files.spreadsheet import read_sheet
    from mammo.hospital.validation.labelled_scores import by_what_is_scored, join
    from mammo.hospital.validation.vendor_scores import read_vendor_scores

    os.environ[KEY_FILE_VARIABLE] = str(folder / "key")
    start = time.process_time()
    if kind == "pandas":
        pd.read_csv(folder / "scores.csv")
    elif kind == "evaluate":
        check_contract(read_scores(folder / "scores.csv"))
    elif kind == "validate --scores":
        vendors = read_vendor_scores(read_sheet(folder / "vendor.csv"), {})
        join(vendors, by_what_is_scored(read_labels(folder / "labels.csv"), vendors), None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{time.process_time() - start:6.2f} {peak:6,}")


if __name__ == "__main__":
    main()
