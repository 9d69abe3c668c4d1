"""Patches: where they lie, what they are called, and how they are turned."""

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mammo.images.store import ImageStore
from mammo.images.store_building import build
from mammo.images.whole_image import WholeImageSettings
from mammo.training import patches
from mammo.training.patches import CLASSES, Augmentation, Windows

NOTHING = Augmentation(rotation=0, shear=0, zoom=(1, 1), intensity=0, flips=False)
LESIONS = pd.DataFrame(
    [
        ("0", 60, 20, 80, 36, 1, "mass"),
        ("0", 130, 40, 140, 50, 0, "calcification"),
        ("1", 90, 30, 200, 50, 0, "mass"),
        ("2", 90, 30, 120, 60, 1, None),
    ],
    columns=["image_id", "row_min", "col_min", "row_max", "col_max", "malignant", "lesion_type"],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ImageStore:
    """Four breasts, 256 x 192 pixels, prepared to half of it; the patches have 32 pixels."""
    folder = tmp_path_factory.mktemp("images")
    for number in range(4):
        picture = np.zeros((256, 192), np.uint8)
        cv2.ellipse(picture, (0, 128), (110, 100), 0, 0, 360, 150, cv2.FILLED)
        noise = np.random.default_rng(number).integers(0, 40, picture.shape).astype(np.uint8)
        Image.fromarray(picture + noise // 4).save(folder / f"{number}.png")
    manifest = pd.DataFrame({"image_id": list("0123"), "laterality": "L", "excluded": None})
    manifest["path"] = [str(folder / f"{number}.png") for number in range(4)]
    return build(manifest, WholeImageSettings(rows=128, columns=96), folder / "store", 1)


@pytest.fixture(scope="module")
def chosen(store: ImageStore) -> pd.DataFrame:
    images = pd.DataFrame({"image_id": list("0123"), "patient_id": ["A", "A", "B", "C"]})
    return patches.sample(store, images, LESIONS, per_lesion=6, seed=3)


def boxes_of(store: ImageStore, image_id: str) -> np.ndarray:
    edges = ["row_min", "col_min", "row_max", "col_max"]
    native = LESIONS.loc[LESIONS["image_id"] == image_id, edges]
    return store.geometry(image_id).to_prepared(native)


def covered(row: tuple, box: np.ndarray, size: int = 32) -> float:
    """Share of what a patch can cover of a box at most."""
    low = np.maximum((row.top, row.left), box[:2])
    high = np.minimum((row.top + size, row.left + size), box[2:])
    most = np.minimum(box[2:] - box[:2], size)
    return float((np.clip(high - low, 0, None) / most).prod())


@pytest.mark.parametrize(("rows", "size"), [(1152, 224), (576, 128), (288, 64), (64, 32)])
def test_patches_keep_their_share_of_the_image(rows: int, size: int) -> None:
    assert patches.patch_size(rows) == size


def test_each_lesion_gives_its_patches_and_as_many_lie_elsewhere(chosen: pd.DataFrame) -> None:
    counts = chosen.groupby(["image_id", "class"]).size().to_dict()
    malignant_mass, benign_mass, benign_calcification = 3, 4, 2
    assert CLASSES[malignant_mass] == "malignant mass"
    assert counts == {
        ("0", 0): 12,
        ("0", malignant_mass): 6,
        ("0", benign_calcification): 6,
        ("1", 0): 6,
        ("1", benign_mass): 6,
        ("2", 0): 6,
        ("3", 0): 6,
    }
    assert chosen.groupby("image_id")["patient_id"].first().tolist() == ["A", "A", "B", "C"]


def test_patches_of_lesions_cover_them_as_well_as_they_can(store, chosen) -> None:
    for row in chosen[chosen["class"] > 0].itertuples():
        assert max(covered(row, box) for box in boxes_of(store, row.image_id)) >= 0.9
    jittered = chosen[chosen["class"] == 3][["top", "left"]].drop_duplicates()
    assert len(jittered) >= 4


def test_background_touches_no_lesion(store, chosen) -> None:
    assert (chosen["class"] == 0).any()
    for row in chosen[chosen["class"] == 0].itertuples():
        assert all(covered(row, box) == 0 for box in boxes_of(store, row.image_id))


def test_background_shows_the_breast_and_the_film_around_it(store: ImageStore) -> None:
    images = pd.DataFrame({"image_id": ["0", "1", "3"], "patient_id": ["A", "A", "C"]})
    found = patches.sample(store, images, LESIONS.iloc[:0], per_lesion=60, seed=0)
    bright = [store[row.row][row.top + 16, row.left + 16] > 0.1 for row in found.itertuples()]
    assert len(bright) == 180
    assert 0.65 < np.mean(bright) < 0.97


@given(st.integers(0, 96), st.integers(0, 64), st.integers(1, 120), st.integers(1, 90))
def test_patches_stay_in_the_image_wherever_the_lesion_is(top, left, height, width) -> None:
    box = np.array([top, left, min(top + height, 128), min(left + width, 96)], float)
    corners = patches._around(box, 32, (128, 96), 5, np.random.default_rng(0))
    assert corners.shape == (5, 2)
    assert (corners >= 0).all() and (corners <= (96, 64)).all()
    rows = pd.DataFrame(corners, columns=["top", "left"]).itertuples()
    assert min(covered(row, box) for row in rows) >= 0.9


def test_images_without_lesions_give_background_alone(store: ImageStore) -> None:
    images = pd.DataFrame({"image_id": ["0", "3"], "patient_id": ["A", "C"]})
    found = patches.sample(store, images, LESIONS.iloc[:0], per_lesion=2, seed=0)
    assert found["class"].tolist() == [0, 0, 0, 0]


def test_the_seed_chooses_whatever_the_other_images(store: ImageStore, chosen) -> None:
    one = pd.DataFrame({"image_id": ["1"], "patient_id": ["A"]})
    alone = patches.sample(store, one, LESIONS, per_lesion=6, seed=3)
    of_all = chosen[chosen["image_id"] == "1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, of_all)
    other = patches.sample(store, one, LESIONS, per_lesion=6, seed=4)
    assert not other.equals(alone)


def test_windows_are_cut_out_of_the_store(store: ImageStore, chosen) -> None:
    windows = Windows.of_patches(store, chosen)
    assert len(windows) == len(chosen)
    numbers = np.array([7, 0])
    for found, number in zip(windows.batch(numbers), numbers, strict=True):
        row, top, left = chosen.loc[number, ["row", "top", "left"]]
        assert found.shape == (1, 32, 32) and found.dtype == torch.float32
        expected = store[row][top : top + 32, left : left + 32]
        np.testing.assert_allclose(found[0], expected, atol=1e-6)
    whole = Windows.of_whole_images(store.images, store.rows(["2", "0"])).batch(np.array([1]))
    np.testing.assert_allclose(whole[0, 0], store[0], atol=1e-6)


def test_an_augmentation_of_nothing_changes_nothing(store: ImageStore, chosen) -> None:
    windows = Windows.of_patches(store, chosen)
    numbers = np.arange(len(windows))
    generators = [np.random.default_rng(0)] * len(numbers)
    found = windows.augmented(numbers, NOTHING, generators)
    np.testing.assert_allclose(found, windows.batch(numbers), atol=1e-5)


def test_flips_are_the_four_flips(store: ImageStore) -> None:
    windows = Windows(store.images, np.array([[0, 40, 10]]), (32, 32))
    flips = Augmentation(rotation=0, shear=0, zoom=(1, 1), intensity=0)
    plain = windows.batch(np.array([0]))[0, 0].numpy()
    wanted = [np.flip(plain, axes) for axes in ((), (0,), (1,), (0, 1))]
    seen = set()
    for seed in range(30):
        (found,) = windows.augmented(np.array([0]), flips, [np.random.default_rng(seed)])[0]
        (like,) = [n for n, flip in enumerate(wanted) if np.abs(found.numpy() - flip).max() < 1e-4]
        seen.add(like)
    assert seen == {0, 1, 2, 3}


def test_turned_windows_show_what_a_turned_image_shows(store: ImageStore) -> None:
    """Turning the whole image about the window's centre, and then cutting, is the same."""
    windows = Windows(store.images, np.array([[1, 30, 5]]), (32, 32))
    augmentation = Augmentation(flips=False, intensity=0)
    turn, _ = augmentation.draw(np.random.default_rng(5))
    (found,) = windows.augmented(np.array([0]), augmentation, [np.random.default_rng(5)])[0]
    centre = np.array([5 + 15.5, 30 + 15.5])
    matrix = np.column_stack([turn, centre - turn @ centre])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(
        store[1], matrix, (96, 128), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    np.testing.assert_allclose(found, turned[30:62, 5:37], atol=2e-2)


@given(st.integers(0, 1000))
def test_augmented_windows_stay_in_range(seed: int) -> None:
    images = np.random.default_rng(0).integers(0, 65536, (1, 80, 60)).astype(np.uint16)
    windows = Windows(images, np.array([[0, 0, 0], [0, 48, 28]]), (32, 32))
    generators = [np.random.default_rng([seed, n]) for n in range(2)]
    found = windows.augmented(np.arange(2), Augmentation(), generators)
    assert found.shape == (2, 1, 32, 32) and found.dtype == torch.float32
    assert found.min() >= 0 and found.max() <= 1
    assert found.std() > 0.05


def test_images_without_breast_have_no_background() -> None:
    blank = np.full((128, 96), 0.5, np.float32)
    none = np.zeros((0, 4))
    assert patches._elsewhere(blank, none, 32, 4, np.random.default_rng(0)).shape == (0, 2)
