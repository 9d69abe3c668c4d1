"""The four DDSM scanners' calibrations."""

from __future__ import annotations

import numpy as np
import pytest

from mammo.images import optical_density

EXPECTED = {
    "dba": (10_000, (4 - 4.80662) / -1.07553),
    "howtek_mgh": (2000, 3.789 - 1.89136),
    "lumisys": (2000, 2096.99 / 1009.01),
    "howtek_ismd": (2000, 3.96604095240593 - 1.98111615624),
}


@pytest.mark.parametrize("scanner", EXPECTED)
def test_calibration(scanner) -> None:
    grey, density = EXPECTED[scanner]
    found = optical_density.from_grey_levels(np.array([grey]), scanner)
    np.testing.assert_allclose(found, [density], rtol=1e-5)
    assert found.dtype == np.float32


@pytest.mark.parametrize("scanner", EXPECTED)
def test_every_16_bit_grey_level_gives_a_falling_density_within_the_range(scanner) -> None:
    density = optical_density.from_grey_levels(np.arange(65536), scanner)
    assert density.min() == np.float32(0.05)
    assert density.max() <= np.float32(4.0)
    assert (np.diff(density) <= 0).all()


def test_grey_level_zero_of_the_logarithm_is_the_darkest() -> None:
    density = optical_density.from_grey_levels(np.array([0, 1]), "dba")
    np.testing.assert_array_equal(density, np.float32([4, 4]))


def test_densities_0_to_4_become_white_to_black() -> None:
    shown = optical_density.to_presentation(np.array([0, 1, 4]))
    np.testing.assert_allclose(shown, [1, 0.75, 0])


def test_unknown_scanner_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown scanner 'x'"):
        optical_density.from_grey_levels(np.array([1]), "x")
