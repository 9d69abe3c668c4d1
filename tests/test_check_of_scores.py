"""Scores are checked as a report would judge them, before it is made."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mammo import cli
from mammo.datasets.check_report import Report
from mammo.datasets.institution.labels import LabelLayout
from mammo.errors import MammoError
from mammo.files import pseudonyms
from mammo.hospital.validation import of_scores
from mammo.hospital.validation.check import check
from mammo.parameters import Parameters

Write = Callable[[pd.DataFrame, pd.DataFrame], tuple[Path, Path]]


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(tmp_path / "key"))


def cases(patients: int = 60, n_malignant: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores and labels of two images a patient, the first patients being malignant."""
    number = np.arange(2 * patients)
    label = (number // 2 < n_malignant).astype(int)
    score = label + np.random.default_rng(0).normal(size=len(number))
    names = [f"i{one}" for one in number]
    labels = {"image": names, "patient_id": [f"p{n}" for n in number // 2], "label": label}
    return pd.DataFrame({"image": names, "score": score.round(4)}), pd.DataFrame(labels)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(scores: pd.DataFrame, labels: pd.DataFrame) -> tuple[Path, Path]:
        for table, name in ((scores, "scores.csv"), (labels, "labels.csv")):
            table.to_csv(tmp_path / name, index=False)
        return tmp_path / "scores.csv", tmp_path / "labels.csv"

    return written


def checked(*files: Path, missing: float | None = None) -> Report:
    return check(*files, LabelLayout(), missing)


def test_what_can_be_used_is_counted_and_what_it_would_show_is_said(write):
    found = checked(*write(*cases()))
    assert found.status == 0
    assert found.counts["usable"].to_dict() == {
        "models": 1, "labelled, by image": 120, "malignant": 40, "benign": 80, "patients": 60,
        "patients with a malignant one": 20,
    }  # fmt: skip
    text = str(found)
    assert "a model of auROC 0.8 would be measured to ±" in text
    assert "label: taken for malignant '1' (40), for benign '0' (80)" in text
    assert text.endswith("your data is usable.")


def test_few_patients_of_a_class_settle_nothing(write):
    found = checked(*write(*cases(n_malignant=9)))
    assert found.status == 1
    assert "patients with a malignant image: 9; fewer than 10 settle nothing" in str(found)


def test_scores_that_point_the_wrong_way_are_told(write):
    scores, labels = cases()
    found = checked(*write(scores.assign(score=-scores["score"]), labels))
    assert found.status == 1
    assert "Vendor's model: the order is the wrong way round" in str(found)


FAULTS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]] = {
    "strangers": lambda s, t: (s.assign(image="x" + s["image"]), t.assign(image=range(len(t)))),
    "a missing score": lambda s, t: (s.iloc[1:], t),
    "scored twice": lambda s, t: (pd.concat([s, s.iloc[:1]]), t),
    "one class": lambda s, t: (s, t.assign(label=1)),
    "no patient": lambda s, t: (s, t.drop(columns="patient_id")),
    "no number": lambda s, t: (s.assign(score="high"), t),
    "unknown words": lambda s, t: (s, t.assign(label="perhaps")),
    "no score": lambda s, t: (s.rename(columns={"score": "x"}), t),
    "no row": lambda s, t: (s.iloc[:0], t),
}


@pytest.mark.parametrize("spoil", FAULTS.values(), ids=FAULTS)
def test_what_a_report_refuses_is_refused_in_its_words(write, spoil):
    files = write(*spoil(*cases()))
    found = checked(*files)
    assert found.status == 2
    (finding,) = found.findings
    with pytest.raises(MammoError) as raised:
        of_scores.evidence(*files, LabelLayout(), Parameters(n_bootstrap=100))
    assert finding.text == str(raised.value)


def test_a_missing_score_may_count_as_what_is_told(write):
    scores, labels = cases()
    found = checked(*write(scores.iloc[1:], labels), missing=0)
    assert found.status == 1
    assert "1 score missing, taken as 0 as you asked" in str(found)


def test_the_command_says_the_same_and_ends_with_its_status(write, capsys, monkeypatch):
    scores, labels = map(str, write(*cases(n_malignant=9)))
    for words, status in (
        (["institution", "--scores", scores, "--labels", labels], 1),
        (["institution", "--scores", scores, "--labels", "no.csv"], 2),
        (["mias", "--scores", scores, "--labels", labels], 2),
        (["institution", "--scores", scores], 2),
    ):
        monkeypatch.setattr(sys, "argv", ["mammo", "check", *words])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        assert stopped.value.code == status
    printed = capsys.readouterr()
    assert "patients with a malignant image: 9" in printed.out
    assert "no.csv does not exist: give a table" in printed.out
    assert "check scores by institution --scores FILE --labels TABLE" in printed.err
