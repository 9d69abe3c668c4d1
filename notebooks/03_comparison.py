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
#     chapter: comparison
#     parameters:
#     - DataParameters
#     - ImageParameters
#     - ModelParameters
#     - PublishedModelParameters
#     - EvaluationParameters
# ---

# %% [markdown]
# # Comparison
#
# The models of the last chapter, unchanged, on three sets that had no part in their making: their
# {term}`external validation`. This is the paper's main result: auROCs of 0.71 to 0.95 in
# {term}`internal validation` became 0.44 to 0.65 in external tests, 0.52 on average, where guessing
# has 0.50.

# %% tags=["parameters"]
models = [
    "alexnet",
    "vgg16",
    "resnet50",
    "end2end_vgg16",
    "end2end_resnet50",
    "frcnn_cad",
]  # the models to compute
n_bootstrap = 10_000  # bootstrap replicates behind each interval
confidence = 0.95  # confidence level of the intervals
unit = "patient"  # what is taken as independent: "patient" or "image"
margin = 0.05  # loss of auROC up to which an external result is no worse
operating_points = [
    "sensitivity=0.9",
    "specificity=0.9",
    "youden",
]  # thresholds to choose on DDSM's validation patients
recalibration_fraction = 0.5  # of an external set's patients, to recalibrate

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import comparison
from mammo.report import notice, sentences
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## External tests
#
# Table 3. A model is not scored on a set that it was trained on. The paper has 16 values, since it
# tested frcnn_cad on UKy alone: by the paper that model had seen MIAS and INbreast in its training.
# Trained in this book, on DDSM alone, it has seen neither and is tested on all three sets, which
# makes 18 results; with its authors' weights it is tested as in the paper.
#
# Intervals are by patient: a patient's images are alike, and an interval that takes them for
# independent is mostly too narrow. Each is for itself: of many 95% intervals, some miss the true
# value.

# %%
external = comparison.external(study)
estimates = external.data
external.table

# %% [markdown]
# The same with intervals as if images were independent, for comparison with papers that give those:

# %% tags=["hide-output"]
by_image = comparison.external(study, "image")
by_image.table

# %%
external.words

# %% [markdown]
# ## Drop from internal validation
#
# Each model on every set, its validation on DDSM first. An interval that reaches the dotted line
# does not exclude guessing.

# %%
external.figure

# %% [markdown]
# The paper's question is the difference: the auROC of internal validation less that of an external
# test, between two sets of other patients {cite:p}`delong1988,obuchowski1997`, with p-values
# adjusted for their number {cite:p}`holm1979`.
#
# Such a drop mixes three things, and a difference of two numbers cannot part them. *Case mix*: an
# auROC is of the malignant and benign images that a set has, and each set chose its own:
# CBIS-DDSM's benign images hold a finding, most of MIAS's and many of INbreast's show a normal
# breast. A set of easy negatives, or of advanced cancers, gives a higher auROC to any model; with
# another spectrum the number is another, and neither is that of screening. *Difficulty*: films or
# detectors may show less of what there is to see, so that a model made for them would score less,
# too. *Mismatch*: the images are unlike those that the model learnt from. Only the third is a
# failure of the model to travel; a hospital meets all three at once.
#
# The sets are a sample of sites, too: how far their results lie apart says what to expect at
# another one, as far as so few can say it.
#
# All drops of this table are one family of tests. The chapter on your own data adjusts those at the
# institution for their own number alone, so that the same drop may be shown there and not here.

# %%
fall = comparison.drops(study, estimates)
drops = fall.data
fall.table

# %%
fall.words

# %% [markdown]
# ## Models against each other
#
# On the same images, so that a difference can be seen that the intervals alone would hide. Below it
# stands the rule of every verdict in this book, in a hospital's report and on the command line.

# %% tags=["hide-output"]
comparison.pairs(study)

# %% [markdown]
# ## ROC curves
#
# Fig. 2 of the paper: sensitivity against one minus specificity, one panel a model.

# %%
comparison.curves(study, estimates)

# %% [markdown]
# ## The threshold carried over
#
# A model is bought with a threshold. Chosen on DDSM's validation patients and carried to another
# set, an {term}`operating point` may give another sensitivity and another specificity, even where
# the auROC holds. DDSM's validation patients are those that chose it: on them it gives what was
# asked for, or nearly so, by construction. A part of what is lost in an external test is therefore
# optimism of the choice.

# %%
thresholds = comparison.thresholds(study)
operating_point_measures = thresholds.data
thresholds.figure

# %% [markdown]
# All criteria, with intervals:

# %% tags=["hide-output"]
thresholds.table

# %% [markdown]
# ## Calibration
#
# {term}`Calibration` is lost more easily than ranking, and more easily mended
# {cite:p}`vancalster2016`: two numbers, fitted on some of a hospital's own patients, move the
# scores. They then hold for such patients: among women screened, of whom fewer have cancer, the
# same score is a lower risk.

# %%
calibration = comparison.calibration(study)
calibration.figure

# %% tags=["hide-output"]
calibration.table

# %% [markdown]
# ## Subgroups
#
# Wherever a manifest states it: side, view, density, lesion, BI-RADS, manufacturer, year.

# %% tags=["hide-output"]
comparison.subgroups(study)

# %% [markdown]
# ## Distance from experts
#
# Radiologists reading screen-film and digital mammograms in an observer study averaged the auROC
# that the paper quotes for human experts {cite:p}`cole2014`. Their images, their cases and their
# task were others. Synthetic images are not measured by it.

# %%
sentences.experts_distance(estimates)
