"""Two processes under torchrun: the same features, the same training up to dropout."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mammo.training.features import FeatureCache
from project import Project, copy

PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
from mammo.training import samples
from mammo.training import transfer as training
from mammo.training.devices import launch
from mammo.training.features import CachedMaps, FeatureCache, extract
from mammo.training.fit import fit
from mammo.models import transfer, weights

root = Path(sys.argv[1])
fabric = launch("cpu")
images = np.load(root / "images.npy", mmap_mode="r")
labels = np.load(root / "labels.npy")
ids = [f"{i:03d}" for i in range(len(images))]
state, _ = weights.resolve("random", "alexnet", 0)
extractor = transfer.Extractor("alexnet", state, 8)
folder = root / f"features{fabric.world_size}"
folder.mkdir(exist_ok=True)
extract(images, ids, extractor, folder, fabric=fabric, flips=("none", "vertical"), batch_size=7)

class Noted(CachedMaps):
    seen = []
    def batch(self, numbers, flips=None):
        if model.training:
            self.seen.extend(int(n) for n in numbers)
        return super().batch(numbers, flips)

cache = FeatureCache(folder)
inputs = Noted([(cache, ids)], ("none", "vertical"))
for seed in (0, 1, 2) if fabric.world_size == 1 else (0,):
    Noted.seen = []
    out = root / f"training{fabric.world_size}_{seed}"
    out.mkdir(exist_ok=True)
    model = transfer.build_classifier(192, transfer.ClassifierSettings(8, 8, 0.1), seed)
    settings = training.TrainingSettings(epochs=8, patience=8, batch_size=9, learning_rate=3e-3)
    task = training.TransferTask(model, inputs, labels, np.array(ids), settings, fabric, seed=seed)
    record = fit(task, out)
    found = samples.logits(
        model, inputs, np.arange(len(ids)), fabric, batch_size=9, precision="float32"
    )
    np.save(out / f"logits_{fabric.global_rank}.npy", found)
    (out / f"seen_{fabric.global_rank}.json").write_text(json.dumps(Noted.seen))
    (out / "record.json").write_text(json.dumps(record))
"""


def start(root: Path, processes: int) -> None:
    (root / "program.py").write_text(PROGRAM)
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    subprocess.run(
        [*command, "program.py", str(root)],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=300,
    )


pytestmark = pytest.mark.long  # two processes that import torch, twice


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("distributed")
    rng = np.random.default_rng(0)
    labels = np.arange(45) % 2
    images = rng.integers(0, 20000, (45, 64, 64)).astype(np.uint16)
    images[labels == 1, 20:40, 24:44] += 9000
    np.save(root / "images.npy", images)
    np.save(root / "labels.npy", labels)
    start(root, 1)
    start(root, 2)
    return root


def test_two_processes_extract_what_one_does(root):
    one, two = FeatureCache(root / "features1"), FeatureCache(root / "features2")
    np.testing.assert_array_equal(one.maps, two.maps)
    pd.testing.assert_series_equal(one.rows, two.rows)
    assert np.abs(one.maps).max() > 0


def test_no_sample_is_seen_twice_or_dropped(root):
    parts = [json.loads((root / f"training2_0/seen_{rank}.json").read_text()) for rank in (0, 1)]
    record = json.loads((root / "training2_0/record.json").read_text())
    counts = np.bincount(parts[0] + parts[1], minlength=45)
    assert sorted(set(counts)) == [0, record["epochs"]]
    assert (counts > 0).sum() == record["n_train"]
    assert min(map(len, parts)) > 0


def test_processes_agree_with_each_other(root):
    np.testing.assert_array_equal(
        np.load(root / "training2_0/logits_0.npy"), np.load(root / "training2_0/logits_1.npy")
    )


def test_training_ends_within_the_spread_of_seeds(root):
    labels = np.load(root / "labels.npy")

    def loss_and_auroc(name: str) -> np.ndarray:
        logits = np.load(root / name / "logits_0.npy")
        losses = np.logaddexp(0, np.where(labels == 1, -logits, logits))
        return np.array([losses.mean(), roc_auc_score(labels, logits)])

    one = np.array([loss_and_auroc(f"training1_{seed}") for seed in (0, 1, 2)])
    two = loss_and_auroc("training2_0")
    spread = np.ptp(one, axis=0)
    assert np.all(np.abs(two - one[0]) <= spread + 0.05)


@pytest.mark.long
def test_two_processes_prepare_a_whole_study(prepared: Project, tmp_path: Path) -> None:
    together = copy(tmp_path)
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node=2", "-m", "mammo", "prepare")
    outcome = together.run(sys.executable, *torchrun, "--params", "params/tiny.yaml")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.count("model alexnet:") == 1
    found = features_of(together)
    assert {dataset for dataset, _, _ in found} == {"cbis_ddsm", "mias", "inbreast", "institution"}
    assert found <= features_of(prepared)  # there, other tests may have computed more


def features_of(project: Project) -> set[tuple[str, int, str]]:
    """Return each feature artifact's data set, number of maps and digest of their values."""
    found = set()
    for record in project.artifacts.glob("features/*/record.json"):
        maps = FeatureCache(record.parent).maps
        dataset = json.loads(record.read_text())["inputs"]["dataset"]
        found.add((dataset, len(maps), hashlib.sha256(maps.tobytes()).hexdigest()))
    return found
