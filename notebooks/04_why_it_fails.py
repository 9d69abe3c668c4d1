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
#     chapter: why_it_fails
#     parameters:
#     - DataParameters
#     - ImageParameters
#     - ModelParameters
#     - EvaluationParameters
#     - CauseParameters
# ---

# %% [markdown]
# # What is behind a drop
#
# A lower auROC in {term}`external validation` than in {term}`internal validation` has more than one
# possible reason: the other images may be harder for any model, or they may be unlike those that
# this one learnt from, in how they were taken, in whom, or in what is called malignant
# {cite:p}`castro2020`. The paper shows the drop and leaves the reason open. Two experiments go
# further. One needs no more than its own data sets; the other needs images whose causes can be
# switched, which only synthetic ones have.

# %% tags=["parameters"]
transfer_folds = 5  # parts of each data set; a model learns from all but one
transfer_equal_sizes = False  # True: from as few images of each as of the smallest
factor_model = "alexnet"  # the model that is tested under each cause
factor_patients = 300  # synthetic patients, drawn under every mix of causes
n_bootstrap = 10_000  # bootstrap replicates behind each interval
confidence = 0.95  # confidence level of the intervals

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import why_it_fails
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Learnt from each set, tested on each
#
# The paper learns from DDSM alone. Here every set is internal once: a model learns from it, is
# tested on its other patients, and on each of the other sets. The features are the frozen ones of
# the paper's own models; a logistic regression on them takes the classifier's place, so that two
# models differ in nothing but the images they learnt from. The first row of each panel is the
# paper's experiment; the squares on the diagonal are internal validations.

# %%
transfer = why_it_fails.transfer(study)
matrix = transfer.data
transfer.figure

# %% tags=["hide-output"]
transfer.table

# %% [markdown]
# ## Harder, or only different
#
# With them the drop from internal validation to an external set comes in two parts.
# *{term}`Difficulty`* is the auROC of internal validation less that of a model that learnt from the
# other set itself: what the drop would be had nothing been carried over. *{term}`Mismatch`* is what
# is lost beyond that by having learnt from DDSM. Difficulty can mean that the external set's
# lesions are subtler, that its labels are less certain, or that it is too small to learn from;
# mismatch, that its images, women or labels are unlike those of the internal set, or, where it is
# negative, that the internal set has more to learn from. Neither says which.

# %%
parts = why_it_fails.parts(study)
difficulty_and_mismatch = parts.data
parts.table

# %%
parts.words

# %% [markdown]
# ## One cause at a time
#
# Synthetic patients, none of them in a training, are drawn as DDSM's are. Then single causes are
# switched to what they are in an external set, in every combination, on the very same patients:
# anatomy, place and shape of the lesions, and all random numbers stay. The acquisition, the
# subtlety of the lesions and the digitiser change the images; the mix of densities changes how much
# each patient counts; the reader's rule changes the labels. A cause's share of the drop is its
# {term}`Shapley value` {cite:p}`zhang2023`: what switching it changes, averaged over the orders in
# which all could be switched.

# %%
shares = why_it_fails.shares(study)
factor_shares = shares.data
shares.figure

# %%
shares.words

# %%
shares.table

# %% [markdown]
# A placebo is among the causes, another exposure of the same kind. The shares mean something only
# if it gets none, if nothing is left when labels are dealt at random, and if nothing of the drop is
# lost between them.

# %%
why_it_fails.gates(study)

# %% [markdown]
# :::{admonition} What phantoms can show, and what not
# :class: important
#
# They can show that a cause is *sufficient*: switched alone, with all else the same, it lowers this
# model's auROC on these images. No real data set allows that, since between two of them everything
# differs at once. They can show which causes add up and which hide each other.
#
# They cannot show which cause is at work between real sets, nor how large it is there: how far the
# phantoms' film is from their digital images, or how much subtler their lesions become, was set by
# hand. A cause without a share here may have a large one in women, and a cause that nobody put into
# the phantoms has none.
# :::

# %% [markdown]
# ## What the model looks at
#
# A model that learnt something else than lesions should miss them on its own set, too. Where its
# map ({term}`class activation map`) is fine enough to tell, the share of malignant images on which
# its highest cell lies on a lesion is set against the share that a cell chosen at random in the
# breast would have.

# %%
looked = why_it_fails.looked(study)
lesion_hits = looked.data
looked.table

# %%
looked.words
