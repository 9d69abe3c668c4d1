"""Sets like the paper's four: how many patients of which kind they could have had."""

from mammo.evaluation.simulation import Design

DESIGNS = {
    "cbis_ddsm": Design("DDSM validation", ((137, 2, 0), (1, 1, 0), (171, 0, 2), (4, 0, 1))),
    "mias": Design("MIAS", ((52, 1, 1), (109, 0, 2))),
    "inbreast": Design("INbreast", ((50, 2, 2), (28, 0, 4), (36, 0, 2), (1, 0, 3))),
    "institution": Design("UKy", ((312, 2, 2), (77, 2, 0), (1, 1, 1), (117, 0, 4))),
}
"""Kinds of patients that give each set's published numbers of patients, images and malignant
images; DDSM's are a fifth of CBIS-DDSM. How many patients are of which kind is not published, but
for MIAS, and is an assumption."""
