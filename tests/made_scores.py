"""Tables of scores made in code: two models at home and on two external sets."""

import numpy as np
import pandas as pd

SETS = {"home": ("validation", 60, 1.8), "north": ("test", 50, 0.5), "south": ("test", 40, 0.0)}
"""Split, patients and distance of the classes of each set."""


def made_scores(seed: int = 0, models: tuple[str, ...] = ("first", "second")) -> pd.DataFrame:
    """Four images a patient, two of each breast; malignant patients in one breast."""
    generator = np.random.default_rng(seed)
    rows = []
    for dataset, (split, n_patients, distance) in SETS.items():
        for patient in range(n_patients):
            own = generator.normal()
            for laterality in "LR":
                malignant = int(patient % 3 == 0 and laterality == "L")
                for view in ("CC", "MLO"):
                    for model in models:
                        logit = distance * malignant + 0.5 * own + generator.normal()
                        rows.append(
                            {
                                "model": model,
                                "dataset": dataset,
                                "split": split,
                                "patient_id": f"{dataset}-{patient:03d}",
                                "image_id": f"{dataset}-{patient:03d}-{laterality}-{view}",
                                "y_true": malignant,
                                "y_score": round(1 / (1 + np.exp(-logit)), 4),
                                "laterality": laterality,
                                "view": view,
                                "density": "abcd"[patient % 4] if patient % 5 else None,
                            }
                        )
    return pd.DataFrame(rows)
