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
#     chapter: models
#     parameters:
#     - DataParameters
#     - ImageParameters
#     - ModelParameters
#     - PublishedModelParameters
#     - EvaluationParameters
# ---

# %% [markdown]
# # Models
#
# The paper tests six models. Three are its authors' own, transfer learning in its plainest form: a
# network trained on photographs, AlexNet {cite:p}`krizhevsky2012`, VGG16 {cite:p}`simonyan2015` or
# ResNet50 {cite:p}`he2016`, is kept as it is and turns a mammogram into maps of features
# ({term}`feature extractor`); a small classifier learns from those. The paper leaves the
# classifier's layers, its optimiser and the number of epochs open, so they are parameters here. The
# other three were published with their weights: end2end {cite:p}`shen2019` with VGG16 and with
# ResNet50, which learns from patches of lesions before it sees whole images, and frcnn_cad
# {cite:p}`ribli2018`, a Faster R-CNN {cite:p}`ren2017` that draws boxes around lesions.
#
# Where the authors' weights have been imported (`mammo weights list` says how), the published
# models are scored with them. Where not, the same networks are trained here, on this book's DDSM:
# other models than the authors', most often smaller ones. Every table says which of the two it
# shows.

# %% tags=["parameters"]
models = [
    "alexnet",
    "vgg16",
    "resnet50",
    "end2end_vgg16",
    "end2end_resnet50",
    "frcnn_cad",
]  # the models to compute
weights = "auto"  # "imagenet", "random", a file; "auto": ImageNet if possible
stride = 32  # image pixels between points of the feature map: 8, 16, 32
flips = ["none", "vertical"]  # flips of the training images
fine_tune = False  # True: train the extractor, too
classifier_channels = 32  # channels of the 1 x 1 convolution
classifier_hidden = 32  # units of FC1
epochs = 60  # at most; early stopping may end the training sooner
published_weights = "auto"  # "authors", "train"; "auto": theirs if imported
published_width = 0.125  # trained here: share of the channels
end2end_rows = 288  # trained here: rows of the input in pixels
frcnn_short_side = 256  # trained here: short side of the input in pixels
n_bootstrap = 10_000  # bootstrap replicates behind each interval

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import networks, provenance
from mammo.report import notice
from mammo.study import Study

study = Study(parameters)
notice.images_notice(study.sources)

# %% [markdown]
# ## Internal validation
#
# Table 2: {term}`auROC` on DDSM's validation patients, with a {term}`score interval`
# {cite:p}`newcombe2006,obuchowski1997` by patient: a patient's images are alike, and count as
# fewer. The CSV has percentile bootstrap intervals {cite:p}`efron1993,davison1997` beside them.

# %%
validation = networks.validation(study)
estimates = validation.data
validation.table

# %% [markdown]
# ## The paper's own models
#
# Fig. 1 of the paper, drawn from each model's own layers.

# %%
networks.architectures(study, "ours")

# %% [markdown]
# ## end2end
#
# A classifier of patches comes first: background, benign or malignant calcification, benign or
# malignant mass, cut around outlined lesions. Its layers, moved over a whole
# mammogram, give maps; a few more layers learn to read those. The result needs no outlines. It sees
# the film as it is, labels and borders included.

# %%
networks.architectures(study, "end2end")

# %% [markdown]
# ## frcnn_cad
#
# A detector proposes regions, then says of each whether it is background, a benign lesion or a
# malignant one, and where its edges are. The image's score is that of its most malignant box; an
# image without a box scores 0.

# %%
networks.architectures(study, "frcnn_cad")

# %% [markdown]
# ## Where the weights come from
#
# Where the table says *random*, the values have never seen a photograph: a frozen extractor then
# passes on whatever random filters respond to. That is enough for some of what an atlas shows, as
# the synthetic lesions are drawn by default, and for little of what is as hard as real lesions
# (`phantom_lesions: measured`). The paper's extractors were trained on ImageNet {cite:p}`deng2009`.

# %%
provenance.weights(study)

# %% [markdown]
# ## How the training went
#
# Patients of the training part are set aside to stop the training in time; the patients that
# Table 2 is about are seen only once, at the end.

# %%
networks.own_training(study)

# %% [markdown]
# The published networks that are trained here learn in steps: end2end first from patches, malignant
# or not, then from whole images; frcnn_cad from boxes. Of each step the epoch that did best on
# patients held aside is kept.

# %%
networks.published_training(study)

# %% [markdown]
# ## What could be reached
#
# On synthetic images it is known what each lesion was drawn as. An oracle that is told the
# descriptors, and never sees an image, bounds from above what any model can reach; a reader who
# mistakes some lesions for others is nearer to people. What a model lacks to the oracle it either
# did not learn or could not see.

# %%
networks.reachable(study)

# %% [markdown]
# ## What they looked at
#
# Malignant images that the models trained here have not seen, with the lesion that the data set
# outlines. For a classifier, the {term}`class activation map` {cite:p}`zhou2016,selvaraju2017`:
# the places whose features speak for cancer. For the detector, its best boxes. These are a few
# images, drawn at random: they show what kind of thing a model looks at, not how often it is right.

# %%
networks.attention(study)
