"""From a study whose institution slot holds a hospital's images to the evidence on its models."""

from dataclasses import replace

import pandas as pd

from mammo.datasets.check_report import Finding, counted
from mammo.errors import MammoError
from mammo.evaluation.tables.evaluation import Evaluation
from mammo.evaluation.tables.scores import EXTERNAL_SPLIT
from mammo.hospital.preflight import Preflight
from mammo.hospital.shift.of_study import shift
from mammo.hospital.validation.evidence import OWN, Claimed, Evidence, Weights
from mammo.hospital.validation.examples import examples
from mammo.hospital.validation.protocol import margin, operating_points
from mammo.paper.published import TABLE_2
from mammo.study import INTERNAL, Study, results
from mammo.study.families import family_of


def evidence(study: Study, preflight: Preflight | None = None, n_examples: int = 3) -> Evidence:
    """Return everything that a report rests on, computing what is missing.

    Parameters
    ----------
    study : Study
        Its parameters name the models, the folder of the images, and what was fixed beforehand.
    preflight : Preflight, optional
        Of these images; what is lost when they are decoded is added to it.
    n_examples : int
        False negatives and false positives of each model that are shown, at most; 0 shows none.

    Raises
    ------
    MammoError
        If a model's weights may have seen the images, or examples are asked for of images whose
        background is not masked.
    """
    if n_examples and not study.parameters.mask_background:
        raise MammoError(
            "mask_background is off, so that pictures of the images might show burned-in text: "
            "show none (--no-thumbnails), or let mask_background be on"
        )
    p = study.parameters
    criteria = operating_points(p)  # refused before hours of work
    scored = scores(study)
    (own,) = scored.loc[scored["split"] == EXTERNAL_SPLIT, "dataset"].unique()
    return Evidence(
        evaluation=Evaluation(scored, results.settings(study), margin(p), criteria),
        sources={INTERNAL: study.source(INTERNAL), own: study.source(study.local)},
        weights={model: _weights(study, model) for model in p.models},
        preflight=preflight and with_losses(preflight, study.images(study.local).exclusions),
        shift=shift(study),
        examples=examples(scored, study.images(study.local), n_examples),
        protocol=p,
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
        seen = family_of(study, model).may_have_seen(model)
        datasets = [name for name in (INTERNAL, study.local) if name not in seen]
        tables += [results.scores(study, model, name) for name in datasets]
    facts = results.with_facts(study, pd.concat(tables, ignore_index=True))
    key = ["dataset", "image_id"]
    manifests = [study.manifest(name)[[*key, "study_id"]] for name in facts["dataset"].unique()]
    facts = facts.merge(pd.concat(manifests), on=key, how="left", validate="m:1")
    return facts.assign(dataset=facts["dataset"].replace({"institution": OWN}))


def with_losses(preflight: Preflight, lost: pd.DataFrame) -> Preflight:
    """Add to a preflight what only the decoding of the images could find.

    Parameters
    ----------
    preflight : Preflight
    lost : DataFrame
        ``image_id`` and ``reason`` (`mammo.images.store.ImageStore.exclusions`).
    """
    lost = lost[~lost["image_id"].isin(preflight.exclusions["image"])]
    if lost.empty:
        return preflight
    # A reason begins with the name of the image, which stands beside it.
    reasons = [
        row.reason.removeprefix(row.image_id).lstrip(": ").removesuffix(".")
        for row in lost.itertuples()
    ]
    more = pd.DataFrame({"image": lost["image_id"].to_list(), "reason": reasons})
    finding = Finding(
        "warning",
        f"{counted(len(lost), 'more image')} left out once decoded: damaged, or the same pixels as "
        "another image's",
        "see exclusions.csv; copy damaged files again from the archive",
    )
    found = preflight.report.findings
    n_worse = sum(other.severity == "error" for other in found)
    return replace(
        preflight,
        report=replace(preflight.report, findings=(*found[:n_worse], finding, *found[n_worse:])),
        exclusions=pd.concat([preflight.exclusions, more], ignore_index=True),
    )


def _weights(study: Study, model: str) -> Weights:
    family = family_of(study, model)
    words, are_authors = family.weights_in_words(model), family.has_authors_weights(model)
    if INTERNAL not in family.may_have_seen(model):
        return Weights(words, study.source(INTERNAL), are_authors=are_authors)
    published = next(cell.auroc for cell in TABLE_2 if cell.model == model)
    on = "on images of a set that it learnt from in part"
    return Weights(words, "real", Claimed(published, "its authors published", on), are_authors)
