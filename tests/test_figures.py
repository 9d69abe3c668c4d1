import math
from functools import cache
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from made_scores import made_scores
from mammo.errors import MammoError
from mammo.evaluation.tables import calibration
from mammo.evaluation.tables.operating_points import YOUDEN, carried_over, criterion
from mammo.evaluation.tables.scores import Settings
from mammo.models.frcnn_cad import DetectorSettings
from mammo.paper import sampling_error
from mammo.report.estimates import ESTIMATE_COLUMNS
from mammo.report.figures.architecture import end2end_model, frcnn_model, transfer_model
from mammo.report.figures.attention import attention_of_models
from mammo.report.figures.curves import carried_thresholds, reliability_curves, roc_curves
from mammo.report.figures.forest import auroc_forest
from mammo.report.figures.images import Example, example_images, intensity_histograms
from mammo.report.figures.looked_at import Activation, Detected, Looked, hit
from mammo.report.figures.mixed import mixed_training
from mammo.report.figures.published_intervals import expected_intervals, half_width_by_size
from mammo.report.figures.style import LOOKS, Picture, drawing, looks
from mammo.report.figures.training import staged_training, training_curves

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
            "authors_weights": False,
            "may_have_seen": (),
            "auroc": auroc,
            "lower": auroc - 0.06,
            "upper": auroc + 0.06,
            "confidence": 0.95,
            "unit": "patient",
        }
        rows.append({**dict.fromkeys(ESTIMATE_COLUMNS, 0), **known})
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


def made_up_examples() -> list[Example]:
    pixels = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    box = {"row_min": 10, "row_max": 20, "col_min": 30, "col_max": 50}
    return [
        Example(dataset, source, pixels, "right MLO, malignant", boxes)
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


def made_up_layers(*rows: tuple) -> list[dict]:
    """Layers of a published model, from rows of part, name, kind, output and parameters."""
    keys = ("part", "name", "kind", "output", "parameters")
    return [dict(zip(keys, row, strict=True)) for row in rows]


END2END = made_up_layers(
    ("input", "input", "input", (1, 1152, 896), 0),
    ("backbone", "pad", "zero_pad", (1, 1158, 902), 0),
    ("backbone", "conv1", "conv", (64, 576, 448), 9472),
    ("backbone", "bn1", "batch_norm", (64, 576, 448), 128),
    ("backbone", "pool1", "max_pool", (64, 288, 224), 0),
    ("backbone", "res2a", "conv", (256, 288, 224), 16640),
    ("backbone", "add2a", "add", (256, 288, 224), 0),
    ("backbone", "res3a", "conv", (2048, 144, 112), 23_000_000),
    ("backbone", "add3a", "add", (2048, 144, 112), 0),
    ("backbone", "res3b", "conv", (2048, 144, 112), 1_000_000),
    ("backbone", "add3b", "add", (2048, 144, 112), 0),
    ("top", "conv4", "conv", (512, 144, 112), 9_437_696),
    ("top", "relu4", "relu", (512, 144, 112), 0),
    ("top", "pool4", "max_pool", (512, 72, 56), 0),
    ("top", "pool", "global_average_pool", (512,), 0),
    ("top", "drop", "dropout", (512,), 0),
    ("top", "dense", "dense", (2,), 1026),
)

FRCNN = made_up_layers(
    ("input", "input", "input", (3, 2100, 1700), 0),
    ("backbone", "conv1_1", "conv", (64, 2100, 1700), 1792),
    ("backbone", "conv1_2", "conv", (64, 2100, 1700), 36928),
    ("backbone", "conv5_3", "conv", (512, 132, 107), 14_676_000),
    ("rpn", "rpn_conv_3x3", "conv", (512, 132, 107), 2_359_808),
    ("rpn", "rpn_cls_score", "conv", (18, 132, 107), 9234),
    ("rpn", "rpn_bbox_pred", "conv", (36, 132, 107), 18468),
    ("head", "roi_pool", "roi_pool", (512, 7, 7), 0),
    ("head", "fc6", "dense", (4096,), 102_764_544),
    ("head", "fc7", "dense", (4096,), 16_781_312),
    ("head", "cls_score", "dense", (3,), 12291),
    ("head", "bbox_pred", "dense", (12,), 49164),
)

LESION = {"row_min": 30, "row_max": 42, "col_min": 20, "col_max": 30}


def heat(row: int, column: int, shape: tuple[int, int] = (9, 7)) -> np.ndarray:
    values = np.full(shape, 0.2)
    values[row, column] = 1
    return values


def activation(model: str, values: np.ndarray) -> Activation:
    return Activation(model, 0.42, values, (0, 0, 90, 70))


def detected(*boxes: tuple[float, bool, tuple[float, ...]]) -> Detected:
    scores, malignant, edges = zip(*boxes, strict=True) if boxes else ((), (), ())
    edges = np.array(edges, dtype=float).reshape(-1, 4)
    flags = np.array(malignant, dtype=bool)
    score = max((s for s, m, _ in boxes if m), default=0.0)
    return Detected("frcnn_cad", score, edges, flags, np.array(scores))


def made_up_looks(n_models: int) -> list[Looked]:
    """Two images, the second without a lesion, and classifiers and a detector that saw them."""
    pixels = np.linspace(0, 1, 90 * 70).reshape(90, 70)
    names = (
        "Wang et al., AlexNet",
        "Wang et al., VGG16",
        "Wang et al., ResNet50",
        "end2end, VGG16",
        "end2end, ResNet50",
    )
    maps = [activation(name, heat(k, 2)) for k, name in enumerate(names[: n_models - 1], 2)]
    boxes = detected(
        (0.93, True, (31, 21, 43, 33)),
        (0.61, True, (29, 18, 41, 31)),
        (0.60, True, (0, 0, 5, 5)),
        (0.50, False, (32, 22, 42, 30)),
        (0.40, False, (80, 60, 90, 70)),
    )
    blank = [activation(panel.model, np.zeros((9, 7))) for panel in maps]
    return [
        Looked(Example("mias", "real", pixels, "left MLO", [LESION]), [*maps, boxes]),
        Looked(Example("mias", "real", pixels, "right CC"), [*blank, detected()]),
    ]


def made_up_courses() -> dict[str, dict[str, pd.DataFrame]]:
    rng = np.random.default_rng(0)
    steps = {"patches": 8, "whole images": 7}
    history = {
        step: pd.DataFrame({"epoch": range(n), "held_auroc": rng.uniform(0.4, 0.9, n)})
        for step, n in steps.items()
    }
    one = pd.DataFrame({"epoch": [0], "held_auroc": [0.5]})
    return {"end2end_vgg16": history, "end2end_resnet50": history, "frcnn_cad": {"boxes": one}}


DRAW = {
    "examples": lambda: example_images(made_up_examples()),
    "histograms": lambda: intensity_histograms(
        {name: np.linspace(0.1, 0.9, 500) for name in SETS}, dict.fromkeys(SETS, "synthetic")
    ),
    "training": lambda: training_curves(made_up_histories(12), dict.fromkeys(MODELS, 5)),
    "one epoch": lambda: training_curves(made_up_histories(1), dict.fromkeys(MODELS, 0)),
    "roc": lambda: roc_curves(made_up_predictions(), made_up_estimates()),
    "roc, one model": lambda: roc_curves(
        made_up_predictions(("vgg16",)), made_up_estimates(("vgg16",))
    ),
    "roc, five models": lambda: roc_curves(
        made_up_predictions((*MODELS, "fourth", "fifth")),
        made_up_estimates((*MODELS, "fourth", "fifth")),
    ),
    "forest": lambda: auroc_forest(made_up_estimates((*MODELS, "my_model"))),
    "forest, nothing computed": lambda: auroc_forest(made_up_estimates().iloc[:0]),
    "mixed": lambda: mixed_training(
        made_up_estimates(("alexnet",), 0.1), made_up_estimates(("alexnet",))
    ),
    "model": lambda: transfer_model(LAYERS, "Wang et al., AlexNet", "ImageNet"),
    "end2end": lambda: end2end_model(
        END2END, "end2end, ResNet50", "the authors' (ddsm_resnet50_s10_[512-512-1024]x2.h5)"
    ),
    "end2end, weights in many words": lambda: end2end_model(
        END2END,
        "end2end, ResNet50",
        "trained here in stages, first on patches, then on whole images of the phantoms of DDSM, "
        "with 1/4 of the published channels",
    ),
    "frcnn_cad": lambda: frcnn_model(
        FRCNN, DetectorSettings(), "frcnn_cad", "trained here, with 1/4 of the published channels"
    ),
    "stages": lambda: staged_training(made_up_courses()),
    "attention": lambda: attention_of_models(made_up_looks(3)),
    "attention, six models": lambda: attention_of_models(made_up_looks(6)),
    "attention, a detector": lambda: attention_of_models(made_up_looks(1)),
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


def ticks(figure: Figure) -> set[Text]:
    """Labels of the axes, of which those beyond the limits exist but are not drawn."""
    return {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in axis.get_ticklabels()
    }


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


@pytest.mark.parametrize("name", DRAW)
def test_nothing_is_cut_off(name):
    picture, pixels = drawn(name)
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()
    figure = picture.figure
    for text in set(texts(figure)) - ticks(figure):
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
    assert 'alt="a &#34;b&#34; &lt;c&gt;"' in html
    assert "<figcaption>d &amp; &lt;e&gt;</figcaption>" in html
    assert "<figcaption>" not in Picture(Figure(), "alone")._repr_html_()


def test_data_sets_differ_in_colour_line_and_marker():
    assert set(LOOKS) == set(SETS)
    for trait in ("color", "line", "marker"):
        assert len({getattr(look, trait) for look in LOOKS.values()}) == len(SETS)


def test_examples_show_every_image_with_its_source_and_box():
    picture = example_images(made_up_examples())
    shown = words(picture.figure)
    assert "MIAS: real images" in shown
    assert "INbreast: synthetic images" in shown
    assert shown.count("right MLO, malignant") == 4
    assert sum(len(axes.patches) for axes in picture.figure.axes) == 2
    with pytest.raises(MammoError, match="no example images"):
        example_images([])


def test_roc_legends_hold_auroc_and_interval():
    figure = drawn("roc")[0].figure
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[0] == "DDSM, synthetic\n0.50 (0.44 to 0.56)"
    assert len(labels) == 4


def test_titles_that_say_whose_weights_do_not_meet_in_the_roc_figure():
    models = ("end2end_vgg16", "end2end_resnet50", "frcnn_cad")
    picture = roc_curves(made_up_predictions(models), made_up_estimates(models))
    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    titles = [axes.title.get_window_extent(canvas.get_renderer()) for axes in picture.figure.axes]
    assert picture.figure.axes[1].get_title() == "end2end, ResNet50\n(trained here)"
    for left, right in pairwise(titles):
        assert left.x1 < right.x0


def test_a_set_of_one_class_has_no_roc_curve():
    estimates = made_up_estimates(("alexnet",))
    estimates.loc[estimates["dataset"] == "mias", ["auroc", "lower", "upper"]] = math.nan
    picture = roc_curves(made_up_predictions(("alexnet",)), estimates)
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
    figure = auroc_forest(made_up_estimates(("vgg16",))).figure
    assert words(figure).count("not part of this build") == 5


def test_the_kept_epoch_of_each_step_is_marked_and_told():
    picture = drawn("stages")[0]
    course = made_up_courses()["end2end_vgg16"]["patches"]
    kept = course["held_auroc"].idxmax()
    line = picture.figure.axes[0].get_lines()[1]
    assert list(line.get_markevery()) == [epoch == kept for epoch in course["epoch"]]
    best = course["held_auroc"].max()
    assert f"end2end, VGG16, patches: 8 epochs, best {best:.2f} at epoch {kept}" in picture.alt


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
    picture = transfer_model(trained, "Wang et al., AlexNet", "random")
    shown = words(picture.figure)
    assert "1  Random weights:\nno pretraining in\nthis build" in shown
    assert any("trained too" in word for word in shown)
    assert "random weights" in picture.alt
    assert not any("Pretrained" in word for word in shown)


def test_fig_1_does_not_call_weights_from_a_file_pretrained():
    shown = words(transfer_model(LAYERS, "Wang et al., VGG16", "my.safetensors").figure)
    assert "1  Weights given:\nmy.safetensors" in shown


ARCHITECTURES = ("model", "end2end", "end2end, weights in many words", "frcnn_cad")
ATTENTION = ("attention", "attention, six models", "attention, a detector")


@pytest.mark.parametrize("name", [*ARCHITECTURES, *ATTENTION])
def test_no_text_lies_on_another(name):
    figure = drawn(name)[0].figure
    labels = list(set(texts(figure)) - ticks(figure))
    for place, label in enumerate(labels):
        extent = label.get_window_extent()
        assert not [x for x in labels[:place] if extent.overlaps(x.get_window_extent())], label


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_texts_keep_within_their_boxes(name):
    figure = drawn(name)[0].figure
    boxes = [patch.get_window_extent() for patch in figure.findobj(FancyBboxPatch)]
    for text in texts(figure):
        extent = text.get_window_extent()
        centre = (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2
        around = [box for box in boxes if box.contains(*centre)]
        if around:
            box = min(around, key=lambda box: box.width * box.height)
            assert box.x0 + 2 < extent.x0, text
            assert extent.x1 < box.x1 - 2, text
            assert box.y0 < extent.y0, text
            assert extent.y1 < box.y1, text


def test_end2end_is_drawn_in_blocks():
    picture = drawn("end2end")[0]
    shown = words(picture.figure)
    assert "1 convolution, pooling to 64 maps of 288 × 224; 9,600 parameters" in shown
    assert "1 residual unit to 256 maps of 288 × 224; 16,640 parameters" in shown
    assert "2 residual units to 2048 maps of 144 × 112; 24.0 million parameters" in shown
    assert "1 convolution, pooling to 512 maps of 72 × 56; 9.4 million parameters" in shown
    assert "Global average pooling to 512 values" in shown
    assert "Dense layer to 2 values; 1,026 parameters" in shown
    assert "Mammogram, 1152 × 896 pixels" in shown
    weights = (
        "Weights: the authors' (ddsm_resnet50_s10_[512-512-1024]x2.h5). 33.5 million parameters."
    )
    assert weights in shown
    assert weights in picture.alt


def test_frcnn_cad_is_drawn_from_its_layers_and_settings():
    settings = DetectorSettings(short_side=800, long_side=900, pre_nms=2000, post_nms=77)
    picture = frcnn_model(FRCNN, settings, "frcnn_cad", "random")
    shown = " | ".join(words(picture.figure)).replace("\n", " ")
    for text in (
        "here 2100 × 1700 pixels: short side 800, long side at most 900",
        "2 convolutions to 64 maps of 2100 × 1700; 38,720 parameters",
        "Scores: 18 maps (2 × 9 anchors)",
        "Shifts: 36 maps (4 × 9 anchors)",
        "The 2000 best anchors",
        "77 proposals at most",
        "RoI max pooling of the backbone's maps to 512 maps of 7 × 7",
        "fc6 to 4096 values; 102.8 million parameters",
        "3 class scores: none, benign, malignant",
        "the highest malignant score",
    ):
        assert text in shown
    assert "Weights: random. 136.7 million parameters." in picture.alt
    assert "77 region proposals at most" in picture.alt


@pytest.mark.parametrize(
    ("panel", "expected"),
    [
        (activation("a", heat(3, 2)), True),
        (activation("a", heat(4, 2)), False),  # meets the lesion, but neither holds a centre
        (activation("a", heat(8, 6)), False),
        (activation("a", np.zeros((9, 7))), False),
        (Activation("a", 0.5, heat(0, 0, (2, 2)), (25, 15, 65, 55)), True),
        (Activation("a", 0.5, heat(1, 1, (2, 2)), (25, 15, 65, 55)), False),
        (detected((0.9, True, (34, 18, 40, 28)), (0.95, False, (0, 0, 9, 9))), True),
        (detected((0.9, True, (0, 0, 9, 9)), (0.8, True, (30, 20, 42, 30))), False),
        (detected((0.9, False, (30, 20, 42, 30))), False),
        (detected(), False),
    ],
)
def test_a_hit_is_the_highest_cell_or_the_best_malignant_box_in_a_lesion(panel, expected):
    assert hit(panel, [LESION]) is expected
    assert hit(panel, []) is False


def test_attention_shows_scores_and_says_who_looked_at_the_lesion():
    picture = drawn("attention")[0]
    shown = words(picture.figure)
    assert shown.count("Wang et al., AlexNet") == 2
    assert "score 0.42\nnot on a lesion" in shown
    assert "score 0.42\non a lesion" in shown
    assert shown.count("score 0.42\nno sign of cancer") == 2
    assert "1 lesion outlined" in shown
    assert "no lesion outlined" in shown
    assert [word for word in shown if word[:2] in ("M ", "B ")][:4] == [
        "B 0.50",
        "B 0.40",
        "M 0.93",
        "M 0.61",
    ]
    assert (
        "Wang et al., AlexNet on 0 of 1; Wang et al., VGG16 on 1 of 1; frcnn_cad on 1 of 1"
        in picture.alt
    )
    assert picture.kind == "png"


def test_the_legend_of_attention_explains_what_is_there():
    legend = words(drawn("attention, a detector")[0].figure)
    assert "True lesion" in legend
    assert "M  Malignant detection" in legend
    assert not any("activation" in word or "Evidence" in word for word in legend)
    assert "Highest cell of a class activation map" in words(drawn("attention")[0].figure)


def test_attention_needs_something_to_show():
    with pytest.raises(MammoError, match="nothing to show"):
        attention_of_models([])
    with pytest.raises(MammoError, match="nothing to show"):
        attention_of_models([Looked(made_up_examples()[0], [])])


def test_a_forest_of_anybodys_scores_has_no_published_value():
    own = made_up_estimates(("b", "a")).assign(
        dataset=["home", "west", "south", "north"] * 2, source=None, weights=None
    )
    picture = auroc_forest(own, published=())
    assert "published" not in picture.alt and "experts" not in picture.alt
    assert picture.alt.index("b on home") < picture.alt.index("b on west")
    assert picture.alt.index("b on west") < picture.alt.index("b on north")
    assert picture.alt.index("b on north") < picture.alt.index("a on home")


def test_sets_that_are_not_the_papers_get_looks_of_their_own():
    found = looks(["north", "mias", "south", "west"])
    assert found["mias"] == LOOKS["mias"]
    assert len({(look.color, look.line) for look in found.values()}) == 4
    assert looks(map(str, range(20))).keys() == set(map(str, range(20)))


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    return calibration.reliability(made_scores(), Settings())


def test_reliability_curves_have_a_panel_a_model_and_kind(curves):
    picture = reliability_curves(curves, curves.assign(mean_score=curves["share_malignant"]))
    titles = [axes.get_title() for axes in picture.figure.axes if axes.get_title()]
    assert titles == [
        f"{model}\n{kind}"
        for kind in ("as scored", "recalibrated")
        for model in ("first", "second")
    ]
    assert "first on home, as scored: " in picture.alt
    labels = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert labels == ["home", "north", "south"]
    marked = reliability_curves(curves, sources={"north": "synthetic"})
    labels = [text.get_text() for text in marked.figure.legends[0].get_texts()]
    assert labels == ["home", "north, synthetic", "south"]


def test_published_values_stand_with_the_interval_that_their_sets_allow():
    intervals = sampling_error.published_intervals()
    picture = expected_intervals(intervals)
    (axes,) = picture.figure.axes
    assert len(axes.get_yticklabels()) == 16
    assert "AlexNet on MIAS 0.46 ±0.08" in picture.alt
    picture = half_width_by_size(intervals)
    assert "MIAS ±0.084 to ±0.200" in picture.alt
    assert "all published values lie above the flat line at ±0.01" in picture.alt
    assert (intervals["hanley_mcneil"] > 0.01).all()


def test_thresholds_are_drawn_on_every_set():
    points = carried_over(made_scores(), [criterion("sensitivity=0.9"), YOUDEN], Settings())
    picture = carried_thresholds(points, "sensitivity 0.9", {"home": "real"})
    assert "(sensitivity 0.9)" in picture.alt
    assert "first on home, real: sensitivity" in picture.alt
    row = points[(points["model"] == "second") & (points["dataset"] == "south")].iloc[0]
    assert (
        f"second on south: sensitivity {row['sensitivity']:.2f}, specificity "
        f"{row['specificity']:.2f}" in picture.alt
    )
    titles = [axes.get_title() for axes in picture.figure.axes]
    assert [title.partition("\n")[0] for title in titles] == ["first", "second"]
