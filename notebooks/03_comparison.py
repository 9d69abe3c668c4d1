# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Comparison
#
# The models of the last chapter, unchanged, on three sets that had no part in their making. This is
# the paper's main result: there, what was high at home fell to about the level of guessing.

# %% tags=["parameters"]
models = [
    "alexnet",
    "vgg16",
    "resnet50",
    "end2end_vgg16",
    "end2end_resnet50",
    "frcnn_cad",
]  # the models to compute
n_bootstrap = 2000  # bootstrap replicates behind each interval
confidence = 0.95  # confidence level of the intervals
unit = "patient"  # what the bootstrap draws: "patient" or "image"

# %%
from mammo import config

parameters = config.read(globals())

# %% tags=["remove-input"]
import pandas as pd

from mammo import results
from mammo.report import display, notice, sentences, tables
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.roc import roc_curves
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## What the models score elsewhere
#
# Table 3. A model is not scored on a set that it was trained on.

# %%
estimates = results.comparison(study)
display.show(
    tables.table3(estimates),
    "table-3",
    "Table 3. External auROC of models trained on DDSM, published and computed",
)

# %%
sentences.external_range(estimates)

# %%
sentences.chance(estimates)

# %% [markdown]
# ## How far it is from home
#
# Each model on every set, its validation on DDSM first. An interval that reaches the dotted line
# does not exclude guessing.

# %%
auroc_forest(estimates)

# %%
sentences.drop(estimates)

# %% [markdown]
# ## The whole curves
#
# Fig. 2 of the paper: sensitivity against one minus specificity, one panel a model.

# %%
predictions = pd.concat([results.predictions(study, model) for model in parameters.models])
roc_curves(predictions, estimates)

# %% [markdown]
# ## How far it is from experts
#
# Radiologists reading screen-film and digital mammograms in an observer study averaged the auROC
# that the paper quotes for human experts {cite:p}`cole2014`. Their images, their cases and their
# task were others, so the distance is a yardstick and no test.

# %%
sentences.experts_distance(estimates)
