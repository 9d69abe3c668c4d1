"""A hospital's folder, junk and all, from its images to the evidence on a model."""

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydicom import dcmread

import hospital
import project
from made_evidence import made_preflight
from mammo.datasets.check_report import Finding
from mammo.errors import MammoError
from mammo.files import pseudonyms
from mammo.files.artifacts import RECORD
from mammo.hospital import preflight
from mammo.hospital.preflight import Preflight
from mammo.hospital.validation import of_images, report
from mammo.hospital.validation.evidence import OWN, Evidence
from mammo.study import INTERNAL, Study

N_EXAMPLES = 3
FORMULA, SCRIPT = '=HYPERLINK("http://x","y")', "<script>alert(1)</script>"


@dataclass(frozen=True)
class Validated:
    """A hospital, the study of its images, what was known before, and the evidence."""

    clinic: hospital.Hospital
    study: Study
    checked: Preflight
    evidence: Evidence


@pytest.fixture(scope="module")
def validated(
    prepared: project.Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Validated]:
    folder = tmp_path_factory.mktemp("validated")
    clinic = hospital.write(folder / "clinic", patients=12, size=(96, 72), draw=hospital.sketches)
    copy_in_another_encoding(clinic)
    hostile_device(clinic)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(folder / "key"))
        places = {
            "institution_folder": str(clinic.folder),
            "institution_labels": str(clinic.labels.path),
        }
        study = Study(prepared.parameters("params/tiny.yaml", **places))
        checked = preflight.of_study(study)
        yield Validated(clinic, study, checked, of_images.evidence(study, checked, N_EXAMPLES))


def copy_in_another_encoding(clinic: hospital.Hospital) -> None:
    """Save a PNG as TIFF, too, and label it: only decoded they are the same image."""
    name = next(path for path in clinic.images["path"] if path.endswith(".png"))
    with Image.open(clinic.folder / name) as opened:
        Image.fromarray(np.asarray(opened)).save(clinic.folder / "copy.tif")
    table = pd.read_csv(clinic.labels.path, dtype=str)
    row = table[table["image"] == Path(name).name].assign(image="copy.tif")
    pd.concat([table, row]).to_csv(clinic.labels.path, index=False)


def hostile_device(clinic: hospital.Hospital) -> None:
    """Let a vendor's name be a formula, and a model's a script."""
    lies_open = clinic.images["member"].isna() & (clinic.images["kind"] == "mammogram")
    fujifilm = clinic.images["vendor"].str.startswith("FUJIFILM", na=False)
    for name in clinic.images.loc[lies_open & fujifilm, "path"]:
        ds = dcmread(clinic.folder / name)
        ds.Manufacturer, ds.ManufacturerModelName = FORMULA, SCRIPT
        ds.save_as(clinic.folder / name)


def test_a_model_is_tested_on_the_hospital_and_at_home(validated):
    evidence = validated.evidence
    assert (evidence.models, evidence.dataset, evidence.scored_unit) == (["alexnet"], OWN, "image")
    assert evidence.sources == {INTERNAL: "synthetic", OWN: "real"}
    assert evidence.internal["dataset"].tolist() == [INTERNAL]
    assert evidence.drops.index.tolist() == ["alexnet"]
    weights = evidence.weights["alexnet"]
    assert (weights.learnt_from, weights.claimed) == ("synthetic", None)


def test_every_image_that_can_be_used_is_scored_or_listed_as_lost(validated):
    usable = validated.checked.report.counts.loc["images", "usable"]
    lost = validated.study.images("institution").exclusions
    assert len(lost) >= 2
    assert validated.evidence.own["n_images"].iloc[0] == usable - len(lost)
    before, after = validated.checked.exclusions, validated.evidence.preflight.exclusions
    added = after.iloc[len(before) :]
    pd.testing.assert_frame_equal(after.iloc[: len(before)], before, check_dtype=False)
    assert added["image"].tolist() == lost["image_id"].tolist()
    assert added["image"].isin(validated.study.manifest("institution")["image_id"]).all()


def test_lost_images_are_damaged_or_copies_and_say_so_without_their_name(validated):
    after = validated.evidence.preflight.exclusions
    reasons = after["reason"].iloc[len(validated.checked.exclusions) :]
    damaged = reasons.str.startswith("cannot be read as a mammogram: ")
    copies = reasons.str.startswith("has the same pixels as image ")
    assert (damaged | copies).all() and damaged.any() and copies.sum() == 1
    found = [f.text for f in validated.evidence.findings if "once decoded" in f.text]
    assert found == [
        f"{len(reasons)} more images left out once decoded: damaged, or the same pixels as another "
        "image's"
    ]


def test_what_is_lost_is_added_to_what_was_known_before():
    known = made_preflight(Finding("error", "no"), Finding("warning", "hm"), Finding("ok", "yes"))
    nothing = pd.DataFrame({"image_id": [], "reason": []})
    assert of_images.with_losses(known, nothing) is known
    lost = pd.DataFrame({"image_id": ["aa"], "reason": ["aa: too large."]})
    grown = of_images.with_losses(known, lost)
    assert [f.severity for f in grown.report.findings] == ["error", "warning", "warning", "ok"]
    assert grown.report.findings[1].text.startswith("1 more image left out once decoded")
    assert grown.exclusions.iloc[-1][["image", "reason"]].tolist() == ["aa", "too large"]
    assert len(grown.exclusions) == len(known.exclusions) + 1


def test_the_worst_images_are_plain_pictures_of_different_patients(validated):
    examples = validated.evidence.examples
    kinds = [example.kind for example in examples]
    assert kinds == ["false negative"] * N_EXAMPLES + ["false positive"] * N_EXAMPLES
    own = validated.evidence.evaluation.scored.set_index("image_id")
    for kind, label in (("false negative", 1), ("false positive", 0)):
        names = [e.caption.partition(":")[0] for e in examples if e.kind == kind]
        assert own.loc[names, "patient_id"].is_unique
        assert (own.loc[names, "y_true"] == label).all()
    for example in examples:
        assert set(chunks(example.png)) == {"IHDR", "IDAT", "IEND"}
        assert example.alt.endswith(f"{example.kind} of Wang et al., AlexNet")
    shown = [example.png for example in examples]
    assert hospital.planted_in(b"".join(shown), validated.clinic.planted) == []
    assert hospital.planted_in(repr(examples).encode(), validated.clinic.planted) == []


def chunks(png: bytes) -> list[str]:
    names, place = [], 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        names.append(name.decode())
        place += 12 + length
    return names


def test_thresholds_are_carried_over_to_all_and_chosen_anew_for_half(validated):
    evidence = validated.evidence
    carried, anew = evidence.evaluation.operating_points, evidence.rechosen
    n_images = int(evidence.own["n_images"].iloc[0])
    assert set(carried.loc[carried["split"] == "test", "n_images"]) == {n_images}
    assert carried.groupby("criterion")["threshold"].nunique().eq(1).all()
    assert set(anew["criterion"]) == set(carried["criterion"])
    assert (anew["n_patients"] == evidence.own["n_patients"].iloc[0] // 2).all()


def test_the_images_are_compared_with_those_the_model_learnt_from(validated):
    sets = validated.evidence.shift.sets.set_index("role")
    assert sets["dataset"].to_dict() == {"training": INTERNAL, "local": OWN}
    assert sets["source"].to_dict() == {"training": "synthetic", "local": "real"}
    assert sets.loc["local", "all_images"] == validated.evidence.own["n_images"].iloc[0]


def test_a_second_time_nothing_is_computed_and_all_is_equal(validated):
    start, study = time.time_ns(), Study(validated.study.parameters)
    again = of_images.evidence(study, validated.checked, 0)
    written = [(folder / RECORD).stat().st_mtime_ns for folder in study.artifacts.used]
    assert written and max(written) < start
    assert again.examples == []
    pd.testing.assert_frame_equal(again.own, validated.evidence.own)
    pd.testing.assert_frame_equal(again.shift.domain, validated.evidence.shift.domain)


def test_the_report_names_nobody_and_lists_what_was_lost(validated, tmp_path):
    report.write(validated.evidence, tmp_path)
    assert hospital.find_planted(tmp_path, validated.clinic.planted) == []
    listed = pd.read_csv(tmp_path / "exclusions.csv")
    assert listed["reason"].str.contains("cannot be read as a mammogram").any()
    assert len(listed) == len(validated.evidence.preflight.exclusions)


def test_a_vendor_name_from_a_tag_acts_neither_in_page_nor_in_spreadsheet(validated, tmp_path):
    assert any(FORMULA in f.text and SCRIPT in f.text for f in validated.evidence.findings)
    report.write(validated.evidence, tmp_path)
    html = (tmp_path / "report.html").read_text()
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 1
    assert "<script" not in html
    levels = pd.read_csv(tmp_path / "subgroups.csv")["level"]
    assert (levels == f"'{FORMULA}").sum() == 1
    assert not levels.str.startswith("=").any()


def test_pictures_are_refused_where_the_background_is_not_masked(validated):
    bare = Study(validated.study.parameters.model_copy(update={"mask_background": False}))
    with pytest.raises(MammoError, match="--no-thumbnails"):
        of_images.evidence(bare, validated.checked, N_EXAMPLES)


def test_weights_that_saw_the_internal_set_have_what_their_authors_published(monkeypatch):
    family = SimpleNamespace(
        weights_in_words=lambda model: "the authors'",
        has_authors_weights=lambda model: True,
        may_have_seen=lambda model: (INTERNAL,),
    )
    monkeypatch.setattr(of_images, "family_of", lambda study, model: family)
    study = SimpleNamespace(source=lambda name: "synthetic")
    found = of_images._weights(study, "end2end_vgg16")
    assert (found.words, found.learnt_from) == ("the authors'", "real")
    assert (found.claimed.auroc, found.claimed.by) == (0.88, "its authors published")
    trained = replace(found, claimed=None, learnt_from="synthetic")
    family.may_have_seen = lambda model: ()
    assert of_images._weights(study, "end2end_vgg16") == trained
