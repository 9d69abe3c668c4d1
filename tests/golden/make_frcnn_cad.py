"""Regenerate tests/golden/frcnn_cad: python tests/golden/make_frcnn_cad.py

The network in its published size, 137 million values drawn from a seed, written to a .caffemodel,
read and run by OpenCV's DNN module. Takes half a minute and 4 GB of memory.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

import caffe_files
from caffe_opencv import OpenCV, random_input
from mammo.models.frcnn_cad import PUBLISHED, FasterRCNN, caffemodel
from mammo.models.weights import fingerprint

SEED, SIZE, BOXES = 11, (213, 301), 24
FILE = Path(__file__).parent / "frcnn_cad" / "published.npz"


def main() -> None:
    network = caffe_files.fill(FasterRCNN(PUBLISHED), SEED)
    content = caffe_files.caffemodel(network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vgg16.caffemodel"
        path.write_bytes(content)
        read = caffemodel.read_caffemodel(path)
    assert all(torch.equal(read[name], values) for name, values in network.state_dict().items())
    opencv = OpenCV(network, content)
    trunk = opencv.trunk(random_input(*SIZE, SEED).numpy())
    rois = opencv.proposals(trunk["rpn_cls_prob"], trunk["rpn_bbox_pred"], SIZE)[:BOXES]
    head = opencv.head(trunk["relu5_3"], rois)
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        FILE,
        fingerprint=fingerprint(network.state_dict()),
        features=trunk["relu5_3"][0, ::16, ::3, ::3],
        scores=trunk["rpn_cls_score"][0, :, ::3, ::3],
        deltas=trunk["rpn_bbox_pred"][0, :, ::3, ::3],
        rois=rois,
        probabilities=head["cls_prob"],
        box_deltas=head["bbox_pred"],
    )
    print(f"{FILE}: {FILE.stat().st_size} bytes, {len(content)} bytes of .caffemodel read")


if __name__ == "__main__":
    main()
