"""MIAS: digitised screen film from the United Kingdom, as mini-MIAS or as version 1.21."""

from __future__ import annotations

from mammo.datasets.card import Counts, DatasetCard

CARD = DatasetCard(
    name="mias",
    title="MIAS",
    origin="United Kingdom",
    years="1994",
    use="Testing",
    modality="DSFM",
    licence="mini-MIAS: research only (Licence.txt); version 1.21: CC BY 2.0 UK",
    citation=(
        "Suckling J, Parker J, Dance DR, et al. The Mammographic Image Analysis Society digital "
        "mammogram database. Excerpta Medica International Congress Series 1994;1069:375-8; "
        "version 1.21 doi:10.17863/CAM.105113"
    ),
    url="http://peipa.essex.ac.uk/info/mias.html",
    how_to_get=(
        "run: mammo fetch mias",
        "or download http://peipa.essex.ac.uk/pix/mias/all-mias.tar.gz (112 MB) and put it, as it "
        "is or unpacked into mias/, under DATA_ROOT",
        "version 1.21 (https://doi.org/10.17863/CAM.105113) is read as well, from DATA_ROOT/mias/, "
        "with the Info.txt of mini-MIAS beside it",
    ),
    published=Counts(
        cases=161, images=322, images_total=322, malignant_percent=16, benign_percent=84
    ),
    released=Counts(cases=161, images=322, images_total=322, malignant=52, benign=270),
)


def find(data_root):
    raise NotImplementedError


def load(path, *, source="real"):
    raise NotImplementedError
