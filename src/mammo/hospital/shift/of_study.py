"""How a hospital's images differ from those that the models learnt from, as a step of a study."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammo.files.artifacts import digest
from mammo.hospital.shift.comparison import ImageSet, Shift, ShiftSettings, compute
from mammo.hospital.validation.evidence import OWN
from mammo.study import INTERNAL, Study


def shift(study: Study) -> Shift:
    """Compare the images in the institution's place with the training patients' of DDSM.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Shift
        Kept as an artifact of the study.
    """
    p = study.parameters
    training, local = study.rows("ddsm", is_trained_on=True), study.table(study.local)
    settings = ShiftSettings(n_bootstrap=p.n_bootstrap, confidence=p.confidence, seed=p.seed)
    inputs = {
        "images": {name: study.images_folder(name).name for name in (INTERNAL, study.local)},
        "image_ids": digest([training["image_id"].tolist(), local["image_id"].tolist()]),
        "settings": asdict(settings),
    }

    def make(folder: Path) -> dict[str, Any]:
        named = local.assign(dataset=local["dataset"].replace({"institution": OWN}))
        found = compute(
            ImageSet(study.images(INTERNAL), training),
            ImageSet(study.images(study.local), named),
            settings,
        )
        found.write(folder)
        return {"images": len(found.statistics)}

    return Shift.read(study.artifacts.build("shift", inputs, make))
