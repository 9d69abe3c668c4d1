"""What is said of images that were tried in vain."""

import numpy as np
import pytest
from PIL import Image

from mammo.hospital.trial import fault

NAME = "DOE^JANE"


@pytest.fixture
def image(tmp_path):
    path = tmp_path / f"{NAME}.png"
    rows, columns = np.mgrid[:128, :96]
    distance = np.hypot((rows - 64) / 50, columns / 60)
    Image.fromarray(np.where(distance < 1, 200 - 120 * distance, 0).astype(np.uint8)).save(path)
    return path


def test_an_image_that_can_be_prepared_has_no_fault(image):
    assert fault(image) is None and fault(str(image)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.unlink(), "cannot be"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"no image"), "neither"),
        (lambda path: path.write_bytes(path.read_bytes()[:40]), ""),
        (lambda path: path.chmod(0), ""),
    ],
)
def test_the_fault_is_told_without_the_files_place(image, change, words):
    change(image)
    said = fault(image)
    if said is None:
        pytest.skip("this user may read every file")
    assert words in said and said
    assert NAME not in said and str(image.parent) not in said
