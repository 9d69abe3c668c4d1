"""Compiled loops: the bootstrap's draws, the auROC of each replicate, the roots of a score test.

Each replicate has a stream of its own, SplitMix64 started from the seed and the replicate's number,
so that what is drawn depends neither on the order of the replicates nor on who computes them
(Steele GL, Lea D, Flood CH. OOPSLA 2014:453-472). A draw among n takes 32 bits without bias
(Lemire D. ACM Trans Model Comput Simul 2019;29:3).
"""

import numba
import numpy as np

from mammo.files.compiled import compiled

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@numba.njit(inline="always")
def _mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(inline="always")
def _draw(counts, seed, replicate, sizes):
    """Count the draws of one replicate: from each stratum as many units as it has."""
    counts[:] = 0
    state = _mix(_mix(np.uint64(seed)) + np.uint64(replicate) * _GAMMA)
    first = np.uint64(0)  # unsigned: a signed index is tested for being negative
    for size in sizes:
        n = np.uint64(size)
        least = (np.uint64(1) << _HALF) % n  # products below it would favour some units
        missing = size % 2
        for _ in range(size // 2):
            state += _GAMMA
            word = _mix(state)
            high = (word >> _HALF) * n
            low = (word & _LOW) * n
            if (high & _LOW) >= least:
                counts[first + (high >> _HALF)] += 1
            else:
                missing += 1
            if (low & _LOW) >= least:
                counts[first + (low >> _HALF)] += 1
            else:
                missing += 1
        while missing > 0:
            state += _GAMMA
            high = (_mix(state) >> _HALF) * n
            if (high & _LOW) >= least:
                counts[first + (high >> _HALF)] += 1
                missing -= 1
        first += n


@compiled
def draw_counts(seed, start, sizes, counts):
    """Fill counts, (replicates, units), with the draws of replicates start, start + 1, ..."""
    for row in range(counts.shape[0]):
        _draw(counts[row], seed, start + row, sizes)


@compiled
def replicate_aurocs(seed, start, sizes, negatives, positives, below, up_to, aurocs):
    """Fill aurocs, (models, replicates), with those of replicates start, start + 1, ...

    ``negatives`` and ``positives``, (models, images) of uint32, name the units of the images in the
    order of their scores; ``below`` and ``up_to`` are those of
    `mammo.evaluation.auroc.RankedScores`. All sums are of integers.
    """
    counts = np.empty(sizes.sum(), dtype=np.uint16)
    running = np.zeros(negatives.shape[1] + 1, dtype=np.int32)
    for column in range(aurocs.shape[1]):
        _draw(counts, seed, start + column, sizes)
        for model in range(aurocs.shape[0]):
            total = np.int32(0)
            for place in range(negatives.shape[1]):
                total += np.int32(counts[negatives[model, place]])
                running[place + 1] = total
            wins = np.int64(0)
            weight = np.int64(0)
            for place in range(positives.shape[1]):
                count = np.int64(counts[positives[model, place]])
                weight += count
                beaten = np.int64(running[below[model, place]])
                wins += count * (beaten + np.int64(running[up_to[model, place]]))
            pairs = 2 * weight * np.int64(total)
            aurocs[model, column] = wins / pairs if pairs > 0 else np.nan


@compiled
def score_bounds(areas, quantiles, n_positive, n_negative, bounds):
    """Fill bounds, (sets, 2), with the auROCs farthest from each area that a score test keeps.

    A test keeps an auROC t if the area lies within the quantile times the root of Newcombe's
    variance at t (`mammo.evaluation.score_interval.AurocPrecision.variance_at`).
    """
    for row in range(areas.shape[0]):
        area, m, n = areas[row], n_positive[row], n_negative[row]
        more = (m + n) / 2 - 1
        allowed = quantiles[row] ** 2 / (m * n)
        for side in range(2):
            kept, left_out = area, np.float64(side)
            for _ in range(50):
                t = (kept + left_out) / 2
                scale = (2 - t) * (1 + t)
                variance = t * (1 - t) * (scale + more * (1 + 2 * t * (1 - t)))
                if (t - area) ** 2 * scale <= allowed * variance:
                    kept = t
                else:
                    left_out = t
            bounds[row, side] = kept
