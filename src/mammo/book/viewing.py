"""What each model of a study looks at on some images."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from mammo import images
from mammo.book import gallery
from mammo.images.store import ImageStore
from mammo.models import MODELS
from mammo.paper.published import model_title
from mammo.report.figures.looked_at import Activation, Detected, Looked, Panel
from mammo.study import Study, results
from mammo.study.families.end2end import End2EndFamily
from mammo.study.families.frcnn_cad import FrcnnCadFamily
from mammo.study.families.transfer import TransferFamily

View = Callable[[pd.Series, float], Panel]
"""A row of the manifest, and shown pixels for a native one, to what a model looked at."""


def looked(study: Study, dataset: str, n: int) -> list[Looked]:
    """Return malignant images with an outlined lesion, and what each model looked at on them.

    The scores are those of the tables, where the model has not seen the data set.

    Parameters
    ----------
    study : Study
        The study.
    dataset : str
        Name of the data set; of the internal one, validation patients are shown.
    n : int
        How many images at most, drawn with the study's seed.
    """
    rows = study.split(dataset, "ddsm")
    outlined = rows["image_id"].isin(study.lesions(dataset)["image_id"])
    rows = rows[(rows["split"] != "train") & (rows["label"] == 1) & outlined]
    rng = np.random.default_rng(study.parameters.seed)
    chosen = [row for _, row in rows.loc[rng.permutation(rows.index)[:n]].iterrows()]
    shown = [gallery.example(row) for row in chosen]
    scales = [len(one.pixels) / row["rows"] for one, row in zip(shown, chosen, strict=True)]
    panels: list[list[Panel]] = [[] for _ in chosen]
    for model in study.parameters.models:
        view = _VIEWS[MODELS[model].family](study, model)
        known = results.predictions(study, model).set_index(["dataset", "image_id"])["y_score"]
        for row, scale, of_image in zip(chosen, scales, panels, strict=True):
            panel = view(row, scale)
            tabled = known.get((dataset, row["image_id"]), panel.score)
            of_image.append(replace(panel, score=float(tabled)))
    return [Looked(one, of_image) for one, of_image in zip(shown, panels, strict=True)]


def _transfer(study: Study, model: str) -> View:
    network = TransferFamily(study).trained(model)
    return _activation(network, model, study.images)


def _end2end(study: Study, model: str) -> View:
    network = End2EndFamily(study).trained(model).eval()
    return _activation(
        network, model, lambda name: ImageStore(End2EndFamily(study).images_folder(model, name))
    )


def _activation(network: object, model: str, store_of: Callable[[str], ImageStore]) -> View:
    import torch

    from mammo.models.activation_maps import class_activation_map

    def view(row: pd.Series, scale: float) -> Activation:
        store = store_of(row["dataset"])
        grey = torch.from_numpy(store[store.rows([row["image_id"]])])[:, None]
        heat = class_activation_map(network, grey)[0]
        with torch.no_grad():
            score = network(grey).sigmoid().item()
        geometry = store.geometry(row["image_id"])
        heat = heat[:, ::-1] if geometry.flipped else heat
        place = geometry.to_native([[0, 0, *grey.shape[-2:]]])[0] * scale
        return Activation(model_title(model), score, heat, tuple(place.tolist()))

    return view


def _detector(study: Study, model: str) -> View:
    from mammo.models.frcnn_cad import image_score

    network = FrcnnCadFamily(study).trained(model).eval()

    def view(row: pd.Series, scale: float) -> Detected:
        image = images.read_image(row["path"])
        found = network.detect(image.pixels, image.bits_stored)
        is_malignant = found.labels == 2
        return Detected(
            model_title(model), image_score(found), found.boxes * scale, is_malignant, found.scores
        )

    return view


_VIEWS = {"ours": _transfer, "end2end": _end2end, "frcnn_cad": _detector}
