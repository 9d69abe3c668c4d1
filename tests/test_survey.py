import multiprocessing
import os
import stat
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import hospital
from intakes import placed, write_mammogram, write_raster
from mammo.datasets.institution.inspection import COLUMNS
from mammo.datasets.institution.survey import Survey, survey_folder

NOBODY = 65534
# Of which only table, copies and pixels tell.
LATER = ("no label", "duplicate file", "duplicate pixels", "side contradictory")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


@pytest.fixture(scope="module")
def found(made: hospital.Hospital) -> Survey:
    return survey_folder(made.folder, [made.labels.path])


def test_every_file_of_a_hospital_is_listed_once(made, found):
    places = [place.relative_to(made.folder).as_posix() for place in found.files["place"]]
    assert sorted(places) == sorted(placed(made).index)
    assert found.unreadable == [] and found.missing == [0]


def test_exactly_what_cannot_be_scored_is_excluded(made, found):
    expected = placed(made)
    places = [place.relative_to(made.folder).as_posix() for place in found.files["place"]]
    excluded = found.files["excluded"].set_axis(places).notna()
    kinds = expected["kind"].reindex(places)
    is_compressed = ~expected["transfer_syntax"].reindex(places).isin(
        ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]
    )
    wanted = expected["expected_exclusion"].reindex(places).notna() & ~kinds.isin(LATER)
    wanted &= ~(kinds.eq("truncated") & is_compressed)
    assert excluded[excluded != wanted].index.tolist() == []
    assert (kinds.eq("truncated") & ~is_compressed).any()  # of which the header tells


REASONS = {
    "for processing": "a raw image FOR PROCESSING",
    "tomosynthesis": "tomosynthesis, or several frames",
    "ct": "modality CT",
    "secondary capture": "a secondary capture with burned-in text",
    "no pixels": "a DICOM object without an image",
    "magnification": "a magnification view",
    "spot compression": "a spot compression view",
    "specimen": "a radiograph of a specimen",
    "not decodable": ("compressed as JPEG Extended", "a transfer syntax that only its vendor"),
    "empty": "the file is empty",
    "no image": "no image",
}


@pytest.mark.parametrize("kind", REASONS)
def test_the_reason_is_that_of_the_kind(made, found, kind):
    kinds = placed(made)["kind"]
    rows = found.files[
        [kinds[place.relative_to(made.folder).as_posix()] == kind for place in found.files["place"]]
    ]
    assert len(rows) and all(str(why).startswith(REASONS[kind]) for why in rows["excluded"])


def test_facts_are_those_of_the_files(made, found):
    expected = placed(made)
    dicom = found.files[found.files["format"] == "DICOM"]
    rows = expected.loc[[place.relative_to(made.folder).as_posix() for place in dicom["place"]]]
    assert dicom["patient"].tolist() == rows["patient"].tolist()
    assert dicom["accession"].tolist() == rows["study"].tolist()
    assert dicom["photometric_interpretation"].tolist() == rows["photometric"].tolist()
    mammograms = rows["kind"].eq("mammogram").to_numpy()
    for column in ("laterality", "view"):
        assert dicom[column][mammograms].tolist() == rows[column][mammograms].tolist()


def test_reasons_hold_nothing_that_was_planted(made, found, capfd):
    survey_folder(made.folder)
    text = "".join(map(str, found.files["excluded"].dropna())) + "".join(capfd.readouterr())
    assert hospital.planted_in(text.encode(), made.planted) == []


def test_an_archive_is_a_folder(tmp_path):
    write_mammogram(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a", "x/a")
        archive.writestr("letter.txt", "no image")
    in_folder, in_archive = survey_folder(tmp_path).files, survey_folder(tmp_path / "b.zip").files
    assert [place.name for place in in_folder["place"]] == ["a", "letter.txt", "a"]
    assert in_folder["bytes"].iloc[0] == in_folder["bytes"].iloc[2]
    assert in_archive["format"].tolist() == ["other", "DICOM"]


def test_the_table_and_the_marker_are_no_files_of_the_hospital(tmp_path):
    for name in ("labels.csv", "SYNTHETIC.txt", "sub/labels.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "labels.csv")
    for table in ("labels.csv", "link"):
        found = survey_folder(tmp_path, [tmp_path / table]).files
        assert [place.name for place in found["place"]] == ["link", "labels.csv"]


def test_an_empty_folder_has_no_file(tmp_path):
    found = survey_folder(tmp_path)
    assert found.files.empty and list(found.files) == list(COLUMNS)


def test_a_damaged_archive_is_reported_and_the_rest_read(tmp_path):
    write_mammogram(tmp_path / "a")
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 cut off")
    found = survey_folder(tmp_path)
    assert len(found.files) == 1 and len(found.unreadable) == 1


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that others may enter; those of pytest are the user's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if not all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.parents):
            pytest.skip(f"others may not enter {folder.parent}")
        yield folder


def survey_as_nobody(folder: Path, answers: multiprocessing.Queue) -> None:
    if os.getuid() == 0:  # who may read everything
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    found = survey_folder(folder)
    rows = zip(found.files["place"], found.files["excluded"], strict=True)
    reported = [error.strerror for error in found.unreadable]
    answers.put(([(place.name, why and str(why)) for place, why in rows], reported))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_what_may_not_be_read_is_said(shared):
    write_mammogram(shared / "closed")
    write_mammogram(shared / "open", 1)
    write_mammogram(shared / "shut" / "c", 2)
    survey_folder(shared)  # loads what nobody may not
    (shared / "closed").chmod(0o000)
    (shared / "shut").chmod(0o000)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=survey_as_nobody, args=(shared, answers))
    process.start()
    rows, unreadable = answers.get(timeout=60)
    process.join()
    (shared / "shut").chmod(0o700)
    assert rows == [("closed", "the file cannot be opened: Permission denied"), ("open", None)]
    assert unreadable == ["Permission denied"]


def test_several_processes_find_what_one_finds(tmp_path):
    for number in range(520):
        write_raster(tmp_path / f"{number % 7}" / f"{number}.pgm", number % 251)
    write_mammogram(tmp_path / "3" / "dicom")
    one, two = survey_folder(tmp_path, workers=1), survey_folder(tmp_path, workers=2)
    assert len(one.files) == 521
    assert one.files.equals(two.files)


def test_memory_holds_rows_and_no_headers(tmp_path):
    def peak(count: int) -> int:
        folder = tmp_path / f"{count}"
        for number in range(count):
            write_mammogram(folder / f"{number}", number, ImageComments="x" * 5000)
        tracemalloc.start()
        survey_folder(folder)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # what is loaded once
    assert (peak(120) - peak(20)) / 100 < 4096
