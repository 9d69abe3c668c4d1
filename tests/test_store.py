"""The image store: independent of workers, resumable, and no file lost."""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import small_store
from mammo import images
from mammo.errors import MammoError
from mammo.images import store_building
from mammo.images.cropped_image import prepare
from mammo.images.store import IMAGES, RECORDS, ImageStore
from mammo.images.store_building import build
from small_store import SETTINGS, breast, content

PREPARE = store_building._prepare


@pytest.fixture
def manifest(tmp_path: Path) -> pd.DataFrame:
    return small_store.write_images(tmp_path)


def test_store_holds_the_prepared_images(manifest: pd.DataFrame, tmp_path: Path) -> None:
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    assert built.images.shape == (19, 32, 32)
    assert built.images.dtype == np.uint16
    assert len(built) == 17
    for image_id in ("image00", "image06", "image19"):
        source = manifest.set_index("image_id").loc[image_id]
        expected = prepare(images.read_image(source["path"]), source["laterality"], SETTINGS)
        row = built.rows([image_id])
        np.testing.assert_allclose(built[row][0], expected.pixels, atol=1e-5)
        assert built.geometry(image_id) == expected.geometry
    assert built[built.rows(["image19", "image00"])].shape == (2, 32, 32)


def test_bad_files_cost_their_own_rows(manifest: pd.DataFrame, tmp_path: Path) -> None:
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    reasons = built.exclusions.set_index("image_id")["reason"]
    assert list(reasons.index) == ["image03", "image17"]
    assert reasons["image03"].startswith("image03 cannot be read as a mammogram: ")
    assert "truncated" in reasons["image03"]
    assert reasons["image17"].startswith("image17 cannot be opened: ")
    assert "image03" not in built
    assert not built.images[3].any()
    with pytest.raises(MammoError, match=r"image03 is not in the image store: .*truncated"):
        built.rows(["image00", "image03"])
    with pytest.raises(MammoError, match="image05 is not in the image store: it is not of"):
        built.rows(["image05"])


def test_workers_do_not_change_a_byte(manifest: pd.DataFrame, tmp_path: Path) -> None:
    build(manifest, SETTINGS, tmp_path / "one", workers=1)
    build(manifest, SETTINGS, tmp_path / "two", workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_killed_build_goes_on(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "18.png").write_bytes((tmp_path / "00.png").read_bytes())  # a duplicate
    build(manifest, SETTINGS, tmp_path / "whole", workers=1)
    prepared = []

    def prepare_and_stop(source, settings):
        if len(prepared) == 17:
            raise KeyboardInterrupt
        prepared.append(source.image_id)
        return PREPARE(source, settings)

    monkeypatch.setattr(store_building, "_prepare", prepare_and_stop)
    with pytest.raises(KeyboardInterrupt):
        build(manifest, SETTINGS, tmp_path / "killed", workers=1)
    with pytest.raises(MammoError, match="no finished image store"):
        ImageStore(tmp_path / "killed")
    with (tmp_path / "killed" / RECORDS).open("a") as lines:
        lines.write('{"image_id": "ima')
    prepared.clear()
    build(manifest, SETTINGS, tmp_path / "killed", workers=1)
    assert prepared == ["image17", "image18", "image19"]
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


def test_finished_store_is_only_opened(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(manifest, SETTINGS, tmp_path / "store", workers=1)
    monkeypatch.setattr(store_building, "_prepare", lambda *_: pytest.fail("prepared again"))
    build(manifest, SETTINGS, tmp_path / "store", workers=1)


def test_duplicate_is_excluded_and_names_both_images(
    manifest: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "08.png").write_bytes((tmp_path / "00.png").read_bytes())
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    reason = built.exclusions.set_index("image_id").loc["image08", "reason"]
    assert reason.startswith("image08 has the same pixels as image image00: remove one of the two")
    assert "image00" in built


@pytest.mark.parametrize(
    ("lesions", "excluded"), [(("calcification", "mass"), False), (("mass", "mass"), True)]
)
def test_film_filed_for_calcifications_and_for_masses_is_no_duplicate(
    manifest: pd.DataFrame, tmp_path: Path, lesions: tuple[str, str], excluded: bool
) -> None:
    (tmp_path / "08.png").write_bytes((tmp_path / "00.png").read_bytes())
    for column in ("patient_id", "laterality", "view"):
        manifest.loc[8, column] = manifest.loc[0, column]
    manifest.loc[[0, 8], "lesion_type"] = lesions
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    assert ("image08" not in built) is excluded


def kill_at_image06(source, settings):
    if source.image_id == "image06":
        os.kill(os.getpid(), signal.SIGKILL)
    return PREPARE(source, settings)


def test_file_that_kills_its_process_costs_its_own_row(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_building, "_BATCH", 2)
    monkeypatch.setattr(store_building, "_prepare", kill_at_image06)
    manifest = manifest.iloc[4:12]
    built = build(manifest, SETTINGS, tmp_path / "store", workers=2)
    assert list(built.exclusions["image_id"]) == ["image06"]
    assert "image06: it killed the process that read it" in built.exclusions["reason"][0]
    assert len(built) == 6
    assert not built.images[1].any()


def test_no_image_at_all_is_an_error(manifest: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="holds no image to prepare"):
        build(manifest.assign(excluded="no label"), SETTINGS, tmp_path / "store")
    for number in range(20):
        (tmp_path / f"{number:02d}.png").write_bytes(b"no image")
    with pytest.raises(MammoError, match=r"None of the 19 images .* image00 is neither DICOM"):
        build(manifest, SETTINGS, tmp_path / "store", workers=1)


def test_identifiers_that_look_like_numbers_stay_text(
    manifest: pd.DataFrame, tmp_path: Path
) -> None:
    manifest["image_id"] = [f"{number:08d}" for number in range(20)]
    manifest.loc[0, "image_id"] = "NA"
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    assert list(built.rows(["NA", "00000001"])) == [0, 1]


def test_file_that_changes_while_it_is_read_is_not_stored(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare_and_change(source, settings):
        prepared = PREPARE(source, settings)
        if source.image_id == "image04":
            Pillow.fromarray(breast(40)).save(source.path)
        return prepared

    monkeypatch.setattr(store_building, "_prepare", prepare_and_change)
    with pytest.raises(MammoError, match="file of image image04 changed while the images"):
        build(manifest, SETTINGS, tmp_path / "store", workers=1)
    monkeypatch.undo()
    build(manifest, SETTINGS, tmp_path / "store", workers=1)
    build(manifest, SETTINGS, tmp_path / "fresh", workers=1)
    assert content(tmp_path / "store") == content(tmp_path / "fresh")


NAMES = ("line\nend.png", "carriage\rreturn.png", '"a", b;c.png', "no\udcffutf8.png", "\u2028.png")


def test_no_name_of_a_file_is_kept(manifest: pd.DataFrame, tmp_path: Path) -> None:
    """Not even where reading fails, and the error names the file."""
    for number, name in enumerate(NAMES):
        path = tmp_path / name
        Pillow.fromarray(breast(number)).save(os.fsencode(path))
        path.write_bytes(path.read_bytes()[: 200 if number else None])
        manifest.loc[number, "path"] = str(path)
    manifest.loc[8, "path"] = str(tmp_path / "Doe^Jane.dcm")
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    assert [*built.exclusions["image_id"]] == [f"image{n:02d}" for n in (1, 2, 3, 4, 8, 17)]
    for image_id, reason in built.exclusions.itertuples(index=False):
        assert reason.startswith(f"{image_id} cannot be ")
    for kept in content(tmp_path / "store").values():
        assert b"png" not in kept and b"Doe" not in kept
        assert bytes(tmp_path) not in kept


def test_damaged_store_is_told(manifest: pd.DataFrame, tmp_path: Path) -> None:
    build(manifest, SETTINGS, tmp_path / "store", workers=1)
    path = tmp_path / "store" / IMAGES
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(MammoError, match=r"images\.npy is damaged .*: delete its folder"):
        ImageStore(tmp_path / "store")


def dying_pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), os._exit, (1,))


def test_processes_that_cannot_begin_are_no_fault_of_the_images(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_building, "open_pool", dying_pool)
    with pytest.raises(MammoError, match="a process that worked on it was killed"):
        build(manifest, SETTINGS, tmp_path / "store", workers=2)
    monkeypatch.undo()
    assert len(build(manifest, SETTINGS, tmp_path / "store", workers=1)) == 17
