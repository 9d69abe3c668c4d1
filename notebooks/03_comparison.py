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
# The models of the last chapter, unchanged, on three sets that had no part in their making. This is
# the paper's main result: there, what was high at home fell to about the level of guessing.

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
from IPython.display import display as draw

from mammo.evaluation.tables import calibration, comparisons, subgroups
from mammo.evaluation.tables.operating_points import carried_over, criterion
from mammo.report import display, notice, sentences
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.reliability import reliability_curves
from mammo.report.figures.roc import roc_curves
from mammo.report.figures.thresholds import carried_thresholds
from mammo.report.tables import comparison, paper
from mammo.study import Study, results

study = Study(parameters)
settings = results.settings(study)
notice.images_notice(study.sources)

# %% [markdown]
# ## What the models score elsewhere
#
# Table 3. A model is not scored on a set that it was trained on. Intervals are by patient: a
# patient's images are alike, and an interval that takes them for independent is too narrow.

# %%
estimates = results.comparison(study)
display.show(
    paper.table3(estimates),
    "table-3",
    "Table 3. External auROC of models trained on DDSM, published and computed",
)

# %% [markdown]
# The same with intervals by image, for comparison with papers that give those:

# %% tags=["hide-output"]
display.show(
    paper.table3(results.comparison_by_image(study)),
    "table-3-by-image",
    "Table 3 with intervals that take images as independent",
)

# %%
sentences.external_range(estimates)

# %%
sentences.chance(estimates)

# %% [markdown]
# ## How far it is from home
#
# Each model on every set, its validation on DDSM first. An interval that reaches the dotted line
# does not exclude guessing.

# %%
auroc_forest(estimates)

# %% [markdown]
# The paper's question is the difference: the auROC at home less that elsewhere, between two sets of
# other patients {cite:p}`delong1988,obuchowski1997`, with p-values adjusted for their number
# {cite:p}`holm1979`.

# %%
scored = results.all_predictions(study)
drops = results.drops(study)
display.show(
    comparison.drop_table(drops, study.sources),
    "drops",
    "Drop of the auROC from DDSM's validation to each external set",
)

# %%
sentences.drop(estimates, drops)

# %% [markdown]
# ## Whether one model is better than another
#
# On the same images, so that a difference can be seen that the intervals alone would hide.

# %% tags=["hide-output"]
display.show(
    comparison.pair_table(
        comparisons.model_pairs(scored, settings, parameters.margin), study.sources
    ),
    "pairs",
    "Differences between every two models on each set, paired",
)

# %% [markdown]
# ## The whole curves
#
# Fig. 2 of the paper: sensitivity against one minus specificity, one panel a model.

# %%
roc_curves(scored, estimates)

# %% [markdown]
# ## What a hospital would get
#
# A model is bought with a threshold. Chosen on DDSM's validation patients and carried to another
# set, an {term}`operating point` may give another sensitivity and another specificity there, even
# where the auROC holds.

# %%
criteria = [criterion(text) for text in parameters.operating_points]
points = carried_over(scored, criteria, settings)
if len(points):
    draw(carried_thresholds(points, criteria[0].name, study.sources))

# %% [markdown]
# All criteria, with intervals:

# %% tags=["hide-output"]
display.show(
    comparison.operating_point_table(points, study.sources),
    "operating-points",
    "Thresholds chosen at home, and what they give elsewhere",
)

# %% [markdown]
# ## Whether a score is a probability
#
# {term}`Calibration` is lost more easily than ranking, and more easily mended
# {cite:p}`vancalster2016`: two numbers, fitted on some of a hospital's own patients, move the
# scores.

# %%
measured, rescored = calibration.recalibration(scored, settings, parameters.recalibration_fraction)
reliability_curves(
    calibration.reliability(scored, settings),
    calibration.reliability(rescored, settings),
    study.sources,
)

# %% tags=["hide-output"]
display.show(
    comparison.calibration_table(
        calibration.calibration(scored, settings), measured, study.sources
    ),
    "calibration",
    "Calibration of each model, as scored and after recalibration",
)

# %% [markdown]
# ## In which images
#
# Wherever a manifest states it: side, view, density, lesion, BI-RADS, manufacturer, year.

# %% tags=["hide-output"]
display.show(
    comparison.subgroup_table(
        subgroups.subgroup_aurocs(scored, subgroups.FACTS, settings), study.sources
    ),
    "subgroups",
    "auROC within subgroups of the images",
)

# %% [markdown]
# ## How far it is from experts
#
# Radiologists reading screen-film and digital mammograms in an observer study averaged the auROC
# that the paper quotes for human experts {cite:p}`cole2014`. Their images, their cases and their
# task were others, so the distance is a yardstick and no test.

# %%
sentences.experts_distance(estimates)
