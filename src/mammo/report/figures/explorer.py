"""A threshold to drag: what it gives on the internal set and on another, side by side."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mammo.evaluation.tables.operating_points import SHARES
from mammo.evaluation.tables.scores import INTERNAL_SPLIT
from mammo.paper.published import model_title
from mammo.report.figures.style import looks
from mammo.report.page.render import in_notebook
from mammo.report.tables.formats import set_name

_DIGITS = 6


@dataclass(frozen=True)
class ThresholdExplorer:
    """Curves and intervals for the script ``book/_static/threshold_explorer.js``.

    Where no script runs, in print and in JupyterLab, a sentence is shown that says where the same
    numbers are. No image's score is in it. A model without an internal set is shown on the other
    alone.

    Attributes
    ----------
    grid : DataFrame
        As `mammo.evaluation.tables.operating_points.threshold_grid`, not empty; by woman or exam.
    sources : mapping
        Data set to "real" or "synthetic", where that is known.
    same : str
        Where the same is found without scripts: a sentence.
    counted : (str, str)
        What is scored, as "exam" and "exams": one row of each set, each independent.
    name : str
        Anchor in the page.
    """

    grid: pd.DataFrame
    sources: Mapping[str, str]
    same: str
    counted: tuple[str, str] = ("woman", "women")
    name: str = "explore-a-threshold"

    @property
    def json(self) -> str:
        """What the script is given: the models, each with its thresholds and sets."""
        first = self.grid.iloc[0]
        styles = looks(self.grid["dataset"])
        models = [
            {
                "title": model_title(model),
                "thresholds": list(dict.fromkeys(rows["threshold"])),
                "chosen": dict(
                    rows.loc[rows["criterion"] != "", ["criterion", "threshold"]]
                    .drop_duplicates()
                    .itertuples(index=False, name=None)
                ),
                "sets": [
                    self._set(part) | {"color": styles[dataset].color}
                    for (dataset, _), part in rows.groupby(["dataset", "split"], sort=False)
                ],
            }
            for model, rows in self.grid.groupby("model", sort=False)
        ]
        made = {
            "confidence": first["confidence"],
            "counted": self.counted,
            "models": models,
        }
        return json.dumps(made, separators=(",", ":"), allow_nan=False)

    def _set(self, part: pd.DataFrame) -> dict[str, object]:
        first = part.iloc[0]
        return {
            "title": set_name(first["dataset"], self.sources),
            "internal": bool(first["split"] == INTERNAL_SPLIT),
            "number": int(first["n_images"]),
            "malignant": int(first["n_malignant"]),
        } | {
            name: [part[column].round(_DIGITS).tolist() for column in _with_bounds(name)]
            for name in SHARES
        }

    def _repr_html_(self) -> str:
        return in_notebook(self)

    def __repr__(self) -> str:
        return f"ThresholdExplorer: {self.grid['model'].nunique()} models"


def _with_bounds(name: str) -> tuple[str, str, str]:
    return name, f"{name}_lower", f"{name}_upper"
