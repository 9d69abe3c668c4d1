"""An institution's own images with a table of labels; the paper's UKy set is its card."""

from __future__ import annotations

from mammo.datasets.card import Counts, DatasetCard

CARD = DatasetCard(
    name="institution",
    title="UKy",
    origin="United States",
    years="2014-2017",
    use="Testing",
    modality="FFDM",
    licence="private: the paper's images are not released; yours stay yours",
    citation=(
        "Wang X, Liang G, Zhang Y, Blanton H, Bessinger Z, Jacobs N. Inconsistent performance of "
        "deep learning models on mammogram classification. J Am Coll Radiol 2020;17:796-803. "
        "doi:10.1016/j.jacr.2020.01.006"
    ),
    url="https://doi.org/10.1016/j.jacr.2020.01.006",
    how_to_get=(
        "the paper's UKy images are private; this place is for images of your own",
        "put DICOM, PNG, TIFF or JPEG files into DATA_ROOT/institution/ with a table labels.csv: "
        "columns image (file name), patient_id, label (0 or 1), and, if known, laterality (L or R) "
        "and view (CC or MLO)",
    ),
    published=Counts(
        cases=507,
        images=1872,
        images_total=1872,
        malignant=779,
        benign=1093,
        malignant_percent=58,
        benign_percent=42,
    ),
)


def find(data_root):
    raise NotImplementedError


def load(path, *, source="real"):
    raise NotImplementedError
