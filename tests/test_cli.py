import hashlib
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

import caffe_files
import native
import project
from mammo import cli
from mammo.book import build, preparation
from mammo.datasets import DATASETS
from mammo.datasets.institution import places
from mammo.evidence import kinds
from mammo.models import MODELS, frcnn_cad
from mammo.models.releases import RELEASES
from mammo.parameters import Parameters, sources
from mammo.study import Study, results

NAMES = ("a.dcm", "b.dcm", "c.dcm")
HEADER = "image,patient_id,label\n"
TABLE = HEADER + "a.dcm,1,0\nb.dcm,2,1\nc.dcm,3,0\n"


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process; return status, output and complaints."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mammo", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as stopped:
            status = stopped.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def test_help_lists_the_commands_and_imports_nothing_heavy():
    program = (
        "import sys; sys.argv = ['mammo', '--help']; from mammo.cli import main; main();"
        "heavy = {'torch', 'pandas', 'numpy', 'cv2', 'matplotlib', 'pydicom', 'sklearn'};"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "heavy: []" in outcome.stdout
    for command in ("book", "prepare", "run", "check", "fetch", "weights", "parameters"):
        assert f"\n  {command} " in outcome.stdout


def test_parameters_are_listed_with_default_and_meaning(call):
    status, printed, _ = call("parameters")
    assert status == 0
    for name, field in Parameters.model_fields.items():
        assert f"{name} = {field.default!r}\n    {field.description}\n" in printed


@pytest.mark.parametrize("command", [["book"], ["prepare"], ["run", "comparison"]])
@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        (["n_bootstap", "500"], "unknown parameter 'n_bootstap'; did you mean 'n_bootstrap'?"),
        (["n_bootstrap", "many"], "parameter 'n_bootstrap' is 'many': input should be a valid int"),
        (["models", '["lenet"]'], "input should be 'alexnet', 'vgg16', 'resnet50', "),
        (["seed", "["], "-p seed '[': not a value in YAML or JSON"),
    ],
)
def test_a_wrong_parameter_ends_in_one_sentence(call, command, assignment, words):
    status, printed, complaint = call(*command, "-p", *assignment)
    assert (status, printed) == (1, "")
    assert complaint.startswith("mammo: ") and words in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "comparison"], 1, "_toc.yml is absent: run this in the project's folder"),
        (["book"], 1, "_toc.yml is absent: run this in the project's folder"),
        (["book", "--params", "absent.yaml"], 1, "absent.yaml: no such parameter file"),
        (["check", "ddsm"], 1, "'ddsm' is no data set; it must be one of"),
        (["fetch", "ddsm"], 1, "ddsm"),
        (["fetch", "inbreast"], 1, "inbreast"),
        (["fetch", "frcnn-cad-predictions", "--with", "mias"], 2, "goes with evidence alone"),
        (["weights", "import", "absent.h5"], 1, "absent.h5: no such file"),
        (["weights"], 2, "weights [OPTIONS] COMMAND"),
        (["fly"], 2, "No such command 'fly'"),
        (["run"], 2, "Missing argument 'CHAPTER'"),
        (["book", "-p", "seed"], 2, "requires 2 arguments"),
    ],
)
def test_a_wrong_command_says_what_is_right(call, monkeypatch, tmp_path, arguments, status, words):
    monkeypatch.chdir(tmp_path)
    found, printed, complaint = call(*arguments)
    assert (found, printed) == (status, "")
    assert words in complaint
    assert "Traceback" not in complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "step"),
    [
        (["book"], (build, "book")),
        (["prepare"], (preparation, "prepare")),
        (["run", "comparison"], (build, "chapter")),
        (["predict", "alexnet", "mias"], (results, "scores")),
    ],
)
@pytest.mark.parametrize("is_project", [True, False])
def test_commands_on_the_study_take_the_projects_own_parameters(
    call, monkeypatch, tmp_path, command, step, is_project
):
    seen = []

    def note(*given: object, **_: object) -> None:
        seen.extend(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(*step, note)
    project.copy(tmp_path)
    default = tmp_path / "params" / "demo.yaml"
    if not is_project:
        default.unlink()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert call(*command, "-p", "seed", 7)[0] == 130
    study = [of for of in seen if isinstance(of, Parameters | Study)][-1]
    parameters = study.parameters if isinstance(study, Study) else study
    assert parameters == sources.load(default if is_project else None, {"seed": 7})
    assert (parameters.runs == 2) == is_project


def test_evidence_is_fetched_to_the_data_root(call, monkeypatch, tmp_path):
    seen = []

    def note(*given: object) -> list[str]:
        seen.extend(given)
        return ["first", "second"]

    monkeypatch.setenv("MAMMO_DATA", str(tmp_path))
    monkeypatch.setattr("mammo.datasets.fetch.fetch_evidence", note)
    outcome = call("fetch", "evidence", "--with", "mias", "--url", "file:///there")
    assert outcome == (0, "first\nsecond\n", "")
    assert seen == [tmp_path, ("mias",), "file:///there"]


def test_what_cannot_be_recorded_is_said(call, monkeypatch, tmp_path):
    monkeypatch.setenv("MAMMO_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    status, printed, complaint = call("record")
    assert (status, complaint) == (0, "")
    assert [line.partition(":")[0] for line in printed.splitlines()] == list(kinds.KINDS)
    assert printed.count("its record stays as it is") == len(kinds.KINDS)


def test_an_interruption_says_that_nothing_is_lost(call, monkeypatch):
    def interrupted(_: Parameters) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(preparation, "prepare", interrupted)
    status, _, complaint = call("prepare")
    assert status == 130
    assert complaint.strip() == "mammo: interrupted; the next run goes on from here"


@pytest.mark.parametrize("dataset", DATASETS)
def test_checking_an_absent_place_has_status_2_and_says_how_to_get_the_set(call, tmp_path, dataset):
    status, printed, complaint = call("check", dataset, tmp_path / "nowhere")
    assert (status, complaint) == (2, "")
    assert f"{tmp_path / 'nowhere'} does not exist" in printed
    is_own = dataset == "institution"
    assert ("give the folder that holds the images" if is_own else "Licence:") in printed
    assert printed.endswith(f"{'your data' if is_own else dataset} is not usable.\n")


def test_check_looks_where_mammo_data_says(call, monkeypatch, tmp_path):
    native.write_institution(tmp_path, TABLE, NAMES)
    monkeypatch.setenv("MAMMO_DATA", str(tmp_path))
    status, printed, _ = call("check", "institution")
    assert status == 1  # Three patients settle nothing.
    assert str(tmp_path / "institution") in printed
    monkeypatch.setenv("MAMMO_DATA", str(tmp_path / "institution"))
    assert call("check", "mias")[0] == 2


def test_check_reads_the_institutions_place_with_the_words_for_its_table(
    call, monkeypatch, tmp_path
):
    folder = native.write_institution(tmp_path, TABLE, NAMES)
    (folder / "labels.csv").unlink()
    (tmp_path / "t.csv").write_text("image,patient_id,outcome\na.dcm,1,x\nb.dcm,2,y\nc.dcm,3,x\n")
    monkeypatch.setenv("MAMMO_DATA", str(tmp_path))
    words = ("--column", "label", "outcome", "--positive", "y", "--negative", "x")
    status, printed, _ = call("check", "institution", "--labels", tmp_path / "t.csv", *words)
    assert status == 1  # Three patients settle nothing.
    assert str(folder) in printed
    assert "1 malignant and 2 benign images can be used" in printed


def test_check_lists_exclusions_where_it_is_asked_to_and_overwrites_its_own_list_alone(
    call, monkeypatch, tmp_path
):
    folder = native.write_institution(tmp_path / "my data", TABLE + "gone.dcm,9,1\n", NAMES)
    monkeypatch.chdir(tmp_path)
    status, printed, _ = call("check", "institution", folder)
    assert status == 1
    assert f"\"mammo locate '{folder}' IMAGE\" tells which file" in printed
    assert "--exclusions FILE would list what is left out (1) and why" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["my data"]
    for _ in range(2):
        _, printed, _ = call("check", "institution", folder, "--exclusions", "list.csv")
        assert "list.csv lists what is left out (1) and why" in printed
    assert "image file not found: line" in (tmp_path / "list.csv").read_text()
    (tmp_path / "list.csv").write_text("mine\n")
    status, _, complaint = call("check", "institution", folder, "--exclusions", "list.csv")
    assert (status, complaint) == (
        1, "mammo: list.csv is there and lists no exclusions; name another file\n"
    )  # fmt: skip
    assert (tmp_path / "list.csv").read_text() == "mine\n"


def test_an_image_that_is_not_located_gives_status_1(call, tmp_path):
    folder = native.write_institution(tmp_path, TABLE, NAMES)
    found = dict(zip(places(folder, "real"), range(1), strict=False))
    assert call("locate", folder, *found)[0] == 0
    status, printed, _ = call("locate", folder, *found, "0" * 16)
    assert status == 1
    assert f"{'0' * 16} is not there, or was named with another key" in printed


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


@pytest.mark.parametrize("command", [["check", "mias", "{}"], ["weights", "import", "{}"]])
def test_a_path_that_the_locale_cannot_print_is_escaped(prepared, tmp_path, command):
    odd = replace(prepared, environment={**prepared.environment, **C_LOCALE})
    outcome = odd.mammo(*(word.format(tmp_path / "nö") for word in command))
    assert outcome.returncode in (1, 2)
    assert r"n\udcc3\udcb6" in outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_name_that_a_locale_cannot_write_ends_in_one_sentence(call, monkeypatch):
    def write(_: Parameters) -> None:
        "/data/n\udcc3\udcb6".encode()

    monkeypatch.setattr(preparation, "prepare", write)
    assert call("prepare") == (
        1,
        "",
        r"mammo: this locale cannot write '\udcc3\udcb6', which is in a file's name; set "
        "LC_ALL=C.UTF-8 and run again, or rename it\n",
    )


FAULTS = {
    "missing column": (
        TABLE.replace("label", "lable"),
        "has no column label",
        "say which one it is",
    ),
    "unknown label": (
        TABLE.replace("c.dcm,3,0", "c.dcm,3,maybe"),
        "line 4: label 'maybe'",
        "--positive",
    ),
    "no table": (None, "3 images and no table of labels", "both are needed"),
}


@pytest.mark.parametrize(("table", "fault", "remedy"), FAULTS.values(), ids=FAULTS)
def test_a_set_that_cannot_be_read_stops_the_run(call, prepared, tmp_path, table, fault, remedy):
    folder = native.write_institution(tmp_path, table or "", NAMES)
    if table is None:
        (folder / "labels.csv").unlink()
    places = ["-p", "artifacts", prepared.artifacts, "-p", "data_root", tmp_path]
    file = prepared.root / "params" / "tiny.yaml"
    status, _, complaint = call("prepare", "--params", file, *places)
    assert status == 1
    (sentence,) = [line for line in complaint.splitlines() if line.startswith("mammo: ")]
    assert str(folder) in sentence
    assert fault in sentence and remedy in sentence
    assert "Traceback" not in complaint
    status, printed, _ = call("check", "institution", folder)
    assert status == 2
    assert "your data is not usable" in printed
    assert table is None or fault in printed


@pytest.mark.parametrize("dataset", DATASETS)
def test_an_empty_folder_is_named(call, tmp_path, dataset):
    status, printed, _ = call("check", dataset, tmp_path)
    assert status == 2
    assert str(tmp_path) in printed


def test_a_row_without_its_file_is_reported_and_costs_no_other(call, tmp_path):
    folder = native.write_institution(tmp_path, TABLE + "gone.dcm,9,1\n", NAMES)
    status, printed, _ = call("check", "institution", folder)
    assert status == 1
    assert "1 row of the table without an image: line 5" in printed
    assert "-> complete the images, or correct the names in the table" in printed
    assert "1 malignant and 2 benign images can be used" in printed


@pytest.fixture
def data(monkeypatch, tmp_path):
    """A data root and a cache of torch's, both empty; nothing may be fetched."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be fetched")

    monkeypatch.setenv("MAMMO_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    return tmp_path / "data"


@pytest.fixture
def detector_file(monkeypatch, tmp_path):
    """A narrow detector in a file like the released one, whose card is as narrow."""
    settings = {"width": 1 / 16, "hidden": 8}
    card = replace(RELEASES["frcnn_cad"], detector=settings)
    monkeypatch.setitem(RELEASES, "frcnn_cad", card)
    network = frcnn_cad.build(frcnn_cad.DetectorSettings(**settings), 1)
    path = tmp_path / card.file
    path.write_bytes(caffe_files.caffemodel(network))
    return path


def test_importing_weights_says_what_they_are_and_listing_shows_them(call, data, detector_file):
    status, printed, complaint = call("weights", "import", detector_file)
    assert (status, complaint) == (0, "")
    card, digest = RELEASES["frcnn_cad"], hashlib.sha256(detector_file.read_bytes()).hexdigest()
    for fact in (
        "frcnn_cad: weights of frcnn_cad\n",
        f"{card.file}, SHA-256 {digest}\n",
        f"cbis_ddsm, mias, inbreast: {card.split}\n",
        f"{card.licence}; see {card.page}\n",
        f"put at      {data / 'weights' / 'frcnn_cad.safetensors'}\n",
    ):
        assert fact in printed
    status, printed, complaint = call("weights", "list")
    assert (status, complaint) == (0, "")
    (row,) = [line for line in printed.splitlines() if line.startswith("frcnn_cad")]
    found = re.split(" {2,}", row)
    assert re.fullmatch(r"imported \d{4}-\d\d-\d\d", found.pop(2))
    trained_on = ", ".join(card.trained_on)
    assert found == ["frcnn_cad", "frcnn_cad", card.file, digest[:12], trained_on, card.licence]
    assert card.page not in printed


def test_listing_an_empty_library_says_how_to_get_everything(call, data):
    status, printed, complaint = call("weights", "list")
    assert (status, complaint) == (0, "")
    assert f"Imported weights are in {data / 'weights'}\n" in printed
    for name in MODELS:
        (row,) = [line for line in printed.splitlines() if line.startswith(f"{name} ")]
        assert "  absent  " in row
    for card in RELEASES.values():
        assert f"  {card.name} " in printed and f"\n  {card.file}" in printed
        assert card.page in printed
    place = data.parent / "torch" / "checkpoints" / "vgg16-397923af.pth"
    assert f"https://download.pytorch.org/models/vgg16-397923af.pth -> {place}\n" in printed
    assert not data.exists()


def test_listing_names_what_is_damaged(call, data):
    (data / "weights").mkdir(parents=True)
    (data / "weights" / "ddsm_resnet50.safetensors").write_bytes(b"damaged")
    cached = data.parent / "torch" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"damaged")
    status, printed, _ = call("weights", "list")
    assert status == 0
    assert f"{data / 'weights' / 'ddsm_resnet50.safetensors'}: not a file of the library" in printed
    assert f"{cached}: SHA-256 should start with 7be5be79; delete the file\n" in printed
    assert printed.count("  damaged  ") == 2


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("vgg16_frcnn_cad.caffemodel", [], "after layer"),
        ("vgg16_frcnn_cad.caffemodel", ["--release", "ddsm_resnet50"], "leave --release out"),
        ("weights", [], "say with --release which of"),
        ("weights", ["--release", "../frcnn_cad"], "no release '../frcnn_cad'"),
        ("ddsm_YaroslavNet_s10.h5", [], "takes one channel"),
    ],
)
def test_weights_that_cannot_be_imported_end_in_one_sentence(
    call, data, detector_file, name, options, words
):
    path = detector_file.with_name(name)
    path.write_bytes(detector_file.read_bytes()[:-500])
    status, printed, complaint = call("weights", "import", path, *options)
    assert (status, printed) == (1, "")
    assert complaint.startswith("mammo: ") and words in complaint
    assert complaint.count("\n") == 1
    assert not data.exists()
