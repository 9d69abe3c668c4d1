"""The bootstrap's draws against SplitMix64 and Lemire's method in plain Python integers."""

import numpy as np
import pytest
from scipy import stats

from mammo.errors import MammoError
from mammo.evaluation import draws
from mammo.evaluation.draws import Draws, in_threads, plan_draws

MASK = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15


def mixed(word: int) -> int:
    """Finish one output of SplitMix64, as in its authors' C."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & MASK
    return word ^ (word >> 31)


def words(state: int):
    """Give the stream of SplitMix64 that starts from a state."""
    while True:
        state = (state + GAMMA) & MASK
        yield mixed(state)


def counts_by_hand(seed: int, replicate: int, *sizes: int) -> tuple[list[int], int]:
    """Return how often each unit is drawn, and how many draws were refused for their bias.

    Each word gives two numbers below n, from its upper and its lower half; those that were refused,
    and the last of an odd number, are made up for from upper halves.
    """
    stream = words(mixed((mixed(seed) + replicate * GAMMA) & MASK))
    counts, refused = [], 0
    for n in sizes:
        least = 2**32 % n
        drawn = []
        for _ in range(n // 2):
            word = next(stream)
            for half in (word >> 32, word & 0xFFFFFFFF):
                if half * n % 2**32 >= least:
                    drawn.append(half * n // 2**32)
        refused += n // 2 * 2 - len(drawn)
        while len(drawn) < n:
            half = next(stream) >> 32
            if half * n % 2**32 >= least:
                drawn.append(half * n // 2**32)
            else:
                refused += 1
        counts += np.bincount(drawn, minlength=n).tolist()
    return counts, refused


def drawn(sizes: list[int], n_bootstrap: int, seed: int) -> np.ndarray:
    """All counts of the code under test, (replicates, units)."""
    plan = Draws(np.zeros(1, np.int32), np.array(sizes, dtype=np.int64), n_bootstrap, seed)
    return np.concatenate([counts for _, counts in plan.blocks()])


def test_the_stream_by_hand_is_splitmix64():
    stream = words(1234567)
    assert [next(stream) for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("sizes", [[1], [2], [7], [60], [12, 31], [1, 4]])
def test_counts_equal_those_by_hand(sizes, seed):
    found = drawn(sizes, 40, seed)
    assert found.tolist() == [counts_by_hand(seed, number, *sizes)[0] for number in range(40)]


@pytest.mark.parametrize("n", [240_007, 240_010])
def test_draws_that_would_favour_some_units_are_refused_and_made_up_for(n):
    expected, refused = counts_by_hand(5, 0, n)
    assert refused > 0
    assert drawn([n], 1, 5)[0].tolist() == expected


def test_every_replicate_draws_as_many_as_there_are_from_each_stratum():
    found = drawn([5, 17, 2], 500, 3)
    strata = found[:, :5], found[:, 5:22], found[:, 22:]
    for part, size in zip(strata, (5, 17, 2), strict=True):
        assert (part.sum(axis=1) == size).all()


@pytest.mark.parametrize("n", [3, 60, 107])
def test_every_unit_is_drawn_equally_often(n):
    total = drawn([n], 4000, 11).sum(axis=0, dtype=np.int64)
    assert stats.chisquare(total).pvalue > 0.001


def test_counts_of_a_unit_are_binomial():
    n, n_bootstrap = 20, 20_000
    counts = drawn([n], n_bootstrap, 2)[:, 7]
    observed = np.bincount(np.minimum(counts, 5), minlength=6)
    expected = stats.binom(n, 1 / n).pmf(np.arange(6))
    expected[5] = 1 - expected[:5].sum()
    assert stats.chisquare(observed, n_bootstrap * expected).pvalue > 0.001


@pytest.mark.parametrize("other", [(0, 1), (1, 0)], ids=["next replicate", "next seed"])
def test_neighbouring_streams_are_uncorrelated(other):
    """Within 4 standard errors of 0, their correlation over 3 million counts; none is shared."""
    seed_step, replicate_step = other[1], other[0]
    n_units, n_bootstrap = 100, 30_000
    one = drawn([n_units], n_bootstrap, 8)[: n_bootstrap - replicate_step].astype(float)
    two = drawn([n_units], n_bootstrap, 8 + seed_step)[replicate_step:].astype(float)
    # counts of a replicate add up to their number, so that its units are not independent
    correlations = np.einsum("ij,ij->i", one - 1, two - 1) / (n_units - 1)
    assert abs(correlations.mean()) < 4 * correlations.std() / np.sqrt(len(correlations))
    assert not (one == two).all(axis=1).any()


def test_replicates_do_not_depend_on_how_many_are_asked_for_nor_on_the_blocks(monkeypatch):
    expected = drawn([30], 100, 4)
    for block in (1, 31 * 7, 1 << 20):
        monkeypatch.setattr(draws, "_BLOCK_NUMBERS", block)
        np.testing.assert_array_equal(drawn([30], 100, 4), expected)
        np.testing.assert_array_equal(drawn([30], 41, 4), expected[:41])


def test_strata_keep_the_units_of_their_images():
    unit = np.array([0, 1, 1, 2, 3, 3])
    malignant = np.array([True, False, False, False, False, True])
    plan = plan_draws(unit, 5, 0, malignant)
    assert plan.sizes.tolist() == [2, 2]
    assert plan.n_units == 4
    assert plan.unit.tolist() == [2, 0, 0, 1, 3, 3]


def test_one_stratum_alone_is_drawn_as_if_there_were_none():
    unit = np.array([0, 1, 1, 2])
    for malignant in (np.ones(4, dtype=bool), np.zeros(4, dtype=bool)):
        assert plan_draws(unit, 5, 0, malignant).sizes.tolist() == [3]


@pytest.mark.parametrize("threads", [1, 2, 3, 7, None])
@pytest.mark.parametrize("n_tasks", [1, 2, 6, 1000])
@pytest.mark.parametrize("numbers_each", [1, 1 << 20, 1 << 30])
def test_threads_do_every_task_once(threads, n_tasks, numbers_each):
    done = np.zeros(n_tasks, dtype=int)

    def task(part: slice) -> None:
        done[part] += 1

    in_threads(task, n_tasks, numbers_each, threads)
    assert (done == 1).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_thread_is_raised(threads):
    def task(part: slice) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_threads(task, 10, 1, threads)


@pytest.mark.parametrize(
    ("n_bootstrap", "seed", "message"),
    [
        (0, 0, "n_bootstrap is 0"),
        (-3, 0, "n_bootstrap is -3"),
        (1, -1, "seed is -1"),
        (1, 2**64, "seed is 18446744073709551616"),
    ],
)
def test_replicates_and_seeds_out_of_range_are_named(n_bootstrap, seed, message):
    with pytest.raises(MammoError, match=message):
        plan_draws(np.array([0, 1]), n_bootstrap, seed)
