"""Comparison of a set of images with the training set, as tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from mammo.errors import MammoError
from mammo.files.disk import write_text
from mammo.hospital.shift.differences import standardised_differences
from mammo.hospital.shift.domain import domain_auroc, too_few_patients
from mammo.hospital.shift.measures import grey_histogram, image_statistics
from mammo.images.store import ImageStore

ROLES = ("training", "local")
"""The set that a model was trained on, and the one at hand; first and second in all tables."""

FEWEST_PATIENTS = 5
"""Of either set, below which nothing is shown of how they differ."""

_TEXT = dict.fromkeys(
    ("role", "dataset", "source", "views", "patient_id", "image_id", "measure", "method", "reason"),
    str,
)


@dataclass(frozen=True)
class ImageSet:
    """Prepared images of one set.

    Attributes
    ----------
    images : ImageStore
    rows : DataFrame
        ``dataset``, ``source``, ``patient_id``, ``image_id`` and ``view`` of images of the store,
        as in a manifest; all of one data set.
    """

    images: ImageStore
    rows: pd.DataFrame


@dataclass(frozen=True)
class ShiftSettings:
    """How sets are compared.

    Attributes
    ----------
    most_images : int
        Of a larger set whole patients are drawn, up to this number of images.
    bins : int
        Of the histograms of grey.
    folds, n_permutations : int
        See `mammo.hospital.shift.domain.domain_auroc`.
    n_bootstrap, confidence, seed
        Of the differences' intervals by patient.
    """

    most_images: int = 1_000
    bins: int = 64
    folds: int = 5
    n_permutations: int = 999
    n_bootstrap: int = 10_000
    confidence: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class Shift:
    """The comparison of two sets; every table is one CSV file.

    Attributes
    ----------
    sets : DataFrame
        A row a set: ``role`` (`ROLES`), ``dataset``, ``source``; ``views`` that are compared, ""
        for all; ``n_patients`` and ``n_images`` measured, of ``all_patients`` and ``all_images``.
    statistics : DataFrame
        ``role`` and the columns of `mammo.hospital.shift.measures.image_statistics`.
    histograms : DataFrame
        ``role`` and the columns of `mammo.hospital.shift.measures.grey_histogram`.
    differences : DataFrame
        See `mammo.hospital.shift.differences.standardised_differences`.
    domain : DataFrame
        One row: ``auroc``, ``p_value`` and how they were made; or NaN and ``reason``, which says
        why there is no number, and is "" otherwise.
    """

    sets: pd.DataFrame
    statistics: pd.DataFrame
    histograms: pd.DataFrame
    differences: pd.DataFrame
    domain: pd.DataFrame

    @property
    def is_of_too_few(self) -> bool:
        """Whether a set has too few patients for any figure or table."""
        return bool(self.sets["n_patients"].min() < FEWEST_PATIENTS)

    @property
    def is_distinguishable(self) -> bool:
        """Whether the classifier tells the sets apart better than chance would."""
        found = self.domain.iloc[0]
        return bool(found["p_value"] <= 1 - found["confidence"])

    def write(self, folder: Path) -> None:
        """Write each table as CSV, whole or not at all, into a folder that exists."""
        for field in fields(self):
            text = getattr(self, field.name).to_csv(index=False, lineterminator="\n")
            write_text(folder / f"{field.name}.csv", text)

    @classmethod
    def read(cls, folder: Path) -> Shift:
        """Read what `write` wrote.

        Raises
        ------
        MammoError
            If a table is absent.
        """
        return cls(**{field.name: _read(folder / f"{field.name}.csv") for field in fields(cls)})


def compute(training: ImageSet, local: ImageSet, settings: ShiftSettings) -> Shift:
    """Compare a set with the one that a model was trained on.

    Where the sets share views, images of all other views are left out: an MLO view is compared
    with MLO views. Of what remains whole patients are drawn, up to ``most_images``.

    Parameters
    ----------
    training, local : ImageSet
        Prepared with the same settings.
    settings : ShiftSettings

    Returns
    -------
    Shift

    Raises
    ------
    MammoError
        If a set is empty, or they were prepared in different sizes.
    """
    _check(training, local)
    views = sorted(set(training.rows["view"].dropna()) & set(local.rows["view"].dropna()))
    sides = dict(zip(ROLES, (training, local), strict=True))
    seen = {
        role: side.rows[side.rows["view"].isin(views)] if views else side.rows
        for role, side in sides.items()
    }
    rows = {role: _draw_patients(seen[role], settings.most_images, settings.seed) for role in ROLES}
    measured = {role: image_statistics(sides[role].images, rows[role]) for role in ROLES}
    histograms = {
        role: grey_histogram(sides[role].images, rows[role], settings.bins) for role in ROLES
    }
    return Shift(
        pd.DataFrame([_describe(role, rows[role], sides[role].rows, views) for role in ROLES]),
        _stack(measured),
        _stack(histograms),
        standardised_differences(
            *measured.values(), n_bootstrap=settings.n_bootstrap,
            confidence=settings.confidence, seed=settings.seed,
        ),
        _domain(*measured.values(), settings),
    )  # fmt: skip


def _check(training: ImageSet, local: ImageSet) -> None:
    if training.rows.empty or local.rows.empty:
        raise MammoError("one of the two sets of images is empty: nothing can be compared")
    shapes = [side.images.images.shape[1:] for side in (training, local)]
    if shapes[0] != shapes[1]:
        raise MammoError(
            f"the training set was prepared as {shapes[0]} pixels and this set as {shapes[1]}: "
            "prepare both with the same settings"
        )


def _draw_patients(rows: pd.DataFrame, most_images: int, seed: int) -> pd.DataFrame:
    """Draw whole patients until the next would exceed the bound; at least one."""
    counts = rows.groupby("patient_id").size()
    drawn = counts.iloc[np.random.default_rng(seed).permutation(len(counts))]
    kept = drawn.index[: max(1, int((drawn.cumsum() <= most_images).sum()))]
    return rows[rows["patient_id"].isin(kept)]


def _describe(
    role: str, rows: pd.DataFrame, all_rows: pd.DataFrame, views: list[str]
) -> dict[str, object]:
    return {
        "role": role,
        "dataset": rows["dataset"].iloc[0],
        "source": rows["source"].iloc[0],
        "views": " ".join(views),
        "n_patients": rows["patient_id"].nunique(),
        "n_images": len(rows),
        "all_patients": all_rows["patient_id"].nunique(),
        "all_images": len(all_rows),
    }


def _stack(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(
        [table.assign(role=role)[["role", *table]] for role, table in tables.items()],
        ignore_index=True,
    )


def _domain(training: pd.DataFrame, local: pd.DataFrame, settings: ShiftSettings) -> pd.DataFrame:
    made = {name: getattr(settings, name) for name in ("folds", "n_permutations", "seed")}
    reason = too_few_patients(training, local, settings.folds)
    value = {"auroc": np.nan, "p_value": np.nan}
    if reason is None:
        value = asdict(domain_auroc(training, local, **made))
    facts = {"confidence": settings.confidence, "reason": reason or ""}
    return pd.DataFrame([{**value, **made, **facts}])


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=_TEXT)
    except FileNotFoundError:
        raise MammoError(f"{path} is absent: compare the sets again") from None
    texts = [name for name in _TEXT if name in table]
    return table.fillna(dict.fromkeys(texts, ""))
