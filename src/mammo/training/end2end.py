"""Training end2end: a patch classifier first, then the whole-image network made of it.

Shen L, et al. "Deep learning to improve breast cancer detection on screening mammography", Sci Rep
2019;9:12495: patches of five classes in three stages, whole images in two.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from mammo.errors import ParameterError
from mammo.models.end2end import End2End, PatchClassifier
from mammo.models.end2end.layer_graph import LayerGraph
from mammo.training.batch_norm import take_anew
from mammo.training.devices import Precision
from mammo.training.fit import Share, Task, batches, refuse_idle_processes
from mammo.training.patches import CLASSES, MALIGNANT, Augmentation, Windows

_STATISTICS_WINDOWS = 256


@dataclass(frozen=True)
class Stage:
    """A part of a network that is trained, how fast, and how long.

    Attributes
    ----------
    trained : str
        Name of the part; what is not of it keeps its values, batch norm statistics included.
    learning_rate : float
        Of AdamW in the first epoch; it falls linearly, to its part 1 / epochs in the last.
    epochs : int
        0 leaves the stage out.
    """

    trained: str
    learning_rate: float
    epochs: int


@dataclass(frozen=True)
class StagedSettings:
    """What all stages of a training share: windows a step over all processes, AdamW's decay, the
    precision of the model's computation (the loss is always float32), and how windows are varied.
    """

    batch_size: int = 32
    weight_decay: float = 1e-3
    precision: Precision = "float32"
    augmentation: Augmentation = field(default_factory=Augmentation)


class StagedTask(Task):
    """What a network learns in stages; an epoch takes as many windows as there are to learn from.

    Each class is equally often in a batch, and each window varied at random. A batch is shared out
    among the processes; AdamW's moments are kept from one stage to the next.

    Parameters
    ----------
    model : Module
        Grey windows (B, 1, h, w) to outputs (B,) or (B, k).
    windows : Windows
        n windows.
    labels : sequence of int, length n
        Their classes.
    held : ndarray of bool, shape (n,)
        Whether a window is of a patient held aside, to choose the epoch that is kept.
    stages : sequence of Stage
        In their order.
    settings : StagedSettings
    fabric : Fabric
        Launched.
    seed : int

    Raises
    ------
    ParameterError
        If a stage names an unknown part, or no stage has an epoch.
    """

    output_shape: tuple[int, ...] = ()

    def __init__(
        self,
        model: nn.Module,
        windows: Windows,
        labels: np.ndarray,
        held: np.ndarray,
        stages: Sequence[Stage],
        settings: StagedSettings,
        fabric: Fabric,
        seed: int,
    ) -> None:
        labels = np.asarray(labels, int)
        if not any(stage.epochs for stage in stages):
            raise ParameterError("the stages have no epoch: give one of them 1 or more")
        self.windows, self._parts = windows, self.parts(model)
        for name in (stage.trained for stage in stages):
            if name not in self._parts:
                known = ", ".join(self._parts)
                raise ParameterError(f"a stage trains '{name}': expected one of {known}")
        model.to(fabric.device, memory_format=torch.channels_last)  # Twice as fast on a CPU.
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=settings.weight_decay)
        super().__init__(model, labels, held, optimizer, settings, fabric, seed)
        refuse_idle_processes(min(len(self.train), settings.batch_size), fabric.world_size)
        self.facts = {"stages": [asdict(stage) for stage in stages]}
        self._stage_and_share = [
            (stage, 1 - done / stage.epochs) for stage in stages for done in range(stage.epochs)
        ]
        self.epochs = len(self._stage_and_share)

    @abstractmethod
    def parts(self, model: nn.Module) -> dict[str, list[nn.Parameter]]:
        """Return the parts of a model that can be trained, by the names that stages call them."""

    @abstractmethod
    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the summed loss of outputs (B,) or (B, k)."""

    @abstractmethod
    def figures(self, outputs: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """Return figures of the windows held aside, ``held_auroc`` among them."""

    def epoch(self, number: int, rng: np.random.Generator) -> dict[str, Any]:
        """Train a part of the model for one epoch; return its figures."""
        fabric, size = self.fabric, self.settings.batch_size
        stage, share = self._stage_and_share[number]
        learnt = set(map(id, self._parts[stage.trained]))
        for values in self.model.parameters():
            values.requires_grad_(id(values) in learnt)
        for group in self.optimizer.param_groups:
            group["lr"] = share * stage.learning_rate
        order = balanced_order(self.train, self.labels, rng)

        def share_of(places: np.ndarray) -> Share:
            """Return this process's share of a batch, given as places in the epoch's order."""
            own = places[fabric.global_rank :: fabric.world_size]
            generators = [np.random.default_rng([self.seed, number, place]) for place in own]
            inputs = self.windows.augmented(order[own], self.settings.augmentation, generators)
            return Share((inputs, torch.from_numpy(self.labels[order[own]])), len(places))

        def loss(module: nn.Module, data: tuple[Tensor, Tensor]) -> Tensor:
            inputs, labels = (part.to(fabric.device) for part in data)
            return self.loss(module(inputs).float(), labels)

        places = batches(np.arange(len(order)), size)
        total = self.learn(_ahead(share_of, places), loss, rng).item()
        sampled = order[fabric.global_rank : _STATISTICS_WINDOWS : fabric.world_size]
        plain = (self.windows.batch(part) for part in batches(sampled, size))
        take_anew(self.model, plain, fabric, self.settings.precision)
        if number + 1 == self.epochs:
            self.model.requires_grad_(True)
        found = self.held_logits(self.windows, self.output_shape)
        figures = self.figures(found, self.labels[self.held])
        return {"trained": stage.trained, "train_loss": total / len(order), **figures}


def balanced_order(numbers: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return as many numbers as are given, the classes in turn and each in random order.

    Of a class with more than its share a random part is taken; one with less is repeated.
    """
    classes = np.unique(labels[numbers])
    share = -(-len(numbers) // len(classes))
    columns = [np.resize(rng.permutation(numbers[labels[numbers] == c]), share) for c in classes]
    # In every row another order of the classes, or each of two processes would see one class.
    return rng.permuted(np.stack(columns, axis=1), axis=1).ravel()[: len(numbers)]


def _ahead(function: Callable[[np.ndarray], Any], items: Sequence[np.ndarray]) -> Iterator[Any]:
    """Yield the function's values, each computed in a thread while the one before is in use."""
    with ThreadPoolExecutor(1) as thread:
        next_value = thread.submit(function, items[0])
        for item in items[1:]:
            value, next_value = next_value, thread.submit(function, item)
            yield value.result()
        yield next_value.result()


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
