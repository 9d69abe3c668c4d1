import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mammo.errors import MammoError
from mammo.training.prediction import COLUMNS, scored


def images() -> pd.DataFrame:
    n = 4
    return pd.DataFrame(
        {
            "dataset": ["mias"] * n,
            "patient_id": list("aabb"),
            "laterality": ["L", "R", None, "R"],
            "view": ["MLO"] * n,
            "image_id": list("1234"),
            "split": ["test"] * n,
            "label": pd.array([0, 1, 0, 1], "Int64"),
        }
    )


def test_scores_stand_beside_what_the_manifest_says():
    table = scored(images(), np.array([0.0, 0.2, 0.5, 1.0]), name="alexnet")
    assert tuple(table.columns) == COLUMNS
    assert table["y_score"].tolist() == [0.0, 0.2, 0.5, 1.0]
    assert table["y_true"].tolist() == [0, 1, 0, 1] and set(table["model"]) == {"alexnet"}


@pytest.mark.parametrize("wrong", [1.2, np.nan, -0.1])
def test_what_is_no_score_is_refused_by_its_image(wrong):
    with pytest.raises(MammoError, match=rf"image 3 .* {wrong}.*1 such"):
        scored(images(), np.array([0.0, 0.2, wrong, 1.0]), name="alexnet")


def test_scores_are_made_a_table_without_torch():
    code = "import sys, mammo.training.prediction; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
