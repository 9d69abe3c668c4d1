"""Learning from an institution's own patients: who is held aside, and how many are learnt from."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mammo.errors import DatasetError, ParameterError
from mammo.study import INTERNAL, Study, TrainingData

_ORDER = 1  # beside the seed, so that patients are not chosen by the draws that split them
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Amount:
    """So many local patients: a fraction of all, without and with a malignant image."""

    fraction: float
    n_benign: int
    n_malignant: int

    @property
    def n_patients(self) -> int:
        """Patients of both kinds."""
        return self.n_benign + self.n_malignant

    @property
    def percent(self) -> str:
        """The fraction in words."""
        return f"{100 * self.fraction:.3g}%"


class LocalPatients:
    """An institution's patients: those held aside for every test, and those to learn from.

    The former are those that the mixed training leaves out: a share of 1 - ``mixed_fraction``, the
    same whatever is learnt.

    Parameters
    ----------
    study : Study

    Attributes
    ----------
    dataset : str
        The set in the institution's place.
    held_aside, pool : DataFrame
        Their images, as `mammo.study.Study.split` has them.

    Raises
    ------
    DatasetError
        If the images held aside are of one class.
    """

    def __init__(self, study: Study) -> None:
        self.dataset = study.local
        rows = study.split(self.dataset, "mixed")
        is_pool = rows["split"] == "train"
        self.held_aside, self.pool = rows[~is_pool], rows[is_pool]
        self.most_fraction = study.parameters.mixed_fraction
        self._numbers = _count_kinds(rows)
        for label, kind in enumerate(("benign", "malignant")):
            if not (self.held_aside["label"] == label).any():
                without, with_one = self._numbers
                raise DatasetError(
                    f"{self.dataset}: no {kind} image is held aside for the test, and an auROC "
                    f"needs both classes; of the patients, {with_one} have a malignant image and "
                    f"{without} have none: label at least two of each kind"
                )

    def amounts(self, fractions: Iterable[float]) -> tuple[list[Amount], list[tuple[str, str]]]:
        """Say how many patients of each kind a fraction comes to, rounded.

        Parameters
        ----------
        fractions : iterable of float
            Of all local patients, from 0 to 1.

        Returns
        -------
        amounts : list of Amount
            Rising, and beginning with none.
        skipped : list of (str, str)
            What cannot be had, and the reason.

        Raises
        ------
        ParameterError
            If a fraction is out of range.
        """
        amounts, skipped = [Amount(0.0, 0, 0)], []
        at_most = _count_kinds(self.pool)
        for fraction in sorted(set(fractions) - {0}):
            if not 0 < fraction <= 1:
                raise ParameterError(f"a fraction of the local patients is {fraction}: give 0 to 1")
            wanted = np.rint(fraction * self._numbers).astype(int)
            amount = Amount(fraction, *np.minimum(wanted, at_most).tolist())
            if reason := self._obstacle(amount, amounts[-1]):
                skipped.append((f"{amount.percent} of the patients", reason))
            else:
                amounts.append(amount)
        return amounts, skipped

    def _obstacle(self, amount: Amount, before: Amount) -> str | None:
        numbers = (amount.n_benign, amount.n_malignant)
        if amount.fraction > self.most_fraction + _ROUNDING:
            return f"only {self.most_fraction:.0%} of the patients are not held aside for the test"
        if any(not number and of for number, of in zip(numbers, self._numbers, strict=True)):
            return (
                f"of {self._numbers.sum()} patients that is {numbers[1]} with a malignant image "
                f"and {numbers[0]} without, and at least one of each is needed"
            )
        if numbers == (before.n_benign, before.n_malignant):
            return f"that is the same {amount.n_patients} patients as {before.percent}"
        return None

    def chosen(self, amount: Amount, seed: int) -> frozenset[str]:
        """Choose patients to learn from at random.

        Parameters
        ----------
        amount : Amount
        seed : int
            With one seed, a smaller amount is a part of every larger one.
        """
        rng = np.random.default_rng([seed, _ORDER])
        kinds = _kind_of_each(self.pool)
        found: list[str] = []
        for kind, number in enumerate((amount.n_benign, amount.n_malignant)):
            found.extend(rng.permutation(kinds.index[kinds == kind].to_numpy(str))[:number])
        return frozenset(found)


class LocalStudy(Study):
    """A study of DDSM and one institution, whose mixed training takes some patients of it alone.

    Everything that is not trained anew, feature maps above all, is the study's own.

    Parameters
    ----------
    study : Study
    patients : collection of str
        Those learnt from; one who is held aside stays so.
    """

    def __init__(self, study: Study, patients: Collection[str] = ()) -> None:
        super().__init__(study.parameters, study.processes, variant_of=study)
        self.patients = frozenset(patients)

    @property
    def datasets(self) -> tuple[str, ...]:
        """DDSM and the institution: no other set needs to be there."""
        return INTERNAL, self.local

    def rows(self, training: TrainingData, *, is_trained_on: bool) -> pd.DataFrame:
        """Return the images that a model learns from, or those it does not."""
        rows = pd.concat([self.split(name, training) for name in self.datasets], ignore_index=True)
        is_chosen = (rows["dataset"] != self.local) | rows["patient_id"].isin(self.patients)
        is_learnt = (rows["split"] == "train") & is_chosen
        return rows[is_learnt == is_trained_on].reset_index(drop=True)


def _kind_of_each(rows: pd.DataFrame) -> pd.Series:
    """Return 1 for each patient who has a malignant image, and 0 for the others."""
    return rows.groupby("patient_id")["label"].max().astype(int)


def _count_kinds(rows: pd.DataFrame) -> np.ndarray:
    return np.bincount(_kind_of_each(rows), minlength=2)
