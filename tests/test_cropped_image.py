"""Finding, orienting and preparing the breast: drawn images, then every film of mini-MIAS."""

import tarfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mammo import images
from mammo.errors import UnreadableImageError
from mammo.images.breast_mask import chest_wall_on_right, segment
from mammo.images.cropped_image import PreprocessingSettings, prepare
from mammo.images.geometry import Geometry
from mammo.images.image import Image
from mammo.images.whole_image import WholeImageSettings

FIRST_ROW, LAST_ROW, WIDTH = 150, 850, 320
MIAS_LABELS_AND_STRIPS = {
    "mdb009": [(900, 200), (12, 304)], "mdb012": [(600, 800), (36, 580)],
    "mdb051": [(500, 203)], "mdb067": [(500, 200)], "mdb131": [(500, 110), (89, 377)],
    "mdb139": [(500, 90)], "mdb146": [(500, 967)], "mdb181": [(73, 300)],
    "mdb274": [(500, 960), (1010, 500)], "mdb280": [(500, 960)],
}  # fmt: skip
"""Places (row, column) within clear film that does not touch the breast."""


def drawing(
    *, on_right: bool = False, label: bool = True, strip: bool = True, background: float = 0.03
) -> Image:
    """A half-ellipse at the chest wall, 1024 x 768, with a film's disturbances."""
    rows, columns = np.mgrid[:1024, :768].astype(np.float32)
    height = (LAST_ROW - FIRST_ROW) / 2
    distance = np.hypot((rows - FIRST_ROW - height) / height, columns / WIDTH)
    pixels = np.clip((1 - distance) * 3, 0, 0.6) + background
    pixels += np.random.default_rng(0).normal(0, 0.005, pixels.shape)
    if label:
        pixels[40:120, 500:600] = 0.95
    if strip:
        pixels[:, -40:] = 1.0
        pixels[-6:] = 1.0
    pixels = np.clip(pixels, 0, 1).astype(np.float32)
    return Image(pixels=pixels[:, ::-1].copy() if on_right else pixels, bits_stored=8)


def true_mask(shape: tuple[int, int], *, on_right: bool = False) -> np.ndarray:
    truth = drawing(label=False, strip=False, background=0).pixels > 0.06
    truth = truth[:, ::-1] if on_right else truth
    return cv2.resize(truth.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_AREA) > 0


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return (found & truth).sum() / (found | truth).sum()


@pytest.mark.parametrize("on_right", [False, True])
@pytest.mark.parametrize("label", [False, True])
@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("background", [0.0, 0.03, 0.12])
def test_segmentation_ignores_label_strip_and_background(
    on_right: bool, label: bool, strip: bool, background: float
) -> None:
    image = drawing(on_right=on_right, label=label, strip=strip, background=background)
    mask = segment(image.pixels)
    assert overlap(mask, true_mask(mask.shape, on_right=on_right)) > 0.93
    assert chest_wall_on_right(mask) is on_right


@pytest.mark.parametrize("scale", [1.0, 1 / 16])
def test_segmentation_does_not_depend_on_the_grey_scale(scale: float) -> None:
    image = drawing()
    expected = segment(image.pixels)
    assert overlap(segment(image.pixels * np.float32(scale)), expected) > 0.99


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_constant_image_is_refused(value: float) -> None:
    blank = Image(pixels=np.full((300, 200), value, np.float32), bits_stored=8)
    with pytest.raises(UnreadableImageError, match=r"[Nn]o breast"):
        prepare(blank, "L", PreprocessingSettings(size=64))


def test_orientation_is_the_contents_and_only_without_it_the_sides() -> None:
    settings = PreprocessingSettings(size=128)
    for side in ("L", "R", None):
        assert prepare(drawing(on_right=True), side, settings).geometry.flipped
        assert not prepare(drawing(on_right=False), side, settings).geometry.flipped
    rows, columns = np.mgrid[:400, :300]
    disc = np.clip(2 - np.hypot(rows - 200, columns - 150) / 60, 0, 1).astype(np.float32)
    symmetric = Image(pixels=disc, bits_stored=8, laterality="R")
    assert chest_wall_on_right(segment(disc)) is None
    assert prepare(symmetric, None, settings).geometry.flipped
    assert not prepare(symmetric, "L", settings).geometry.flipped


def test_left_and_right_give_the_same_picture() -> None:
    settings = PreprocessingSettings(size=128)
    left = prepare(drawing(), "L", settings)
    right = prepare(drawing(on_right=True), "R", settings)
    np.testing.assert_allclose(left.pixels, right.pixels, atol=0.02)
    assert left.breast[:, 5].mean() > 0.8
    assert not left.breast[:, -2].any()


@pytest.mark.parametrize("aspect", ["stretch", "pad"])
@pytest.mark.parametrize("size", [64, 256, 900])
@pytest.mark.parametrize("on_right", [False, True])
def test_prepared_image(aspect, size: int, on_right: bool) -> None:
    settings = PreprocessingSettings(size=size, aspect=aspect)
    prepared = prepare(drawing(on_right=on_right), None, settings)
    assert prepared.pixels.shape == prepared.breast.shape == (size, size)
    assert prepared.pixels.dtype == np.float32
    assert prepared.pixels.min() == 0
    assert prepared.pixels.max() == 1
    assert (prepared.pixels[~prepared.breast] == 0).all()
    rows = np.flatnonzero(prepared.breast.any(axis=1))
    columns = np.flatnonzero(prepared.breast.any(axis=0))
    assert rows[0] < 0.05 * size
    assert rows[-1] > 0.95 * size - 1
    expected = size if aspect == "stretch" else size * WIDTH / (LAST_ROW - FIRST_ROW)
    assert columns[-1] + 1 == pytest.approx(expected, rel=0.08, abs=2)


def test_background_is_kept_when_asked_for() -> None:
    settings = PreprocessingSettings(size=128, mask_background=False, normalise="none")
    prepared = prepare(drawing(strip=False), None, settings)
    assert prepared.pixels[~prepared.breast].mean() == pytest.approx(0.03, abs=0.02)


def test_normalisation_undoes_a_linear_change_of_grey() -> None:
    settings = PreprocessingSettings(size=128)
    image = drawing()
    darker = Image(pixels=image.pixels * np.float32(0.25), bits_stored=8)
    first, second = (prepare(one, None, settings).pixels for one in (image, darker))
    assert np.abs(first - second).mean() < 0.01
    kept = settings.model_copy(update={"normalise": "none"})
    assert prepare(darker, None, kept).pixels.max() <= 0.25


def test_resizing_keeps_the_mean_grey() -> None:
    settings = PreprocessingSettings(size=100, margin=0, normalise="none", mask_background=False)
    image = drawing(label=False, strip=False)
    prepared = prepare(image, None, settings)
    g = prepared.geometry
    native = image.pixels[g.row_min : g.row_max, g.col_min : g.col_max]
    assert prepared.pixels.mean() == pytest.approx(native.mean(), abs=2e-3)


@pytest.mark.parametrize("aspect", ["stretch", "pad"])
@pytest.mark.parametrize("on_right", [False, True])
def test_lesion_box_follows_the_lesion(aspect, on_right: bool) -> None:
    image = drawing(on_right=on_right)
    image.pixels[400:440, 600:660] = image.pixels[400:440, 60:120] = 0
    columns = (768 - 120, 768 - 60) if on_right else (60, 120)
    box = np.array([[400, columns[0], 440, columns[1]]])
    image.pixels[400:440, columns[0] : columns[1]] = 1
    settings = PreprocessingSettings(size=500, aspect=aspect, normalise="none")
    prepared = prepare(image, None, settings)
    rows, found_columns = np.nonzero(prepared.pixels > 0.8)
    found = [rows.min(), found_columns.min(), rows.max() + 1, found_columns.max() + 1]
    np.testing.assert_allclose(prepared.geometry.to_prepared(box)[0], found, atol=1.5)


@given(
    st.lists(st.floats(-500, 5000), min_size=4, max_size=4),
    st.booleans(),
    st.floats(0.05, 4),
    st.floats(0.05, 4),
    st.integers(0, 300),
)
def test_boxes_there_and_back(box, flipped, row_scale, col_scale, row_offset) -> None:
    geometry = Geometry(10, 20, 900, 700, flipped, row_scale, col_scale, row_offset)
    row_min, row_max = sorted(box[::2])
    col_min, col_max = sorted(box[1::2])
    boxes = np.array([[row_min, col_min, row_max, col_max]])
    prepared = geometry.to_prepared(boxes)
    assert prepared[0, 0] <= prepared[0, 2]
    assert prepared[0, 1] <= prepared[0, 3]
    np.testing.assert_allclose(geometry.to_native(prepared), boxes, atol=1e-6)


def test_no_boxes_are_no_boxes() -> None:
    geometry = Geometry(0, 0, 10, 10, True, 1, 1, 0)
    assert geometry.to_prepared(np.empty((0, 4))).shape == (0, 4)


@pytest.mark.parametrize(
    "wrong",
    [{"size": 3}, {"aspect": "crop"}, {"percentiles": (50, 50)}, {"unknown": 1}, {"margin": -1}],
)
def test_wrong_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        PreprocessingSettings(**wrong)


def test_settings_survive_json() -> None:
    settings = PreprocessingSettings(size=448, percentiles=(2, 98))
    assert PreprocessingSettings.model_validate_json(settings.model_dump_json()) == settings


class MiniMias(NamedTuple):
    masks: dict[str, np.ndarray]
    bright: dict[str, np.ndarray]
    centres: dict[str, list[tuple[int, int]]]


@pytest.fixture(scope="module")
def mini_mias(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> MiniMias:
    """Masks of the 322 films, clear film on some of them, and the lesions as (row, column)."""
    path = tmp_path_factory.mktemp("mias") / "film.pgm"
    found = MiniMias({}, {}, {})
    with tarfile.open(real_data / "all-mias.tar.gz") as archive:
        for member in archive:
            name = Path(member.name)
            if name.suffix == ".pgm":
                path.write_bytes(archive.extractfile(member).read())
                pixels = images.read_image(path).pixels
                found.masks[name.stem] = segment(pixels)
                if name.stem in MIAS_LABELS_AND_STRIPS:
                    found.bright[name.stem] = pixels[::2, ::2] > 0.55
            elif name.name == "Info.txt":
                for line in archive.extractfile(member).read().decode().splitlines():
                    words = line.split()
                    if len(words) == 7 and words[0].startswith("mdb"):
                        centre = (1024 - int(words[5]), int(words[4]))
                        found.centres.setdefault(words[0], []).append(centre)
    return found


def test_mini_mias_breast_areas(mini_mias) -> None:
    areas = [mask.mean() for mask in mini_mias.masks.values()]
    assert len(areas) == 322
    found = np.percentile(areas, [5, 25, 50, 75, 95])
    # Measured independently on the same films.
    np.testing.assert_allclose(found, [0.21, 0.31, 0.37, 0.46, 0.56], atol=0.015)


def test_mini_mias_lesions_lie_in_the_breast(mini_mias) -> None:
    outside = [
        name
        for name, places in mini_mias.centres.items()
        for row, column in places
        if not mini_mias.masks[name][min(row // 2, 511), min(column // 2, 511)]
    ]
    assert sum(map(len, mini_mias.centres.values())) == 119
    # Release 1.21 of the films withdrew the coordinates of just these two.
    assert set(outside) <= {"mdb212", "mdb214"}


def test_mini_mias_chest_walls_alternate(mini_mias) -> None:
    found = {name: chest_wall_on_right(mask) for name, mask in mini_mias.masks.items()}
    undecided = {name for name, on_right in found.items() if on_right is None}
    assert undecided <= {"mdb151", "mdb152"}  # the breast fills the film from side to side
    for name in found.keys() - undecided:
        assert found[name] == (int(name[3:]) % 2 == 1), name


@pytest.mark.parametrize("name", MIAS_LABELS_AND_STRIPS)
def test_mini_mias_labels_and_strips_are_outside(mini_mias, name: str) -> None:
    for row, column in MIAS_LABELS_AND_STRIPS[name]:
        assert mini_mias.bright[name][row // 2, column // 2], (row, column)
        assert not mini_mias.masks[name][row // 2, column // 2], (row, column)


def test_real_digital_mammogram(real_data: Path) -> None:
    image = images.read_image(real_data / "dicom/GH133.dcm")
    prepared = prepare(image, image.laterality, PreprocessingSettings(size=256))
    assert prepared.geometry.flipped
    # 68% of the matrix is padding, and a strip of abdomen lies apart from the breast.
    area = segment(image.pixels).mean()
    assert area == pytest.approx(1 - image.padding.mean(), abs=0.03)
    assert prepared.geometry.row_max < 2450


def inverted(image: Image) -> Image:
    return Image(pixels=1 - image.pixels, bits_stored=8)


@pytest.mark.parametrize("on_right", [False, True])
@pytest.mark.parametrize("label", [False, True])
@pytest.mark.parametrize("scale", [1, 1 / 16])
def test_white_air_is_refused(on_right: bool, label: bool, scale: float) -> None:
    image = inverted(drawing(on_right=on_right, label=label, strip=False, background=0.01))
    dim = Image(pixels=image.pixels * np.float32(scale), bits_stored=8)
    for settings in (PreprocessingSettings(size=64), WholeImageSettings(rows=32, columns=32)):
        with pytest.raises(UnreadableImageError, match="its air is white: its grey values are inv"):
            settings.prepare(dim, None)


def test_white_air_beside_a_breast_from_top_to_bottom_is_refused() -> None:
    rows, columns = np.mgrid[:400, :300]
    breast = np.clip((1 - columns / (150 - 0.2 * np.abs(rows - 200))) * 2, 0, 0.7)
    grain = np.random.default_rng(0).normal(0, 0.02, breast.shape) * (breast > 0)
    upright = Image(pixels=np.clip(breast + grain, 0, 1).astype(np.float32), bits_stored=8)
    assert 0.2 < segment(upright.pixels).mean() < 0.5
    with pytest.raises(UnreadableImageError, match="its air is white"):
        segment(inverted(upright).pixels)


@pytest.mark.parametrize("strip", [False, True])
def test_white_edges_of_a_film_are_no_white_air(strip: bool) -> None:
    image = drawing(strip=strip)
    for width in (3, 20, 60):
        framed = image.pixels.copy()
        framed[:width] = framed[-width:] = framed[:, -width:] = 0.97
        mask = segment(framed)
        assert overlap(mask, true_mask(mask.shape)) > 0.9


@pytest.mark.parametrize("begin", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("contrast", [0.1, 0.02])
@pytest.mark.parametrize("dead", [None, 0.0, 1.0])
def test_segmentation_does_not_depend_on_where_grey_begins(begin, contrast, dead) -> None:
    image = drawing(strip=False)
    pixels = np.float32(begin) + image.pixels * np.float32(contrast)
    if dead is not None:
        pixels[200:203, 600:603] = dead
    expected = segment(image.pixels)
    assert overlap(segment(pixels), expected) > 0.98


def test_an_image_without_a_dark_background_is_refused() -> None:
    pixels = 0.5 + 0.02 * drawing(strip=False, label=False).pixels
    pixels[:200, 500:] = 0
    with pytest.raises(UnreadableImageError, match=r"background stands out|air is white"):
        segment(pixels)
