"""How the evidence is computed, whatever a book's parameters are: so records stay the same."""

CONFIDENCE = 0.95
N_BOOTSTRAP = 10_000
SEED = 2020
