import hashlib
import os
import pickle
import subprocess

import numpy as np
import pandas as pd
import pytest

from mammo.datasets import reader_study
from mammo.errors import DatasetError

CALLED = []


def call_me(*_: object) -> None:
    CALLED.append("called")


class Hostile:
    """Calls a function when it is unpickled."""

    def __init__(self, function, *arguments: object) -> None:
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


def table() -> pd.DataFrame:
    """A table with the columns of the published one, of two exams."""
    generator = np.random.default_rng(0)
    columns = [f"{reader}_POM" for reader in reader_study.READERS] + list(reader_study.MODELS)
    scores = {name: generator.random(4) for name in columns}
    rows = {"case_ID": ["7", "7", "9", "9"], "side": list("LRLR"), "label": [0.0, 1.0, 0.0, 0.0]}
    return pd.DataFrame({**rows, **scores}).astype({"case_ID": object, "side": object})


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write bytes as the file; its checksum counts as the published one's."""

    def put(content: bytes):
        path = tmp_path / reader_study.FOLDER / reader_study.FILE
        path.parent.mkdir()
        path.write_bytes(content)
        monkeypatch.setattr(reader_study, "SHA256", hashlib.sha256(content).hexdigest())
        return path

    return put


@pytest.mark.parametrize(
    "function",
    [call_me, os.system, eval, exec, getattr, subprocess.Popen, pickle.loads, np.load, pd.read_csv],
)
def test_a_pickle_that_asks_for_anything_else_is_refused_before_it_is_called(function):
    CALLED.clear()
    with pytest.raises(pickle.UnpicklingError, match="asks for"):
        reader_study.unpickle(pickle.dumps(Hostile(function, "touch")))
    assert not CALLED


@pytest.mark.parametrize("name", ["pandas.core.frame.DataFrame.eval", "numpy.load.__globals__"])
def test_a_name_below_a_known_one_is_refused(name):
    module, _, attribute = name.partition(".core.frame.")
    module = f"{module}.core.frame" if attribute else "numpy"
    named = pickle.PROTO + b"\x04" + b"c" + f"{module}\n{attribute or 'load'}\n.".encode()
    with pytest.raises(pickle.UnpicklingError, match="asks for"):
        reader_study.unpickle(named)


def test_a_hostile_file_with_the_right_checksum_is_refused_in_one_sentence(write):
    CALLED.clear()
    path = write(pickle.dumps(Hostile(call_me)))
    with pytest.raises(DatasetError, match="call_me") as caught:
        reader_study.read(path)
    assert "\n" not in str(caught.value) and not CALLED


def test_a_file_of_another_checksum_is_not_unpickled(tmp_path):
    CALLED.clear()
    path = tmp_path / reader_study.FILE
    path.write_bytes(pickle.dumps(Hostile(call_me)))
    with pytest.raises(DatasetError, match="93d7edd236dc"):
        reader_study.read(path)
    assert not CALLED


def test_a_file_that_goes_on_after_the_published_bytes_is_another_file(tmp_path, monkeypatch):
    content = pickle.dumps(table())
    monkeypatch.setattr(reader_study, "SHA256", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(reader_study, "N_BYTES", len(content))
    path = tmp_path / reader_study.FILE
    path.write_bytes(content + b"more")
    with pytest.raises(DatasetError, match="checksum"):
        reader_study.read(path)


def test_a_table_is_read_with_its_columns_named(write, monkeypatch):
    monkeypatch.setattr(reader_study, "unpickle", lambda content: table())
    read = reader_study.read(write(b"a pickle"))
    assert read["exam"].tolist() == ["7", "7", "9", "9"]
    assert read["malignant"].tolist() == [0, 1, 0, 0]
    assert list(read.columns[3:17]) == list(reader_study.READERS)
    np.testing.assert_array_equal(read["frcnn_cad"], table()["AI_frcnn_POM"])


@pytest.mark.parametrize("other", [table().drop(columns="label"), [1, 2]])
def test_a_table_of_other_columns_is_refused(write, monkeypatch, other):
    monkeypatch.setattr(reader_study, "unpickle", lambda content: other)
    with pytest.raises(DatasetError, match="24 columns"):
        reader_study.read(write(b"a pickle"))


def test_the_file_is_looked_for_below_the_data_root(tmp_path):
    assert reader_study.find(tmp_path) is None
    path = tmp_path / "nyu_reader_study" / "results.pkl"
    path.parent.mkdir()
    path.touch()
    assert reader_study.find(tmp_path) == path


def test_the_published_file_is_read(real_data):
    read = reader_study.read(reader_study.find(real_data))
    assert (len(read), read["exam"].nunique(), read["malignant"].sum()) == (1440, 720, 61)
    assert read.loc[read["malignant"] == 1, "exam"].nunique() == 60
    assert not read.isna().any().any()
