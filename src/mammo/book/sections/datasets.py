"""Data sets: how many images, of whom, what was left out, and what they look like."""

import pandas as pd

from mammo.book import gallery
from mammo.datasets import manifest
from mammo.paper.published import dataset_title
from mammo.report.figures.images import example_images, intensity_histograms
from mammo.report.figures.style import Picture
from mammo.report.page.blocks import Table
from mammo.report.tables import paper
from mammo.study import INTERNAL, Study, TrainingData

_SPLITS = {
    "ddsm": ("splits", "Images and patients in each part"),
    "mixed": (
        "mixed-splits",
        "Images and patients of each set in the mixed training and in its test",
    ),
}


def details(study: Study) -> Table:
    """Return Table 1, data set details."""
    return paper.table1(study.summary())


def exclusions(study: Study) -> Table:
    """Return how many images each data set lost, for which reason."""
    counts = []
    for dataset in study.datasets:
        reasons = study.exclusions(dataset)["reason"].value_counts().to_dict()
        total = len(study.manifest(dataset))
        for reason, count in (reasons or {"none left out": 0}).items():
            counts.append(named(study, dataset) | {"Reason": reason, "Images": count, "of": total})
    caption = "Images left out, by data set and reason"
    return Table(pd.DataFrame(counts), caption, name="exclusions")


def splits(study: Study, training: TrainingData) -> Table:
    """Return images, patients and malignant images of each part of each data set."""
    counts = []
    for dataset in study.datasets:
        for part, images in study.split(dataset, training).groupby("split", sort=True):
            counts.append(
                named(study, dataset)
                | {
                    "Part": part,
                    "Images": len(images),
                    "Patients": images["patient_id"].nunique(),
                    "Malignant": int((images["label"] == 1).sum()),
                }
            )
    name, caption = _SPLITS[training]
    return Table(pd.DataFrame(counts), caption, name=name)


def official_leakage(study: Study) -> Table:
    """Return how many patients CBIS-DDSM's official parts share, and how many ours do."""
    rows = study.split(INTERNAL, "ddsm")
    both = {
        "official training and test part": manifest.patients_in_both(rows, "official_split"),
        "training and validation part of this book": manifest.patients_in_both(rows, "split"),
    }
    counts = [
        named(study, INTERNAL) | {"Parts": parts, "Patients in both": len(found)}
        for parts, found in both.items()
    ]
    caption = "Patients of CBIS-DDSM with images in both of two parts"
    return Table(pd.DataFrame(counts), caption, name="leakage")


def examples(study: Study, n: int) -> Picture:
    """Draw n native images of each data set, half of them malignant, with their lesions."""
    return example_images(
        [image for dataset in study.datasets for image in gallery.examples(study, dataset, n)]
    )


def grey_values(study: Study, n: int) -> Picture:
    """Draw the distribution of grey inside the breast, over n images of each data set."""
    greys = {dataset: gallery.breast_pixels(study, dataset, n) for dataset in study.datasets}
    return intensity_histograms(greys, study.sources)


def named(study: Study, dataset: str) -> dict[str, str]:
    """Return the first columns of a row on a data set: its name, and real or synthetic."""
    return {"Data set": dataset_title(dataset), "Source": study.source(dataset)}
