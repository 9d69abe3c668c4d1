"""The data sets: cards, each with a function that finds the set and one that reads it.

Adding a data set is one module with ``CARD``, ``find`` and ``load``, and its name in `FURTHER`. A
module may also have what `mammo.datasets.card.Dataset` says of its optional fields: ``tables``,
``places``, ``RULES``, ``MEANS``.
"""

from types import ModuleType

from mammo.datasets import cbis_ddsm, cmmd, inbreast, institution, mias
from mammo.datasets.card import Counts, Dataset, DatasetCard

__all__ = ["DATASETS", "FURTHER", "KNOWN", "STAND_INS", "Counts", "Dataset", "DatasetCard"]


def _registered(*modules: ModuleType) -> dict[str, Dataset]:
    return {
        module.CARD.name: Dataset(
            module.CARD,
            module.find,
            module.load,
            getattr(module, "tables", None),
            getattr(module, "places", None),
            getattr(module, "RULES", {}),
            getattr(module, "MEANS", ()),
        )
        for module in modules
    }


DATASETS = _registered(cbis_ddsm, inbreast, mias, institution)
"""The paper's four sets, by name."""

STAND_INS = _registered(cmmd)
"""Public sets that may take the place of the paper's private one; no number of the paper's is
theirs."""

FURTHER = _registered()
"""Sets beside the paper's, external ones of a study where their files are, and absent elsewhere."""

KNOWN = DATASETS | STAND_INS | FURTHER
"""Every set that can be found, read and checked."""
