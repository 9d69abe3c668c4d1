"""A model's scores of phantoms under every mix of causes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mammo.datasets.phantom import factors
from mammo.datasets.phantom.factors import VARIANTS, Subject, Variant
from mammo.files.workers import pool as open_pool
from mammo.images.store import PIXELS, WHITE
from mammo.study.families.transfer import TransferFamily

if TYPE_CHECKING:
    from torch import nn

    from mammo.images.cropped_image import PreprocessingSettings
    from mammo.study import Study

_SCORES, _SUBJECTS = "scores.csv", "subjects.csv"
_A_WORKER = 8
"""Subjects whose images are in memory at once, for each process."""


def factor_scores(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the subjects, and the scores of their images by `Variant` and subject."""
    folder = factors_folder(study)
    subjects = pd.read_csv(folder / _SUBJECTS).sort_values("subject")
    scores = pd.read_csv(folder / _SCORES).set_index([*Variant._fields, "subject"]).sort_index()
    return subjects, scores


def factors_folder(study: Study) -> Path:
    """Return the artifact folder with the scores of every subject's images."""
    p, family = study.parameters, TransferFamily(study)
    recipe = {
        "n": p.factor_patients,
        "seed": p.seed,
        "lesions": p.phantom_lesions,
        "digitiser": p.phantom_digitiser,
    }
    settings = study.preprocessing
    inputs = {
        "model": p.factor_model,
        "checkpoint": family.checkpoint_folder(p.factor_model).name,
        "subjects": recipe,
        "pixel_mm": p.phantom_pixel_mm,
        "settings": settings.model_dump(mode="json"),
        "precision": p.precision,
    }

    def make(folder: Path) -> dict[str, Any]:
        subjects = factors.subjects(**recipe)
        model = family.trained(p.factor_model).to(study.fabric.device)
        tables = [
            pd.DataFrame(VARIANTS).assign(
                subject=subject.case.number, y_score=_log_odds(model, images, study)
            )
            for subject, images in _drawn(subjects, p.phantom_pixel_mm, settings, study.workers)
        ]
        pd.concat(tables).to_csv(folder / _SCORES, index=False)
        facts = [
            (one.case.number, one.case.density, int(one.breast.malignant), one.birads)
            for one in subjects
        ]
        table = pd.DataFrame(facts, columns=["subject", "density", "malignant", "birads"])
        table.to_csv(folder / _SUBJECTS, index=False)
        return {"images": len(VARIANTS) * len(subjects), "device": str(study.fabric.device)}

    return study.artifacts.build("controlled_factors", inputs, make)


def _drawn(
    subjects: list[Subject], pixel_mm: float, settings: PreprocessingSettings, workers: int
) -> Iterator[tuple[Subject, np.ndarray]]:
    """Yield each subject's prepared images, uint16 (variants, size, size); few are kept at once."""
    from tqdm.auto import tqdm

    with open_pool(workers) as pool, tqdm(total=len(subjects), desc="causes", unit="case") as bar:
        size = _A_WORKER * workers
        for start in range(0, len(subjects), size):
            block = subjects[start : start + size]
            tasks = [(subject, pixel_mm, settings) for subject in block]
            for subject, images in zip(block, pool.map(_prepared, tasks), strict=True):
                bar.update()
                yield subject, images


def _prepared(task: tuple[Subject, float, PreprocessingSettings]) -> np.ndarray:
    subject, pixel_mm, settings = task
    side = subject.breast.laterality
    shown = factors.images(subject, pixel_mm)
    prepared = [settings.prepare(image, side).pixels for _, image in shown]
    return np.rint(np.stack(prepared) * WHITE).astype(PIXELS)


def _log_odds(model: nn.Module, images: np.ndarray, study: Study) -> np.ndarray:
    import torch

    from mammo.training.devices import computing
    from mammo.training.samples import StoredImages

    grey = StoredImages([(images, np.arange(len(images)))]).batch(np.arange(len(images)))
    device = study.fabric.device
    with torch.inference_mode(), computing(device, study.parameters.precision):
        return model(grey.to(device)).float().cpu().numpy()
