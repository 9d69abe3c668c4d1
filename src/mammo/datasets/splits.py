"""Dividing images so that no patient is on both sides."""

import numpy as np
import pandas as pd

from mammo.errors import LeakageError

_SHOWN = 5


def hold_out(labels: np.ndarray, patients: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Choose patients at random, the same fraction of those with and without a positive image.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Label of each image, 0 or 1.
    patients : ndarray of str, shape (n,)
        Patient of each image.
    fraction : float
        Fraction of the patients to hold out, in (0, 1).
    seed : int
        The choice depends on it and on the set of patients, not on the order of the images.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether an image's patient is held out. Of each kind of patients at least one is held out
        and at least one is not, where there are two or more.
    """
    images = pd.DataFrame({"patient": np.asarray(patients, str), "label": np.asarray(labels, int)})
    positive = images.groupby("patient")["label"].max()
    rng = np.random.default_rng(seed)
    chosen: list[str] = []
    for kind in (0, 1):
        alike = positive.index[positive == kind].sort_values().to_numpy(copy=True)
        count = int(np.clip(round(fraction * len(alike)), 1, max(len(alike) - 1, 0)))
        chosen.extend(rng.permutation(alike)[: min(count, max(len(alike) - 1, 0))])
    return images["patient"].isin(chosen).to_numpy()


def parts_of_patients(
    labels: np.ndarray, patients: np.ndarray, n_parts: int, seed: int
) -> np.ndarray:
    """Deal patients into parts at random, those with and without a positive image evenly.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Label of each image, 0 or 1.
    patients : ndarray of str, shape (n,)
        Patient of each image.
    n_parts : int
    seed : int
        The choice depends on it and on the set of patients, not on the order of the images.

    Returns
    -------
    ndarray of int, shape (n,)
        Part of each image, from 0.
    """
    images = pd.DataFrame({"patient": np.asarray(patients, str), "label": np.asarray(labels, int)})
    positive = images.groupby("patient")["label"].max().sort_index()
    shuffled = positive.iloc[np.random.default_rng(seed).permutation(len(positive))]
    dealt = shuffled.sort_values(ascending=False, kind="stable")
    part = pd.Series(np.arange(len(dealt)) % n_parts, dealt.index)
    return images["patient"].map(part).to_numpy(int)


def split_patients(manifest: pd.DataFrame, fraction: float, seed: int) -> pd.Series:
    """Split a data set by patient, with the same share of positive patients on both sides.

    The paper's split of DDSM, and of each external set for the mixed data, is 4:1
    ("Materials and methods"), which is ``fraction=0.2``.

    Parameters
    ----------
    manifest : DataFrame
        Labelled images, with ``patient_id`` and ``label``.
    fraction : float
        Fraction of the patients in the smaller part, in (0, 1).
    seed : int
        Seed of the choice.

    Returns
    -------
    Series of str
        "train" or "validation", with the manifest's index.
    """
    held = hold_out(
        manifest["label"].to_numpy(int), manifest["patient_id"].to_numpy(str), fraction, seed
    )
    split = pd.Series(np.where(held, "validation", "train"), manifest.index, name="split")
    check_leakage(split, manifest["patient_id"])
    return split


def check_leakage(split: pd.Series, patients: pd.Series) -> None:
    """Assert that no patient has images in more than one part.

    Parameters
    ----------
    split : Series of str
        Part of each image.
    patients : Series of str
        Patient of each image, with the same index.

    Raises
    ------
    LeakageError
        Naming the first patients that are in several parts.
    """
    parts = split.groupby(patients.to_numpy()).agg(lambda values: sorted(set(values)))
    leaked = parts[parts.map(len) > 1]
    if leaked.empty:
        return
    shown = ", ".join(
        f"{patient} ({' and '.join(found)})" for patient, found in leaked[:_SHOWN].items()
    )
    more = f" and {len(leaked) - _SHOWN} more" if len(leaked) > _SHOWN else ""
    raise LeakageError(
        f"{len(leaked)} patients have images in several parts of the split: {shown}{more}; split "
        "by patient, so that no patient's images are both learnt from and scored"
    )
