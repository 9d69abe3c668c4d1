"""The data sets: four cards, each with a function that finds the set and one that reads it.

Adding a data set is one module with ``CARD``, ``find`` and ``load``, and one line here.
"""

from __future__ import annotations

from mammo.datasets import cbis_ddsm, inbreast, institution, mias
from mammo.datasets.card import Counts, Dataset, DatasetCard

__all__ = ["DATASETS", "Counts", "Dataset", "DatasetCard"]

DATASETS: dict[str, Dataset] = {
    module.CARD.name: Dataset(
        module.CARD, module.find, module.load, getattr(module, "tables", None)
    )
    for module in (cbis_ddsm, inbreast, mias, institution)
}
