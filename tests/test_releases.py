import re
from pathlib import PurePath

import pytest

from mammo.datasets import DATASETS
from mammo.models import MODELS
from mammo.models.end2end.layers import backbone_layers, top_layers
from mammo.models.releases import RELEASES, UNSUPPORTED, releases_of
from mammo.paper import published

CARDS = list(RELEASES.values())
END2END = [card for card in CARDS if card.form is not None]
AUROC = {  # of the README's table: single, augmented
    "ddsm_resnet50_s10_[512-512-1024]x2.h5": (0.86, 0.88),
    "ddsm_vgg16_s10_512x1.h5": (0.83, 0.86),
    "ddsm_vgg16_s10_[512-512-1024]x2_hybrid.h5": (0.85, 0.88),
    "inbreast_vgg16_512x1.h5": (0.92, 0.94),
    "inbreast_vgg16_[512-512-1024]x2_hybrid.h5": (0.95, 0.96),
    "vgg16_frcnn_cad.caffemodel": (0.95, None),
}


def test_every_released_file_has_one_card_or_is_refused():
    assert {card.file: (card.auroc, card.auroc_flips) for card in CARDS} == AUROC
    assert len({card.file for card in CARDS} | set(UNSUPPORTED)) == len(CARDS) + len(UNSUPPORTED)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_agrees_with_itself_and_with_its_model(card):
    assert RELEASES[card.name] is card
    assert re.fullmatch(r"[a-z0-9_]+", card.name)
    assert PurePath(card.file).name == card.file
    assert PurePath(card.file).suffix == {"Keras": ".h5", "Caffe": ".caffemodel"}[card.format]
    assert MODELS[card.model].backbone == card.backbone
    assert {*card.trained_on, card.auroc_on} <= set(DATASETS)
    assert card.auroc_on in card.trained_on
    assert card.page.startswith("https://github.com/")


@pytest.mark.parametrize("card", END2END, ids=lambda card: card.name)
def test_means_and_training_sets_follow_from_the_name(card):
    on_inbreast = card.file.startswith("inbreast")
    assert card.mean == (44.33 if on_inbreast else 52.18)
    assert str(card.mean) in card.preprocessing
    assert card.trained_on == (("cbis_ddsm", "inbreast") if on_inbreast else ("cbis_ddsm",))


@pytest.mark.parametrize("card", END2END, ids=lambda card: card.name)
def test_a_form_is_that_of_the_network_in_the_authors_words(card):
    backbone = backbone_layers(card.backbone)
    convolutions = [layer["channels"] for layer in backbone if layer["kind"] == "conv"]
    assert len(convolutions) == card.form.backbone_convolutions
    assert convolutions[-1] == card.form.backbone_channels
    top = top_layers(card.top, convolutions[-1])
    assert sum(layer["kind"] == "add" for layer in top) == card.form.top_additions
    last = [layer["channels"] for layer in top if layer["kind"] == "conv"][-1]
    assert last == card.form.top_channels


@pytest.mark.parametrize("model", ["end2end_vgg16", "end2end_resnet50", "frcnn_cad"])
def test_the_default_release_is_the_one_that_the_paper_names(model):
    default, card = releases_of(model)[0], MODELS[model]
    (cell,) = [cell for cell in published.TABLE_2 if cell.model == model]
    assert cell.auroc == (default.auroc_flips or default.auroc)
    assert cell.dataset == default.auroc_on
    assert default.file in card.weights.url and card.weights.licence == default.licence
    assert card.trained_on == default.trained_on


def test_models_of_ours_have_no_releases():
    assert [releases_of(name) for name in ("alexnet", "vgg16", "resnet50")] == [[], [], []]
