"""Where the paper contradicts itself, and what checks out: fixed, since the paper is."""

from typing import NamedTuple


class Statement(NamedTuple):
    """What the paper says, where, what its numbers give, and the verdict in words."""

    statement: str
    place: str
    computed: str
    verdict: str


HOLDS = "checks out"

STATEMENTS = (
    Statement(
        "UKy: 58% malignant, 42% benign",
        "Table 1; Methods, UKy",
        "779 malignant and 1,093 benign of 1,872 images: 42% and 58%",
        "the two shares are swapped",
    ),
    Statement(
        "INbreast: 26% malignant, 72% benign",
        "Table 1",
        "they add up to 98%; the labels give 100 and 287 of 387 images: 26% and 74%",
        "72% must be 74%",
    ),
    Statement(
        "end2end's 0.88 surpasses the experts' 0.71 by 28%",
        "Results",
        "0.88 / 0.71 is 24% more",
        "28% must be 24%",
    ),
    Statement(
        "UKy images have 33,280 x 4,096 pixels, down-sampled to 832",
        "Methods, UKy",
        "33,280 pixels of 0.07 mm would be 2.3 m wide; 3,328 are 23 cm, and 4 x 832",
        "one zero too many: 3,328",
    ),
    Statement(
        "every auROC has a 95% confidence interval of ±0.01",
        "Abstract; Tables 2 to 4",
        "from the sizes of the sets alone one expects MIAS ±0.086, INbreast ±0.066, "
        "Institution (UKy) ±0.026, and on Table 4's fifths of them MIAS ±0.200, INbreast ±0.145, "
        "Institution (UKy) ±0.056: 7.6 times apart, or 4.6 if images of a UKy patient are alike "
        "and of one class; numbers that both print as 0.01 are less than 3 times apart",
        "cannot be the sampling error of one test on each set",
    ),
    Statement(
        "none of the authors' models is better than random on an external set",
        "Results, on Fig. 2",
        "by the printed ±0.01, 3 of 9 lie above 0.5 and 3 below; by the error to be expected "
        "(by patient, after Holm's adjustment over 9), none and 1",
        "not by its own ±0.01; by the errors to be expected none is better",
    ),
    Statement(
        "the published models (0.88 to 0.95) and the authors' own were validated on the same "
        "data set",
        "Abstract",
        "Table 2 and Methods: frcnn_cad's 0.95 is on INbreast, the others' on DDSM",
        "not the same set",
    ),
    Statement(
        "all six models were tested on the three external sets",
        "Abstract",
        "6 x 3 = 18; Table 3 has 16 values",
        "frcnn_cad was tested on UKy alone",
    ),
    Statement(
        "only UKy includes the other breast",
        "Methods, Data Sets",
        "INbreast has 4 images, both breasts, of 90 of its 115 cases (Moreira 2012), MIAS 2 (one "
        "view of each breast); CBIS-DDSM has the breasts with a finding alone",
        "both breasts are in INbreast and MIAS too",
    ),
    Statement(
        "DDSM: 2,620 cases, 10,480 images, 35% malignant",
        "Table 1",
        "Methods: the authors' models used CBIS-DDSM, whose release has 1,566 patients, "
        "3,103 images, 44% malignant",
        "Table 1 describes another set than was used",
    ),
    Statement(
        "INbreast comes from South America",
        "Table 1; Methods",
        "its authors collected it at the Centro Hospitalar de São João in Porto (Moreira 2012)",
        "Portugal, not South America",
    ),
    Statement(
        "frcnn_cad's 0.95 surpasses the experts' 0.71 by 34%",
        "Results",
        "0.95 / 0.71 is 34% more",
        HOLDS,
    ),
    Statement(
        "external auROC: 0.44 to 0.65, mean 0.52, median 0.51",
        "Results; Table 3",
        "16 values: 0.44 to 0.65, mean 0.523, median 0.510",
        HOLDS,
    ),
    Statement(
        "external results are significantly below the validation results",
        "Results",
        "with the errors to be expected of the sets' sizes, the least clear drop of the "
        "authors' models, 0.75 to 0.58 (Wang et al., VGG16, MIAS), is 3.5 standard errors",
        HOLDS,
    ),
    Statement(
        "with mixed data every test result is closer to the validation result",
        "Results; Table 4",
        "AlexNet's distances on MIAS, INbreast, UKy shrink: 0.25 to 0.11, 0.20 to 0.02, 0.22 "
        "to 0.01",
        HOLDS,
    ),
)
"""Every checked statement, those that do not hold first. A test computes each number anew."""
