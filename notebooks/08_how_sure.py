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
#     chapter: how_sure
#     parameters:
#     - DataParameters
#     - EvaluationParameters
# ---

# %% [markdown]
# # How sure can these numbers be?
#
# The paper prints ±0.01 beside every auROC of its own and calls it a 95% confidence interval. On
# 322 films an auROC cannot be measured that precisely. This chapter needs no image: it asks what
# the published values and the sizes of the sets allow, and which of the paper's conclusions that
# leaves.

# %% tags=["parameters"]
seed = 2020  # of the simulations

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import how_sure
from mammo.report.figures.half_width import half_width_by_size
from mammo.study import Study

study = Study(parameters)

# %% [markdown]
# ## The interval each value should have had
#
# From the value and the number of malignant and benign images follows the standard error to be
# expected {cite:p}`hanley1982`. Simulated scores check the formula, and show what it means that
# images of one patient are alike. All values are published, all intervals computed.

# %%
expected = how_sure.intervals()
intervals = expected.data
expected.figure

# %%
expected.words

# %% tags=["hide-output"]
expected.table

# %% [markdown]
# ## How many images ±0.01 takes
#
# A sampling error shrinks with the root of the number of images; the printed one does not shrink.
# Lines are for 30% malignant images, points have their own sets' shares.

# %%
half_width_by_size(intervals)

# %% [markdown]
# If images were independent, a half-width of 0.01 would take 15,245 of them at an auROC of 0.5, and
# 5,910 at 0.9, with 30% malignant. Whatever is below 0.015 prints as ±0.01, for which 6,777 and
# 2,627 are enough; the paper's largest set has 1,872.

# %% [markdown]
# ## What ±0.01 can be
#
# Six ways to understand it, and what each would give on sets of these sizes. Four of them are ruled
# out, by one argument and not by four.

# %%
readings = how_sure.readings(intervals)
readings.table

# %%
readings.words

# %% [markdown]
# ## Which drops remain
#
# The paper's finding is the drop from internal validation to external tests. Each drop is tested
# with the errors above, unpaired, and the p-values are adjusted for their number
# {cite:p}`holm1979`.

# %%
how_sure.drops(intervals)

# %% [markdown]
# Of the 16 drops of models trained on DDSM alone, 16 remain significant after Holm's adjustment; of
# the 3 of the model trained on mixed data, 0 do (not AlexNet on MIAS, AlexNet on INbreast, AlexNet
# on Institution (UKy)). What the abstract sets side by side, 0.71 as the lowest internal value and
# 0.65 as the highest external one, are two models and no drop; on sets of these sizes the two
# values would differ with p = 0.22 on MIAS, 0.13 on INbreast, 0.02 on Institution (UKy).
#
# The count depends on what is assumed. end2end's internal value is its authors', on their
# own division of DDSM, and users of the released files found less; an internal value that chose
# among models is too high; the errors are those of formulas, and of patients as they are assumed to
# be.

# %%
how_sure.assumptions(intervals)

# %% [markdown]
# Table 4 likewise, with the interval of each change, and the smallest detectable one: the true
# change that such a test, before the adjustment, finds with 80% power.

# %%
how_sure.gains(intervals)

# %% [markdown]
# The paper calls the performance on mixed data significantly improved. Of the 3 gains, 1 remains
# significant (not AlexNet on MIAS, AlexNet on INbreast): a fifth of a small set is too small to
# tell. Whether INbreast's is significant depends on a correlation that is not known, since the
# fifth is a part of the set before.

# %% [markdown]
# ## What a fourth site would find
#
# The three external sets are a sample, too, of the sites that a model may be used at. The mean over
# them, and what to expect at another, follow from how far they lie apart.

# %%
next_site = how_sure.next_site(intervals)
next_site.table

# %%
next_site.words

# %% [markdown]
# ## Smallest detectable drop
#
# That no drop is shown says little where none could have been. This is the true drop that a test on
# each external set would find with 80% power, before any adjustment.

# %%
how_sure.detectable(intervals)

# %% [markdown]
# ## Whether the intervals of this book are right
#
# An interval that is called 95% should hold the truth in 95 of 100 studies. Sets are simulated in
# which the truth is known, and the intervals that hold it are counted: with 5 to 500 patients with
# a cancer, with images that are alike, with a detector's many scores of zero.

# %%
simulated = how_sure.simulated()
simulated["aurocs"]

# %% [markdown]
# The percentile bootstrap that most papers give is worst where hospitals stand: few cancers, high
# auROCs. The tables of auROCs and drops in this book therefore have {term}`score intervals
# <Score interval>` {cite:p}`newcombe2006`, and keep the percentile ones in the CSV. Two of them
# make the interval of a difference, and its p-value. Percentile intervals remain for parts of a
# drop and for real scores by others, and their tables say so: with few cancers they are too narrow,
# by as much as stands above.

# %%
simulated["differences"]

# %%
simulated["shares"]
