"""A living reproduction of Wang et al., JACR 2020: external validation of mammogram classifiers."""

import os

from mammo.files import code as code  # first, so that the source it reads is what is imported next

# OpenMP's threads look for work a moment before they sleep. By default they spin for milliseconds,
# which takes the cores from whatever else runs and slows these threads in turn; asleep at once,
# they take longer to wake than a small layer lasts (docs/performance.md). torch and scikit-learn
# each bring a library that reads this when it is loaded, which is after this package.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

__version__ = "0.1.0"
