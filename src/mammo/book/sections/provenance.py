"""Provenance: what a study is made of, its steps, data, weights, parameters and versions."""

import pandas as pd

from mammo.book.sections.datasets import named
from mammo.files import code
from mammo.files.artifacts import commit, read_record
from mammo.hospital.adaptation import adapt
from mammo.hospital.shift.of_study import shift
from mammo.paper.published import DATASET_TITLES, MODEL_TITLES, model_title
from mammo.parameters import WHERE_NOT_WHAT, Parameters
from mammo.report.page.blocks import Table
from mammo.study import INTERNAL, Study, results
from mammo.study.controlled_factors import factors_folder
from mammo.study.families import family_of, models_of
from mammo.study.transfer_matrix import transfer_folder


def steps(study: Study) -> Table:
    """Return every artifact behind the study's tables: step, digest, date, device, seconds."""
    results.comparison(study)
    results.mixed_comparison(study)
    for model in models_of(study, "ours"):
        transfer_folder(study, model)
    if study.source(INTERNAL) == "synthetic":
        factors_folder(study)
    adapt.adapt(study)
    shift(study)
    records = [(folder, read_record(folder)) for folder in study.artifacts.used]
    rows = [
        {
            "Step": record["stage"],
            "Of": _subject(record),
            "Digest": folder.name,
            "Device": record["facts"].get("device", "cpu"),
            "Started (UTC)": record["started"][:19].replace("T", " "),
            "Seconds": record["seconds"],
        }
        for folder, record in records
    ]
    return Table(pd.DataFrame(rows), "Steps of this build, their digests and seconds", name="steps")


def _subject(record: dict) -> str:
    names = {**DATASET_TITLES, **MODEL_TITLES}
    inputs, patients = record["inputs"], record["facts"].get("learnt_from", {})
    compared = inputs.get("images", {})
    found = [inputs[key] for key in ("model", "dataset", "training") if inputs.get(key)]
    found += compared if isinstance(compared, dict) else []
    words = ", ".join(names.get(name, name) for name in found)
    learnt = ", ".join(f"{names[name]} {number:,}" for name, number in patients.items())
    return f"{words}; patients: {learnt}" if learnt else words


def data(study: Study) -> Table:
    """Return the kind and digest of each data set's files."""
    rows = [
        named(study, dataset) | {"Digest": study.locations.of(dataset).fingerprint}
        for dataset in study.datasets
    ]
    return Table(pd.DataFrame(rows), "Data sets of this build, their kind and digest", name="data")


def weights(study: Study) -> Table:
    """Return where each model's values come from, before this study trains it, if it does."""
    models = study.parameters.models
    data = pd.DataFrame([family_of(study, model).origin(model) for model in models])
    data.insert(0, "model", [model_title(model) for model in models])
    shown = pd.DataFrame(
        {
            "Model": data["model"],
            "Weights": data["kind"],
            "Source": data["source"],
            "SHA-256": data["sha256"].str[:16],
            "Licence": data["licence"],
        }
    )
    notes = [
        f"{'; '.join(own['model'])}: {note}"
        for note, own in data.groupby("note", sort=False)
        if note
    ]
    caption = "Weights of each model: where they come from, terms"
    return Table(shown, caption, " ".join(notes), data=data, name="weights")


def parameters(study: Study) -> Table:
    """Return every parameter that can change a result: value, default, meaning."""
    rows = []
    for name, field in Parameters.model_fields.items():
        if name in WHERE_NOT_WHAT:
            continue
        value = getattr(study.parameters, name)
        rows.append(
            {
                "Parameter": name,
                "Value": _text(value),
                "Default": "the same" if value == field.default else _text(field.default),
                "Meaning": field.description,
            }
        )
    return Table(pd.DataFrame(rows), "Parameters of this build", name="parameters")


def versions() -> Table:
    """Return the code's commit and the versions of the packages behind the results."""
    facts = {"commit": commit(), **code.versions()}
    rows = [{"What": name, "Version": version} for name, version in facts.items()]
    return Table(pd.DataFrame(rows), "Code and packages", name="versions")


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
