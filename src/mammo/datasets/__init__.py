"""The data sets: cards, each with a function that finds the set and one that reads it.

Adding a data set is one module with ``CARD``, ``find`` and ``load``, and its name in `FURTHER`. A
module may also have what `mammo.datasets.card.Dataset` says of its optional fields: ``tables``,
``places``, ``RULES``, ``MEANS``.

A set has a `card`: `cbis_ddsm` (its tables in `cbis_ddsm_cases`, its masks in `cbis_ddsm_masks`),
`inbreast` (`inbreast_outlines`), `mias`, `cmmd` (`cmmd_cases`), `institution`, and `phantom` in an
absent set's place; `roles` says which part each plays. What reads them alike: `folders`,
`original_tables`, `rules` of labels, `fitness` of images, `exclusions`. What comes of it:
`manifest`, `lesions`, `splits`; `check` and its `check_report` say what is wrong. Beside the sets:
`fetch`, and what others released on them, `detections`, `reader_study`, `ddsm_scanners`.
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
