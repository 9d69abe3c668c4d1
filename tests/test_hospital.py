"""The generated hospital's files are what they claim to be, and planted values are found."""

import base64
import gzip
import hashlib
import hmac
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image, PngImagePlugin
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet

import hospital
from hospital import Hospital, find_planted, labels, planted_in
from hospital.devices import DEVICES
from hospital.planted import STEM, TEXT_VRS, Planter
from mammo import images
from mammo.errors import UnreadableImageError

SIZE = (96, 72)
VIEWS = {("L", "CC"), ("L", "MLO"), ("R", "CC"), ("R", "MLO")}
# Text that identifies nobody: codes, and how the image was made.
STANDARD_TEXT = {
    "Manufacturer", "ManufacturerModelName", "RescaleType", "LUTExplanation",
    "WindowCenterWidthExplanation", "CodeValue", "CodingSchemeDesignator", "CodeMeaning",
    "DetectorType",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    folder = tmp_path_factory.mktemp("hospital") / "export"
    return hospital.write(folder, size=SIZE, draw=hospital.sketches)


def content(made: Hospital, row: pd.Series) -> bytes:
    path = made.folder / row["path"]
    if not isinstance(row["member"], str):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(row["member"])


def of_kind(made: Hospital, kind: str) -> list[Dataset]:
    dicom = made.images.dropna(subset=["vendor"])
    rows = dicom[dicom["kind"] == kind]
    assert len(rows) > 0
    return [pydicom.dcmread(io.BytesIO(content(made, row))) for _, row in rows.iterrows()]


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_everything_follows_from_the_arguments(tmp_path: Path):
    for name, seed in (("one", 3), ("same", 3), ("other", 4)):
        hospital.write(tmp_path / name, patients=6, seed=seed, size=SIZE, draw=hospital.sketches)
    assert digests(tmp_path / "one") == digests(tmp_path / "same")
    one, other = digests(tmp_path / "one"), digests(tmp_path / "other")
    differing = {place for place in one if one[place] != other.get(place)}
    assert {place for place in one if place.endswith((".dcm", "IM000000", ".png"))} <= differing | {
        place for place in one if place.endswith(("leer.dcm", "._IM000001.dcm"))
    }


def test_every_file_has_a_row(made: Hospital):
    files = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*")
             if path.is_file() and path.name not in ("DICOMDIR", "labels.csv")}  # fmt: skip
    assert set(made.images["path"]) == files
    places = made.images[["path", "member"]]
    assert not places.duplicated().any()
    for path, rows in made.images.dropna(subset=["member"]).groupby("path"):
        assert set(rows["member"]) == set(zipfile.ZipFile(made.folder / path).namelist())


def test_there_is_everything_that_hospitals_have(made: Hospital):
    files = made.images
    kinds = {
        "mammogram", "no label", "for processing", "tomosynthesis", "ct", "secondary capture",
        "no pixels", "implant", "magnification", "spot compression", "specimen", "view missing",
        "side contradictory", "not decodable", "truncated", "burned-in text",
        "every text element", "duplicate file", "duplicate pixels", "empty", "no image",
    }  # fmt: skip
    assert set(files["kind"]) == kinds
    fit = files[files["expected_exclusion"].isna()]
    assert set(fit["vendor"].dropna()) == {device.manufacturer for device in DEVICES}
    assert set(fit["transfer_syntax"].dropna()) == {device.syntax for device in DEVICES}
    assert set(fit["photometric"].dropna()) == {"MONOCHROME1", "MONOCHROME2"}
    ordinary = files[files["kind"].isin(["mammogram", "no label"])]
    views = {
        patient: set(rows[["laterality", "view"]].itertuples(index=False, name=None))
        for patient, rows in ordinary.groupby("patient")
    }
    assert len(views) == 12
    assert all(found == VIEWS for found in views.values())
    assert ordinary["label"].eq(1).groupby(ordinary["patient"]).any().sum() == 6


def test_names_are_of_every_kind(made: Hospital):
    names = {Path(path).name for path in made.images["path"]}
    assert len({name for name in names if not name.isascii()}) > 2
    for part in ("\n", "'", '"', " ", "<b>", "$(", ";", "%s"):
        assert any(part in name for name in names), part
    assert any(name.startswith("-") for name in names)
    assert any(name.startswith("=") for name in names)
    assert max(len(os.fsencode(name)) for name in names) > 220
    with pytest.raises(UnicodeEncodeError):
        "".join(names).encode()
    link = next(path for path in made.folder.rglob("*") if path.is_symlink())
    assert link.resolve() == made.folder.resolve()


def test_mammograms_show_what_was_drawn_and_keep_every_bit(made: Hospital, tmp_path: Path):
    ordinary = made.images[made.images["kind"] == "mammogram"].dropna(subset=["vendor"])
    assert len(ordinary) > 30
    seen = set()
    for _, row in ordinary.iterrows():
        drawn = hospital.sketches(row["number"], 0, SIZE)[row["laterality"], row["view"]]
        (tmp_path / "image").write_bytes(content(made, row))
        ds = pydicom.dcmread(tmp_path / "image")
        device = next(d for d in DEVICES if d.model == ds.ManufacturerModelName)
        assert ds.file_meta.TransferSyntaxUID == device.syntax == row["transfer_syntax"]
        np.testing.assert_array_equal(ds.pixel_array, device.store(drawn))
        shown = images.read_image(tmp_path / "image")
        np.testing.assert_allclose(shown.pixels, drawn, atol=2e-3)
        assert (shown.laterality, shown.view) == (row["laterality"], row["view"])
        assert shown.bits_stored == device.bits
        seen.add(device)
    assert seen == set(DEVICES)


def test_rasters_show_what_was_drawn(made: Hospital):
    ordinary = made.images[made.images["kind"] == "mammogram"]
    rasters = ordinary[ordinary["vendor"].isna()]
    depths = set()
    for _, row in rasters.iterrows():
        drawn = hospital.sketches(row["number"], 0, SIZE)[row["laterality"], row["view"]]
        shown = images.read_image(made.folder / row["path"])
        np.testing.assert_allclose(shown.pixels, drawn, atol=1 / 255)
        depths.add((Path(row["path"]).suffix, shown.bits_stored))
    assert depths == {(".png", 8), (".png", 16), (".tif", 16), (".tiff", 8)}


def test_phantoms_are_breasts_at_the_chest_wall(tmp_path: Path):
    made = hospital.write(tmp_path / "export", patients=1)
    ordinary = made.images[made.images["kind"] == "mammogram"]
    assert len(ordinary) == 3  # and one without a label
    for _, row in ordinary.iterrows():
        pixels = images.read_image(made.folder / row["path"]).pixels
        assert pixels.shape == (320, 256)
        wall, air = pixels[:, :20], pixels[:, -20:]
        if row["laterality"] == "R":
            wall, air = air, wall
        assert wall.mean() > 0.1
        assert (air == 0).mean() > 0.9


def test_disc_has_a_directory(made: Hospital):
    (directory,) = made.folder.rglob("DICOMDIR")
    listed = {Path(instance.path).resolve() for instance in FileSet(directory)}
    on_disc = made.images[made.images["path"].str.startswith(directory.parent.name)]
    assert listed == {(made.folder / path).resolve() for path in on_disc["path"]}
    assert len(listed) == 16
    assert all(path.suffix == "" for path in listed)


CLAIMS: dict[str, Callable[[Dataset], object]] = {
    "for processing": lambda ds: ds.SOPClassUID.name.endswith("For Processing")
    and ds.PresentationIntentType == "FOR PROCESSING" and ds.BitsStored == 14,
    "tomosynthesis": lambda ds: "Tomosynthesis" in ds.SOPClassUID.name
    and ds.pixel_array.shape == (5, 24, 18),
    "ct": lambda ds: (ds.SOPClassUID.name, ds.Modality) == ("CT Image Storage", "CT"),
    "secondary capture": lambda ds: "Secondary Capture" in ds.SOPClassUID.name
    and ds.BurnedInAnnotation == "YES" and (ds.pixel_array == 255).any(),
    "no pixels": lambda ds: ds.Modality in ("SR", "PR") and "PixelData" not in ds,
    "implant": lambda ds: ds.BreastImplantPresent == "YES",
    "magnification": lambda ds: ds.EstimatedRadiographicMagnificationFactor == 1.8
    and modifier(ds) == "399163009",
    "spot compression": lambda ds: modifier(ds) == "399055006",
    "specimen": lambda ds: ds.ViewCodeSequence[0].CodeValue == "127457009",
    "view missing": lambda ds: not (ds.ViewPosition or ds.ViewCodeSequence),
    "side contradictory": lambda ds: {ds.ImageLaterality, ds.Laterality} == {"L", "R"},
    "burned-in text": lambda ds: ds.BurnedInAnnotation == "YES",
    "every text element": lambda ds: len(ds.dir()) > 500,
}  # fmt: skip


def modifier(ds: Dataset) -> str:
    return ds.ViewCodeSequence[0].ViewModifierCodeSequence[0].CodeValue


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_file_is_of_its_kind(made: Hospital, kind: str):
    assert all(CLAIMS[kind](ds) for ds in of_kind(made, kind))


@pytest.mark.filterwarnings("ignore:Expected explicit VR", "ignore:End of file reached")
def test_what_cannot_be_decoded_is_refused(made: Hospital, tmp_path: Path):
    rows = made.images[made.images["kind"].isin(["not decodable", "truncated", "empty"])]
    syntaxes = set()
    for _, row in rows.iterrows():
        (tmp_path / "image").write_bytes(content(made, row))
        with pytest.raises(UnreadableImageError):
            images.read_image(tmp_path / "image")
        syntaxes.add((row["kind"], row["transfer_syntax"]))
    assert ("not decodable", "1.2.840.10008.1.2.4.51") in syntaxes  # JPEG Extended
    assert ("not decodable", "1.2.840.113619.5.2") in syntaxes
    assert ("truncated", "1.2.840.10008.1.2.4.70") in syntaxes
    assert ("truncated", "1.2.840.10008.1.2.1") in syntaxes


def test_copies_have_the_pixels_of_their_originals(made: Hospital):
    originals = {ds.SOPInstanceUID: ds for ds in of_kind(made, "mammogram")}
    (same,), (again,) = of_kind(made, "duplicate file"), of_kind(made, "duplicate pixels")
    assert same.PixelData == originals[same.SOPInstanceUID].PixelData
    assert again.SOPInstanceUID not in originals
    assert again.PixelData in [ds.PixelData for ds in originals.values()]
    unlike = [ds.pixel_array.tobytes() for ds in originals.values()]
    unlike += [
        ds.pixel_array.tobytes()
        for kind in set(CLAIMS) - {"no pixels"}
        for ds in of_kind(made, kind)
    ]
    assert len(set(unlike)) == len(unlike)


def test_every_planted_value_is_in_the_folder_and_differs(made: Hospital):
    found = {finding.rpartition(": ")[2] for finding in find_planted(made.folder, made.planted)}
    assert {where for where in made.planted if where not in found} == set()
    assert len(set(made.planted.values())) == len(made.planted)


@pytest.mark.filterwarnings("ignore:Expected explicit VR")
def test_every_text_element_of_every_file_is_planted(made: Hospital):
    dicom, known = made.images.dropna(subset=["vendor"]), set(made.planted.values())
    for _, row in dicom[dicom["kind"] != "truncated"].iterrows():
        ds = pydicom.dcmread(io.BytesIO(content(made, row)))
        plain = [
            element.keyword or element.tag
            for element in ds.iterall()
            if element.VR in (*TEXT_VRS, "DA", "DT", "TM")
            and element.keyword not in STANDARD_TEXT
            and not element.tag.is_private_creator
            and STEM not in str(element.value)
            and str(element.value) not in known
        ]
        assert plain == [], row["kind"]


def test_without_planting_no_value_can_be_recognised(tmp_path: Path):
    made = hospital.write(
        tmp_path / "export", patients=3, size=SIZE, planted=False, draw=hospital.sketches
    )
    assert made.planted == {}
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert not any(STEM.encode() in path.read_bytes() for path in files)
    assert len(of_kind(made, "mammogram")) > 10


@pytest.fixture
def planter() -> Planter:
    planter = Planter(seed=0)
    for where, vr in (("name", "PN"), ("birth date", "DA"), ("time", "TM"), ("uid", "UI")):
        planter.value(where, vr)
    return planter


def png(text: str) -> bytes:
    stream, chunks = io.BytesIO(), PngImagePlugin.PngInfo()
    chunks.add_text("Comment", text, zip=True)
    Image.new("L", (4, 4)).save(stream, "PNG", pnginfo=chunks)
    return stream.getvalue()


def npz(text: str) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, names=np.array([text]))
    return stream.getvalue()


def archive(text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("sheet.xml", f"<c>{text}</c>" * 9)
    return stream.getvalue()


HIDDEN: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in lower case": lambda text: text.lower().encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-32": lambda text: text.encode("utf-32-be"),
    "base64": lambda text: b'src="data:text/plain;base64,' + base64.b64encode(text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(f"{text:>99} and more".encode()),
    "base64 in a notebook": lambda text: base64.encodebytes(
        f"{text:>99} and more".encode()
    ).replace(b"\n", b"\\n"),
    "gzip": lambda text: b"before" + gzip.compress(text.encode()),
    "PNG": png,
    "PNG in base64": lambda text: b'"' + base64.b64encode(png(text)) + b'"',
    "npz": npz,
    "zip": archive,
    "zip in gzip": lambda text: gzip.compress(archive(text)),
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest()[:12].encode(),
    "md5": lambda text: hashlib.md5(text.encode()).hexdigest().encode(),
}


@pytest.mark.parametrize("place", ["name", "birth date", "time", "uid"])
@pytest.mark.parametrize("how", HIDDEN)
def test_a_hidden_value_is_found(tmp_path: Path, planter: Planter, how: str, place: str):
    file = tmp_path / "results" / "file.bin"
    file.parent.mkdir()
    file.write_bytes(HIDDEN[how](planter.values[place]))
    (finding,) = find_planted(tmp_path, planter.values)
    assert finding.startswith(f"results/file.bin: {place}")
    assert find_planted(file, planter.values) == [finding.removeprefix("results/")]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d"])
def test_a_date_is_found_in_any_spelling(planter: Planter, form: str):
    date = pd.Timestamp(planter.values["birth date"]).strftime(form)
    assert planted_in(f"born {date}, female".encode(), planter.values) == ["birth date"]


def test_a_name_of_a_file_or_a_folder_is_found(tmp_path: Path, planter: Planter):
    (tmp_path / planter.values["name"] / "empty").mkdir(parents=True)
    assert find_planted(tmp_path, planter.values)


def test_nothing_is_found_where_nothing_is(tmp_path: Path, planter: Planter):
    rng = np.random.default_rng(0)
    (tmp_path / "noise").write_bytes(rng.bytes(1 << 18))
    np.savez_compressed(tmp_path / "scores.npz", y_score=rng.random(10_000))
    pd.DataFrame(rng.random((9_000, 2))).to_csv(tmp_path / "scores.csv")
    names = [hmac.digest(b"key", v.encode(), "sha256").hex() for v in planter.values.values()]
    (tmp_path / "names.txt").write_text("\n".join(names))
    assert find_planted(tmp_path, planter.values) == []


def test_table_of_images_names_each_once_and_one_that_is_not_there(made: Hospital):
    table = pd.read_csv(made.labels.path, dtype=str, keep_default_na=False)
    columns = made.labels.columns
    assert made.labels.level == "image"
    assert columns == {name: name for name in table if name != "comment"}
    named = table["image"]
    assert not named.duplicated().any()
    files = made.images
    places = files["path"].where(files["member"].isna(), files["member"])
    labelled = places[files["label"].notna()]
    endings = set(labelled) | {place.rpartition("/")[2] for place in labelled}
    assert (~named.isin(endings)).sum() == 1
    assert len(table) == len(labelled) + 1
    assert files.loc[files["kind"] == "no label", "label"].isna().all()
    assert set(table["label"]) == {"0", "1"}


def test_german_table_of_breasts(made: Hospital, tmp_path: Path):
    rows = labels.of_breasts(made.images)
    table = labels.write_german(rows, tmp_path / "Befunde.csv")
    with pytest.raises(UnicodeDecodeError):
        table.path.read_text(encoding="utf-8")
    read = pd.read_csv(table.path, sep=";", encoding="cp1252", dtype=str)
    assert table.level == "breast"
    assert len(read) == 24
    word = read[table.columns["pathology"]]
    assert set(word) == {*table.positive, *table.negative}
    assert (word.isin(table.positive) == (read[table.columns["label"]] == "1")).all()
    assert read[table.columns["laterality"]].value_counts().to_dict() == {"L": 12, "R": 12}


def test_excel_table_of_studies(made: Hospital, tmp_path: Path):
    pytest.importorskip("openpyxl")
    rows = labels.of_studies(made.images)
    table = labels.write_excel(rows, tmp_path / "studies.xlsx")
    read = pd.read_excel(table.path, dtype={table.columns["birads"]: str})
    assert table.level == "study"
    assert list(read[table.columns["accession"]]) == list(made.images["study"].dropna().unique())
    assert read[table.columns["label"]].sum() == 6


def test_spoilt_tables(made: Hospital):
    rows = labels.of_images(made.images)
    assert len(labels.unlabel(rows)) == len(rows) - 1
    assert labels.orphan(rows, image="gone.dcm")["image"].iloc[-1] == "gone.dcm"
    by_breast = labels.contradict(rows).groupby(["patient_id", "laterality"])["label"].nunique()
    assert (by_breast > 1).sum() == 1
    assert (rows.groupby(["patient_id", "laterality"])["label"].nunique() == 1).all()
