import numpy as np
import pandas as pd
import pytest

from mammo.evaluation import auroc
from mammo.evidence import mias_alone
from mammo.parameters import Parameters
from mammo.study import Study

PAIRS = 40


@pytest.fixture
def few(monkeypatch):
    """Few divisions, permutations and replicates."""
    for name, value in (("REPEATS", 2), ("PERMUTATIONS", 6), ("N_BOOTSTRAP", 200)):
        monkeypatch.setattr(mias_alone, name, value)


def made(distance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels and patients of film pairs; the first feature tells the label."""
    generator = np.random.default_rng(3)
    labels = np.zeros(2 * PAIRS, int)
    labels[:24:2] = 1
    features = generator.normal(size=(2 * PAIRS, 40))
    features[:, 0] += distance * labels
    return features, labels, np.repeat(np.arange(PAIRS), 2).astype(str)


@pytest.mark.parametrize("name", mias_alone.HEADS)
def test_every_head_finds_what_is_there(few, name):
    features, labels, patients = made(distance=8)
    ranks = mias_alone.held_out(name, features, labels, patients)
    assert ranks.shape == (2, 2 * PAIRS)
    assert min(auroc(labels, row) for row in ranks) > 0.75


def test_no_film_is_scored_by_a_head_that_saw_its_pair(few, monkeypatch):
    features, labels, patients = made(distance=0)
    seen = []

    class Noting:
        def fit(self, inputs, _):
            self.known = {row.tobytes() for row in inputs}
            return self

        def decision_function(self, inputs):
            for row in inputs:
                place = np.flatnonzero((features == row).all(axis=1))[0]
                pair = features[patients == patients[place]]
                seen.append(any(other.tobytes() in self.known for other in pair))
            return inputs[:, 0]

    monkeypatch.setattr(mias_alone, "head", lambda name: Noting())
    mias_alone.held_out("any", features, labels, patients)
    assert len(seen) == 2 * 2 * PAIRS and not any(seen)


def test_the_estimate_is_the_mean_over_the_divisions(few):
    features, labels, patients = made(distance=1)
    ranks = mias_alone.held_out(mias_alone.HEADS[0], features, labels, patients)
    found = mias_alone._estimate(labels, ranks, patients)
    aurocs = [auroc(labels, row) for row in ranks]
    assert found["auroc"] == pytest.approx(np.mean(aurocs))
    assert (found["least"], found["greatest"]) == (min(aurocs), max(aurocs))
    assert found["lower"] < found["auroc"] < found["upper"]
    assert (found["n"], found["n_positive"], found["n_patients"]) == (80, 12, 40)


def test_exchanged_labels_are_guessing(few, monkeypatch):
    monkeypatch.setattr(mias_alone, "PERMUTATIONS", 20)
    features, labels, patients = made(distance=4)
    (row,) = mias_alone._chance(features, labels, patients).itertuples()
    assert row.lower < 0.5 < row.upper
    assert abs(row.mean - 0.5) < 3 * row.sd / 20**0.5


def test_without_the_films_or_the_weights_there_is_nothing(tmp_path, mias_study):
    assert mias_alone.compute(Study(Parameters(data_root=str(tmp_path)))) is None
    assert mias_study.parameters.weights == "random"
    assert mias_alone.compute(mias_study) is None


def test_the_recorded_heads_are_those_that_were_fixed():
    import project
    from mammo.evidence.recorded import read

    tables = read(project.ROOT / "recorded", mias_alone.NAME).tables
    assert tables["heads"]["head"].tolist() == list(mias_alone.HEADS)
    assert isinstance(tables["chance"], pd.DataFrame)
    assert tables["chance"]["n_permutations"].tolist() == [mias_alone.PERMUTATIONS]


def test_the_network_sees_films_from_black_to_white(study, monkeypatch):
    seen = []

    def extractor(backbone, state):
        def maps(grey):
            seen.append((float(grey.min()), float(grey.max())))
            return grey.repeat(1, 3, 1, 1)

        return maps

    monkeypatch.setattr("mammo.models.transfer.Extractor", extractor)
    rows = study.table("mias")
    features = mias_alone._features(study, rows, {})
    lowest, highest = np.array(seen).T
    assert len(seen) == len(features) == len(rows)
    assert (lowest == 0).all() and (highest > 0.5).all() and (highest <= 1).all()
