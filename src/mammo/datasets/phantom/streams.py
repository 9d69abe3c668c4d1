"""Random streams: one for each patient and cause, so that no cause disturbs another."""

from dataclasses import dataclass

import numpy as np

CAUSES = ("population", "anatomy", "lesion", "projection", "noise", "artefact")


@dataclass(frozen=True)
class Streams:
    """Generators that depend on seed, data set, patient and cause alone.

    Nothing is drawn in common, so that neither the number of worker processes nor another pixel
    size, tone curve or label changes the patient that is imaged.

    Parameters
    ----------
    entropy : tuple of int
        The user's seed and the data set's number.
    patient : int
        Number of the patient in the set, from 0.
    """

    entropy: tuple[int, ...]
    patient: int = 0

    def generator(self, cause: str, *place: int) -> np.random.Generator:
        """Return the generator of one cause (of `CAUSES`) at one place, such as side and view."""
        key = (self.patient, CAUSES.index(cause), *place)
        return np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=key))
