"""Training end2end: a patch classifier first, then the whole-image network made of it.

Shen L, et al. "Deep learning to improve breast cancer detection on screening mammography", Sci Rep
2019;9:12495: patches of five classes in three stages, whole images in two.
"""

import numpy as np
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from mammo.models.end2end import End2End, PatchClassifier
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.training.patches import CLASSES, MALIGNANT
from mammo.training.stages import StagedTask

_TOP_CONVOLUTIONS = {13: 6, 53: 13}
"""Last convolutions that the patch classifier's second stage trains, by those of the backbone.

They are VGG16's blocks 4 and 5, and ResNet50's last stage with the unit before it: what Shen's "top
11" and "top 46 layers" of Keras hold.
"""


class PatchTask(StagedTask):
    """The class of patches, a number of `mammo.training.patches.CLASSES`.

    The epoch is kept that best tells cancer from the rest. It is chosen by the auROC of malignant
    against all other patches of the patients held aside, scored by the log-odds of the two
    malignant classes together: what the whole-image network is to build on, and less erratic than
    an accuracy.
    """

    title, what = "train patches", "patches"
    output_shape = (len(CLASSES),)

    def is_cancer(self, labels: np.ndarray) -> np.ndarray:
        """Return which classes are malignant."""
        return np.isin(labels, MALIGNANT)

    def parts(self, model: PatchClassifier) -> dict[str, list[nn.Parameter]]:
        """Return "last" (the dense layer), "top" (also the backbone's last layers), "all"."""
        last = list(model.dense.parameters())
        top = [*_top_parameters(model.backbone), *last]
        return {"last": last, "top": top, "all": list(model.parameters())}

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Return the summed cross entropy of logits (B, 5)."""
        return cross_entropy(logits, classes, reduction="sum")

    def figures(self, logits: np.ndarray, classes: np.ndarray) -> dict[str, float]:
        """Return loss, accuracy (the mean over classes) and auROC of cancer."""
        malignant, right = self.is_cancer(classes), logits.argmax(axis=1) == classes
        loss = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(classes)), classes]
        accuracy = np.mean([right[classes == c].mean() for c in np.unique(classes)])
        return {
            "held_loss": float(loss.mean()),
            "held_accuracy": float(accuracy),
            "held_auroc": float(roc_auc_score(malignant, malignant_log_odds(logits))),
        }


class WholeImageTask(StagedTask):
    """The label of whole images, 0 or 1; the epoch of the best auROC is kept.

    The patients held aside are those of the patches, so that the backbone has not learnt from them.
    """

    title = "train whole images"

    def parts(self, model: End2End) -> dict[str, list[nn.Parameter]]:
        """Return "top", which stands on the backbone, and "all"."""
        return {"top": list(model.top.parameters()), "all": list(model.parameters())}

    def loss(self, log_odds: Tensor, labels: Tensor) -> Tensor:
        """Return the summed cross entropy of log-odds (B,)."""
        return binary_cross_entropy_with_logits(log_odds, labels.float(), reduction="sum")

    def figures(self, log_odds: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """Return loss and auROC."""
        loss = np.logaddexp(0, np.where(labels == 1, -log_odds, log_odds))
        return {
            "held_loss": float(loss.mean()),
            "held_auroc": float(roc_auc_score(labels, log_odds)),
        }


def malignant_log_odds(logits: np.ndarray) -> np.ndarray:
    """Return the log-odds of cancer (n,) of patches, from the logits (n, 5) of their classes."""
    others = [number for number in range(len(CLASSES)) if number not in MALIGNANT]
    sums = [np.logaddexp.reduce(logits[:, numbers], axis=1) for numbers in (MALIGNANT, others)]
    return sums[0] - sums[1]


def _top_parameters(backbone: LayerGraph) -> list[nn.Parameter]:
    """Return the parameters of the last convolutions and of all layers after the first of them."""
    places = [place for place, layer in enumerate(backbone.layers) if layer["kind"] == "conv"]
    first = places[-_TOP_CONVOLUTIONS[len(places)]]
    names = [layer["name"] for layer in backbone.layers[first:]]
    return [values for name in names for values in backbone.get_submodule(name).parameters()]
