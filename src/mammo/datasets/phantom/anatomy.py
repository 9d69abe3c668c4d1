"""One patient's latent anatomy, in three dimensions, shared by views and by sides.

Positions are (depth, lateral, superior): depth from the chest wall as a fraction of the distance
to the nipple, the other two from the nipple's axis in units of the breast's width. Both views are
projections of the same positions, and the other breast is the mirror image, a little changed.
"""

from dataclasses import dataclass, replace

import numpy as np

# By density class 1-4. Denser breasts are smaller (area 239/156/119/96 cm2, Cancer Epidemiol
# Biomarkers Prev), and thickness is 59 +- 16 mm, volumetric density 19% (Yaffe et al., Med Phys
# 2009;36:5437); the exponent rises with density as measured on mini-MIAS.
WIDTH_FACTOR = (1.18, 1.03, 0.90, 0.80)
VOLUME_DENSITY = (0.05, 0.10, 0.18, 0.30)
EXPONENT = (2.70, 2.90, 3.10, 3.15)
GLAND_EXTENT = (0.70, 0.88, 1.05, 1.25)
LOBES = 3
CLUMPS = 40


@dataclass(frozen=True)
class Anatomy:
    """One breast.

    Parameters
    ----------
    density : int
        Class 1-4.
    thickness_mm, width_mm : float
        Compressed thickness; chest wall to nipple.
    dense_fraction : float
        Volume of fibroglandular tissue over that of the breast.
    exponent : float
        Of the parenchyma's power spectrum.
    texture, scatter, ligaments : float
        Strength of parenchymal texture, of scattered islands and of septa in the fat.
    pectoral_mm : float
        Width of the pectoral muscle at the top of an MLO view.
    oblique : float
        Angle of the MLO projection, in radians.
    lobes : numpy.ndarray, shape (LOBES, 6)
        Centre (depth, lateral, superior) and radii, in units of the width.
    clumps : numpy.ndarray, shape (LOBES, CLUMPS, 5)
        Centre, radius in mm and amplitude of the lumps of each lobe.
    shape : numpy.ndarray, shape (8,)
        Standard normal scores of the outline.
    """

    density: int
    thickness_mm: float
    width_mm: float
    dense_fraction: float
    exponent: float
    texture: float
    scatter: float
    ligaments: float
    pectoral_mm: float
    oblique: float
    lobes: np.ndarray
    clumps: np.ndarray
    shape: np.ndarray


def _lobes(rng: np.random.Generator, size: float) -> np.ndarray:
    # The upper outer quadrant holds most of the gland.
    centre = np.array([0.60 + rng.uniform(-0.08, 0.05), 0.05, 0.05])
    centre[1:] += rng.uniform(-0.12, 0.10, 2)
    radii = np.array([rng.uniform(0.33, 0.50), rng.uniform(0.38, 0.58), rng.uniform(0.38, 0.58)])
    centres = centre + rng.normal(0, (0.08, 0.10, 0.10), (LOBES, 3))
    return np.hstack([centres, radii * size * rng.uniform(0.75, 1.1, (LOBES, 1))])


def _clumps(rng: np.random.Generator) -> np.ndarray:
    depth = rng.uniform(0, 1.05, (LOBES, CLUMPS, 1))
    aside = rng.uniform(-0.9, 0.9, (LOBES, CLUMPS, 2))
    radius = rng.uniform(7, 17, (LOBES, CLUMPS, 1))
    amplitude = rng.normal(0, 1, (LOBES, CLUMPS, 1))
    return np.concatenate([depth, aside, radius, amplitude], axis=2)


def patient(rng: np.random.Generator, density: int) -> Anatomy:
    """Draw a patient's right and left breast in common, for a density class 1-4."""
    c = density - 1
    thickness = float(np.clip(rng.normal(58, 12), 30, 90))
    width = float(np.clip(rng.normal(104 + 0.6 * (thickness - 58), 20), 58, 160))
    return Anatomy(
        density=density,
        thickness_mm=thickness,
        width_mm=float(np.clip(width * WIDTH_FACTOR[c], 55, 165)),
        dense_fraction=float(np.clip(rng.lognormal(np.log(VOLUME_DENSITY[c]), 0.28), 0.03, 0.6)),
        exponent=float(rng.normal(EXPONENT[c], 0.15)),
        texture=float(rng.uniform(0.45, 0.85) * (1, 0.95, 0.85, 0.70)[c]),
        scatter=float(rng.uniform(0.15, 0.8)),
        ligaments=float(rng.uniform(0.6, 1.5) * (1.2, 1.1, 1.0, 0.9)[c]),
        pectoral_mm=float(np.clip(rng.normal(43, 11), 18, 70)),
        oblique=float(np.deg2rad(rng.uniform(45, 60))),
        lobes=_lobes(rng, GLAND_EXTENT[c]),
        clumps=_clumps(rng),
        shape=rng.standard_normal(8),
    )


def side(rng: np.random.Generator, common: Anatomy) -> Anatomy:
    """Change a patient's common anatomy into that of one breast.

    Sides correlate by .95 in area, .81 in exponent and .83 in median grey on mini-MIAS.
    """
    clumps = common.clumps.copy()
    clumps[..., :3] += rng.normal(0, 0.05, clumps[..., :3].shape)
    clumps[..., 4] = 0.75 * clumps[..., 4] + 0.66 * rng.standard_normal(clumps.shape[:2])
    lobes = common.lobes.copy()
    lobes[:, :3] += rng.normal(0, 0.035, (LOBES, 3))
    return replace(
        common,
        thickness_mm=common.thickness_mm * rng.normal(1, 0.03),
        width_mm=common.width_mm * rng.normal(1, 0.025),
        dense_fraction=common.dense_fraction * rng.lognormal(0, 0.09),
        exponent=common.exponent + rng.normal(0, 0.07),
        pectoral_mm=common.pectoral_mm * rng.normal(1, 0.08),
        lobes=lobes,
        clumps=clumps,
        shape=0.9 * common.shape + 0.44 * rng.standard_normal(8),
    )


@dataclass(frozen=True)
class View:
    """One view of one breast: how what is in the breast is projected.

    Parameters
    ----------
    anatomy : Anatomy
    name : str
        "CC" or "MLO".
    nipple_mm : tuple of float
        Nipple (x, y) in the view.
    """

    anatomy: Anatomy
    name: str
    nipple_mm: tuple[float, float]

    def project(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project positions: the outer or upper side is up, the chest wall at x = 0.

        Parameters
        ----------
        positions : numpy.ndarray, shape (..., 3)
            Depth, lateral, superior.

        Returns
        -------
        tuple of numpy.ndarray
            x and y in mm.
        """
        depth, lateral, superior = np.moveaxis(positions, -1, 0)
        up = lateral
        if self.name != "CC":
            angle = self.anatomy.oblique
            up = superior * np.cos(angle) + lateral * np.sin(angle)
        return depth * self.nipple_mm[0], self.nipple_mm[1] - up * self.anatomy.width_mm


def clump_fields(view: View, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Sum the lumps of each lobe on a grid: unit-variance-like smooth fields.

    Parameters
    ----------
    x, y : numpy.ndarray
        Grid coordinates in mm, 1-D.

    Returns
    -------
    numpy.ndarray, shape (LOBES, len(y), len(x))
    """
    clumps = view.anatomy.clumps
    px, py = view.project(clumps[..., :3])
    radius, amplitude = clumps[..., 3], clumps[..., 4]
    scale = np.float32(-0.5) / radius[..., None] ** 2
    across = np.exp(scale * (x - px[..., None]) ** 2).astype(np.float32)
    down = np.exp(scale * (y - py[..., None]) ** 2) * amplitude[..., None]
    # Not by BLAS, whose sums depend on its number of threads.
    total = np.einsum("lky,lkx->lyx", down.astype(np.float32), across)
    return total / total.std(axis=(1, 2), keepdims=True)


def soft_maximum(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Return the larger of both, rounded where they cross over `width`."""
    return 0.5 * (a + b + np.sqrt((a - b) ** 2 + width**2))
