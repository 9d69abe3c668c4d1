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
#     chapter: datasets
#     parameters:
#     - DataParameters
#     - ImageParameters
# ---

# %% [markdown]
# # Data sets
#
# The paper uses one set to train and validate on, the Digital Database for Screening Mammography
# {cite:p}`heath2001` in its curated form, CBIS-DDSM {cite:p}`lee2017`, and three to test on:
# INbreast {cite:p}`moreira2012`, MIAS {cite:p}`suckling2015` and a private one, UKy. UKy was never
# released; here its place is taken by the *institution* set, a folder of anybody's own images with
# a table of labels. Where there is no such folder but the public set CMMD (biopsied breasts, from
# China), CMMD is read in its place and keeps its name: its numbers are not UKy's. Each set is read
# from its native files into one {term}`manifest`.

# %% tags=["parameters"]
cbis_label_rule = "any_lesion"  # or "all_lesions" malignant, or "unmixed"
cbis_unit = "file"  # what counts as an image: a "file" or a "view"
inbreast_positive = ["4", "5", "6"]  # BI-RADS categories that are positive
inbreast_excluded = ["3"]  # BI-RADS categories that are left out
mias_label_rule = "any_malignant"  # "abnormal_only": no normal films

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import datasets
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## How many images, of whom, and what they show
#
# Table 1 as the paper prints it, and as this build counts it. An image is malignant by the rule of
# its set: in CBIS-DDSM if any lesion in it was proved malignant, in MIAS if any abnormality is
# marked so, in INbreast by its {term}`BI-RADS` category, which is a reading and no pathology.

# %%
table_1 = datasets.details(study)
details = table_1.data
table_1

# %% [markdown]
# ## What was left out
#
# No row is dropped silently. These images are in the files and not in the analysis.

# %%
datasets.exclusions(study)

# %% [markdown]
# ## Patients in both of the official parts
#
# CBIS-DDSM comes with a training and a test part, made for calcifications and for masses apart.
# Pooled, 31 of its 1,566 patients are in both, which is {term}`leakage`; among synthetic patients,
# who are fewer, there are fewer such. The split used in this book is drawn anew, by patient, 4:1 as
# in the paper.

# %%
datasets.official_leakage(study)

# %%
datasets.splits(study, "ddsm")

# %% [markdown]
# ## What the images look like
#
# Native images as a viewer would show them, two malignant and two benign or normal of each set;
# frames mark the lesions where the set states them.

# %%
datasets.examples(study, 4)

# %% [markdown]
# ## How different the grey values are
#
# A film's grey follows its characteristic curve, a detector's the vendor's processing. The curves
# show the values inside the breast as read, before the preparation stretches each breast to the
# same range.

# %%
datasets.grey_values(study, 40)
