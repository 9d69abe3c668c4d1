"""An institution's folder as a data set: found, read into a manifest, its places known again."""

import pytest

import hospital
import native
from intakes import placed, write_mammogram, write_raster
from mammo import images
from mammo.datasets import institution, manifest
from mammo.datasets.institution.inspection import inspect
from mammo.errors import DatasetError, UnreadableImageError
from mammo.files import pseudonyms
from mammo.files.pseudonyms import pseudonym

NAMES = ("JANE DOE.dcm", "b", "c.dcm")
TABLE = (
    "image,patient_id,label\nJANE DOE.dcm,DOE^JANE,malignant\nb,ROE^ANN,benign\nc.dcm,ROE^ANN,\n"
)


@pytest.fixture(autouse=True)
def _own_key(tmp_path, monkeypatch):
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(tmp_path / "key"))


@pytest.fixture
def folder(tmp_path):
    """Three images of two patients; one has no label, one no suffix."""
    return native.write_institution(tmp_path, TABLE, NAMES)


def reasons(frame):
    return sorted(frame["excluded"].dropna())


def test_folder_and_table_give_the_manifest(folder, tmp_path):
    assert institution.find(tmp_path) == folder
    frame = institution.load(folder).set_index("path")
    assert [frame.loc[str(folder / name), "label"] for name in NAMES[:2]] == [1, 0]
    assert frame.loc[str(folder / NAMES[2]), "excluded"] == "label is empty"
    assert set(frame["laterality"]) == {"L"} and set(frame["view"]) == {"CC"}
    key = pseudonyms.local_key()
    assert frame.loc[str(folder / NAMES[0]), "patient_id"] == pseudonym(key, "patient", "DOE^JANE")


def test_nothing_is_lost(folder):
    write_raster(folder / "unlisted.png", 1)
    write_raster(folder / "sub" / "d.png", 2)
    (folder / "e").write_bytes(b"\0" * 128 + b"DICM")
    (folder / "labels.csv").write_text(f"{TABLE}gone,P1,0\n../../etc/passwd,P1,0\nd,,1\ne,P2,0\n")
    frame = institution.load(folder)
    assert len(frame) == 8
    assert reasons(frame) == [
        "image file not found: line 5 of the table of labels",
        "image file not found: line 6 of the table of labels",
        "label is empty",
        "no patient known: neither table nor header name one",
        "no row in the table of labels",
        "the DICOM header is damaged: it names no SOP class",
    ]
    assert frame.loc[frame["excluded"].notna(), "label"].isna().all()


def test_a_line_for_both_sides_is_absent_once(folder):
    (folder / "labels.csv").write_text("patient_id,side,label\nROE^ANN,L,0\nX,both,1\n")
    absent = "image file not found: line 3 of the table of labels"
    assert reasons(institution.load(folder)).count(absent) == 1


def test_text_that_is_no_view_is_dropped(folder):
    (folder / "labels.csv").write_text(
        "image,patient_id,view,label\nb,p,Ann Roe,1\nc,q,mlo,0\nJANE DOE,r,,0\n"
    )
    frame = institution.load(folder)
    assert sorted(frame["view"].dropna()) == ["CC", "MLO"]


def test_the_reading_of_the_table_can_be_told(folder, tmp_path):
    (folder / "labels.csv").unlink()
    (tmp_path / "mine.csv").write_text("Bild;Nr;Urteil\nb;p;xyz\nc;q;benign\n")
    told = {"columns": {"image": "Bild", "patient_id": "Nr", "label": "Urteil"}}
    with pytest.raises(DatasetError, match=r"mine\.csv, line 2: label 'xyz' is not known"):
        institution.load(folder, table=str(tmp_path / "mine.csv"), **told)
    frame = institution.load(folder, table=str(tmp_path / "mine.csv"), positive=("xyz",), **told)
    assert sorted(frame["label"].dropna()) == [0, 1]


def test_what_is_kept_on_disk_names_nobody_and_the_places_are_found_again(folder):
    frame = institution.load(folder)
    kept = manifest.concealed(frame)
    for name in ("DOE", "ROE", "JANE", str(folder)):
        assert name not in kept.to_csv()
    places = institution.places(folder, "real")
    assert manifest.revealed(kept, places).equals(frame)
    (folder / NAMES[0]).unlink()
    with pytest.raises(DatasetError, match="is no longer there"):
        manifest.revealed(kept, institution.places(folder, "real"))


def test_a_marker_makes_it_synthetic_and_its_names_those_of_every_machine(folder):
    assert set(institution.load(folder)["source"]) == {"real"}
    (folder / "SYNTHETIC.txt").write_text("made")
    frame = institution.load(folder)
    assert set(frame["source"]) == {"synthetic"}
    assert pseudonym(pseudonyms.PUBLIC_KEY, "image", "b") in set(frame["image_id"])
    places = institution.places(folder, "real")
    assert manifest.revealed(manifest.concealed(frame), places).equals(frame)


def test_missing_parts_are_named(folder, tmp_path):
    (folder / "labels.csv").unlink()
    with pytest.raises(DatasetError, match=r"3 images and no table of labels.*labels\.csv or"):
        institution.load(folder)
    (tmp_path / "uky").mkdir()
    (tmp_path / "uky" / "labels.csv").write_text(TABLE)
    with pytest.raises(DatasetError, match="holds 0 images and a table of labels"):
        institution.load(tmp_path / "uky")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


def test_a_hospital_is_kept_without_anything_that_identifies(made, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    manifest.write_csv(manifest.concealed(institution.load(made.folder)), kept / "manifest.csv")
    assert hospital.find_planted(kept, made.planted) == []


def test_what_is_called_fit_can_be_read(made):
    """Headers alone were read, and promise what the readers of images keep."""
    frame = manifest.used(institution.load(made.folder))
    kinds = placed(made)["kind"]
    cut = {str(made.folder.resolve() / place) for place in kinds[kinds == "truncated"].index}
    read = [images.read_image(path) for path in frame["path"] if path not in cut]
    assert len(read) == len(kinds[kinds.isin(hospital.extras.FIT)])
    assert {image.pixels.shape for image in read} == {(96, 72)}


def test_two_workers_find_what_one_finds(tmp_path):
    root = tmp_path / "institution"
    for number in range(514):
        write_raster(root / f"P{number}.pgm", number % 200)
    write_mammogram(root / "dicom", 1)
    (root / "labels.csv").write_text("patient_id,label\nP1,1\nP2,0\nP3,0\n")
    assert institution.load(root, workers=2).equals(institution.load(root, workers=1))


def test_real_samples_are_called_fit_if_they_can_be_read(real_data):
    files = sorted((real_data / "dicom").glob("*.dcm"))
    assert files
    for file in files:
        reason = inspect(file)["excluded"]
        try:
            images.read_image(file)
        except UnreadableImageError:
            assert reason is not None, file.name
        else:
            assert reason is None, file.name


def test_facts_of_a_real_mammogram(real_data, tmp_path):
    root = tmp_path / "institution"
    root.mkdir()
    (root / "0.dcm").symlink_to(real_data / "dicom" / "GH133.dcm")
    (root / "1.dcm").symlink_to(real_data / "dicom" / "GH1376.dcm")
    (root / "labels.csv").write_text("image,patient_id,label\n0,a,0\n1,b,1\n")
    frame = institution.load(root)
    good = frame.loc[0]
    assert (good["laterality"], good["view"], good["bits_stored"]) == ("R", "MLO", 12)
    assert (good["rows"], good["columns"]) == (3062, 2394)
    assert good["presentation_intent"] == "FOR PRESENTATION"
    assert frame["excluded"].tolist() == [
        None,
        "modality CT, a slice or another kind of image: export mammograms (MG)",
    ]
