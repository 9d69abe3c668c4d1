"""INbreast: full field digital mammograms with BI-RADS categories."""

from __future__ import annotations

from mammo.datasets.card import Counts, DatasetCard

CARD = DatasetCard(
    name="inbreast",
    title="INbreast",
    origin="South America",
    years="2008-2010",
    use="Testing",
    modality="FFDM",
    licence="own terms: research use, on request, not to be passed on",
    citation=(
        "Moreira IC, Amaral I, Domingues I, Cardoso A, Cardoso MJ, Cardoso JS. INbreast: toward a "
        "full-field digital mammographic database. Acad Radiol 2012;19:236-48. "
        "doi:10.1016/j.acra.2011.09.014"
    ),
    url="https://doi.org/10.1016/j.acra.2011.09.014",
    how_to_get=(
        "ask the Breast Research Group, INESC Porto, for the release under its own terms "
        "(contact in https://doi.org/10.1016/j.acra.2011.09.014)",
        "unpack it so that DATA_ROOT/INbreast Release 1.0/ holds AllDICOMs/ (or ALL-IMGS/) and "
        "INbreast.csv; AllXML/ gives the lesion outlines where present",
    ),
    published=Counts(
        cases=115, images=387, images_total=410, malignant_percent=26, benign_percent=72
    ),
    released=Counts(cases=115, images=387, images_total=410, malignant=100, benign=287),
)


def find(data_root):
    raise NotImplementedError


def load(path, *, source="real"):
    raise NotImplementedError
