"""The NYU reader study: what 14 radiologists and 7 models made of the same 720 exams.

Stadnick B, et al. Meta-repository of screening mammography classifiers. arXiv 2108.04800;
the readers: Wu N, et al. IEEE Trans Med Imaging 2020;39:1184-1194, doi:10.1109/TMI.2019.2945514.
File ``reader_study/results.pkl`` of https://github.com/nyukat/mammography_metarepository.

It is a pickle, which can run anything when it is read. It is read after its checksum was compared
with that of the published file, and by an unpickler that knows the few classes such a table takes.
"""

import hashlib
import io
import pickle
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from mammo.errors import DatasetError

FOLDER = "nyu_reader_study"
"""Under the data root."""

FILE = "results.pkl"
SHA256 = "93d7edd236dc5428854d968477f20008cc8fbea7c0864c7447057df700da940f"
N_BYTES = 272_408

READERS = tuple(f"Reader{number:02d}" for number in range(1, 15))
MODELS = {
    "AI_frcnn_POM": "frcnn_cad",
    "AI_end2end_ddsm_POM": "end2end_ddsm",
    "AI_end2end_inbreast_POM": "end2end_inbreast",
    "AI_GMIC_top1_POM": "gmic_top1",
    "AI_GMIC_top5_POM": "gmic_top5",
    "AI_GLAM_POM": "glam",
    "AI_DMVCNN_POM": "dmv_cnn",
}
"""Columns of the models' probabilities of malignancy, and what they are called here."""

_COLUMNS = {"case_ID": "exam", "side": "side", "label": "malignant"}
_COLUMNS |= {f"{reader}_POM": reader for reader in READERS} | MODELS

CLASSES = frozenset(
    {
        ("builtins", "slice"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.numeric", "_frombuffer"),
        ("pandas._libs.internals", "_unpickle_block"),
        ("pandas.core.frame", "DataFrame"),
        ("pandas.core.indexes.base", "Index"),
        ("pandas.core.indexes.base", "_new_Index"),
        ("pandas.core.indexes.range", "RangeIndex"),
        ("pandas.core.internals.managers", "BlockManager"),
    }
)
"""All that the published file asks for, by module and name."""


def find(data_root: Path) -> Path | None:
    """Return the file of the reader study, None where it is not there."""
    path = Path(data_root) / FOLDER / FILE
    return path if path.is_file() else None


def read(path: Path) -> pd.DataFrame:
    """Read the published file.

    Returns
    -------
    DataFrame
        One row a breast: ``exam``, ``side``, ``malignant`` (0 or 1), then the probability of
        malignancy that each of `READERS` and of the values of `MODELS` gave.

    Raises
    ------
    DatasetError
        If the file is not the published one; nothing of it is unpickled then.
    """
    remedy = f"remove {path.parent} and run 'mammo fetch reader-study'"
    with path.open("rb") as file:
        content = file.read(N_BYTES + 1)
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise DatasetError(
            f"{path} does not have the checksum {SHA256[:12]}... of the published file "
            f"({found[:12]}...), so that it is not unpickled: {remedy}"
        )
    try:
        table = unpickle(content)
    except Exception as error:  # Whatever a library of another version makes of it.
        reason = " ".join(str(error).split())
        raise DatasetError(
            f"{path} cannot be unpickled with pandas {pd.__version__} ({reason}): install the "
            "versions that constraints.txt names"
        ) from error
    if not isinstance(table, pd.DataFrame) or set(table.columns) != set(_COLUMNS):
        raise DatasetError(f"{path} does not hold the {len(_COLUMNS)} columns expected: {remedy}")
    named = table.rename(columns=_COLUMNS)[list(_COLUMNS.values())].reset_index(drop=True)
    return named.astype({"exam": str, "side": str, "malignant": int})


def unpickle(content: bytes) -> Any:
    """Return what a pickle holds, which may be made of `CLASSES` alone.

    Raises
    ------
    pickle.UnpicklingError
        If it asks for anything else, before that is looked up.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy's former module names
        return _TableUnpickler(io.BytesIO(content)).load()


class _TableUnpickler(pickle.Unpickler):
    """Reads pickles of a table of numbers."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of `CLASSES`; refuse every other name."""
        if (module, name) not in CLASSES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no table needs")
        return super().find_class(module, name)
