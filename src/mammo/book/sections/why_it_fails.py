"""What is behind a drop: models trained on each set, single causes, what the model looks at."""

from functools import lru_cache

import pandas as pd

from mammo.book.lesion_hits import lesion_hits
from mammo.book.sections.result import Result
from mammo.evaluation.tables.attribution import DividedDrop, divided_drop
from mammo.report import cause_sentences
from mammo.report.figures.factor_shares import factor_shares
from mammo.report.figures.transfer_matrix import transfer_heat_maps
from mammo.report.page.blocks import Table
from mammo.report.tables import causes
from mammo.study import INTERNAL, Study, results
from mammo.study.causes import factor_cells, transfer_matrix


def transfer(study: Study) -> Result:
    """Return the auROC of the paper's own models, trained on each set and tested on each."""
    matrix, _ = _transfer(study)
    figure = transfer_heat_maps(matrix, study.sources) if len(matrix) else None
    return Result(matrix, causes.matrix_table(matrix, study.sources), figure)


def parts(study: Study) -> Result:
    """Return each drop's difficulty and mismatch."""
    _, found = _transfer(study)
    table = causes.parts_table(found, study.sources)
    return Result(found, table, words=cause_sentences.parts_sentence(found))


def shares(study: Study) -> Result:
    """Return what single causes take off the auROC; nothing where DDSM's images are real."""
    model = study.parameters.factor_model
    if study.source(INTERNAL) == "real":
        return Result(pd.DataFrame(), words=cause_sentences.real_images_sentence(model))
    divided = _divided(study)
    words = cause_sentences.shares_sentence(divided, model)
    return Result(divided.shares, causes.shares_table(divided), factor_shares(divided), words)


def gates(study: Study) -> Table | None:
    """Return what must hold if the shares mean anything; None where there are none."""
    return None if study.source(INTERNAL) == "real" else causes.gates_table(_divided(study))


def looked(study: Study) -> Result:
    """Return how often a model's highest evidence lies on a lesion, on each set."""
    hits, left_out = lesion_hits(study)
    words = cause_sentences.hits_sentence(hits, left_out)
    return Result(hits, causes.hits_table(hits, study.sources), words=words)


@lru_cache(maxsize=1)
def _transfer(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    return transfer_matrix(study)


@lru_cache(maxsize=1)
def _divided(study: Study) -> DividedDrop:
    return divided_drop(factor_cells(study), results.settings(study))
