"""CBIS-DDSM: digitised screen film with verified pathology, the paper's training set."""

from __future__ import annotations

from mammo.datasets.card import Counts, DatasetCard

CARD = DatasetCard(
    name="cbis_ddsm",
    title="DDSM",
    origin="United States",
    years="1999",
    use="Training and validation",
    modality="DSFM",
    licence="CC BY 3.0",
    citation=(
        "Lee RS, Gimenez F, Hoogi A, et al. A curated mammography data set for use in "
        "computer-aided detection and diagnosis research. Sci Data 2017;4:170177. "
        "doi:10.1038/sdata.2017.177; data doi:10.7937/K9/TCIA.2016.7O02S9CY"
    ),
    url="https://www.cancerimagingarchive.net/collection/cbis-ddsm/",
    how_to_get=(
        "open https://www.cancerimagingarchive.net/collection/cbis-ddsm/ and download the four "
        "case description CSV files and the image manifest (.tcia, 163 GB of images)",
        "open the .tcia file with the NBIA Data Retriever and save below DATA_ROOT/cbis-ddsm/",
        "put the four CSV files into DATA_ROOT/cbis-ddsm/ too",
        "or unpack Kaggle's JPEG variant (awsaf49/cbis-ddsm-breast-cancer-image-dataset, 6 GB, "
        "8-bit lossy) into DATA_ROOT/cbis-ddsm/",
    ),
    published=Counts(cases=2620, images=10480, malignant_percent=35, benign_percent=65),
    released=Counts(cases=1566, images=3103, images_total=3103, malignant=1375, benign=1728),
)


def find(data_root):
    raise NotImplementedError


def load(path, *, source="real"):
    raise NotImplementedError
