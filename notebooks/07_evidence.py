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
#     chapter: evidence
#     parameters:
#     - DataParameters
#     - ModelParameters
# ---

# %% [markdown]
# # What real scores say
#
# Few readers have the paper's images. Others have released scores of its models on real mammograms,
# and these bear on its question. Every number of this chapter is of real patients, none of this
# build's images. Where the files are on this machine it is computed anew (*real*); where not, it is
# shown as it was computed before and kept with the book ({term}`recorded`).

# %% tags=["parameters"]
seed = 2020  # of the simulated errors of the paper's values
weights = "auto"  # of VGG16 on mini-MIAS; "auto": ImageNet's if possible

# %%
from mammo.parameters import sources

parameters = sources.notebook_parameters(globals())

# %% tags=["remove-input"]
from mammo.book.sections import evidence
from mammo.study import Study

study = Study(parameters)

# %% [markdown]
# ## The same models in New York, beside 14 radiologists
#
# New York University collected models in one repository {cite:p}`stadnick2021` and published what
# they and 14 radiologists {cite:p}`wu2020` scored on the same 720 screening exams. Among them are
# frcnn_cad and end2end, trained on DDSM as the paper tested it, and tuned on INbreast. The exams
# are an external test that the paper did not have.

# %%
new_york = evidence.reader_study(study)
new_york.status

# %% [markdown]
# Thin curves are radiologists. The black one is their mean: at each specificity the mean of their
# sensitivities, so that the area below it is the mean of their areas.

# %%
new_york.figures[0]

# %%
new_york.words

# %% [markdown]
# What each model is said to reach in internal validation, what the paper found on UKy, and what New
# York's scores give. The paper's values on UKy have the interval that the size of the set allows
# ({doc}`how sure <08_how_sure>`); on how many images those of the authors stand, it does not say.

# %%
new_york.figures[1]

# %%
new_york.tables[0]

# %% tags=["hide-output"]
new_york.tables[1]

# %% [markdown]
# A model is used at a threshold. This is what any threshold of the three models gives on these
# exams, by exam and not by breast. None of them was made with such exams, so that there is no
# internal set to set beside them: the external test is shown alone. Among these exams cancers are
# far more frequent than in screening; women recalled and cancers missed are therefore given at a
# prevalence that one sets.

# %%
new_york.figures[2]

# %% [markdown]
# The exams were enriched with biopsied ones, and labels and scores are of breasts; the paper's are
# of images, of another hospital's patients. The repository subtracts
# from each image a mean taken over the set at hand, where end2end's authors take that of their
# training set; it does not say which of the files for DDSM it ran, and may prepare images for
# frcnn_cad otherwise than its authors did. That frcnn_cad does better in New York than on UKy says
# that sets or runs differ, not which of the two is right.

# %% [markdown]
# ## One set of scores, many rules
#
# The authors of frcnn_cad released the boxes that it drew on INbreast {cite:p}`ribli2018`. To make
# an auROC of them takes choices: what counts as malignant, what becomes of {term}`BI-RADS` 3, what
# has one score, how views are combined, and what an image without a box is worth. Here is every
# combination, a {term}`specification curve` {cite:p}`simonsohn2020`.

# %%
rules = evidence.rules(study)
rules.status

# %%
rules.figures[0]

# %%
rules.words

# %% tags=["hide-output"]
rules.tables[0]

# %% [markdown]
# ## What the film scanner could tell of the diagnosis
#
# DDSM's films were scanned on machines of three makers {cite:p}`heath2001`, volume by volume, and a
# volume has one diagnosis. So the machine may tell something of the diagnosis before anybody looks
# at a breast; how much it does in this set, and whether that is more than chance deals.

# %%
scanners = evidence.scanners()
scanners.tables[0]

# %%
scanners.words

# %% [markdown]
# ## Is MIAS hard, or only another set?
#
# A low auROC in an external test can mean that the set is unlike the one that the model learnt
# from, or that it is hard for any model. On mini-MIAS something of the second can be seen: VGG16's
# features of its films, frozen as in the paper, feed classifiers that are trained on other films of
# MIAS. Four classifiers were fixed beforehand, and all are shown. If they fail, the set may be
# hard, or too small to learn from.

# %%
mias = evidence.mias(study)
mias.status

# %%
mias.figures[0]

# %%
mias.words

# %% tags=["hide-output"]
mias.tables[0]

# %% [markdown]
# ## Who found what
#
# Reports on the paper's published models by their authors, by users of the released weights and by
# later studies, and what is computed above. A part of the paper's drop may be an internal value
# that is too high: two users of end2end's weights report less on CBIS-DDSM than its authors on
# their own split.

# %%
evidence.who_found_what(new_york, rules)
