"""How often intervals hold the truth, and differences are called too soon, in simulated sets.

    python benchmarks/interval_coverage.py [--simulations 5000] [--only aurocs pairs ...]

Writes src/mammo/evaluation/simulated/*.csv, which the book shows; takes some three minutes of one
core. Scores are normal; a patient's images share a part of the variance (ICC). With a floor, scores
of 84% of the benign images, and of some malignant ones, are one value, as those of images in which
a detector marks nothing. Candidates that were not chosen are in the tables, too.
"""

import argparse
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numba
import numpy as np
import pandas as pd
from scipy import special

from mammo.evaluation import bootstrap_aurocs
from mammo.evaluation.design_effect import PRIOR_PATIENTS, clustered_proportion, effective_patients
from mammo.evaluation.difference_limits import ScoreLimits, is_normal
from mammo.evaluation.inputs import Images
from mammo.evaluation.score_interval import AurocPrecision, precision_of
from simulated_sets import Design, distance_of, expected_auroc

FOLDER = Path(__file__).parents[1] / "src" / "mammo" / "evaluation" / "simulated"
TAIL, Z = 0.025, float(special.ndtri(0.975))
AREAS, FLOORS = (0.5, 0.75, 0.9, 0.95, 0.98), (-math.inf, 1.0)
LAYOUTS = {
    "an image a patient": (0.0,),
    "four images, one class": (0.5, 0.8),
    "1 to 8 images, one class": (0.0, 0.8),
    "four images, both classes": (0.5, 0.8),
    "a breast malignant, one not": (0.8,),
    "each has one of both": (0.8,),
}
"""Layouts, and the shares of variance that a patient's images have in common."""
SIZES = ((5, 2), (5, 20), (10, 2), (20, 2), (20, 10), (50, 2), (100, 1), (500, 1))
"""Patients with a malignant image, and benign ones for each of them."""
REPLICATES, MOST_FOR_PERCENTILE = 300, 20


@dataclass(frozen=True)
class Cell:
    """A design, its true area between patients, and how its scores are spread."""

    layout: str
    icc: float
    malignant: int
    ratio: int
    area: float
    floor: float

    @property
    def design(self) -> Design:
        """Kinds of patients of the layout."""
        k, benign = self.malignant, self.malignant * self.ratio
        unequal = [(k // 5, m, 0) for m in (1, 1, 2, 4, 8)]
        unequal += [(benign // 5, 0, m) for m in (1, 1, 2, 4, 8)]
        kinds = {
            "an image a patient": ((k, 1, 0), (benign, 0, 1)),
            "four images, one class": ((k, 4, 0), (benign, 0, 4)),
            "1 to 8 images, one class": tuple(unequal),
            "four images, both classes": ((k, 2, 2), (benign, 0, 4)),
            "a breast malignant, one not": ((k, 1, 1), (benign, 0, 2)),
            "each has one of both": ((k, 1, 1),),
        }
        return Design(self.layout, kinds[self.layout])

    @cached_property
    def truth(self) -> float:
        """auROC that the sets have on average."""
        return expected_auroc(self.design, self.area, self.icc, self.floor)

    @property
    def facts(self) -> dict[str, object]:
        """The first columns of a result."""
        benign = sum(n for n, malignant, _ in self.design.kinds if not malignant)
        return {
            "layout": self.layout, "icc": self.icc, "malignant_patients": self.malignant,
            "benign_patients": benign, "area": self.area, "floor": not math.isinf(self.floor),
        }  # fmt: skip


def cells() -> Iterator[Cell]:
    """Every combination, but fewer of the large sets, which take longest."""
    for layout, iccs in LAYOUTS.items():
        for icc, (k, ratio), area, floor in itertools.product(iccs, SIZES, AREAS, FLOORS):
            is_wanted = k <= 20 or icc == iccs[-1]
            is_wanted &= k < 500 or (area != 0.75 and math.isinf(floor))
            if is_wanted and (layout != "each has one of both" or ratio < 10):
                yield Cell(layout, icc, k, ratio, area, floor)


@numba.njit(cache=True)
def place(values, others, placed):
    """Share of the others, sorted, that lie below each value; a tie is half."""
    for i in range(len(values)):
        below = np.searchsorted(others, values[i], side="left")
        up_to = below
        if below < len(others) and others[below] == values[i]:
            up_to = np.searchsorted(others, values[i], side="right")
        placed[i] = (below + up_to) / (2 * len(others))


@numba.njit(cache=True)
def variances(units, values, ordered, n_units, found, shared):
    """Fill found, (sets, models, 6), and shared, the covariance of the first and the last model.

    Units, values and values in order are of the positive images, then the negative ones. Found are
    the area, then parts of the variance: positive, negative, crossed; by image positive, negative.
    """
    has = np.zeros((2, n_units))
    for side in range(2):
        for unit in units[side]:
            has[side, unit] = 1
    k = np.array([has[0].sum(), has[1].sum()])
    corrected, both = k / np.maximum(k - 1, 1), n_units / (n_units - 1)
    n_sets, n_models = found.shape[:2]
    placed = (np.empty(len(units[0])), np.empty(len(units[1])))
    sums = np.zeros((n_models, 2, n_units))
    for row in range(n_sets):
        sums[:] = 0
        for model in range(n_models):
            place(values[0][row, model], ordered[1][row, model], placed[0])
            place(values[1][row, model], ordered[0][row, model], placed[1])
            area = placed[0].mean()
            found[row, model, 0] = area
            for side in range(2):
                n, squares = len(placed[side]), 0.0
                for i in range(n):
                    off = placed[side][i] - area if side == 0 else 1 - placed[side][i] - area
                    sums[model, side, units[side][i]] += off / n
                    squares += off * off
                found[row, model, 1 + side] = corrected[side] * (sums[model, side] ** 2).sum()
                found[row, model, 4 + side] = squares / n / max(n - 1, 1)
            crossed = (sums[model, 0] * sums[model, 1]).sum()
            found[row, model, 3] = 2 * both * crossed
        one, other = sums[0], sums[-1]
        shared[row] = corrected[0] * (one[0] * other[0]).sum()
        shared[row] += corrected[1] * (one[1] * other[1]).sum()
        shared[row] += both * ((one[0] * other[1]).sum() + (one[1] * other[0]).sum())


def drawn(cell: Cell, distances: list[float], alike: float, n: int, generator) -> np.ndarray:
    """Scores of models, (n, models, images), whose latent scores share a part of the variance."""
    labels, patients = cell.design.labels_and_patients

    def latent() -> np.ndarray:
        noise = generator.standard_normal((n, len(labels)), dtype=np.float32)
        if not cell.icc:
            return noise
        own = generator.standard_normal((n, patients.max() + 1), dtype=np.float32)[:, patients]
        return math.sqrt(cell.icc) * own + math.sqrt(1 - cell.icc) * noise

    common = latent() if alike else 0
    scores = [
        math.sqrt(alike) * common + math.sqrt(1 - alike) * latent() if alike else latent()
        for _ in distances
    ]
    moved = [one + np.float32(d) * labels for one, d in zip(scores, distances, strict=True)]
    return np.maximum(np.stack(moved, axis=1), np.float32(cell.floor))


@dataclass(frozen=True)
class Simulated:
    """Many sets of one cell: the parts of each auROC's variance, and of what was drawn."""

    cell: Cell
    parts: np.ndarray
    n_sizes: tuple[int, int]
    patients: tuple[float, float]
    n_patients: int

    @property
    def area(self) -> np.ndarray:
        """auROC of each set."""
        return self.parts[:, 0]

    @property
    def variance(self) -> np.ndarray:
        """Obuchowski's, of each set."""
        return np.maximum(self.parts[:, 1:4].sum(axis=1), 0)

    @cached_property
    def score(self) -> tuple[np.ndarray, np.ndarray]:
        """The chosen bounds of each set."""
        return self.precision.bounds(TAIL)

    @cached_property
    def newcombe(self) -> tuple[np.ndarray, np.ndarray]:
        """Method 5 with class sizes over the design effect, Obuchowski's variance over DeLong's."""
        by_image = self.parts[:, 4:].sum(axis=1)
        one = np.ones(len(by_image))
        effect = np.divide(self.variance, by_image, out=one.copy(), where=by_image > 1e-18)
        sizes = [n / np.maximum(effect, 1) for n in self.n_sizes]
        return AurocPrecision(self.area, 0 * one, *sizes, one, one).bounds(TAIL)

    @cached_property
    def precision(self) -> AurocPrecision:
        """As `precision_of`, of all sets at once."""
        _, positive, negative, _, *by_image = self.parts.T
        worth = []
        for seen, image, n, e in zip(
            (positive, negative), by_image, self.n_sizes, self.patients, strict=True
        ):
            greatest = n / e
            ratio = np.divide(seen, image, out=np.full(len(seen), greatest), where=image > 1e-18)
            effect = (PRIOR_PATIENTS * greatest + e * np.maximum(ratio, 1)) / (PRIOR_PATIENTS + e)
            worth.append(n / np.where(image > 1e-18, effect, greatest))
        e = self.patients
        lost = positive**2 / (e[0] - 1) + negative**2 / (e[1] - 1)
        total = (positive + negative) ** 2
        df = np.divide(total, lost, out=np.full(len(lost), min(e) - 1.0), where=lost > 0)
        rarer = np.full(len(lost), min(e))
        return AurocPrecision(self.area, self.variance, *worth, df, rarer)


def simulated(cell: Cell, n: int, generator) -> Simulated:
    found, _ = summarised(cell, [distance_of(cell.area, cell.floor)], 0.0, n, generator)
    return found[0]


def summarised(
    cell: Cell, distances: list[float], alike: float, n: int, generator
) -> tuple[list[Simulated], np.ndarray]:
    labels, patients = cell.design.labels_and_patients
    of_class, n_units = (patients[labels], patients[~labels]), int(patients.max()) + 1
    parts, shared = np.empty((n, len(distances), 6)), np.empty(n)
    block = max(1, 4_000_000 // len(labels))
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        scores = drawn(cell, distances, alike, rows.stop - start, generator)
        values = tuple(np.ascontiguousarray(scores[..., side]) for side in (labels, ~labels))
        ordered = tuple(np.sort(one, axis=-1) for one in values)
        variances(of_class, values, ordered, n_units, parts[rows], shared[rows])
    known = (
        tuple(len(one) for one in of_class),
        tuple(effective_patients(one) for one in of_class),
        n_units,
    )
    found = [Simulated(cell, parts[:, model], *known) for model in range(len(distances))]
    by_package = precision_of(
        Images(labels, scores[-1, 0], patients, patients, "patient"), scores[-1, 0]
    )
    for name, value in vars(by_package).items():
        assert np.isclose(vars(found[0].precision)[name][-1], value, rtol=1e-8, atol=1e-15), name
    return found, shared


def logit(sets: Simulated, quantile: float) -> tuple[np.ndarray, np.ndarray]:
    """Obuchowski's variance on the logit scale; all of [0, 1] at an auROC of 0 or 1."""
    inside = (sets.area > 0) & (sets.area < 1)
    area = np.where(inside, sets.area, 0.5)
    reach = quantile * np.sqrt(sets.variance) / (area * (1 - area))
    lower, upper = (special.expit(special.logit(area) + sign * reach) for sign in (-1, 1))
    return np.where(inside, lower, 0), np.where(inside, upper, 1)


def of_cancers(sets: Simulated) -> float:
    return float(special.stdtrit(min(sets.cell.malignant, sets.n_patients) - 1, 1 - TAIL))


def mover(first, second, one: Simulated, other: Simulated):
    difference = one.area - other.area
    below = np.hypot(one.area - first[0], second[1] - other.area)
    above = np.hypot(first[1] - one.area, other.area - second[0])
    return difference - below, difference + above


def coverage(bounds, truth: float) -> dict[str, float]:
    lower, upper = bounds
    held = (lower <= truth) & (truth <= upper)
    return {
        "n_simulations": len(held),
        "n_covered": int(held.sum()),
        "width": np.mean(upper - lower),
    }


def errors(bounds, truth: float) -> dict[str, float]:
    lower, upper = bounds
    return {
        "n_simulations": len(lower),
        "n_no_worse": int(np.sum(upper < truth)),
        "n_worse": int(np.sum(lower > truth)),
        "width": float(np.mean(upper - lower)),
    }


def percentile(cell: Cell, n: int, generator) -> tuple[np.ndarray, np.ndarray]:
    labels, patients = cell.design.labels_and_patients
    scores = drawn(cell, [distance_of(cell.area, cell.floor)], 0.0, n, generator)[:, 0]
    drawn_again = (
        bootstrap_aurocs(labels, row, patients, REPLICATES, seed, threads=1)[0]
        for seed, row in enumerate(scores)
    )
    return np.array([np.nanquantile(one, [TAIL, 1 - TAIL]) for one in drawn_again]).T


def auroc_table(sets: dict[Cell, Simulated], generator) -> pd.DataFrame:
    rows = []
    for cell, found in sets.items():
        tried = {
            "score": found.score,
            "Newcombe over design effect": found.newcombe,
            "Obuchowski, logit": logit(found, Z),
            "Obuchowski, logit, t": logit(found, of_cancers(found)),
        }
        is_likeliest = cell.icc == LAYOUTS[cell.layout][-1] and cell.area in (0.5, 0.9, 0.98)
        if cell.malignant <= MOST_FOR_PERCENTILE and is_likeliest:
            tried["percentile"] = percentile(cell, len(found.area) // 10, generator)
        for name, bounds in tried.items():
            rows.append({**cell.facts, "method": name, **coverage(bounds, cell.truth)})
    return pd.DataFrame(rows)


def difference_table(sets: dict[Cell, Simulated]) -> pd.DataFrame:
    """A model's drop from a set at home: a large one, and one of as many patients as elsewhere."""
    rows = []
    below = {0.75: 0.9, 0.9: 0.95, 0.95: 0.98}
    for cell, there in sets.items():
        homes = {
            Cell("four images, one class", 0.8, 100, 1, area, cell.floor)
            for area in {cell.area, below.get(cell.area, cell.area)}
        } | {Cell("an image a patient", 0.0, min(cell.malignant, 50), 2, cell.area, cell.floor)}
        for at_home in sorted(homes - {cell}, key=str):
            home = sets[at_home]
            truth = at_home.truth - cell.truth
            total = home.variance + there.variance
            lost = home.variance**2 / (home.n_patients - 1)
            lost = lost + there.variance**2 / (there.n_patients - 1)
            df = np.divide(total**2, lost, out=np.ones(len(lost)), where=lost > 0)
            reach = special.stdtrit(df, 1 - TAIL) * np.sqrt(total)
            difference = home.area - there.area
            normal = np.array([difference - reach, difference + reach])
            score = np.array(mover(home.score, there.score, home, there))
            is_large = is_normal(home.precision) & is_normal(there.precision)
            by_logit = [logit(one, of_cancers(one)) for one in (home, there)]
            tried = {
                "chosen": np.where(is_large, normal, score),
                "score, MOVER": score,
                "normal": normal,
                "Newcombe over design effect, MOVER": mover(
                    home.newcombe, there.newcombe, home, there
                ),
                "Obuchowski, logit, t, MOVER": mover(*by_logit, home, there),
            }
            at = {
                "home": at_home.layout,
                "home_patients": at_home.malignant,
                "home_area": at_home.area,
            }
            for name, bounds in tried.items():
                row = {**at, **cell.facts, "method": name, **errors(bounds, truth)}
                rows.append(row | {"share_normal": float(np.mean(is_large))})
    return pd.DataFrame(rows)


def pair_table(n: int, generator) -> pd.DataFrame:
    """Two models on the same images, with the second as good or worse by .05."""
    rows = []
    chosen = [(layout, iccs[-1]) for layout, iccs in LAYOUTS.items()]
    kinds = ((0.3, -math.inf), (0.8, 1.0))
    sizes = ((5, 2), (10, 10), (20, 2), (50, 2), (100, 1))
    for (layout, icc), (k, ratio), area, loss, (alike, floor) in itertools.product(
        chosen, sizes, (0.75, 0.95), (0, 0.05), kinds
    ):
        cell, other = (Cell(layout, icc, k, ratio, a, floor) for a in (area, area - loss))
        distances = [distance_of(one.area, floor) for one in (cell, other)]
        (first, second), shared = summarised(cell, distances, alike, n, generator)
        truth = cell.truth - other.truth
        spread = np.sqrt(first.variance * second.variance)
        correlation = np.divide(shared, spread, out=np.zeros(n), where=spread > 0)
        score = np.array(ScoreLimits(first.precision, second.precision, correlation).bounds(TAIL))
        error = np.sqrt(np.maximum(first.variance + second.variance - 2 * shared, 0))
        difference = first.area - second.area
        normal = np.array([difference - Z * error, difference + Z * error])
        normal[:, error == 0] = [[-1], [1]]
        is_large = is_normal(first.precision) & is_normal(second.precision)
        tried = {
            "chosen": np.where(is_large, normal, score),
            "score, MOVER": score,
            "normal": normal,
        }
        for name, bounds in tried.items():
            row = {**cell.facts, "loss": loss, "alike": alike, "method": name}
            row |= errors(bounds, truth) | {"share_normal": float(np.mean(is_large))}
            rows.append(row)
    return pd.DataFrame(rows)


def proportion_table(n: int, generator) -> pd.DataFrame:
    """Shares of images over a threshold: of this package, and with what it used before."""
    rows = []
    sizes = {"an image": lambda k: [1] * k, "four images": lambda k: [4] * k,
             "1 to 8 images": lambda k: [1, 1, 2, 4, 8] * (k // 5)}  # fmt: skip
    for (layout, of), k, icc, share in itertools.product(
        sizes.items(), (5, 10, 20, 50), (0.0, 0.6, 0.9), (0.5, 0.8, 0.95)
    ):
        if layout == "an image" and icc:
            continue
        units = np.repeat(np.arange(k), of(k))
        own = generator.standard_normal((n, k))[:, units]
        noise = generator.standard_normal((n, len(units)))
        hits = math.sqrt(icc) * own + math.sqrt(1 - icc) * noise < special.ndtri(share)
        found = np.array([clustered_proportion(row, units, 0.95)[1:] for row in hits])
        before = np.array([uncorrected(row, units) for row in hits])
        facts = {"layout": layout, "patients": k, "icc": icc, "share": share}
        for name, bounds in (("Wilson, drawn design effect", found), ("Wilson, raw", before)):
            rows.append({**facts, "method": name, **coverage(bounds.T, share)})
    return pd.DataFrame(rows)


def uncorrected(hits: np.ndarray, units: np.ndarray) -> tuple[float, float]:
    """Wilson's interval at the ratio of binomial variance and variance between patients."""
    value, n = hits.mean(), float(len(hits))
    if 0 < value < 1:
        between = np.sum(np.bincount(units, hits - value) ** 2) / n**2
        worth = min(value * (1 - value) / between, n) if between > 0 else n
    else:
        worth = units.max() + 1.0
    middle, scale = value + Z**2 / (2 * worth), 1 + Z**2 / worth
    reach = Z * math.sqrt(value * (1 - value) / worth + Z**2 / (4 * worth**2))
    return (middle - reach) / scale, (middle + reach) / scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=5000)
    tables = ["aurocs", "differences", "pairs", "proportions"]
    parser.add_argument("--only", nargs="+", choices=tables, default=tables)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    n, start = options.simulations, time.perf_counter()

    def write(name: str, table: pd.DataFrame) -> None:
        table.to_csv(options.folder / f"{name}.csv", index=False, float_format="%.5g")
        print(f"{name}: {len(table):,} rows after {time.perf_counter() - start:.0f} s", flush=True)

    if {"aurocs", "differences"} & set(options.only):
        generator = np.random.default_rng(1)
        sets = {cell: simulated(cell, n, generator) for cell in cells()}
        print(f"{len(sets)} cells after {time.perf_counter() - start:.0f} s", flush=True)
        if "differences" in options.only:
            write("differences", difference_table(sets))
        if "aurocs" in options.only:
            write("aurocs", auroc_table(sets, np.random.default_rng(2)))
    if "pairs" in options.only:
        write("pairs", pair_table(2 * n // 5, np.random.default_rng(3)))
    if "proportions" in options.only:
        write("proportions", proportion_table(2 * n // 5, np.random.default_rng(4)))


if __name__ == "__main__":
    main()
