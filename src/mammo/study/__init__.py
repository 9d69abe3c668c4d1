"""The study: from parameters to artifacts, scores and estimates.

`study` asks for everything. `roles` and `locations` say which sets there are and where; a module a
step makes what is kept: `phantoms`, `manifests`, `prepared_images`, `lesions`, and `families` for
the models. Beyond Tables 2 to 4 there
are `transfer_matrix` and `controlled_factors`. What is computed from scores: `results`, `causes`.
"""

from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.study.roles import TrainingData
from mammo.study.study import Study

__all__ = ["EXTERNAL", "INTERNAL", "Study", "TrainingData"]
