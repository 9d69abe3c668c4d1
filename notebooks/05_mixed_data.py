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
#     chapter: mixed_data
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
# # Mixed data
#
# If a drop comes from images that look different, training on some of them should undo a part of
# it. The paper adds four fifths of each external set to DDSM's training part, trains AlexNet's
# classifier again, and tests on the remaining fifth. Here the fifths are divided by patient, and
# the model trained on DDSM alone is scored on the very same images, so that the two can be
# compared.

# %% tags=["parameters"]
mixed_model = "alexnet"  # the model that is trained on mixed data
mixed_fraction = 0.8  # of each external set's patients, in the training
n_bootstrap = 10_000  # bootstrap replicates behind each interval
confidence = 0.95  # confidence level of the intervals

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import datasets, mixed_data
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Who is in the training and who is in the test

# %%
datasets.splits(study, "mixed")

# %% [markdown]
# ## What the mixed training changes
#
# Table 4. A fifth of a small set is small, and its interval wide. What is gained is the mean over
# all trainings, tested for other patients and other trainings: one training alone shows gains where
# there are none.

# %%
effect = mixed_data.effect(study)
mixed = effect.data
effect.table

# %%
effect.figure

# %%
effect.words
