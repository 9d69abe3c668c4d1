"""How often lesions look how: counts of the CBIS-DDSM case descriptions, by pathology.

Counted in the four case description files (Lee et al., Sci Data 2017;4:170177): 912 benign and
784 malignant masses, 1,199 benign and 673 malignant calcifications. Rare tokens are left out and
BENIGN_WITHOUT_CALLBACK counts as benign.
"""

from __future__ import annotations

MASS_FORMS = {
    False: {
        ("OVAL", "CIRCUMSCRIBED"): 139, ("LOBULATED", "CIRCUMSCRIBED"): 137,
        ("OVAL", "OBSCURED"): 104, ("LOBULATED", "OBSCURED"): 70, ("ROUND", "CIRCUMSCRIBED"): 61,
        ("IRREGULAR", "ILL_DEFINED"): 50, ("OVAL", "ILL_DEFINED"): 37, ("ROUND", "OBSCURED"): 31,
        ("LYMPH_NODE", "CIRCUMSCRIBED"): 27, ("LOBULATED", "ILL_DEFINED"): 23,
        ("IRREGULAR", "SPICULATED"): 21, ("LOBULATED", "MICROLOBULATED"): 20,
        ("OVAL", "MICROLOBULATED"): 19, ("ARCHITECTURAL_DISTORTION", "SPICULATED"): 17,
        ("ARCHITECTURAL_DISTORTION", "ILL_DEFINED"): 13, ("IRREGULAR", "OBSCURED"): 12,
        ("ROUND", "MICROLOBULATED"): 10, ("ROUND", "ILL_DEFINED"): 10,
        ("FOCAL_ASYMMETRIC_DENSITY", "ILL_DEFINED"): 8,
    },
    True: {
        ("IRREGULAR", "SPICULATED"): 216, ("IRREGULAR", "ILL_DEFINED"): 124,
        ("ARCHITECTURAL_DISTORTION", "SPICULATED"): 59, ("LOBULATED", "ILL_DEFINED"): 44,
        ("LOBULATED", "MICROLOBULATED"): 34, ("OVAL", "ILL_DEFINED"): 28,
        ("OVAL", "MICROLOBULATED"): 28, ("OVAL", "SPICULATED"): 25,
        ("LOBULATED", "CIRCUMSCRIBED"): 24, ("ARCHITECTURAL_DISTORTION", "ILL_DEFINED"): 24,
        ("ROUND", "SPICULATED"): 20, ("ROUND", "ILL_DEFINED"): 17,
        ("IRREGULAR", "MICROLOBULATED"): 14, ("OVAL", "OBSCURED"): 11,
        ("OVAL", "CIRCUMSCRIBED"): 10, ("LOBULATED", "OBSCURED"): 10,
        ("IRREGULAR", "OBSCURED"): 10, ("ROUND", "CIRCUMSCRIBED"): 9,
    },
}  # fmt: skip

# Percentages of type and of distribution, which are drawn independently except for the types
# that have a course of their own (see `FIXED_DISTRIBUTION`).
CALCIFICATION_TYPES = {
    False: {
        "PLEOMORPHIC": 35.6, "LUCENT_CENTER": 20.0, "PUNCTATE": 15.4, "ROUND_AND_REGULAR": 14.4,
        "AMORPHOUS": 11.5, "VASCULAR": 8.8, "COARSE": 7.0, "FINE_LINEAR_BRANCHING": 2.2,
    },
    True: {
        "PLEOMORPHIC": 71.6, "FINE_LINEAR_BRANCHING": 16.8, "AMORPHOUS": 12.2, "PUNCTATE": 8.2,
        "ROUND_AND_REGULAR": 1.0,
    },
}  # fmt: skip
CALCIFICATION_DISTRIBUTIONS = {
    False: {
        "CLUSTERED": 45.6, "SEGMENTAL": 7.4, "REGIONAL": 5.0, "LINEAR": 3.6,
        "DIFFUSELY_SCATTERED": 2.9,
    },
    True: {
        "CLUSTERED": 62.7, "SEGMENTAL": 18.6, "LINEAR": 15.6, "REGIONAL": 6.5,
        "DIFFUSELY_SCATTERED": 0.7,
    },
}  # fmt: skip
FIXED_DISTRIBUTION = {"VASCULAR": "LINEAR", "LUCENT_CENTER": "N/A", "COARSE": "N/A"}

# Percentages of the subtlety ratings 1 (subtle) to 5 (obvious).
SUBTLETY = {
    ("mass", False): (2, 7, 25, 30, 35),
    ("mass", True): (4, 10, 17, 23, 47),
    ("calcification", False): (5, 14, 33, 24, 24),
    ("calcification", True): (9, 19, 31, 21, 20),
}
# BI-RADS assessments as CBIS-DDSM gives them.
ASSESSMENT = {
    ("mass", False): {4: 356, 3: 315, 0: 140, 2: 90, 5: 11},
    ("mass", True): {5: 363, 4: 346, 3: 49, 0: 22, 1: 3, 2: 1},
    ("calcification", False): {2: 552, 4: 546, 3: 60, 0: 39, 5: 2},
    ("calcification", True): {4: 385, 5: 197, 3: 53, 0: 37, 2: 1},
}
# Share of benign lesions that needed no call back.
WITHOUT_CALLBACK = {"mass": 141 / 912, "calcification": 541 / 1199}
# Lesions by kind in CBIS-DDSM, for the sets whose release does not tell.
KINDS = {
    False: {"mass": 912, "calcification": 1199},
    True: {"mass": 784, "calcification": 673},
}
# Parameters of the log-normal diameter (log mm): lesion radii in mini-MIAS' Info.txt.
FILM_DIAMETER = {False: (2.58, 0.77), True: (2.97, 0.56)}
# Boxes of cancers in INbreast: 10.7/22.8/53.4 mm at percentiles 5/50/95; benign ones as on film.
INBREAST_DIAMETER = {False: (2.58, 0.77), True: (3.12, 0.49)}
# Screen-detected cancers have a median of 12-15 mm (Breast Cancer Res 2004;6:P14).
SCREENING_DIAMETER = {False: (2.40, 0.55), True: (2.60, 0.50)}
