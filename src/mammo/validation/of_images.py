"""From a study whose institution slot holds a hospital's images to the evidence on its models."""

from __future__ import annotations

import pandas as pd

from mammo import results
from mammo.assessment.everything import Assessment
from mammo.assessment.operating_points import criterion
from mammo.assessment.scores import EXTERNAL_SPLIT
from mammo.errors import MammoError
from mammo.preflight import Preflight
from mammo.report.published import TABLE_2
from mammo.study import INTERNAL, Study
from mammo.validation.evidence import OWN, Evidence, Weights
from mammo.validation.examples import Example, examples
from mammo.validation.shift_of_images import shift


def evidence(study: Study, preflight: Preflight | None = None, n_examples: int = 3) -> Evidence:
    """Return everything that a report rests on, computing what is missing.

    Parameters
    ----------
    study : Study
        Its parameters name the models, and the folder of the images.
    preflight : Preflight, optional
        Of these images.
    n_examples : int
        False negatives and false positives of each model that are shown, at most; 0 shows none.

    Raises
    ------
    MammoError
        If a model's weights may have seen the images, or examples are asked for of images whose
        background is not masked.
    """
    scored, p = scores(study), study.parameters
    (own,) = scored.loc[scored["split"] == EXTERNAL_SPLIT, "dataset"].unique()
    return Evidence(
        assessment=Assessment(
            scored,
            results.settings(study),
            p.margin,
            [criterion(text) for text in p.operating_points],
        ),
        sources={INTERNAL: study.source(INTERNAL), own: study.source(study.local)},
        weights={model: _weights(study, model) for model in p.models},
        preflight=preflight,
        shift=shift(study),
        examples=_examples(study, scored, n_examples),
    )


def scores(study: Study) -> pd.DataFrame:
    """Return each model's scores of its internal set and of the hospital's images.

    Returns
    -------
    DataFrame
        A table of scores with the images' facts; the hospital's set is called `OWN`, a public
        set in its place as it is. A model has no internal scores where its weights have seen that
        set.
    """
    tables = []
    for model in study.parameters.models:
        seen = study.learning(model).may_have_seen(model)
        datasets = [name for name in (INTERNAL, study.local) if name not in seen]
        tables += [results.scores(study, model, name) for name in datasets]
    facts = results.with_facts(study, pd.concat(tables, ignore_index=True))
    return facts.assign(dataset=facts["dataset"].replace({"institution": OWN}))


def _weights(study: Study, model: str) -> Weights:
    learning = study.learning(model)
    if INTERNAL not in learning.may_have_seen(model):
        return Weights(learning.weights_in_words(model), study.source(INTERNAL))
    published = next((cell.auroc for cell in TABLE_2 if cell.model == model), None)
    return Weights(learning.weights_in_words(model), "real", published)


def _examples(study: Study, scored: pd.DataFrame, n: int) -> list[Example]:
    if n == 0:
        return []
    if not study.parameters.mask_background:
        raise MammoError(
            "mask_background is off, so that pictures of the images might show burned-in text: "
            "show none (--no-thumbnails), or let mask_background be on"
        )
    return examples(scored, study.images(study.local), n)
