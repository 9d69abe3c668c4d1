# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: mammo
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   mammo:
#     chapter: provenance
#     parameters:
#     - DataParameters
#     - ImageParameters
#     - ModelParameters
#     - PublishedModelParameters
#     - EvaluationParameters
#     - MixedDataParameters
#     - AdaptationParameters
# ---

# %% [markdown]
# # Provenance
#
# What this build was made from: parameters, data, weights, versions, and how long each step took.
# Every step is kept in a folder named by the digest of all that it depends on, with a record.

# %% tags=["parameters"]
models = [
    "alexnet",
    "vgg16",
    "resnet50",
    "end2end_vgg16",
    "end2end_resnet50",
    "frcnn_cad",
]  # the models to compute
mixed_model = "alexnet"  # the model that is also trained on mixed data

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book import inventory
from mammo.report import display, notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Steps

# %%
display.show(inventory.steps(study), "steps", "Steps of this build, their digests and seconds")

# %% [markdown]
# ## Data

# %%
display.show(inventory.data(study), "data", "Data sets of this build, their kind and digest")

# %% [markdown]
# ## Weights

# %%
display.show(
    inventory.weights(study),
    "weights",
    "Weights of each model: where they come from, terms",
)

# %% [markdown]
# ## Parameters

# %%
display.show(inventory.parameters(study), "parameters", "Parameters of this build")

# %% [markdown]
# ## Versions

# %%
display.show(inventory.versions(), "versions", "Code and packages")
