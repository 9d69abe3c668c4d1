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
# file.

# %% tags=["parameters"]
institution_folder = None  # folder or zip of your own images; None: data_root/institution
institution_labels = None  # your table of labels; None: labels.csv or labels.xlsx in the folder
models = [
    "alexnet",
    "vgg16",
    "resnet50",
    "end2end_vgg16",
    "end2end_resnet50",
    "frcnn_cad",
]  # the models to compute
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
from IPython.display import Markdown
from IPython.display import display as draw

from mammo.hospital import notebook, preflight
from mammo.hospital.adaptation import adapt
from mammo.hospital.adaptation import words as local
from mammo.hospital.adaptation.learning_curve import learning_curve
from mammo.hospital.shift import words as shift
from mammo.hospital.shift.figures import grey_histograms, standardised_differences
from mammo.hospital.validation import of_images, words
from mammo.report import display, notice
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.thresholds import carried_thresholds
from mammo.report.tables import comparison
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Before anything is run
#
# What is there, what of it can be used, and how wide an interval these patients allow at best. No
# pixel has been decoded yet.

# %%
checked = preflight.of_study(study)
display.show(
    notebook.counts_table(checked.report), "own-counts", "What was found, and what can be used"
)

# %%
display.show(
    notebook.findings_table(checked.report), "own-findings", "What is to be known of these images"
)

# %% [markdown]
# ## What the models score on them

# %%
evidence = of_images.evidence(study, checked)
Markdown(words.verdicts(evidence))

# %%
auroc_forest(evidence.estimates, published=())

# %%
display.show(
    comparison.drop_table(evidence.assessment.drops, evidence.sources),
    "own-drops",
    "Drop of the auROC from the internal set to these images",
)

# %% [markdown]
# ## Which threshold to use
#
# A threshold that was chosen at home may not fit here. Chosen anew on half of the patients, it is
# measured on the other half.

# %%
points = evidence.assessment.operating_points
if len(points):
    draw(
        carried_thresholds(points, evidence.assessment.criteria[0].name, evidence.sources),
    )

# %% tags=["hide-output"]
display.show(
    notebook.rechosen_table(evidence.rechosen, evidence.sources),
    "own-thresholds",
    "Thresholds chosen on half of these patients, measured on the other half",
)

# %% [markdown]
# ## What they get most wrong
#
# Malignant images with the lowest scores and benign ones with the highest, as the models see them.
# A radiologist's look at these often finds a wrong label, or a kind of image that a model does not
# know.

# %% tags=["hide-output"]
notebook.worst_images(evidence.examples)

# %% [markdown]
# ## How these images differ
#
# Whether a classifier can tell these images from those that the models learnt from, by twelve
# measures of what is within the breast {cite:p}`lopezpaz2017`.

# %%
Markdown(shift.in_words(evidence.shift))

# %%
draw(grey_histograms(evidence.shift), standardised_differences(evidence.shift))

# %% [markdown]
# ## How much of our own data would help
#
# The paper's mixed data, for one institution: one model is trained with DDSM's patients and more
# and more of the local ones, and always tested on the same others. Two ways that cost no training
# stand beside it: grey levels mapped to those of DDSM {cite:p}`nyul1999`, which needs no labels,
# and recalibration, which leaves the auROC as it is.

# %%
adapted = adapt.adapt(
    study, parameters.adapt_model, parameters.adapt_fractions, parameters.adapt_runs
)
learning_curve(adapted)

# %%
Markdown("\n\n".join(local.sentences(adapted)))

# %% tags=["hide-output"]
draw(
    display.show(
        local.curve_table(adapted),
        "learning-curve",
        "auROC on the patients held aside, by the number of local patients in the training",
    ),
    display.show(
        local.alternatives_table(adapted),
        "alternatives",
        "What needs no training: harmonised grey levels and recalibration",
    ),
)

# %% [markdown]
# ## What to do next

# %%
Markdown(words.numbered(words.next_steps(evidence)))
