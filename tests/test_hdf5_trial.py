"""Files that the HDF5 library does not withstand are told before it reads them here."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from bad_input import keras_files
from mammo.errors import WeightsError
from mammo.models.end2end import hdf5_trial
from mammo.models.imports import released_files
from mammo.models.releases import RELEASES

KERAS = next(card for card in RELEASES.values() if card.format == "Keras")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / KERAS.file
    path.write_bytes(keras_files.network().content)
    return path


def test_a_good_file_passes_and_stays_as_it_is(file: Path) -> None:
    before = file.read_bytes()
    hdf5_trial.try_out(file)
    assert file.read_bytes() == before
    file.write_bytes(before[:-9])
    with pytest.raises(WeightsError):
        hdf5_trial.try_out(file)


def test_a_file_that_is_read_without_end_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5_trial, "_SECONDS", 5.0)
    file.write_bytes(keras_files.endless())
    with pytest.raises(WeightsError, match=r"\.h5.*within 5"):
        released_files.read_release(file, KERAS)


@pytest.mark.parametrize("content", [keras_files.enormous(), keras_files.network().content[:-9]])
def test_a_file_that_takes_too_much_or_is_cut_is_told(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"\.h5.*truncated"):
        released_files.read_release(file, KERAS)


def test_data_that_a_file_only_claims_or_that_lie_elsewhere_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "claims.h5"
    with h5py.File(path, "w") as made:
        made.create_dataset("claim", (10**6, 10**6), "f4")
        made.create_dataset("elsewhere", (4,), "u1", external=[("/dev/zero", 0, 4)])
        made["link"] = h5py.ExternalLink("/nowhere.h5", "/x")
        made["circle"] = made["/"]
        made["names"] = np.array(["a", "b"], h5py.string_dtype())
    hdf5_trial.try_out(path)
    with h5py.File(path, "r+") as made:
        made.create_dataset("stored", data=np.ones(1000))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(WeightsError):
        hdf5_trial.try_out(path)


def test_modules_in_the_working_folder_are_not_imported(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "h5py.py").write_text("open('imported', 'w')")
    monkeypatch.chdir(file.parent)
    hdf5_trial.try_out(file)
    assert not (file.parent / "imported").exists()
