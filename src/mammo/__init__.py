"""A living reproduction of Wang et al., JACR 2020: external validation of mammogram classifiers."""

__version__ = "0.1.0"
