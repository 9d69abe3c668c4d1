"""Every image's lesions: native boxes, malignant or not, mass or calcification."""

import json
from itertools import chain
from typing import Any

import pandas as pd

from mammo.datasets.cbis_ddsm_masks import lesion_boxes
from mammo.files.workers import mapped

EDGES = ("row_min", "col_min", "row_max", "col_max")
COLUMNS = ("image_id", *EDGES, "malignant", "lesion_type")
FACTS = ("image_id", "pathology", "lesion_type", "boxes", "rows", "columns")
"""Of an image, what its lesions are found by, beside the files of its masks."""

_TYPES = {
    **dict.fromkeys(("mass", "spiculated region", "circ", "spic", "misc"), "mass"),
    **dict.fromkeys(("calcification", "calcifications", "cluster", "calc"), "calcification"),
}
"""What INbreast's outlines and MIAS's classes are; distortions and asymmetries are neither."""


def lesions(rows: pd.DataFrame, workers: int = 1) -> pd.DataFrame:
    """Find the lesions of the images that are used.

    CBIS-DDSM has a mask and a pathology for each lesion. MIAS has circles, each with its own
    severity. INbreast has outlines but no pathology of them: the image's label counts for all.
    An institution's images have none.

    Parameters
    ----------
    rows : DataFrame
        Rows of a manifest of one data set; excluded ones are left out.
    workers : int
        Processes that decode masks; 1 works in this one.

    Returns
    -------
    DataFrame
        One row a lesion, in the order of the images: image_id; row_min, col_min, row_max, col_max
        (int, native pixels, half open); malignant (0 or 1); lesion_type ("mass", "calcification"
        or None). A lesion without outline, box or mask is not in it.

    Raises
    ------
    UnreadableImageError
        If a mask cannot be decoded.
    """
    return with_labels(find(rows, workers), rows)


def find(rows: pd.DataFrame, workers: int = 1) -> pd.DataFrame:
    """Do as `lesions` does, and leave ``malignant`` empty where the image's label counts."""
    used = rows.loc[rows["excluded"].isna(), [*FACTS, "mask_paths"]]
    # Boxes need no process of their own; masks are decoded.
    workers = workers if (used["mask_paths"] != "[]").any() else 1
    bar = {"desc": "find lesions", "unit": "image", "delay": 1}
    found = mapped(_of_image, used.to_dict("records"), workers, chunksize=8, **bar)
    return pd.DataFrame(list(chain.from_iterable(found)), columns=list(COLUMNS))


def with_labels(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return lesions that were found, each malignant or not by its own pathology or the label."""
    labels = found["image_id"].map(rows.set_index("image_id")["label"])
    own = pd.to_numeric(found["malignant"])
    return found.assign(malignant=own.where(own.notna(), labels).astype(int))


def without_box(rows: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """Count the lesions of images whose files gave no box: a crop alone, or no mask at all.

    Such an image has a lesion nobody knows the place of, so that no part of it is background.

    Parameters
    ----------
    rows : DataFrame
        Rows of a manifest of one data set; excluded ones are left out.
    found : DataFrame
        As `find` or `lesions` gives it.

    Returns
    -------
    Series of int
        By image_id, those above 0.
    """
    used = rows[rows["excluded"].isna()].set_index("image_id")
    stated = used["mask_paths"].map(lambda text: len(json.loads(text)))
    boxes = found["image_id"].value_counts().reindex(stated.index, fill_value=0)
    missing = (stated - boxes).clip(lower=0)
    return missing[missing > 0]


def _of_image(image: dict[str, Any]) -> list[dict[str, Any]]:
    boxes = json.loads(image["boxes"])
    found = [
        (box, box.get("pathology"), _TYPES.get(box["kind"]) if "kind" in box else None)
        for box in boxes
    ]
    masks = json.loads(image["mask_paths"])
    if any(masks):
        shape = (int(image["rows"]), int(image["columns"]))
        found += [
            (box, pathology, image["lesion_type"])
            for files, pathology in zip(masks, image["pathology"].split("|"), strict=True)
            for file in files
            for box in lesion_boxes(file, shape)
        ]
    return [
        {
            "image_id": image["image_id"],
            **{edge: box[edge] for edge in EDGES},
            "malignant": int(pathology == "MALIGNANT") if pathology else None,
            "lesion_type": kind,
        }
        for box, pathology, kind in found
    ]
