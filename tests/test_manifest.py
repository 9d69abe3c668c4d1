import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo.datasets import DATASETS, manifest
from mammo.datasets.exclusions import Exclusion, Kind
from mammo.errors import DatasetError

WHY = Exclusion(Kind.BIRADS, "3")


def row(number: int = 1, **changes: object) -> dict:
    return {
        "dataset": "mias",
        "source": "real",
        "patient_id": f"case_{number}",
        "study_id": f"case_{number}",
        "image_id": f"image_{number}",
        "path": f"/data/{number}.pgm",
        "label": 0,
        **changes,
    }


def test_build_gives_every_column_its_type():
    frame = manifest.build([row(boxes=[{"row_min": 1}], bits_stored=8), row(2, excluded=WHY)])
    assert {name: str(frame[name].dtype) for name in frame} == manifest.COLUMNS
    assert json.loads(frame["boxes"][0]) == [{"row_min": 1}]
    assert frame["boxes"][1] == "[]"
    assert frame["view"].isna().all()
    assert frame["excluded"].tolist() == [None, "BI-RADS 3"]
    assert frame["excluded_kind"].tolist() == [None, "BIRADS"]


def test_build_refuses_a_column_it_does_not_know():
    with pytest.raises(DatasetError, match="colour"):
        manifest.build([row(colour="red")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": 2}, "label 2 is none of"),
        ({"label": None}, "label .* is empty although"),
        ({"patient_id": None}, "patient_id None is empty"),
        ({"path": ""}, "path None is empty although"),
        ({"source": "made"}, "source 'made' is none of"),
        ({"laterality": "LEFT"}, "laterality 'LEFT' is none of"),
        ({"image_id": "image_2"}, "image_id 'image_2' occurs twice"),
        ({"image_id": None}, "image_id None is empty"),
    ],
)
def test_validate_names_image_column_and_value(changes, message):
    with pytest.raises(DatasetError, match=message):
        manifest.build([row(2), row(1, **changes)])


def test_an_excluded_row_may_lack_label_patient_and_path():
    frame = manifest.build([row(label=None, patient_id=None, path=None, excluded=WHY)])
    assert manifest.used(frame).empty


@pytest.mark.parametrize(
    ("kind", "message"),
    [(None, "excluded_kind None is empty"), ("OTHER", "excluded_kind 'OTHER' is none of")],
)
def test_an_excluded_row_has_a_kind(kind, message):
    frame = manifest.build([row(excluded=WHY)])
    with pytest.raises(DatasetError, match=message):
        manifest.validate(frame.assign(excluded_kind=pd.Series([kind], dtype=object)))


def test_validate_names_missing_columns():
    with pytest.raises(DatasetError, match="view"):
        manifest.validate(manifest.build([row()]).drop(columns="view"))


TEXT = st.one_of(st.none(), st.sampled_from(["N/A", "NA", "nan", "a,b", 'say "hi"', "é\nü", "0"]))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "label": st.sampled_from([0, 1]),
                "pathology": TEXT,
                "excluded": st.one_of(st.none(), st.just(WHY)),
                "pixel_spacing_mm": st.one_of(st.none(), st.floats(1e-3, 1e3)),
                "rows": st.one_of(st.none(), st.integers(1, 2**40)),
            }
        ),
        max_size=4,
    )
)
def test_csv_round_trip_keeps_everything(tmp_path_factory, facts):
    path = tmp_path_factory.mktemp("manifest") / "manifest.csv"
    frame = manifest.build([row(number, **fact) for number, fact in enumerate(facts)])
    manifest.write_csv(frame, path)
    pd.testing.assert_frame_equal(manifest.read_csv(path), frame)
    assert [file.name for file in path.parent.iterdir()] == ["manifest.csv"]


def test_read_csv_says_what_is_wrong(tmp_path):
    with pytest.raises(DatasetError, match=r"absent\.csv"):
        manifest.read_csv(tmp_path / "absent.csv")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match=r"other\.csv"):
        manifest.read_csv(other)


def test_patients_in_both_counts_images_by_side_and_data_set():
    frame = manifest.build(
        [
            row(1, official_split="train"),
            row(2, official_split="test", patient_id="case_1"),
            row(3, official_split="test"),
            row(4, official_split="test", patient_id="case_3"),
            row(5, official_split="train", patient_id="case_3", dataset="inbreast"),
            row(6, official_split=None, patient_id="case_3"),
        ]
    )
    leaking = manifest.patients_in_both(frame)
    assert leaking.index.tolist() == [("mias", "case_1")]
    assert leaking.loc[("mias", "case_1")].to_dict() == {"train": 1, "test": 1}
    assert manifest.patients_in_both(frame.iloc[2:]).empty


def test_summary_counts_as_table_1_does():
    frame = manifest.build(
        [
            row(1, label=1),
            row(2, study_id="case_1", patient_id="case_1"),
            row(3, excluded=WHY),
            row(4, dataset="inbreast", label=1, source="synthetic"),
        ]
    )
    counts = manifest.summary(frame)
    mias = counts.loc["mias"]
    assert mias[["source", "cases", "images", "images_total", "excluded"]].tolist() == [
        "real",
        2,
        2,
        3,
        1,
    ]
    assert mias["malignant_percent"] == mias["benign_percent"] == 50
    assert counts.loc["inbreast", "source"] == "synthetic"
    assert manifest.summary(manifest.build([])).empty


def test_every_registered_set_has_a_whole_card():
    assert list(DATASETS) == ["cbis_ddsm", "inbreast", "mias", "institution"]
    for name, dataset in DATASETS.items():
        card = dataset.card
        assert card.name == name
        assert all((card.title, card.licence, card.citation, card.url, card.how_to_get))
        assert card.modality in ("DSFM", "FFDM")
        assert card.published.cases and card.published.images


def test_nothing_is_found_where_nothing_is(tmp_path):
    for dataset in DATASETS.values():
        assert dataset.find(tmp_path) is None
        assert dataset.find(tmp_path / "absent") is None
