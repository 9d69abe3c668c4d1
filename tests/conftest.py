from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real sample files, named by MAMMO_REAL_DATA; the test is skipped without it."""
    folder = os.environ.get("MAMMO_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real sample files are absent: set MAMMO_REAL_DATA to their folder")
    return Path(folder)
