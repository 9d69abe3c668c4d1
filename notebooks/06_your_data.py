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
#     chapter: your_data
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
# # Your own data
#
# The paper ends by asking radiologists to validate an algorithm on their own images before they
# trust it. This chapter does so for the images in the institution's place: the paper's private set
# is not released, so they are your own where you name them, and phantoms where you do not. On a
# command line, `mammo check institution` and `mammo validate` do the same and write a report of one
# file, whose first page decides by a criterion that is fixed beforehand, and counts what a
# threshold means for 1,000 women at your prevalence.

# %% tags=["parameters"]
institution_folder = None  # folder or zip of your own images; None: data_root/institution
institution_labels = None  # your table of labels; None: labels.csv or labels.xlsx in the folder
n_bootstrap = 10_000  # bootstrap replicates behind each interval
operating_points = [
    "sensitivity=0.9",
    "specificity=0.9",
    "youden",
]  # thresholds to choose on DDSM's validation patients, and anew on your own

adapt_model = "alexnet"  # the model that is trained with local patients
adapt_fractions = [0.0, 0.05, 0.1, 0.2, 0.4, 0.8]  # of them, in the training
adapt_runs = 3  # trainings with each fraction, other seeds

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import your_data
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Before anything is run
#
# What is there, what of it can be used, and how wide an interval these patients allow at best. No
# pixel has been decoded yet.

# %%
your_data.check(study).table

# %% [markdown]
# ## What the models score on them
#
# The drops of this chapter are one family of tests, adjusted for their own number alone. The
# comparison of all sets tests more at once, so that the same drop may be shown here and not there.

# %%
aurocs = your_data.aurocs(study)
estimates = aurocs.data
aurocs.words

# %%
aurocs.figure

# %%
aurocs.table

# %% [markdown]
# ## Which threshold to use
#
# A threshold that was chosen in internal validation may not fit these images. Chosen anew on half
# of the patients, it is measured on the other half.

# %%
thresholds = your_data.thresholds(study)
thresholds.figure

# %% tags=["hide-output"]
thresholds.table

# %% [markdown]
# ## What it means for 1,000 women
#
# Six of a thousand women screened have cancer, or however many it is where you work: change the
# number. The threshold is the first of those above, chosen in internal validation by examination.
# Only the number of women with cancer is exchanged: those without are taken to score as the women
# of this study do, whom a screening site may hardly have.

# %%
women = your_data.thousand_women(study, prevalence=6 / 1000)
per_thousand = women.data
women.table

# %% [markdown]
# ## What they get most wrong
#
# Malignant images with the lowest scores and benign ones with the highest, as the models see them.
# A radiologist's look at these often finds a wrong label, or a kind of image that a model does not
# know.

# %% tags=["hide-output"]
your_data.worst_images(study)

# %% [markdown]
# ## How these images differ
#
# Whether a classifier can tell these images from those that the models learnt from, by twelve
# measures of what is within the breast {cite:p}`lopezpaz2017`.

# %%
shift = your_data.shift(study)
differences = shift.data
shift.words

# %%
shift.figure

# %% [markdown]
# ## How much of our own data would help
#
# The paper's mixed data, for one institution: one model is trained with DDSM's patients and more
# and more of the local ones, and always tested on the same others. Two ways that cost no training
# stand beside it: grey levels mapped to those of DDSM {cite:p}`nyul1999`, which needs no labels,
# and recalibration, which keeps the order of the scores.

# %%
adaptation = your_data.adaptation(study)
learning_curve = adaptation.data
adaptation.figure

# %%
adaptation.words

# %% tags=["hide-output"]
adaptation.table

# %% [markdown]
# ## What to do next

# %%
your_data.next_steps(study)
