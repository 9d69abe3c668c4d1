import numpy as np
import pandas as pd
import pytest

from mammo.errors import MammoError
from mammo.training.prediction import COLUMNS, check_predictions


def predictions() -> pd.DataFrame:
    n = 4
    return pd.DataFrame(
        {
            "dataset": ["mias"] * n,
            "model": ["alexnet"] * n,
            "patient_id": list("aabb"),
            "laterality": ["L", "R", None, "R"],
            "view": ["MLO"] * n,
            "image_id": list("1234"),
            "split": ["test"] * n,
            "y_true": [0, 1, 0, 1],
            "y_score": [0.0, 0.2, 0.5, 1.0],
        }
    )[list(COLUMNS)]


def test_a_table_that_keeps_the_contract_is_returned():
    table = predictions()
    assert check_predictions(table) is table


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("y_score", 1.2, r"row 3 of 4: y_score is .*1.2.*, expected a number in \[0, 1\]"),
        ("y_score", np.nan, "row 3 of 4: y_score is .*nan"),
        ("y_score", "high", "y_score is 'high'"),
        ("y_true", 2, "y_true is .*2.*, expected 0"),
        ("image_id", "1", "row 3 of 4: image_id is '1', the model has scored this image before"),
        ("patient_id", None, "patient_id is .*expected a value"),
    ],
)
def test_each_fault_is_named(column, value, message):
    table = predictions().astype({column: object})
    table.loc[2, column] = value
    with pytest.raises(MammoError, match=message):
        check_predictions(table)


def test_missing_columns_are_named():
    with pytest.raises(MammoError, match="split, y_score"):
        check_predictions(predictions().drop(columns=["y_score", "split"]))


def test_contract_is_checked_without_torch():
    import subprocess
    import sys

    code = "import sys, mammo.training.prediction; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
