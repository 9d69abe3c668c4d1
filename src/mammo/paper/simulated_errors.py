"""Standard errors of the published auROCs, simulated: a recorded result.

Written by ``python benchmarks/published_errors.py``; a test repeats a part of it.
"""

from typing import NamedTuple

N_SIMULATIONS = 20_000
"""Simulated sets behind each number, which is right within about 0.5%."""


class SimulatedErrors(NamedTuple):
    """Standard errors of one auROC by what is assumed of its images.

    Independent; a patient's images alike (`mammo.paper.sampling_error.ICC`); so, and all of one
    label.
    """

    independent: float
    by_patient: float
    one_class: float


STANDARD_ERRORS: dict[tuple[str, int, float], SimulatedErrors] = {
    ("cbis_ddsm", 1, 0.69): SimulatedErrors(0.02122, 0.02556, 0.02556),
    ("cbis_ddsm", 1, 0.71): SimulatedErrors(0.02072, 0.02493, 0.02493),
    ("cbis_ddsm", 1, 0.75): SimulatedErrors(0.01952, 0.02344, 0.02344),
    ("cbis_ddsm", 1, 0.79): SimulatedErrors(0.01805, 0.02163, 0.02163),
    ("cbis_ddsm", 1, 0.88): SimulatedErrors(0.01349, 0.01603, 0.01603),
    ("inbreast", 1, 0.48): SimulatedErrors(0.03319, 0.03481, 0.03481),
    ("inbreast", 1, 0.51): SimulatedErrors(0.03323, 0.03483, 0.03483),
    ("inbreast", 1, 0.53): SimulatedErrors(0.03315, 0.03478, 0.03478),
    ("inbreast", 1, 0.6): SimulatedErrors(0.03239, 0.03407, 0.03407),
    ("inbreast", 1, 0.95): SimulatedErrors(0.01140, 0.01283, 0.01283),
    ("inbreast", 5, 0.67): SimulatedErrors(0.07063, 0.07420, 0.07420),
    ("institution", 1, 0.44): SimulatedErrors(0.01335, 0.01350, 0.02075),
    ("institution", 1, 0.46): SimulatedErrors(0.01342, 0.01356, 0.02086),
    ("institution", 1, 0.48): SimulatedErrors(0.01346, 0.01358, 0.02094),
    ("institution", 1, 0.49): SimulatedErrors(0.01347, 0.01359, 0.02095),
    ("institution", 1, 0.53): SimulatedErrors(0.01344, 0.01356, 0.02092),
    ("institution", 5, 0.68): SimulatedErrors(0.02772, 0.02851, 0.04213),
    ("mias", 1, 0.46): SimulatedErrors(0.04334, 0.04128, 0.04128),
    ("mias", 1, 0.54): SimulatedErrors(0.04340, 0.04124, 0.04124),
    ("mias", 1, 0.58): SimulatedErrors(0.04289, 0.04076, 0.04076),
    ("mias", 1, 0.63): SimulatedErrors(0.04173, 0.03970, 0.03970),
    ("mias", 1, 0.65): SimulatedErrors(0.04109, 0.03912, 0.03912),
    ("mias", 5, 0.58): SimulatedErrors(0.09863, 0.09538, 0.09538),
}
"""By data set, parts of it of which one was tested, and auROC."""
