import zipfile
from dataclasses import replace

import pytest

import hospital
import native
from hospital import labels as tables
from intakes import by_name, placed, reasons, take, write_mammogram, write_raster
from mammo.datasets.institution.intake import image_folder, read_intake
from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import DatasetError
from mammo.files.pseudonyms import PUBLIC_KEY, local_key, pseudonym


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


def is_cut_and_compressed(images):
    native_syntaxes = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]
    return images["kind"].eq("truncated") & ~images["transfer_syntax"].isin(native_syntaxes)


def layout_of(table: hospital.LabelTable) -> LabelLayout:
    return LabelLayout(table.columns, table.positive, table.negative)


def test_a_hospital_is_used_but_for_what_cannot_be(made):
    taken = read_intake(made.folder)
    used = by_name(taken, "excluded")
    expected = placed(made)
    wanted = expected["expected_exclusion"].notna() & ~is_cut_and_compressed(expected)
    assert {name for name, reason in used.items() if reason} == set(wanted[wanted].index)
    assert len(taken.absent) == 1
    kept = by_name(replace(taken, files=taken.used), "label")
    assert kept == expected.loc[list(kept), "label"].to_dict()


@pytest.mark.parametrize(
    ("write", "rows"),
    [(tables.write_german, tables.of_breasts), (tables.write_excel, tables.of_studies)],
)
def test_tables_of_breasts_and_studies_label_the_same_images(made, tmp_path, write, rows):
    table = write(
        rows(made.images), tmp_path / ("t.csv" if write is tables.write_german else "t.xlsx")
    )
    taken = read_intake(made.folder, table.path, layout_of(table))
    assert taken.labels.level == table.level and taken.absent.empty
    expected, found = placed(made), by_name(taken, "label")
    for name, row in expected[expected["kind"] == "mammogram"].iterrows():
        if row["vendor"] is None:  # no header: where a raster lies says whose it is
            assert name.startswith("PACS export/")
        if table.level == "breast":
            assert found[name] == row["label"]
        elif row["vendor"] is not None:
            worst = expected.loc[expected["patient"] == row["patient"], "label"].max()
            assert found[name] == worst


def test_a_disc_may_be_named_by_its_directory(made):
    (directory,) = made.folder.rglob("DICOMDIR")
    taken = read_intake(directory, made.labels.path)
    assert taken.folder == directory.parent.resolve()
    assert len(taken.used) and set(taken.files["format"]) == {"DICOM"}
    assert by_name(taken, "excluded") == {
        name.removeprefix(f"{directory.parent.name}/"): reason
        for name, reason in by_name(read_intake(made.folder), "excluded").items()
        if name.startswith(f"{directory.parent.name}/")
    }


def test_an_archive_may_be_named_itself(made):
    (archive,) = made.folder.glob("*.zip")
    taken = read_intake(archive, made.labels.path)
    assert len(taken.used) and taken.folder == archive.resolve()


def test_absent_folders_are_named(tmp_path):
    with pytest.raises(DatasetError, match="gone does not exist: give the folder that holds"):
        read_intake(tmp_path / "gone")
    assert image_folder(tmp_path / "..") == tmp_path.parent.resolve()


def test_names_become_pseudonyms(tmp_path):
    write_mammogram(tmp_path / "sub" / "a", 1, StudyInstanceUID="1.5", AccessionNumber="A")
    write_raster(tmp_path / "P2.pgm")
    taken = take(tmp_path, "patient_id,label", "P1,1", "P2,0")
    key = local_key()
    row = taken.files.set_index(taken.files["place"].map(lambda place: place.name))
    assert row.loc["a", "image_id"] == pseudonym(key, "image", "sub/a")
    assert row.loc["a", "patient_id"] == pseudonym(key, "patient", "P1")
    assert row.loc["a", "study_id"] == pseudonym(key, "study", "1.5")
    assert row.loc["P2.pgm", "study_id"] == row.loc["P2.pgm", "patient_id"]


def test_a_marker_makes_everything_synthetic_and_its_names_public(tmp_path):
    write_mammogram(tmp_path / "a", 1)
    assert take(tmp_path).source == "real"
    (tmp_path / "SYNTHETIC.txt").write_text("made")
    taken = take(tmp_path)
    assert taken.source == "synthetic"
    assert taken.files["patient_id"].tolist() == [pseudonym(PUBLIC_KEY, "patient", "P1")]


def test_a_table_lies_in_the_folder_or_is_named(tmp_path):
    write_raster(tmp_path / "a.pgm", 1)
    assert take(tmp_path).labels is None
    assert reasons(take(tmp_path)) == {"a.pgm": "no table of labels"}
    (tmp_path / "mine.csv").write_text("image,patient_id,label\na.pgm,p,malignant\n")
    taken = read_intake(tmp_path, tmp_path / "mine.csv")
    assert by_name(taken, "label") == {"a.pgm": 1}  # and mine.csv is not listed


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("image,patient_id,label", "b.pgm,p,1", "c.pgm,p,0"), "no row in the table of labels"),
        (("image,patient_id,label", "a.pgm,p,", "b.pgm,q,1", "c.pgm,p,0"), "label is empty"),
        (("image,patient_id,birads", "a.pgm,p,3", "b.pgm,q,5"), "BI-RADS 3 is neither class"),
        (("image,patient_id,label", "a.pgm,,1", "b.pgm,q,0"), "no patient known"),
        (("patient_id,laterality,label", "a,L,1", "a,R,0"), "the side is unknown, and the labels"),
    ],
)
def test_an_image_without_what_is_needed_has_a_reason(tmp_path, lines, reason):
    for number, name in enumerate(("a.pgm", "b.pgm", "c.pgm")):
        write_raster(tmp_path / name, number)
    assert reason in reasons(take(tmp_path, *lines))["a.pgm"]


def test_the_labelled_copy_is_kept(tmp_path):
    write_mammogram(tmp_path / "a" / "1", 1)
    write_mammogram(tmp_path / "b" / "2", 1)  # the same instance
    write_mammogram(tmp_path / "c" / "3", 1, SOPInstanceUID="1.9")  # the same pixels
    taken = take(tmp_path, "image,patient_id,label", "3,p,1", "x,q,0")
    assert by_name(taken, "excluded")["c/3"] is None
    name = by_name(taken, "image_id")
    assert reasons(taken) == {
        "a/1": f"the same pixels as image {name['c/3']}",
        "b/2": f"a copy of image {name['a/1']} (same SOP instance)",
    }


@pytest.mark.parametrize("instances", [("1.1", "1.1", "1.1"), ("1.1", "1.2", "1.3")])
def test_copies_with_two_labels_are_both_left_out(tmp_path, instances):
    for name, instance in zip("abc", instances, strict=True):
        write_mammogram(tmp_path / name, 1, SOPInstanceUID=instance)
    write_mammogram(tmp_path / "d", 2)
    taken = take(tmp_path, "image,patient_id,label", "a,p,1", "c,p,0", "d,q,0")
    assert reasons(taken) == dict.fromkeys("abc", "there is a copy of it with another label")


def test_copies_with_one_label_count_once(tmp_path):
    for name in "ab":
        write_raster(tmp_path / f"{name}.pgm", 1)
    taken = take(tmp_path, "image,patient_id,label", "a,p,1", "b,p,1", "c,q,0")
    assert len(taken.used) == 1 and list(reasons(taken)) == ["b.pgm"]


def test_unfit_copies_do_not_push_out_fit_ones(tmp_path):
    write_mammogram(tmp_path / "a", 1, PresentationIntentType="FOR PROCESSING")
    write_mammogram(tmp_path / "b", 1)
    taken = take(tmp_path, "image,patient_id,label", "b,p,1", "c,q,0")
    assert list(reasons(taken)) == ["a"]


def test_a_table_in_an_archive_is_none(tmp_path):
    native.write_pgm(tmp_path / "a.pgm")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(tmp_path / "a.pgm", "a.pgm")
        archive.writestr("labels.csv", "image,patient_id,label\na.pgm,p,1\n")
    assert read_intake(tmp_path / "b.zip").labels is None


def test_an_empty_folder_is_taken_in(tmp_path):
    taken = take(tmp_path)
    assert taken.files.empty and taken.images.empty and taken.used.empty
    assert len(take(tmp_path, "image,patient_id,label", "a,p,1", "b,q,0").absent) == 2
