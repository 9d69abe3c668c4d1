"""Regenerate tests/golden/proc.json: python tests/golden/make_proc.py

What R's package pROC says of a synthetic set with heavy ties: two markers of 130 patients and their
sex, drawn from a seed. Needs Rscript with pROC.
"""

import csv
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SETS = ["synthetic", "aSAH"]
SEED = 20
FILE = Path(__file__).with_name("proc.json")

SCRIPT = r"""
suppressMessages(library(pROC))
set.seed(20)
data <- read.csv(commandArgs(trailingOnly = TRUE))
line <- function(...) {
  words <- lapply(list(...), function(x) if (is.numeric(x)) sprintf("%.17g", x) else x)
  cat(unlist(words), "\n")
}
curve <- function(name, rows = TRUE)
  roc(data$outcome[rows], data[rows, name], levels = 0:1, direction = "<", quiet = TRUE)
unpaired <- function(one, other) {
  test <- roc.test(one, other, paired = FALSE)
  c("D", sprintf("%.17g", c(test$statistic)), "df", sprintf("%.17g", c(test$parameter)),
    "p", sprintf("%.17g", test$p.value))
}
first <- curve("first")
second <- curve("second")
for (name in c("first", "second")) {
  r <- curve(name)
  line(name, "auc", c(auc(r)), "var", var(r), "ci", c(ci(r)))
  line(name, "obuchowski var", var(r, method = "obuchowski"))
}
test <- roc.test(first, second, paired = TRUE)
line("first second paired Z", c(test$statistic), "p", test$p.value, "ci", c(test$conf.int), "cov",
     cov(first, second))
line("first second unpaired", unpaired(first, second))
greater <- roc.test(first, second, paired = TRUE, alternative = "greater")
line("first>second one sided p", greater$p.value)
male <- curve("first", data$gender == "Male")
female <- curve("first", data$gender == "Female")
line("male", c(auc(male)), "female", c(auc(female)))
line(unpaired(male, female), "var", var(male), var(female))
for (correct in c(FALSE, TRUE)) for (focus in c("sp", "se"))
  line("pAUC", focus, "1-.9 correct", as.character(correct),
       c(auc(first, partial.auc = c(1, .9), partial.auc.focus = focus,
             partial.auc.correct = correct)))
for (at in c(.8, .9, .95))
  line("se at sp", at, c(coords(first, at, "specificity", "sensitivity", transpose = TRUE)))
for (at in c(.8, .9, .95))
  line("sp at se", at, c(coords(first, at, "sensitivity", "specificity", transpose = TRUE)))
for (strat in c(TRUE, FALSE))
  line("boot10000 strat", as.character(strat),
       c(ci(first, method = "bootstrap", boot.n = 10000, boot.stratified = strat,
            progress = "none")))
paired <- roc.test(first, second, method = "bootstrap", boot.n = 10000, progress = "none")
line("boot paired D", c(paired$statistic), paired$p.value)
line("made by R", as.character(getRversion()), "pROC", as.character(packageVersion("pROC")))
"""


@dataclass(frozen=True)
class Proc:
    """A set of images, one a patient, and what pROC says of it.

    Attributes
    ----------
    labels : (n,) int array
    markers : mapping of name to (n,) float array
        The lines on partial areas, points, sexes and the bootstrap are of the first of them.
    genders : (n,) array of "Male" and "Female"
    lines : list of str
    """

    labels: np.ndarray
    markers: dict[str, np.ndarray]
    genders: np.ndarray
    lines: list[str]

    @property
    def patients(self) -> np.ndarray:
        """A patient of its own for each image."""
        return np.arange(len(self.labels))

    def all(self, pattern: str) -> list[tuple[str | float, ...]]:
        """Return the groups of every line that a pattern is all of, numbers as such.

        ``#`` stands for a number and ``@`` for a marker.
        """
        pattern = pattern.replace("#", r"(-?[\d.]+(?:e-?\d+)?)").replace("@", r"(\w+)")
        found = [re.fullmatch(pattern, line.strip()) for line in self.lines]
        rows = [tuple(map(_number, match.groups())) for match in found if match]
        assert rows, f"no line is {pattern!r}"
        return rows

    def one(self, pattern: str) -> tuple[str | float, ...]:
        """Return the groups of the one line that a pattern is all of."""
        (row,) = self.all(pattern)
        return row


def read(name: str, fixture: Callable[[str], Path]) -> Proc:
    """Return one of `SETS`: the synthetic one, or aSAH, which comes with pROC.

    Parameters
    ----------
    name : str
    fixture : callable
        Gives the folder of real sample files, where aSAH is, for the name "real_data".
    """
    if name == "synthetic":
        golden = json.loads(FILE.read_text(encoding="utf-8"))
        columns = {name: column.split() for name, column in golden["data"].items()}
        return _of_columns(columns, ["first", "second"], golden["lines"])
    folder = fixture("real_data") / "statistics"
    with (folder / "asah.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    columns["outcome"] = [outcome == "Poor" for outcome in columns["outcome"]]
    lines = (folder / "asah_golden.txt").read_text(encoding="utf-8").splitlines()
    return _of_columns(columns, ["s100b", "ndka", "wfns"], lines)


def main() -> None:
    columns = synthetic(SEED)
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder) / "data.csv", Path(folder) / "golden.R"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        script.write_text(SCRIPT, encoding="utf-8")
        made = subprocess.run(
            ["Rscript", script, table], check=True, stdout=subprocess.PIPE, text=True
        )
    golden = {
        "made_by": "python tests/golden/make_proc.py",
        "seed": SEED,
        "data": {name: " ".join(map(str, column)) for name, column in columns.items()},
        "lines": [line.strip() for line in made.stdout.splitlines()],
    }
    FILE.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE}: {FILE.stat().st_size} bytes")


def synthetic(seed: int) -> dict[str, list]:
    """Draw outcome, sex and two correlated markers in eight and in five levels."""
    generator = np.random.default_rng(seed)
    outcome = (generator.random(130) < 0.4).astype(int)
    shared = generator.normal(size=130)
    first = np.round(1.1 * outcome + shared + 0.7 * generator.normal(size=130))
    second = np.round(0.5 * outcome + 0.6 * shared + 0.5 * generator.normal(size=130))
    return {
        "outcome": outcome.tolist(),
        "gender": generator.choice(["Male", "Female"], 130).tolist(),
        "first": first.astype(int).tolist(),
        "second": second.astype(int).tolist(),
    }


def _of_columns(columns: dict[str, list], markers: list[str], lines: list[str]) -> Proc:
    return Proc(
        np.array(columns["outcome"], dtype=int),
        {name: np.array(columns[name], dtype=float) for name in markers},
        np.array(columns["gender"]),
        lines,
    )


def _number(word: str) -> str | float:
    try:
        return float(word)
    except ValueError:
        return word


if __name__ == "__main__":
    main()
