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
#     chapter: how_sure
#     parameters:
#     - DataParameters
#     - EvaluationParameters
# ---

# %% [markdown]
# # How sure can these numbers be?
#
# The paper prints ±0.01 beside every auROC of its own and calls it a 95% confidence interval. A set
# of 322 films cannot know an auROC that well. This chapter needs no image: it asks what the
# published values and the sizes of the sets allow, and which of the paper's conclusions that
# leaves.

# %% tags=["parameters"]
seed = 2020  # of the simulations
coverage_simulations = 500  # simulated sets behind each cell of the last table

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.paper import sampling_error
from mammo.paper.drops import detectable_drops, published_drops, published_gains
from mammo.report import display
from mammo.report.figures.expected import expected_intervals
from mammo.report.figures.half_width import half_width_by_size
from mammo.report.tables import certainty
from mammo.study import Study
from mammo.study.coverage import coverage_table

# %% [markdown]
# ## The interval each value should have had
#
# From the value and the number of malignant and benign images follows the standard error to be
# expected {cite:p}`hanley1982`. Simulated scores check the formula, and show what it means that
# images of one patient are alike. All values are published, all intervals computed.

# %%
intervals = sampling_error.published_intervals(parameters.seed)
expected_intervals(intervals)

# %%
certainty.interval_sentence(intervals)

# %% tags=["hide-output"]
display.show(
    certainty.interval_table(intervals),
    "expected-intervals",
    "The 95% interval to be expected of each published auROC",
)

# %% [markdown]
# ## How many images ±0.01 takes
#
# A sampling error shrinks with the root of the number of images; the printed one does not shrink.
# Lines are for 30% malignant images, points have their own sets' shares.

# %%
half_width_by_size(intervals)

# %%
certainty.needed_sentence()

# %% [markdown]
# ## What ±0.01 can be
#
# Six ways to understand it, and what each would give on sets of these sizes.

# %%
display.show(
    certainty.readings_table(intervals),
    "readings",
    "Readings of the paper's ±0.01: which are possible, and which are ruled out",
)

# %%
certainty.reading_sentence(intervals)

# %% [markdown]
# ## Which drops remain
#
# The paper's finding is the fall from the validation result to the external one. Each fall is
# tested with the errors above, unpaired, and the p-values are adjusted for their number
# {cite:p}`holm1979`.

# %%
drops = published_drops(intervals)
display.show(
    certainty.drop_table(drops),
    "published-drops",
    "The paper's drops from validation to external sets, tested with honest errors",
)

# %%
certainty.drop_sentence(drops)

# %%
gains = published_gains(intervals)
display.show(
    certainty.gain_table(gains),
    "published-gains",
    "The paper's gains from mixed training data, tested likewise",
)

# %%
certainty.gain_sentence(gains)

# %% [markdown]
# ## The smallest drop each set could show
#
# A set that finds no drop proves little if it could not have found one. This is the true drop that
# a test on each external set would find four times in five.

# %%
display.show(
    certainty.detectable_table(detectable_drops()),
    "detectable",
    "Smallest drop that each external set could have shown",
)

# %% [markdown]
# ## Whether the intervals of this book are right
#
# An interval that is called 95% should hold the truth in 95 of 100 studies. Sets like the paper's
# four are simulated, in which the truth is known; the share of intervals that hold it is counted.
# Where all images of a patient have one label, an interval by image is wrong the more often the
# more they are alike; where patients have images of both labels, much of what they share cancels.

# %%
display.show(
    certainty.coverage_table(coverage_table(Study(parameters))),
    "coverage",
    "How often each 95% interval contains the true auROC, in simulated sets",
)
