"""An institution's images harmonised: the same study, with grey levels like DDSM's."""

from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mammo.files.artifacts import digest
from mammo.hospital.adaptation.local_patients import LocalPatients, LocalStudy
from mammo.images import harmonisation
from mammo.images.store import ImageStore
from mammo.study import INTERNAL, Study

_LANDMARKS = "landmarks.csv"


class HarmonisedStudy(LocalStudy):
    """A study whose local images have the grey levels of DDSM's training images.

    One mapping serves all local images. It is estimated from the images of DDSM's training
    patients and of the local patients who are not held aside; no label is used.

    Parameters
    ----------
    study : Study
    """

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        self._as_they_are = study

    def images_folder(self, dataset: str) -> Path:
        """Return the artifact folder that a data set's images follow from; here, the mapping's."""
        is_local = dataset == self.local
        return self.harmonisation_folder() if is_local else super().images_folder(dataset)

    def images(self, dataset: str) -> ImageStore:
        """Return a data set's prepared images, the local ones harmonised."""
        if dataset != self.local:
            return super().images(dataset)
        folder = self._as_they_are.images_folder(self.local)
        return harmonisation.HarmonisedStore(folder, self._mapping)

    @cached_property
    def _mapping(self) -> np.ndarray:
        found = pd.read_csv(self.harmonisation_folder() / _LANDMARKS)
        return harmonisation.mapping(found[self.local].to_numpy(), found[INTERNAL].to_numpy())

    def harmonisation_folder(self) -> Path:
        """Return the artifact folder with the landmarks of both sets."""
        study = self._as_they_are
        internal = study.split(INTERNAL, "ddsm")
        estimated_on = {
            INTERNAL: internal.loc[internal["split"] == "train", "image_id"],
            self.local: LocalPatients(study).pool["image_id"],
        }
        inputs = {
            "images": {name: study.images_folder(name).name for name in estimated_on},
            "image_ids": {name: digest(sorted(ids)) for name, ids in estimated_on.items()},
        }

        def make(folder: Path) -> dict[str, Any]:
            found = {"per_mille": harmonisation.LANDMARKS}
            for name, ids in estimated_on.items():
                found[name] = _landmarks(study.images(name), ids)
            pd.DataFrame(found).to_csv(folder / _LANDMARKS, index=False)
            return {"n_images": {name: len(ids) for name, ids in estimated_on.items()}}

        return self.artifacts.build("harmonisation", inputs, make)


def _landmarks(store: ImageStore, image_ids: Collection[str]) -> np.ndarray:
    from tqdm.auto import tqdm

    rows = tqdm(store.rows(image_ids), "grey levels", unit="image")
    return harmonisation.landmarks(store.images[row] for row in rows)
