# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Models
#
# The paper's own models are transfer learning in its plainest form: a network trained on
# photographs, AlexNet {cite:p}`krizhevsky2012`, VGG16 {cite:p}`simonyan2015` or ResNet50
# {cite:p}`he2016`, is kept as it is and turns a mammogram into maps of features
# ({term}`feature extractor`); a small classifier learns from those. The paper leaves the
# classifier's layers, its optimiser and the number of epochs open, so they are parameters here.

# %% tags=["parameters"]
models = ["alexnet", "vgg16", "resnet50"]  # the transfer models to compute
weights = "auto"  # "imagenet", "random", a file; "auto": ImageNet if possible
stride = 32  # image pixels between points of the feature map: 8, 16, 32
flips = ["none", "vertical"]  # flips of the training images
fine_tune = False  # True: train the extractor, too
classifier_channels = 32  # channels of the 1 x 1 convolution
classifier_hidden = 32  # units of FC1
epochs = 60  # at most; early stopping may end the training sooner
n_bootstrap = 2000  # bootstrap replicates behind each interval

# %%
from mammo import config

parameters = config.read(globals())

# %% tags=["remove-input"]
from mammo import inventory, results
from mammo.report import display, notice, published, tables
from mammo.report.figures.architecture import transfer_model
from mammo.report.figures.training import training_curves
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## What is trained and what is not
#
# Fig. 1 of the paper, drawn from the layers of the first model in the list.

# %%
first = parameters.models[0]
transfer_model(
    study.transfer.layers(first), published.model_title(first), results.start_in_words(study, first)
)

# %% [markdown]
# ## Where the extractors come from
#
# Where the table says *random*, the extractor has never seen a photograph: it passes on whatever a
# random filter responds to, and an auROC near that of guessing is what to expect of it. The paper's
# extractors were trained on ImageNet {cite:p}`deng2009`.

# %%
display.show(
    inventory.weights(study),
    "extractors",
    "Feature extractors: weights, where they come from, terms",
)

# %% [markdown]
# ## How the training went
#
# Patients of the training part are set aside to stop the training in time; the patients that
# Table 2 is about are seen only once, at the end.

# %%
histories = {model: study.transfer.history(model) for model in parameters.models}
best_epochs = {model: study.transfer.best_epoch(model) for model in parameters.models}
training_curves(histories, best_epochs)

# %% [markdown]
# ## How well they do at home
#
# Table 2: {term}`auROC` on DDSM's validation patients, with an interval from a bootstrap of
# patients {cite:p}`efron1993,davison1997`. A patient's images are alike, so patients are drawn,
# not images. The published models were validated by their authors {cite:p}`shen2019,ribli2018`.

# %%
estimates = results.comparison(study)
display.show(
    tables.table2(estimates),
    "table-2",
    "Table 2. Validation auROC, published and computed",
)
