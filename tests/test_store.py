"""The image store: independent of workers, resumable, and no file lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

from mammo import images
from mammo.errors import MammoError
from mammo.images import batch, store
from mammo.images.preprocessing import PreprocessingSettings, prepare
from mammo.images.store import ImageStore, build

SETTINGS = PreprocessingSettings(size=32)


def breast(seed: int) -> np.ndarray:
    rows, columns = np.mgrid[:120, :90]
    distance = np.hypot((rows - 60) / 50, columns / (40 + seed % 30))
    texture = np.random.default_rng(seed).normal(0, 4, (120, 90))
    return np.clip((1 - distance) * 400, 0, 200 + texture).astype(np.uint8)


@pytest.fixture
def manifest(tmp_path: Path) -> pd.DataFrame:
    """Twenty images in two chunks: one damaged, one absent, one excluded before."""
    rows = []
    for number in range(20):
        path = tmp_path / f"{number:02d}.png"
        Pillow.fromarray(breast(number)).save(path)
        rows.append(
            {
                "image_id": f"image{number:02d}",
                "patient_id": f"patient{number // 2}",
                "path": str(path),
                "laterality": "LR"[number % 2],
                "view": "CC",
                "lesion_type": None,
                "excluded": None,
            }
        )
    (tmp_path / "03.png").write_bytes((tmp_path / "03.png").read_bytes()[:200])
    (tmp_path / "17.png").unlink()
    rows[5]["excluded"] = "BI-RADS 3"
    return pd.DataFrame(rows)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_store_holds_the_prepared_images(manifest: pd.DataFrame, tmp_path: Path) -> None:
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    assert built.images.shape == (19, 32, 32)
    assert built.images.dtype == np.uint16
    assert len(built) == 17
    for image_id in ("image00", "image06", "image19"):
        source = manifest.set_index("image_id").loc[image_id]
        expected = prepare(images.read(source["path"]), source["laterality"], SETTINGS)
        row = built.rows([image_id])
        np.testing.assert_allclose(built[row][0], expected.pixels, atol=1e-5)
        assert built.geometry(image_id) == expected.geometry
    assert built[built.rows(["image19", "image00"])].shape == (2, 32, 32)


def test_bad_files_cost_their_own_rows(manifest: pd.DataFrame, tmp_path: Path) -> None:
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    reasons = built.exclusions.set_index("image_id")["reason"]
    assert list(reasons.index) == ["image03", "image17"]
    assert "03.png" in reasons["image03"]
    assert "truncated" in reasons["image03"]
    assert "17.png cannot be opened" in reasons["image17"]
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
    build(manifest, SETTINGS, tmp_path / "whole", workers=1)
    prepare_one, prepared = batch._prepare_one, []

    def prepare_and_stop(source, *rest):
        if len(prepared) == 17:
            raise KeyboardInterrupt
        prepared.append(source.row)
        return prepare_one(source, *rest)

    monkeypatch.setattr(batch, "_prepare_one", prepare_and_stop)
    with pytest.raises(KeyboardInterrupt):
        build(manifest, SETTINGS, tmp_path / "killed", workers=1)
    with pytest.raises(MammoError, match="no finished image store"):
        ImageStore(tmp_path / "killed")
    prepared.clear()
    build(manifest, SETTINGS, tmp_path / "killed", workers=1)
    assert prepared == [16, 17, 18]
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


def test_finished_store_is_only_opened(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(manifest, SETTINGS, tmp_path / "store", workers=1)
    monkeypatch.setattr(store, "prepare_all", lambda *_: pytest.fail("prepared again"))
    build(manifest, SETTINGS, tmp_path / "store", workers=1)


@pytest.mark.parametrize("change", ["settings", "manifest", "file"])
def test_another_plan_starts_anew(manifest: pd.DataFrame, tmp_path: Path, change: str) -> None:
    build(manifest, SETTINGS, tmp_path / "store", workers=1)
    settings = SETTINGS
    if change == "settings":
        settings = SETTINGS.model_copy(update={"normalise": "none"})
    elif change == "manifest":
        manifest = manifest.iloc[::-1]
    else:
        Pillow.fromarray(breast(3)).save(tmp_path / "03.png")
    build(manifest, settings, tmp_path / "store", workers=1)
    build(manifest, settings, tmp_path / "fresh", workers=1)
    assert content(tmp_path / "store") == content(tmp_path / "fresh")


def test_duplicate_is_excluded_and_names_both_files(manifest: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "08.png").write_bytes((tmp_path / "00.png").read_bytes())
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    reason = built.exclusions.set_index("image_id").loc["image08", "reason"]
    assert "08.png has the same pixels as image image00" in reason
    assert "00.png" in reason
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


def kill_at_image06(source, *rest):
    if source.image_id == "image06":
        os.kill(os.getpid(), signal.SIGKILL)
    return PREPARE_ONE(source, *rest)


PREPARE_ONE = batch._prepare_one


def deadly_chunk(chunk, settings, folder):
    batch._prepare_one = kill_at_image06
    return PREPARE_CHUNK(chunk, settings, folder)


PREPARE_CHUNK = batch._prepare_chunk


def deadly_single(source, settings, folder):
    batch._prepare_one = kill_at_image06
    return OPEN_AND_PREPARE(source, settings, folder)


OPEN_AND_PREPARE = batch._open_and_prepare


def test_file_that_kills_its_process_costs_its_own_row(
    manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_CHUNK", 4)
    monkeypatch.setattr(batch, "_prepare_chunk", deadly_chunk)
    monkeypatch.setattr(batch, "_open_and_prepare", deadly_single)
    manifest = manifest.iloc[4:12]
    built = build(manifest, SETTINGS, tmp_path / "store", workers=2)
    assert list(built.exclusions["image_id"]) == ["image06"]
    assert "06.png killed the process that read it" in built.exclusions["reason"][0]
    assert len(built) == 6


def test_no_image_at_all_is_an_error(manifest: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(MammoError, match="holds no image to prepare"):
        build(manifest.assign(excluded="no label"), SETTINGS, tmp_path / "store")
    for number in range(20):
        (tmp_path / f"{number:02d}.png").write_bytes(b"no image")
    with pytest.raises(MammoError, match=r"None of the 19 images .*00\.png is neither DICOM"):
        build(manifest, SETTINGS, tmp_path / "store", workers=1)


def test_identifiers_that_look_like_numbers_stay_text(
    manifest: pd.DataFrame, tmp_path: Path
) -> None:
    manifest["image_id"] = [f"{number:08d}" for number in range(20)]
    manifest.loc[0, "image_id"] = "NA"
    built = build(manifest, SETTINGS, tmp_path / "store", workers=1)
    assert list(built.rows(["NA", "00000001"])) == [0, 1]


def test_plan_of_a_store_names_its_settings(manifest: pd.DataFrame, tmp_path: Path) -> None:
    build(manifest, SETTINGS, tmp_path / "store", workers=1)
    plan = json.loads((tmp_path / "store/plan.json").read_text())
    assert plan["images"] == 19
    assert plan["size"] == 32
