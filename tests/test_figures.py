from __future__ import annotations

import math
from functools import cache

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from mammo.errors import MammoError
from mammo.report import figures, tables
from mammo.report.figures.style import LOOKS, Picture, drawing

SETS = {"cbis_ddsm": "validation", "mias": "test", "inbreast": "test", "institution": "test"}
MODELS = ("alexnet", "vgg16", "resnet50")


def made_up_estimates(models: tuple[str, ...] = MODELS, shift: float = 0) -> pd.DataFrame:
    rows = []
    for place, (model, dataset) in enumerate((m, d) for m in models for d in SETS):
        auroc = 0.5 + shift + 0.02 * place
        known = {
            "model": model,
            "dataset": dataset,
            "split": SETS[dataset],
            "source": "real" if dataset == "mias" else "synthetic",
            "weights": "random",
            "may_have_seen": "",
            "auroc": auroc,
            "lower": auroc - 0.06,
            "upper": auroc + 0.06,
            "confidence": 0.95,
            "unit": "patient",
        }
        rows.append({**dict.fromkeys(tables.ESTIMATE_COLUMNS, 0), **known})
    return pd.DataFrame(rows)


def made_up_predictions(models: tuple[str, ...] = MODELS) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {
                "model": model,
                "dataset": dataset,
                "split": split,
                "y_true": np.tile([0, 1], 15),
                "y_score": generator.random(30),
            }
        )
        for model in models
        for dataset, split in SETS.items()
    ]
    return pd.concat(parts, ignore_index=True)


def made_up_histories(n_epochs: int) -> dict[str, pd.DataFrame]:
    epochs = np.arange(n_epochs)
    history = pd.DataFrame(
        {
            "epoch": epochs,
            "train_loss": 0.7 - 0.01 * epochs,
            "early_stopping_loss": 0.7 + 0.001 * (epochs - 5) ** 2,
            "train_auroc": 0.5 + 0.01 * epochs,
            "early_stopping_auroc": 0.5 + 0.005 * epochs,
        }
    )
    return dict.fromkeys(MODELS, history)


def made_up_examples() -> list[figures.Example]:
    pixels = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    box = {"row_min": 10, "row_max": 20, "col_min": 30, "col_max": 50}
    return [
        figures.Example(dataset, source, pixels, "right MLO, malignant", boxes)
        for dataset, source in (("mias", "real"), ("inbreast", "synthetic"))
        for boxes in ([box], [])
    ]


LAYERS = [
    {
        "name": name,
        "type": kind,
        "output": output,
        "parameters": parameters,
        "part": part,
        "frozen": part == "extractor",
    }
    for name, kind, output, parameters, part in (
        ("layers.0", "Conv2d", (64, 55, 55), 23296, "extractor"),
        ("layers.1", "ReLU", (64, 55, 55), 0, "extractor"),
        ("layers.2", "MaxPool2d", (64, 27, 27), 0, "extractor"),
        ("layers.3", "Conv2d", (2048, 27, 27), 23307392, "extractor"),
        ("conv", "Conv2d", (32, 27, 27), 8224, "classifier"),
        ("relu", "ReLU", (32, 27, 27), 0, "classifier"),
        ("fc1", "Linear", (32,), 2080, "classifier"),
        ("fc2", "Linear", (1,), 33, "classifier"),
    )
]

DRAW = {
    "examples": lambda: figures.example_images(made_up_examples()),
    "histograms": lambda: figures.intensity_histograms(
        {name: np.linspace(0.1, 0.9, 500) for name in SETS}, dict.fromkeys(SETS, "synthetic")
    ),
    "training": lambda: figures.training_curves(made_up_histories(12), dict.fromkeys(MODELS, 5)),
    "one epoch": lambda: figures.training_curves(made_up_histories(1), dict.fromkeys(MODELS, 0)),
    "roc": lambda: figures.roc_curves(made_up_predictions(), made_up_estimates()),
    "roc, one model": lambda: figures.roc_curves(
        made_up_predictions(("vgg16",)), made_up_estimates(("vgg16",))
    ),
    "roc, five models": lambda: figures.roc_curves(
        made_up_predictions((*MODELS, "fourth", "fifth")),
        made_up_estimates((*MODELS, "fourth", "fifth")),
    ),
    "forest": lambda: figures.auroc_forest(made_up_estimates((*MODELS, "my_model"))),
    "forest, nothing computed": lambda: figures.auroc_forest(made_up_estimates().iloc[:0]),
    "mixed": lambda: figures.mixed_training(
        made_up_estimates(("alexnet",), 0.1), made_up_estimates(("alexnet",))
    ),
    "model": lambda: figures.transfer_model(LAYERS, "Ours, AlexNet", "ImageNet"),
}


@cache
def drawn(name: str) -> tuple[Picture, np.ndarray]:
    """Return a picture and its pixels, drawn once for all tests."""
    picture = DRAW[name]()
    with drawing():
        canvas = FigureCanvasAgg(picture.figure)
        canvas.draw()
    return picture, np.asarray(canvas.buffer_rgba())[..., :3]


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


@pytest.mark.parametrize("name", DRAW)
def test_nothing_is_cut_off(name):
    picture, pixels = drawn(name)
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()
    figure = picture.figure
    ticks = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in axis.get_ticklabels()  # those beyond the limits exist but are not drawn
    }
    for text in set(texts(figure)) - ticks:
        extent = text.get_window_extent()
        assert extent.x0 > 0 and extent.x1 < figure.bbox.width, text
        assert extent.y0 > 0 and extent.y1 < figure.bbox.height, text


@pytest.mark.parametrize("name", DRAW)
def test_no_text_is_smaller_than_nine_points(name):
    sizes = [text.get_fontsize() for text in texts(drawn(name)[0].figure)]
    assert len(sizes) > 3
    assert min(sizes) >= 9


@pytest.mark.parametrize("name", DRAW)
def test_every_picture_has_a_text_alternative(name):
    picture = drawn(name)[0]
    assert len(picture.alt) > 40
    assert f"Picture: {picture.alt}" == repr(picture)


@pytest.mark.parametrize(
    ("name", "kind"), [("examples", "image/png"), ("roc, one model", "image/svg+xml")]
)
def test_a_picture_is_the_same_each_time(name, kind):
    first, second = DRAW[name]()._repr_html_(), DRAW[name]()._repr_html_()
    assert first == second
    assert f"data:{kind};base64," in first


def test_drawing_leaves_the_settings_as_they_were():
    before = dict(mpl.rcParams)
    DRAW["forest"]()._repr_html_()
    assert dict(mpl.rcParams) == before


def test_caption_and_alternative_are_escaped():
    html = Picture(Figure(), 'a "b" <c>', "d & <e>")._repr_html_()
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in html
    assert "<figcaption>d &amp; &lt;e&gt;</figcaption>" in html
    assert "<figcaption>" not in Picture(Figure(), "alone")._repr_html_()


def test_data_sets_differ_in_colour_line_and_marker():
    assert set(LOOKS) == set(SETS)
    for trait in ("color", "line", "marker"):
        assert len({getattr(look, trait) for look in LOOKS.values()}) == len(SETS)


def test_examples_show_every_image_with_its_source_and_box():
    picture = figures.example_images(made_up_examples())
    shown = words(picture.figure)
    assert "MIAS: real images" in shown
    assert "INbreast: synthetic images" in shown
    assert shown.count("right MLO, malignant") == 4
    assert sum(len(axes.patches) for axes in picture.figure.axes) == 2
    with pytest.raises(MammoError, match="no example images"):
        figures.example_images([])


def test_roc_legends_hold_auroc_and_interval():
    figure = drawn("roc")[0].figure
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[0] == "DDSM, synthetic\n0.50 (0.44 to 0.56)"
    assert len(labels) == 4


def test_a_set_of_one_class_has_no_roc_curve():
    estimates = made_up_estimates(("alexnet",))
    estimates.loc[estimates["dataset"] == "mias", ["auroc", "lower", "upper"]] = math.nan
    picture = figures.roc_curves(made_up_predictions(("alexnet",)), estimates)
    assert len(picture.figure.axes[0].get_legend().get_texts()) == 3
    assert "MIAS" not in picture.alt


def test_the_forest_has_a_row_for_every_published_and_every_computed_value():
    figure = drawn("forest")[0].figure
    assert len(figure.axes[0].get_yticks()) == 6 + 16 + 4
    shown = words(figure)
    assert shown.count("not part of this build") == 3
    assert "experts 0.71" in shown
    assert "my_model" in shown


def test_a_model_left_out_of_the_build_is_marked_as_such():
    figure = figures.auroc_forest(made_up_estimates(("vgg16",))).figure
    assert words(figure).count("not part of this build") == 5


def test_the_mixed_picture_names_both_values():
    alt = drawn("mixed")[0].alt
    assert "MIAS, real 0.52 to 0.62" in alt


def test_fig_1_follows_the_layers():
    shown = words(drawn("model")[0].figure)
    assert "1 convolution to 64 maps of 55 × 55; 23,296 parameters" in shown
    assert "1 convolution to 2048 maps of 27 × 27; 23.3 million parameters" in shown
    assert "FC2 to 1 value; 33 parameters" in shown
    assert "2  Feature extractor, frozen: 23.3 million parameters" in shown
    assert "3  Classifier, trained: 10,337 parameters" in shown
    assert "1  Pretrained on\nnatural images:\nImageNet" in shown


def test_fig_1_says_when_weights_are_random_or_the_extractor_is_trained():
    trained = [{**layer, "frozen": False} for layer in LAYERS]
    picture = figures.transfer_model(trained, "Ours, AlexNet", "random")
    shown = words(picture.figure)
    assert "1  Random weights:\nno pretraining in\nthis build" in shown
    assert any("trained too" in word for word in shown)
    assert "random weights" in picture.alt
    assert not any("Pretrained" in word for word in shown)


def test_fig_1_does_not_call_weights_from_a_file_pretrained():
    shown = words(figures.transfer_model(LAYERS, "Ours, VGG16", "my.safetensors").figure)
    assert "1  Weights given:\nmy.safetensors" in shown
