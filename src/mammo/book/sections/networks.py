"""Models: their layers, how they were trained, and how well they do in internal validation."""

from dataclasses import asdict

import pandas as pd

from mammo.book import viewing
from mammo.book.sections.result import Result
from mammo.datasets.phantom import ceiling
from mammo.evaluation import score_interval
from mammo.paper.published import model_title, short_title
from mammo.report.figures.architecture import end2end_model, frcnn_model, transfer_model
from mammo.report.figures.attention import attention_of_models
from mammo.report.figures.style import Picture
from mammo.report.figures.training import staged_training, training_curves
from mammo.report.page.blocks import Table, Tabs
from mammo.report.tables import paper
from mammo.report.tables.ceiling import ceiling_table
from mammo.study import INTERNAL, Study, results
from mammo.study.families import family_of, models_of
from mammo.study.families.end2end import End2EndFamily
from mammo.study.families.frcnn_cad import FrcnnCadFamily
from mammo.study.families.transfer import TransferFamily

MISREAD = 0.3
"""Share of lesions that the reader of `reachable` takes for another one: an assumption."""


def architectures(study: Study, family: str) -> Tabs:
    """Draw the study's models of a family ("ours", "end2end", "frcnn_cad") from their layers."""
    models = models_of(study, family)
    drawn = {short_title(model): _DRAWN[family](study, model) for model in models}
    return Tabs(f"models-{family.replace('_', '-')}", drawn)


def own_training(study: Study) -> Picture | None:
    """Draw how the training of the paper's own models went; None without such a model."""
    family, models = TransferFamily(study), models_of(study, "ours")
    histories = {model: family.history(model) for model in models}
    best_epochs = {model: family.best_epoch(model) for model in models}
    return training_curves(histories, best_epochs) if models else None


def published_training(study: Study) -> Picture | None:
    """Draw each step of the training of published models; None where none was trained here."""
    published = [name for family in ("end2end", "frcnn_cad") for name in models_of(study, family)]
    courses = {model: family_of(study, model).course(model) for model in published}
    courses = {model: course for model, course in courses.items() if course}
    return staged_training(courses) if courses else None


def validation(study: Study) -> Result:
    """Return the auROC of each model in internal validation, Table 2."""
    estimates = results.comparison(study)
    return Result(estimates, paper.table2(estimates))


def reachable(study: Study) -> Table | None:
    """Return what an oracle and a reader reach on the synthetic DDSM; None where DDSM is real.

    Both read the lesions' descriptors, the reader some of them wrongly (`phantom.ceiling`).
    """
    if study.source(INTERNAL) != "synthetic":
        return None
    p = study.parameters
    found = []
    for misread in (0.0, MISREAD):
        read = ceiling.scores(
            seed=p.seed, scale=p.phantom_scale, lesions=p.phantom_lesions, misread=misread
        )
        columns = (read[name] for name in ("y_true", "y_score", "patient_id"))
        found.append(asdict(score_interval(*columns, confidence=p.confidence)))
    data = pd.DataFrame(found).assign(misread=(0.0, MISREAD))
    return ceiling_table(data)


def attention(study: Study) -> Picture:
    """Draw what each model looked at on some malignant images that it has not seen."""
    return attention_of_models(
        viewing.looked(study, INTERNAL, 2) + viewing.looked(study, "mias", 1)
    )


def _transfer(study: Study, model: str) -> Picture:
    from mammo.models.description import describe_transfer

    family = TransferFamily(study)
    layers = describe_transfer(family.model(model), study.parameters.image_size)
    return transfer_model(layers, model_title(model), family.start_in_words(model))


def _end2end(study: Study, model: str) -> Picture:
    from mammo.models.description import describe_end2end

    family = End2EndFamily(study)
    layers = describe_end2end(family.trained(model), *family.shape(model))
    return end2end_model(layers, model_title(model), family.weights_in_words(model))


def _detector(study: Study, model: str) -> Picture:
    from mammo.models.description import describe_frcnn_cad

    family = FrcnnCadFamily(study)
    network, words = family.trained(model), family.weights_in_words(model)
    sides = network.settings.short_side, network.settings.long_side
    layers = describe_frcnn_cad(network, max(sides), min(sides))
    return frcnn_model(layers, network.settings, model_title(model), words)


_DRAWN = {"ours": _transfer, "end2end": _end2end, "frcnn_cad": _detector}
