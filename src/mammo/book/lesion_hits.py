"""How often a model's highest evidence lies on a lesion of each set, against chance."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo.datasets.lesions import EDGES
from mammo.evaluation import verdicts
from mammo.evaluation.design_effect import clustered_proportion
from mammo.evaluation.tables.estimates import aurocs
from mammo.models.activation_maps import class_activation_map
from mammo.paper.published import dataset_title, short_title
from mammo.study import INTERNAL, Study, results
from mammo.study.families import models_of
from mammo.study.families.transfer import TransferFamily


def lesion_hits(study: Study) -> tuple[pd.DataFrame, dict[str, str]]:
    """Compare the place of the highest cell of each own model's map with the true lesions.

    Only models whose validation interval lies above 0.5, and lesions that are no smaller than a
    cell of the map.

    Returns
    -------
    hits : DataFrame
        ``model``, ``dataset``, ``n_images``, ``n_patients``, ``share`` of images where it lies on a
        lesion, ``chance`` (the share of the breast's cells that would), ``excess`` with ``lower``,
        ``upper``, ``confidence``.
    left_out : dict of str to str
        A model, or a model and sets, in words, to the reason.
    """
    rows, left_out = [], {}
    for model in models_of(study, "ours"):
        internal = aurocs(results.scores(study, model, INTERNAL), results.settings(study))
        if not internal["lower"].item() > verdicts.GUESSING:
            left_out[short_title(model)] = "the internal interval reaches 0.5"
            continue
        few = []
        for dataset in study.datasets:
            found = _hits(study, model, dataset)
            if found["patient_id"].nunique() < verdicts.FEWEST:
                few.append(dataset_title(dataset))
                continue
            rows.append({"model": model, "dataset": dataset, **_compared(found, study)})
        if few:
            reason = f"under {verdicts.FEWEST} patients with a lesion as large as the map's cells"
            left_out[f"{short_title(model)} on {', '.join(few)}"] = reason
    return pd.DataFrame(rows), left_out


def cells_on_lesions(
    boxes: NDArray[np.floating], shape: tuple[int, int], size: int
) -> NDArray[np.bool_]:
    """Return which cells of a map are on a lesion.

    Parameters
    ----------
    boxes : (n, 4) float array
        row_min, col_min, row_max, col_max of lesions in pixels of the prepared image.
    shape : tuple of int
        Rows and columns of the map.
    size : int
        Side of the prepared image in pixels.

    Returns
    -------
    (rows, columns) bool array
        True where the cell's centre lies in a lesion's box, or the box's in the cell.
    """
    on_axes = []
    for length, low, high in ((shape[0], 0, 2), (shape[1], 1, 3)):
        step = size / length
        start = step * np.arange(length)
        first, last = boxes[:, low, None], boxes[:, high, None]
        centre, middle = start + step / 2, (first + last) / 2
        on_axes.append(
            ((first <= centre) & (centre < last), (start <= middle) & (middle < start + step))
        )
    (in_rows, of_rows), (in_columns, of_columns) = on_axes
    in_box = in_rows[:, :, None] & in_columns[:, None]
    in_cell = of_rows[:, :, None] & of_columns[:, None]
    return (in_box | in_cell).any(axis=0)


def _hits(study: Study, model: str, dataset: str) -> pd.DataFrame:
    """Return, for each malignant image with large enough lesions, whether the highest cell hits."""
    rows = study.split(dataset, "ddsm")
    lesions = study.lesions(dataset)
    boxes_of = dict(iter(lesions[lesions["malignant"] == 1].groupby("image_id")))
    rows = rows[(rows["split"] != "train") & rows["image_id"].isin(list(boxes_of))]
    if rows.empty:
        return pd.DataFrame(columns=["patient_id", "hit", "chance"])
    trained, samples = TransferFamily(study).trained_with_inputs(model, "ddsm", rows)
    store = study.images(dataset)
    found = []
    for number, row in enumerate(rows.itertuples()):
        boxes = store.geometry(row.image_id).to_prepared(boxes_of[row.image_id][list(EDGES)])
        heat = class_activation_map(trained, samples.batch(np.array([number])).float())[0]
        grey = store[store.rows([row.image_id])][0]
        found.append({"patient_id": row.patient_id, **_hit(heat, boxes, grey)})
    table = pd.DataFrame(found, columns=["patient_id", "hit", "chance"])
    return table[table["chance"].notna()]


def _hit(
    heat: NDArray[np.float32], boxes: NDArray[np.floating], grey: NDArray[np.float32]
) -> dict[str, float]:
    """Return whether the highest cell is on a lesion, and the share of the breast's that are."""
    size, shape = len(grey), heat.shape
    sides = np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], axis=1)
    boxes = boxes[(sides >= (size / shape[0], size / shape[1])).all(axis=1)]
    if not len(boxes):
        return {"hit": np.nan, "chance": np.nan}
    on_lesion = cells_on_lesions(boxes, shape, size)
    centres = [((np.arange(n) + 0.5) * size / n).astype(int) for n in shape]
    is_breast = (grey[np.ix_(*centres)] > 0) | on_lesion
    is_hit = heat.max() > 0 and on_lesion.flat[heat.argmax()]
    return {"hit": float(is_hit), "chance": float(on_lesion.sum() / is_breast.sum())}


def _compared(found: pd.DataFrame, study: Study) -> dict[str, object]:
    """Wilson's interval of the share, by patient, less the chance, which is known."""
    confidence, chance = results.settings(study).confidence, found["chance"].mean()
    patients = pd.factorize(found["patient_id"])[0]
    hits = found["hit"].to_numpy(bool)
    share, lower, upper = clustered_proportion(hits, patients, confidence)
    return {
        "n_images": len(found),
        "n_patients": found["patient_id"].nunique(),
        "share": share,
        "chance": chance,
        "excess": share - chance,
        "lower": lower - chance,
        "upper": upper - chance,
        "confidence": confidence,
    }
