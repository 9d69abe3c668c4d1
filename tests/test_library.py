import hashlib
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

import caffe_files
from mammo import __version__
from mammo.errors import MammoError, WeightsError
from mammo.models import frcnn_cad, imports
from mammo.models.imports.released_files import import_file
from mammo.models.releases import RELEASES
from mammo.models.weights import fingerprint

CARD = RELEASES["frcnn_cad"]
NARROW = {"width": 1 / 16, "hidden": 12, "short_side": 64, "long_side": 96}
SETTINGS = frcnn_cad.DetectorSettings(**NARROW)


def detector(seed: int) -> frcnn_cad.FasterRCNN:
    return frcnn_cad.build(SETTINGS, seed)


@pytest.fixture
def narrow(monkeypatch):
    """frcnn_cad's release, as if a narrow network had been released."""
    monkeypatch.setitem(RELEASES, "frcnn_cad", replace(CARD, detector=NARROW))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / "weights"


@pytest.fixture
def released(tmp_path, narrow) -> Path:
    """A file in the form of frcnn_cad's release, under its name."""
    path = tmp_path / CARD.file
    path.write_bytes(caffe_files.caffemodel(detector(1)))
    return path


@pytest.fixture
def imported(released, folder) -> Path:
    return import_file(released, folder)


def rewritten(path: Path, **changes: object) -> Path:
    """Give a file of the library other facts in its record; the tensors stay."""
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["record"]) | changes
    state = safetensors.torch.load(path.read_bytes())
    safetensors.torch.save_file(state, path, {"record": json.dumps(facts)})
    return path


def test_an_import_keeps_every_value_and_the_network_gives_the_same(imported):
    network, original = imports.load(imported), detector(1).eval()
    assert not network.training
    assert fingerprint(network.state_dict()) == fingerprint(original.state_dict())
    image = np.random.default_rng(0).random((60, 80))
    found, expected = network.detect(image), original.detect(image)
    assert len(found.scores) > 0
    np.testing.assert_array_equal(found.boxes, expected.boxes)
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_loading_draws_no_random_numbers(imported):
    before = torch.random.get_rng_state()
    imports.load(imported)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_record_says_what_the_weights_are_and_where_they_are_from(released, imported, folder):
    assert imported == folder / "frcnn_cad.safetensors"
    record = imports.read_record(imported)
    architecture = record.pop("architecture")
    assert architecture["detector"].items() >= NARROW.items()
    assert record == {
        "release": "frcnn_cad",
        "model": "frcnn_cad",
        "mean": None,
        "input_size": None,
        "file": CARD.file,
        "file_bytes": released.stat().st_size,
        "file_sha256": hashlib.sha256(released.read_bytes()).hexdigest(),
        "sha256": fingerprint(detector(1).state_dict()),
        "trained_on": ["cbis_ddsm", "mias", "inbreast"],
        "split": CARD.split,
        "licence": CARD.licence,
        "published_auroc": {"dataset": "inbreast", "single": 0.95, "flips": None},
        "imported": datetime.now(UTC).date().isoformat(),
        "version": __version__,
    }


def test_importing_the_same_again_changes_nothing(released, imported, folder):
    before = imported.stat()
    assert import_file(released, folder) == imported
    after = imported.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_weights_replace_none_until_those_are_deleted(released, imported, folder):
    released.write_bytes(caffe_files.caffemodel(detector(2)))
    with pytest.raises(WeightsError, match="other weights"):
        import_file(released, folder)
    assert fingerprint(imports.load(imported).state_dict()) == fingerprint(detector(1).state_dict())
    imported.unlink()
    import_file(released, folder)
    assert fingerprint(imports.load(imported).state_dict()) == fingerprint(detector(2).state_dict())


def test_a_renamed_file_needs_its_release_named(released, folder):
    renamed = released.rename(released.with_name("download (1)"))
    with pytest.raises(WeightsError, match="--release"):
        import_file(renamed, folder)
    assert import_file(renamed, folder, "frcnn_cad").is_file()


def test_a_name_that_a_terminal_would_not_show_is_recorded_without_it(released, folder):
    renamed = released.rename(released.with_name("a\x1b[2J\udcff"))
    path = import_file(renamed, folder, "frcnn_cad")
    assert imports.read_record(path)["file"] == "a?[2J?"


def test_a_name_and_a_release_that_contradict_each_other_are_refused(released, folder):
    with pytest.raises(WeightsError, match="frcnn_cad, not of ddsm_r"):
        import_file(released, folder, "ddsm_resnet50")
    assert not folder.exists()


@pytest.mark.parametrize("release", ["../../frcnn_cad", "/etc/frcnn_cad", "frcnn_cad/../x", ""])
def test_a_release_is_a_known_name_and_never_a_path(released, folder, release):
    for refused in (
        lambda: import_file(released, folder, release),
        lambda: imports.location(folder, release),
        lambda: imports.find("frcnn_cad", folder, release),
    ):
        with pytest.raises(WeightsError, match=r"'.*' is none of|no release '"):
            refused()
    assert not folder.exists()


def test_an_absent_file_is_named(tmp_path, folder):
    with pytest.raises(WeightsError, match="absent"):
        import_file(tmp_path / "absent", folder, "frcnn_cad")


def test_a_truncated_file_leaves_nothing(released, folder):
    released.write_bytes(released.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="not a whole"):
        import_file(released, folder)
    assert not folder.exists()


def test_a_network_of_another_width_is_refused(released, folder, monkeypatch):
    monkeypatch.setitem(RELEASES, "frcnn_cad", CARD)
    with pytest.raises(WeightsError, match="expected"):
        import_file(released, folder)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_named(released, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(MammoError, match=str(blocked)):
        import_file(released, blocked / "weights")


@pytest.mark.parametrize(
    ("there", "release", "expected"),
    [
        ([], None, None),
        (["ddsm_vgg16_hybrid"], None, "ddsm_vgg16_hybrid"),
        (["inbreast_vgg16_512x1"], None, "inbreast_vgg16_512x1"),
        (["ddsm_vgg16_hybrid", "inbreast_vgg16_512x1"], None, "ddsm_vgg16_hybrid"),
        (["ddsm_vgg16_hybrid", "ddsm_vgg16_512x1"], "ddsm_vgg16_512x1", "ddsm_vgg16_512x1"),
        (["ddsm_resnet50"], None, None),
    ],
)
def test_the_default_release_is_found_first_then_the_only_one(tmp_path, there, release, expected):
    for name in there:
        imports.location(tmp_path, name).touch()
    found = imports.find("end2end_vgg16", tmp_path, release)
    assert found == (expected and imports.location(tmp_path, expected))


def test_no_choice_is_made_among_several_that_are_no_default(tmp_path):
    for name in ("ddsm_vgg16_512x1", "inbreast_vgg16_512x1"):
        imports.location(tmp_path, name).touch()
    with pytest.raises(WeightsError, match="end2end_vgg16"):
        imports.find("end2end_vgg16", tmp_path)


def test_a_release_that_is_asked_for_must_be_there_and_the_models(tmp_path):
    with pytest.raises(WeightsError, match=r"ddsm_vgg16_s10_512x1\.h5"):
        imports.find("end2end_vgg16", tmp_path, "ddsm_vgg16_512x1")
    with pytest.raises(WeightsError, match=r"'ddsm_resnet50'.*end2end_vgg16"):
        imports.find("end2end_vgg16", tmp_path, "ddsm_resnet50")


def test_models_of_ours_are_none_of_the_librarys(tmp_path):
    assert imports.find("alexnet", tmp_path) is None


WRONG_RECORDS = {
    "release": ({"release": "../evil"}, "release '../evil'"),
    "model": ({"model": "end2end_vgg16"}, "of model 'end2end_vgg16'"),
    "missing": ({"licence": None}, "a record without usable licence"),
    "escape": ({"file": "\x1b[2J"}, "a record without usable file"),
    "line": ({"trained_on": ["mias\n"]}, "a record without usable trained_on"),
    "checksum": ({"sha256": "0" * 64}, "SHA-256 is .* recorded is 000000000000"),
    "setting": ({"architecture": {"detector": {"hidden": "many"}}}, "architecture cannot be built"),
    "unknown": ({"architecture": {"detector": {"depth": 3}}}, "architecture cannot be built"),
    "no layers": ({"architecture": {"backbone": []}, "mean": 1.0}, "architecture cannot be built"),
    "wider": ({"architecture": {"detector": NARROW | {"hidden": 2**20}}}, "do not fit the network"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG_RECORDS.values(), ids=WRONG_RECORDS)
def test_a_record_that_does_not_fit_is_refused(imported, changes, words):
    with pytest.raises(WeightsError, match=words) as caught:
        imports.load(rewritten(imported, **changes))
    assert str(imported) in str(caught.value) and "\n" not in str(caught.value)


def long_header(path: Path) -> None:
    path.write_bytes((2**40).to_bytes(8, "little") + b"{}")


def without_record(path: Path) -> None:
    safetensors.torch.save_file({"a": torch.zeros(1)}, path)


def deep_record(path: Path) -> None:
    safetensors.torch.save_file({"a": torch.zeros(1)}, path, {"record": "[" * 100_000})


def list_as_record(path: Path) -> None:
    safetensors.torch.save_file({"a": torch.zeros(1)}, path, {"record": "[1]"})


def another_tensor(path: Path) -> None:
    state = safetensors.torch.load(path.read_bytes()) | {"extra": torch.zeros(1)}
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["record"])
    record = json.dumps(facts | {"sha256": fingerprint(state)})
    safetensors.torch.save_file(state, path, {"record": record})


def a_pickle(path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, path)


def a_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


FOREIGN = {
    long_header: "a header of 1099511627776 bytes",
    without_record: "no record in its header",
    deep_record: "no record in its header",
    list_as_record: "no list of facts",
    another_tensor: "'extra' is unknown",
    a_pickle: "not a file of the library",
    a_zip: "not a file of the library",
    nothing: "not a file of the library",
}


@pytest.mark.parametrize(
    ("write", "words"), FOREIGN.items(), ids=lambda x: getattr(x, "__name__", "")
)
def test_foreign_files_are_refused(imported, write, words):
    write(imported)
    with pytest.raises(WeightsError, match=words) as caught:
        imports.load(imported)
    assert str(imported) in str(caught.value)


def test_absent_weights_are_named(tmp_path):
    with pytest.raises(WeightsError, match="mammo weights list"):
        imports.load(tmp_path / "frcnn_cad.safetensors")


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> bytes:
    """The bytes of an imported file, small enough to damage many times."""
    root = tmp_path_factory.mktemp("intact")
    path = root / CARD.file
    path.write_bytes(caffe_files.caffemodel(detector(1)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RELEASES, "frcnn_cad", replace(CARD, detector=NARROW))
        return import_file(path, root).read_bytes()


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_shortened_file_is_always_refused(intact, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cut") / "frcnn_cad.safetensors"
    path.write_bytes(intact[: data.draw(st.integers(0, len(intact) - 1))])
    with pytest.raises(WeightsError):
        imports.load(path)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_byte_is_refused_or_changes_no_value(intact, tmp_path_factory, data):
    header = 8 + int.from_bytes(intact[:8], "little")
    at = data.draw(st.one_of(st.integers(0, header - 1), st.integers(0, len(intact) - 1)))
    damaged = bytearray(intact)
    damaged[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("damage") / "frcnn_cad.safetensors"
    path.write_bytes(damaged)
    try:
        network = imports.load(path)
    except WeightsError:
        return
    assert at < header
    assert fingerprint(network.state_dict()) == fingerprint(detector(1).state_dict())
