"""OpenCV's DNN module as a second implementation of Caffe's layers."""

import cv2
import numpy as np
import torch
from torch import Tensor

import caffe_files
from mammo.models.frcnn_cad import FasterRCNN


def random_input(rows: int, columns: int, seed: int) -> Tensor:
    """Random grey levels (1, 3, rows, columns) less the means, as `prepare` gives them."""
    from mammo.models.frcnn_cad.preparation import MEANS

    grey = np.random.default_rng(seed).integers(0, 256, (1, 1, rows, columns)).astype(np.float32)
    return torch.from_numpy(grey) - torch.tensor(MEANS).view(1, 3, 1, 1)


class OpenCV:
    """A network by its values in a ``.caffemodel``, and its layers' outputs in three parts."""

    def __init__(self, network: FasterRCNN, caffemodel: bytes) -> None:
        self.network = network
        self.values = np.frombuffer(caffemodel, np.uint8)

    def trunk(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Features, and scores, deltas and probabilities of the anchors."""
        names = ("relu5_3", "rpn_cls_score", "rpn_bbox_pred", "rpn_cls_prob")
        text = caffe_files.trunk_prototxt(self.network, *x.shape[2:])
        return self._run(text, names, data=x)

    def proposals(self, prob: np.ndarray, deltas: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Boxes (n, 4); OpenCV fills up to the most that are asked for with zeros."""
        text = caffe_files.proposal_prototxt(self.network, *prob.shape[2:])
        info = np.array([[*size, 1]], np.float32)
        rois = self._run(text, ("rois",), prob=prob, deltas=deltas, im_info=info)["rois"][:, 1:]
        return rois[rois.any(1)]

    def head(self, features: np.ndarray, boxes: np.ndarray) -> dict[str, np.ndarray]:
        """Pooled features, probabilities and deltas of boxes (n, 4)."""
        rois = np.concatenate([np.zeros((len(boxes), 1)), boxes], 1).astype(np.float32)
        text = caffe_files.head_prototxt(self.network, features.shape, len(rois))
        return self._run(text, ("pool5", "cls_prob", "bbox_pred"), features=features, rois=rois)

    def _run(self, prototxt: str, names: tuple[str, ...], **inputs: np.ndarray) -> dict:
        text = np.frombuffer(prototxt.encode(), np.uint8)
        net = cv2.dnn.readNetFromCaffe(text, self.values)
        net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        for name, values in inputs.items():
            net.setInput(values, name)
        return dict(zip(names, net.forward(list(names)), strict=True))
