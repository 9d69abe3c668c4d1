"""Tables that say what a study is made of: images left out, splits, steps, weights, versions."""

from __future__ import annotations

import pandas as pd

from mammo.datasets import manifest
from mammo.files import code
from mammo.files.artifacts import commit, read_record
from mammo.hospital.adaptation import adapt
from mammo.hospital.shift.of_study import shift
from mammo.paper.published import DATASET_TITLES, MODEL_TITLES
from mammo.parameters import WHERE_NOT_WHAT, Parameters
from mammo.study import INTERNAL, Study, TrainingData, results
from mammo.study.families import family_of


def exclusions(study: Study) -> pd.DataFrame:
    """Return how many images each data set lost, for which reason."""
    counts = []
    for dataset in study.datasets:
        lost = study.exclusions(dataset)
        total = len(study.manifest(dataset))
        for reason, count in lost["reason"].value_counts().items():
            counts.append(_row(study, dataset) | {"Reason": reason, "Images": count, "of": total})
        if lost.empty:
            counts.append(
                _row(study, dataset) | {"Reason": "none left out", "Images": 0, "of": total}
            )
    return pd.DataFrame(counts)


def splits(study: Study, training: TrainingData) -> pd.DataFrame:
    """Return images, patients and malignant images of each part of each data set."""
    counts = []
    for dataset in study.datasets:
        rows = study.split(dataset, training)
        for part, images in rows.groupby("split", sort=True):
            counts.append(
                _row(study, dataset)
                | {
                    "Part": part,
                    "Images": len(images),
                    "Patients": images["patient_id"].nunique(),
                    "Malignant": int((images["label"] == 1).sum()),
                }
            )
    return pd.DataFrame(counts)


def official_leakage(study: Study) -> pd.DataFrame:
    """Return how many patients CBIS-DDSM's official parts share, and how many ours do."""
    rows = study.split(INTERNAL, "ddsm")
    both = {
        "official training and test part": manifest.patients_in_both(rows, "official_split"),
        "training and validation part of this book": manifest.patients_in_both(rows, "split"),
    }
    return pd.DataFrame(
        [
            _row(study, INTERNAL) | {"Parts": parts, "Patients in both": len(found)}
            for parts, found in both.items()
        ]
    )


def steps(study: Study) -> pd.DataFrame:
    """Return every artifact behind the study's tables: step, digest, date, device, seconds."""
    results.comparison(study)
    results.mixed_comparison(study)
    p = study.parameters
    adapt.adapt(study, p.adapt_model, p.adapt_fractions, p.adapt_runs)
    shift(study)
    records = [(folder, read_record(folder)) for folder in study.artifacts.used]
    return pd.DataFrame(
        [
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
    )


def _subject(record: dict) -> str:
    names = {**DATASET_TITLES, **MODEL_TITLES}
    inputs, patients = record["inputs"], record["facts"].get("learnt_from", {})
    compared = inputs.get("images", {})
    found = [inputs[key] for key in ("model", "dataset", "training") if inputs.get(key)]
    found += compared if isinstance(compared, dict) else []
    words = ", ".join(names.get(name, name) for name in found)
    learnt = ", ".join(f"{names[name]} {number:,}" for name, number in patients.items())
    return f"{words}; patients: {learnt}" if learnt else words


def data(study: Study) -> pd.DataFrame:
    """Return the kind and digest of each data set's files."""
    return pd.DataFrame(
        [
            _row(study, dataset) | {"Digest": study.locations.of(dataset).fingerprint}
            for dataset in study.datasets
        ]
    )


def weights(study: Study) -> pd.DataFrame:
    """Return where each model's values come from, before this study trains it, if it does."""
    rows = []
    for model in study.parameters.models:
        origin = family_of(study, model).origin(model)
        rows.append(
            {
                "Model": MODEL_TITLES[model],
                "Weights": origin["kind"],
                "Source": origin["source"],
                "SHA-256": origin["sha256"][:16],
                "Licence": origin["licence"],
                "Note": origin["note"] or "none",
            }
        )
    return pd.DataFrame(rows)


def parameters(study: Study) -> pd.DataFrame:
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
    return pd.DataFrame(rows)


def versions() -> pd.DataFrame:
    """Return the code's commit and the versions of the packages behind the results."""
    facts = {"commit": commit(), **code.versions()}
    return pd.DataFrame([{"What": name, "Version": version} for name, version in facts.items()])


def _row(study: Study, dataset: str) -> dict[str, str]:
    return {
        "Data set": DATASET_TITLES[dataset],
        "Source": study.source(dataset),
    }


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
