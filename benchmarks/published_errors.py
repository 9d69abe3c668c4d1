"""Simulate the standard error of each auROC that the paper prints, and record it in the package.

    python benchmarks/published_errors.py [--simulations 20000] [--seed 2020]

Rewrites the table of ``src/mammo/paper/simulated_errors.py``; takes some minutes on one processor.
"""

import argparse
import re
from pathlib import Path

from mammo.paper import simulated_errors
from mammo.paper.published import TABLE_2, TABLE_3, TABLE_4
from mammo.paper.sampling_error import simulated_key, simulated_standard_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=simulated_errors.N_SIMULATIONS)
    parser.add_argument("--seed", type=int, default=2020)
    options = parser.parse_args()
    cells = {simulated_key(cell): cell for cell in TABLE_2 + TABLE_3 + TABLE_4}
    lines = []
    for (dataset, parts, auroc), cell in sorted(cells.items()):
        found = simulated_standard_errors(cell, options.simulations, options.seed)
        numbers = ", ".join(f"{error:.5f}" for error in found)
        lines.append(f'    ("{dataset}", {parts}, {auroc}): SimulatedErrors({numbers}),')
        print(lines[-1].strip())
    file = Path(simulated_errors.__file__)
    text = re.sub(
        r"(?<=SimulatedErrors\] = \{).*?(?=\})",
        "\n".join(["", *lines, ""]),
        file.read_text(encoding="utf-8"),
        flags=re.S,
    )
    file.write_text(
        text.replace("N_SIMULATIONS = 20_000", f"N_SIMULATIONS = {options.simulations:_}")
    )


if __name__ == "__main__":
    main()
