import json
import re

import numpy as np
import pydicom
import pytest

import native
from mammo import images
from mammo.book import gallery
from mammo.datasets import manifest
from mammo.study import Study

EVERY = 10_000
"""More examples than any set of the tiniest study has images: all of them."""


@pytest.mark.parametrize("dataset", ["cbis_ddsm", "mias", "inbreast", "institution"])
def test_examples_are_native_images_half_of_them_malignant(study, dataset):
    shown = gallery.examples(study, dataset, 2)
    assert ["malignant" in example.caption for example in shown] == [True, False]
    for example in shown:
        assert (example.dataset, example.source) == (dataset, "synthetic")
        assert max(example.pixels.shape) <= gallery.SHOWN_PIXELS
        assert example.pixels.min() >= 0 and 0.5 < example.pixels.max() <= 1.0001
        assert re.fullmatch(r"((left|right) (CC|MLO)|MLO), [a-z ]+", example.caption)


def test_the_seed_chooses_the_examples(study, prepared):
    def pictures(of: Study) -> list[float]:
        return [float(one.pixels.sum()) for one in gallery.examples(of, "cbis_ddsm", 6)]

    other = Study(prepared.parameters("params/tiny.yaml"))
    assert pictures(study) == pictures(other)
    malignant = study.table("cbis_ddsm")["label"].sum()
    everything = gallery.examples(study, "cbis_ddsm", EVERY)
    assert len(everything) == len(study.table("cbis_ddsm"))
    assert sum("malignant" in example.caption for example in everything) == malignant


def test_boxes_of_cbis_ddsm_frame_its_masks(study):
    framed = [one for one in gallery.examples(study, "cbis_ddsm", EVERY) if one.boxes]
    rows = study.table("cbis_ddsm")
    with_masks = rows[rows["mask_paths"] != "[]"]
    assert len(framed) == len(with_masks) > 0
    found = sorted(tuple(box.values()) for example in framed for box in example.boxes)
    wanted = []
    every = (json.loads(text) for text in with_masks["mask_paths"])
    for mask in (file for lesions in every for files in lesions for file in files):
        pixels = pydicom.dcmread(mask).pixel_array
        image = rows.loc[rows["mask_paths"].str.contains(mask, regex=False)].iloc[0]
        if pixels.shape != (image["rows"], image["columns"]):
            continue
        down, across = np.nonzero(pixels)
        wanted.append((down.min(), across.min(), down.max() + 1, across.max() + 1))
    assert found == sorted(tuple(map(float, box)) for box in wanted)


def test_large_images_and_their_boxes_shrink_together(study):
    rows = study.table("mias")
    boxes = {
        tuple(box[edge] for edge in ("row_min", "col_min", "row_max", "col_max"))
        for text in rows["boxes"]
        for box in json.loads(text)
    }
    shown = gallery.examples(study, "mias", EVERY)
    assert {max(example.pixels.shape) for example in shown} == {gallery.SHOWN_PIXELS}
    native_size = max(images.read_image(rows["path"][0]).pixels.shape)
    scale = gallery.SHOWN_PIXELS / native_size
    found = {tuple(box.values()) for example in shown for box in example.boxes}
    assert len(found) == len(boxes) > 0
    np.testing.assert_allclose(sorted(found), scale * np.array(sorted(boxes)))


def test_breast_pixels_leave_the_background_out(prepared, tmp_path):
    folder = native.write_institution(tmp_path, "", ["a.dcm", "b.dcm"])
    (folder / "labels.csv").write_text("image,patient_id,label\na.dcm,1,0\nb.dcm,2,1\n")
    study = Study(prepared.parameters("params/tiny.yaml", data_root=str(tmp_path)))
    values = gallery.breast_pixels(study, "institution", 2)
    inside = native.mammogram(0) > 0
    assert len(values) == pytest.approx(2 * inside.sum(), rel=0.3)
    assert np.quantile(values, 0.05) > 0.2 and values.max() <= 1
    one = gallery.breast_pixels(study, "institution", 1)
    assert len(one) < len(values)


def test_a_set_without_malignant_images_has_examples(study, monkeypatch):
    benign = study.table("mias").query("label == 0").reset_index(drop=True)
    monkeypatch.setattr(study, "table", lambda dataset: benign)
    assert len(gallery.examples(study, "mias", 4)) == 2


def test_of_an_institution_nothing_beside_the_breast_is_shown(prepared, tmp_path):
    pixels = native.mammogram(0)
    pixels[:12, -40:] = pixels.max()  # a name, burned in
    path = native.write_dicom(tmp_path / "a.dcm", pixels)
    facts = {"patient_id": "p", "study_id": "p", "image_id": "a", "path": str(path), "label": 0}
    rows = [{"dataset": "institution", "source": "real", "laterality": "L", "view": "CC", **facts}]
    row = manifest.build(rows).iloc[0]
    of_patient, of_others = gallery.example(row), gallery.example(row.replace("real", "synthetic"))
    assert of_others.pixels[:12, -40:].min() == of_others.pixels.max()
    assert (of_patient.pixels[:12, -40:] < of_others.pixels.max()).all()
    assert of_patient.pixels.size < of_others.pixels.size
