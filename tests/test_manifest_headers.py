import numpy as np
import pytest

import native
from intakes import write_mammogram
from mammo.datasets.fitness import add_header_facts
from mammo.datasets.institution.inspection import inspect

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"SOPClassUID": CT},
        {"PresentationIntentType": "FOR PROCESSING"},
        {"NumberOfFrames": 2},
        {"NumberOfFrames": [1, 2]},
        {"Modality": "US"},
        {"PhotometricInterpretation": "PALETTE COLOR"},
    ],
)
def test_released_and_own_images_are_judged_alike(tmp_path, elements):
    file = write_mammogram(tmp_path / "a.dcm", **elements)
    (row,) = add_header_facts([{"path": str(file)}], "set")
    assert row["excluded"] == inspect(file)["excluded"]
    assert (row["excluded"] is None) == (elements == {})


def test_what_a_row_states_is_kept_and_the_rest_filled_in(tmp_path):
    file = native.write_dicom(tmp_path / "a.dcm", np.zeros((8, 6), np.uint16), ViewPosition="CC")
    (row,) = add_header_facts([{"path": str(file), "view": "MLO", "rows": None}], "set")
    assert (row["view"], row["rows"], row["columns"]) == ("MLO", 8, 6)
