# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: mammo,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
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
mixed_model = "alexnet"  # the model that is also trained on mixed data

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import provenance
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Steps

# %% tags=["hide-output"]
provenance.steps(study)

# %% [markdown]
# ## Data

# %%
provenance.data(study)

# %% [markdown]
# ## Weights

# %% tags=["hide-output"]
provenance.weights(study)

# %% [markdown]
# ## Parameters

# %% tags=["hide-output"]
provenance.parameters(study)

# %% [markdown]
# ## Versions

# %% tags=["hide-output"]
provenance.versions()
