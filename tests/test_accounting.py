import re

import pytest

import hospital
from intakes import take, write_mammogram
from mammo.datasets.institution.intake import read_intake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hospital.Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=(96, 72), draw=hospital.sketches)


def test_everything_is_counted(made):
    taken = read_intake(made.folder)
    counts = taken.counts()
    assert counts.loc["files", "found"] == len(taken.files)
    assert counts.loc["images"].tolist() == [len(taken.images), len(taken.used)]
    assert counts.loc["patients"].tolist() == [12, 12]
    assert counts.loc["breasts"].tolist() == [24, 24]
    labels = taken.used["label"]
    assert counts.loc["malignant images", "usable"] == (labels == 1).sum()
    assert counts.loc["benign images", "usable"] == (labels == 0).sum()
    assert counts.loc["patients with a malignant image", "usable"] == 6


def test_every_loss_is_listed_with_its_reason(made):
    taken = read_intake(made.folder)
    lost = taken.losses()
    assert len(lost) == taken.files["excluded"].notna().sum() + len(taken.absent)
    assert list(lost) == ["image", "line", "format", "reason"]
    assert lost["reason"].notna().all()
    assert lost["image"].iloc[-1] is None or lost["image"].isna().iloc[-1]
    assert lost["line"].iloc[-1] == taken.absent["line"].iloc[0]
    names = lost["image"].dropna()
    assert names.is_unique and names.map(re.compile("[0-9a-f]{16}").fullmatch).notna().all()


def test_breasts_are_sides_of_patients(tmp_path):
    for number, side in enumerate("LLR"):
        write_mammogram(tmp_path / f"{number}", number, PatientID="P", ImageLaterality=side)
    write_mammogram(tmp_path / "3", 3, PatientID="P", ImageLaterality="")
    taken = take(tmp_path, "image,label", "0,1", "2,0", "3,0")
    assert taken.counts().loc["breasts"].tolist() == [2, 2]
    assert taken.counts().loc["patients"].tolist() == [1, 1]


def test_an_empty_folder_counts_nothing(tmp_path):
    taken = take(tmp_path, "image,patient_id,label", "a,p,1", "b,q,0")
    assert taken.counts().loc["images"].tolist() == [0, 0]
    lost = taken.losses()
    assert lost["line"].tolist() == [2, 3]
    wanted = [f"image file not found: line {line} of the table of labels" for line in (2, 3)]
    assert lost["reason"].tolist() == wanted


def test_nothing_that_identifies_is_listed(made):
    taken = read_intake(made.folder)
    told = taken.losses().to_csv() + taken.counts().to_csv()
    assert hospital.planted_in(told.encode(), made.planted) == []
