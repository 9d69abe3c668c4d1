import pandas as pd
import pytest

from mammo.errors import MammoError
from mammo.report.results import write_results


def test_tables_and_files_are_written_and_named(tmp_path):
    table = pd.DataFrame({"site": ["=1+1", 'a "b"\r'], "auroc": [0.5, 0.75]})
    folder = tmp_path / "new" / "results"
    written = write_results(folder, {"estimates": table}, {"roc.svg": b"<svg/>"})
    assert written == [folder / "estimates.csv", folder / "roc.svg"]
    assert sorted(folder.iterdir()) == written
    again = pd.read_csv(written[0])
    assert again["site"].tolist() == ["'=1+1", 'a "b"\r']
    assert again["auroc"].tolist() == [0.5, 0.75]
    assert written[1].read_bytes() == b"<svg/>"


def test_files_of_the_same_name_are_replaced(tmp_path):
    for content in (b"first, and longer", b"second"):
        write_results(tmp_path, {}, {"page.html": content})
    assert (tmp_path / "page.html").read_bytes() == b"second"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MammoError, match="name a folder"):
        write_results(tmp_path / "file", {}, {})
