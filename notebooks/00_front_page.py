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
#     chapter: front_page
#     page: index
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
# # Do deep learning models for mammograms travel?
#
# A living reproduction of *Inconsistent Performance of Deep Learning Models on Mammogram
# Classification* {cite:p}`wang2020`: the paper's four data sets, its six models, its tables and
# figures, computed from the images' own files by the code behind each page. The
# question is the paper's: does a model that reads mammograms well at home read them well elsewhere?

# %% tags=["parameters"]
n_bootstrap = 10_000  # bootstrap replicates behind each interval
confidence = 0.95  # confidence level of the intervals
unit = "patient"  # what the bootstrap draws: "patient" or "image"
mixed_model = "alexnet"  # the model that is also trained on mixed data
mixed_fraction = 0.8  # of each external set's patients, in the mixed training

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import front_page
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Findings
#
# Each line gives what this build computed, then what the paper reports.

# %%
findings = front_page.findings(study)
estimates = findings.data
findings.words

# %% [markdown]
# The same in one picture: every model on every data set, with its interval; hollow markers are the
# paper's values. The tables behind it, the curves and the details are in the chapters.

# %%
findings.figure

# %% [markdown]
# ## How to read this book
#
# - {doc}`Data sets <chapters/01_datasets>`: where the images come from, how they are labelled, what
#   was left out and why.
# - {doc}`Models <chapters/02_models>`: what is trained, how, and how well it does at home.
# - {doc}`Comparison <chapters/03_comparison>`: the same models elsewhere.
# - {doc}`Mixed data <chapters/05_mixed_data>`: what changes when the training has seen a part of
#   every set.
# - {doc}`How sure can these numbers be? <chapters/08_how_sure>`: what the paper's ±0.01 can
#   mean, and which of its drops are beyond chance.
# - {doc}`Provenance <chapters/90_provenance>`: parameters, data, weights, versions, seconds.
#
# Every number is published, computed on real images, or computed on synthetic ones, and each table
# and figure says which. Where the paper has a value and this book has none, the cell says why: the
# model was trained on that set, or is not part of this build.
#
# ## Where the paper contradicts itself
#
# The paper's own numbers, put beside its sentences. Nothing here depends on this build's images.

# %%
front_page.contradictions()
