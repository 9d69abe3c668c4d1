"""A living reproduction of Wang et al., JACR 2020: external validation of mammogram classifiers."""

import os

from mammo.files import code as code  # first, so that the source it reads is what is imported next

# OpenMP's threads sleep while they wait. By default they spin, which takes the cores from whatever
# else runs and slows these threads in turn. torch and scikit-learn each bring a library that reads
# this when it is loaded, which is after this package; a user's own setting stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
