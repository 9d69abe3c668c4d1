import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mammo.datasets.phantom import write_institution, write_mias
from mammo.datasets.phantom.acquisition import DDSM_SCANNERS, FilmSettings, develop
from mammo.datasets.phantom.imaging import Streams, exposures
from mammo.datasets.phantom.lesion_plan import Lesion
from mammo.datasets.phantom.population import Breast, Case, cases
from mammo.datasets.phantom.sheet import Placement, SheetSettings, background
from mammo.evaluation.auroc import auroc

FRAME = ((233.0, 179.0),)
MASS = Lesion("mass", True, "MALIGNANT", "IRREGULAR", "SPICULATED", 5, 5, 18.0)
CLUSTER = Lesion("calcification", True, "MALIGNANT", "PLEOMORPHIC", "CLUSTERED", 5, 4, 12.0)


def exposed(pixel_mm: float, *lesions: Lesion, patient: int = 1, density: int = 2) -> list:
    case = Case(0, density, (Breast("L", ("CC", "MLO"), lesions),))
    return list(exposures(case, Streams((9, 1), patient), pixel_mm, FRAME))


def mias_images(n: int) -> list[np.ndarray]:
    streams = (5, 2)
    plan = cases("mias", n / 161, Streams(streams).generator("population"))
    pictures = []
    for case in plan:
        exposure = next(
            exposures(case, Streams(streams, 1 + case.number), 0.2, write_mias.FRAMES_MM)
        )
        pictures.append(write_mias.acquire(exposure, write_mias.choose_scan(exposure)))
    return pictures


@pytest.fixture(scope="module")
def films() -> list[np.ndarray]:
    return mias_images(12)


def exponent(picture: np.ndarray, pixel_mm: float = 0.2, size: int = 192) -> float | None:
    """Exponent of the radial power spectrum between .12 and .75/mm, well inside the breast."""
    breast = (cv2.GaussianBlur(picture, (0, 0), 2) > 40) & (picture < 250)
    depth = cv2.distanceTransform(breast.astype(np.uint8), cv2.DIST_L2, 5) * pixel_mm
    inside = cv2.integral((depth > 8).astype(np.uint8))
    window = np.hanning(size)[:, None] * np.hanning(size)
    frequency = np.fft.fftfreq(size, pixel_mm)
    radius = np.hypot(frequency[:, None], frequency)
    edges = np.geomspace(0.12, 0.75, 9)
    found = []
    for row in range(200, picture.shape[0] - size, 48):
        for column in range(0, picture.shape[1] - size, 48):
            corners = inside[row : row + size + 1 : size, column : column + size + 1 : size]
            if corners[1, 1] - corners[0, 1] - corners[1, 0] + corners[0, 0] < size * size:
                continue
            patch = picture[row : row + size, column : column + size].astype(float)
            power = np.abs(np.fft.fft2((patch - patch.mean()) * window)) ** 2
            bands = [
                power[(radius >= a) & (radius < b)].mean() for a, b in itertools.pairwise(edges)
            ]
            centres = np.log(np.sqrt(edges[:-1] * edges[1:]))
            found.append(-np.polyfit(centres, np.log(bands), 1)[0])
    return float(np.mean(found)) if found else None


def test_parenchyma_follows_a_power_law_with_exponent_about_three(films: list[np.ndarray]):
    # Mammograms: 2.8-3 (Burgess 2001), 2.5-3.4 between percentiles 5 and 95 of mini-MIAS.
    measured = [value for value in map(exponent, films) if value is not None]
    assert len(measured) >= 6
    assert 2.7 < np.mean(measured) < 3.4
    assert all(2.2 < value < 4.0 for value in measured)


def test_grey_levels_of_film_are_those_of_mini_mias(films: list[np.ndarray]):
    # Medians of mini-MIAS by tissue class: 139, 146 and 154; percentile 95 189-211.
    middle = [np.median(film[film > 12]) for film in films]
    bright = [np.percentile(film[film > 12], 95) for film in films]
    assert 125 < np.median(middle) < 170
    assert 180 < np.median(bright) < 220
    # Background 0/0/0/2/8 at percentiles 5 to 95.
    assert np.median([np.percentile(film, 5) for film in films]) <= 2


def test_the_skin_is_darker_than_the_interior(films: list[np.ndarray]):
    rims, interiors = [], []
    for film in films:
        breast = cv2.morphologyEx((film > 12).astype(np.uint8), cv2.MORPH_OPEN, np.ones((25, 25)))
        depth = cv2.distanceTransform(breast, cv2.DIST_L2, 5)[400:700] * 0.2
        rims.append(np.median(film[400:700][(depth > 0) & (depth < 4)]))
        interiors.append(np.median(film[400:700][depth > 20]))
    assert np.median(rims) < 0.5 * np.median(interiors)


def test_a_patient_is_the_same_at_another_pixel_size():
    for coarse, fine in zip(exposed(0.8, MASS), exposed(0.4, MASS), strict=True):
        large = coarse.projection.attenuation
        small = cv2.resize(
            fine.projection.attenuation, large.shape[::-1], interpolation=cv2.INTER_AREA
        )
        interior = coarse.projection.distance > 5
        assert np.corrcoef(small[interior], large[interior])[0, 1] > 0.97
        assert coarse.projection.traces[0].x_mm == pytest.approx(
            fine.projection.traces[0].x_mm, abs=6
        )


@pytest.mark.parametrize("lesion", [MASS, CLUSTER], ids=["mass", "calcification"])
def test_a_lesion_changes_the_image_where_its_outline_says(lesion: Lesion):
    for without, having in zip(exposed(0.4), exposed(0.4, lesion), strict=True):
        added = having.projection.attenuation - without.projection.attenuation
        placement = Placement(added.shape, 0, 0, False)
        outlined = placement.mask(having.projection.traces[0].contour, 0.4) > 0
        assert added.min() > -1e-4
        assert added[outlined].sum() > 0.8 * added.sum() > 0


def test_depth_of_a_lesion_agrees_between_views():
    for patient in range(1, 9):
        cc, mlo = exposed(0.8, MASS, patient=patient)
        depths = [e.projection.traces[0].x_mm / e.projection.nipple_mm[0] for e in (cc, mlo)]
        assert abs(depths[0] - depths[1]) < 0.25


def test_acquisition_can_be_changed_without_changing_the_patient():
    (first, _), (second, _) = exposed(0.8), exposed(0.8)
    flat = replace(FilmSettings(), gradient=(2.0, 2.0))
    ours = develop(first.projection, FilmSettings(), first.noise)
    theirs = develop(second.projection, flat, second.noise)
    assert np.array_equal(first.projection.attenuation, second.projection.attenuation)
    core = first.projection.distance > 12
    assert theirs[core].std() < 0.8 * ours[core].std()
    assert np.corrcoef(ours[core], theirs[core])[0, 1] > 0.95


def test_switching_the_label_off_moves_nothing_else():
    def sheet(settings: SheetSettings) -> np.ndarray:
        rng = np.random.default_rng(3)
        return background((300, 220), 0.8, settings, ("L", "CC"), False, rng)

    plain = sheet(SheetSettings(label_rate=0, strip_rate=1))
    labelled = sheet(SheetSettings(label_rate=1, strip_rate=1))
    changed = np.argwhere(plain != labelled)
    assert 100 < len(changed) < 1500
    assert np.ptp(changed[:, 0]) < 45
    assert plain[:, -1].min() > 0.9


def test_a_right_breast_is_mirrored_with_its_points():
    view = np.zeros((40, 20), np.float32)
    view[10, 4] = 1
    right = Placement((40, 30), 0, 0, True)
    image = right.mount(view, np.zeros((40, 30), np.float32))
    x, y = right.points(np.array([[4.5, 10.5]]), 1.0)[0]
    assert image[round(y), round(x)] == 1


@pytest.mark.parametrize("scanner", DDSM_SCANNERS, ids=lambda scanner: scanner.name)
def test_a_scanner_gives_back_the_density(scanner):
    density = np.linspace(0.1, 2.8, 28, dtype=np.float32)[None].repeat(200, 0)
    grey = scanner.digitise(density, np.random.default_rng(0))
    read = scanner.optical_density(grey).mean(0)
    assert np.abs(read - density[0]).max() < 0.02
    assert np.array_equal(grey, np.rint(grey))


@pytest.mark.long
def test_nothing_but_the_lesion_tells_the_pathology():
    """Outline, background, exposure, side and density class must not rank the labels.

    Four standard errors of an auROC without information, sqrt((m + n + 1) / (12 m n)).
    """
    entropy = (17, 3)
    plan = cases("institution", 0.30, Streams(entropy).generator("population"))
    features, labels = [], []
    for case in plan:
        one = replace(case, breasts=(replace(case.breasts[0], views=("CC",)),))
        (exposure,) = exposures(one, Streams(entropy, 1 + case.number), 1.0, FRAME)
        pixels = write_institution.acquire(exposure)
        breast = exposure.projection.distance > 0
        grey = np.median(pixels[pixels > 0])
        side = float(exposure.breast.laterality == "R")
        features.append((breast.sum(), pixels.min(), grey, side, case.density))
        labels.append(exposure.breast.malignant)
    y, x = np.array(labels, int), np.array(features, float)
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    score = cross_val_predict(model, x, y, cv=5, method="decision_function")
    m, n = y.sum(), (1 - y).sum()
    assert abs(auroc(y, score) - 0.5) < 4 * np.sqrt((m + n + 1) / (12 * m * n))
