"""The expensive steps of a study: in turn or, on processors, two at a time."""

import os
from collections.abc import Callable
from functools import partial

from mammo.book.clock import Clock
from mammo.evidence.kinds import KINDS
from mammo.files.artifacts import Processes, SingleProcess
from mammo.hospital.adaptation import adapt
from mammo.hospital.shift.of_study import shift
from mammo.parameters import Parameters
from mammo.study import INTERNAL, Study, results
from mammo.study.controlled_factors import factors_folder
from mammo.study.families import models_of
from mammo.study.transfer_matrix import transfer_folder

AT_ONCE = 2
"""Steps at a time on processors: small networks gain little from a second thread, and the memory
of full-size images allows no more."""


def prepare(parameters: Parameters) -> Clock:
    """Compute every expensive step; started by torchrun, in all its processes together.

    Data sets and images come first, each with all workers. The models and what follows from them
    go side by side where there is neither torchrun nor a GPU; steps that need the same result wait
    for each other.
    """
    study = Study(parameters, _processes())
    clock = Clock(study.processes)
    clock.run(_image_steps(study), study.artifacts)
    clock.run(_model_steps(study), study.artifacts, partial(_at_once, study))
    return clock


def _at_once(study: Study) -> int:
    is_on_processors = (
        isinstance(study.processes, SingleProcess) and study.fabric.device.type == "cpu"
    )
    return min(AT_ONCE, study.workers) if is_on_processors else 1


def _image_steps(study: Study) -> dict[str, Callable[[], object]]:
    manifests = {f"data set {name}": partial(study.manifest, name) for name in study.datasets}
    images = {f"images {name}": partial(study.images_folder, name) for name in study.datasets}
    return manifests | images


def _model_steps(study: Study) -> dict[str, Callable[[], object]]:
    p = study.parameters
    names = dict.fromkeys([*p.models, p.mixed_model])
    mixed = partial(results.repeated_aurocs, study, [p.mixed_model], "mixed")
    local = partial(adapt.adapt, study)
    causes = {}
    if study.source(INTERNAL) == "synthetic":
        causes = {f"single causes {p.factor_model}": partial(factors_folder, study)}
    return {
        **{f"model {name}": partial(results.repeated_aurocs, study, [name]) for name in names},
        **{
            f"learnt from each set {name}": partial(transfer_folder, study, name)
            for name in models_of(study, "ours")
        },
        **causes,
        f"mixed data {p.mixed_model}": mixed,
        f"local data {p.adapt_model}": local,
        "difference of images": partial(shift, study),
        **{f"evidence {name}": partial(compute, study) for name, compute in KINDS.items()},
    }


def _processes() -> Processes:
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return SingleProcess()
    from mammo.training import devices

    return devices.launch()
