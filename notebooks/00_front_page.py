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
# Classification* {cite:p}`wang2020`. Does a model that does well in {term}`internal validation` do
# as well in {term}`external tests <External validation>`? The paper's answer is no. Does that hold?
# In part: on further real exams, from New York, end2end is near guessing, as in the paper, and
# frcnn_cad is well above it.

# %% tags=["parameters", "remove-input"]
n_bootstrap = 10_000  # bootstrap replicates behind each interval
confidence = 0.95  # confidence level of the intervals
unit = "patient"  # what intervals take as independent: "patient" or "image"
mixed_model = "alexnet"  # the model that is also trained on mixed data
mixed_fraction = 0.8  # of each external set's patients, in the mixed training

# %% tags=["remove-input"]
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import front_page
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
findings = front_page.findings(study)
estimates = findings.data
findings.words

# %% [markdown]
# ## Every model on every data set
#
# What this build computed, each auROC with its interval; hollow markers are the paper's values. The
# tables behind it, the curves and the details are in the chapters.

# %% tags=["remove-input"]
notice.images_notice(study.sources)

# %% tags=["remove-input"]
findings.figure

# %% [markdown]
# ## How to read this book
#
# - {doc}`Data sets <chapters/01_datasets>`: where the images come from, how they are labelled, what
#   was left out and why.
# - {doc}`Models <chapters/02_models>`: what is trained, how, and what internal validation gives.
# - {doc}`Comparison <chapters/03_comparison>`: the same models in external tests, and their drops.
# - {doc}`What is behind a drop <chapters/04_why_it_fails>`: how much of it is difficulty, how much
#   is mismatch, and what single causes do to synthetic images.
# - {doc}`Mixed data <chapters/05_mixed_data>`: what changes when the training has seen a part of
#   every set.
# - {doc}`Your own data <chapters/06_your_data>`: what a hospital can ask of a model, on its own
#   images.
# - {doc}`Real scores <chapters/07_evidence>`: what scores of real mammograms, by others, say on the
#   paper's question.
# - {doc}`How sure can these numbers be? <chapters/08_how_sure>`: what the paper's ±0.01 can
#   mean, and which of its drops are beyond chance.
# - {doc}`Provenance <chapters/90_provenance>`: parameters, data, weights, versions, seconds.
#
# Every number is *published*, *recorded* (computed earlier, by this code, from real files that
# cannot be shipped), computed on *real* images or on *synthetic* ones, and each table and figure
# says which. Where the paper has a value and this book has none, the cell says why.
#
# ## Where the paper contradicts itself
#
# The paper's own numbers, put beside its sentences. Nothing here depends on this build's images.

# %% tags=["remove-input"]
front_page.contradictions()
