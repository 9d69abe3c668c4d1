import pytest

from mammo.errors import ParameterError
from mammo.parameters import DataParameters, Parameters, sources


def test_defaults_are_valid_and_alike():
    parameters = Parameters()
    assert parameters.changed() == {}
    assert parameters == Parameters()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n_bootstap": 500}, "did you mean 'n_bootstrap'"),
        ({"zzz": 1}, "valid names are"),
        ({"n_bootstrap": "many"}, "'n_bootstrap' is 'many'"),
        ({"n_bootstrap": 5}, "greater than or equal to 100"),
        ({"n_bootstrap": 500.5}, "n_bootstrap"),
        ({"n_bootstrap": True}, "n_bootstrap"),
        ({"models": ["lenet"]}, "'end2end_resnet50' or 'frcnn_cad'"),
        ({"models": []}, "at least 1"),
        ({"models": "[alexnet"}, "parameter 'models' is '[alexnet'"),
        ({1: 2}, "unknown parameter '1'"),
        ({"aspect": "squash"}, "'stretch' or 'pad'"),
        ({"validation_fraction": 1.0}, "less than 1"),
    ],
)
def test_faults_are_one_sentence_that_names_the_parameter(values, words):
    with pytest.raises(ParameterError) as raised:
        sources.validate(values)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_lists_are_taken_from_yaml_and_from_text():
    assert sources.validate({"models": ["vgg16"]}).models == ("vgg16",)
    assert sources.validate({"models": '["vgg16"]'}).models == ("vgg16",)


def test_a_notebook_namespace_is_read_and_its_typos_are_refused():
    namespace = {"n_bootstrap": 500, "In": [""], "Out": {}, "_x": 1, "pytest": pytest}
    assert sources.notebook_parameters(namespace).n_bootstrap == 500
    with pytest.raises(ParameterError, match="n_bootstap"):
        sources.notebook_parameters({**namespace, "n_bootstap": 500})


def test_a_rerun_in_a_live_session_leaves_other_variables_alone():
    namespace = {"n_bootstrap": 500, "rows": 3, "parameters": Parameters()}
    assert sources.notebook_parameters(namespace).n_bootstrap == 500


def test_a_rerun_warns_of_what_looks_like_a_parameter(recwarn):
    session = {"n_bootstrap": 500, "parameters": Parameters(), "model": "vgg16", "rows": 3}
    sources.notebook_parameters(session)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="n_bootstap"):
        sources.notebook_parameters({**session, "n_bootstap": 300})


def test_a_notebook_outside_a_project_says_where_everything_goes(monkeypatch, tmp_path, recwarn):
    sources.notebook_parameters({})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAMMO_DATA", raising=False)
    sources.notebook_parameters({"artifacts": str(tmp_path)})
    assert not recwarn.list
    with pytest.warns(UserWarning, match="no project") as warned:
        sources.notebook_parameters({})
    assert f"goes to {tmp_path / 'artifacts'}, and data sets are looked for in" in str(warned[0])


def test_the_default_file_is_the_projects(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert sources.default_file() is None
    for folder in ("book", "params", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "book" / "_toc.yml").touch()
    (tmp_path / "params" / "demo.yaml").touch()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert sources.default_file() == tmp_path / "params" / "demo.yaml"


def test_a_file_is_read_and_overridden(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("n_bootstrap: 300\nseed: 1\n")
    parameters = sources.load(path, {"seed": 2})
    assert (parameters.n_bootstrap, parameters.seed) == (300, 2)
    assert parameters.changed() == {"n_bootstrap": 300, "seed": 2}


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", "n_bootstrap: x\n"])
def test_a_bad_file_is_named(tmp_path, text):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=r"p\.yaml") as raised:
        sources.load(path, {})
    assert "\n" not in str(raised.value)
    with pytest.raises(ParameterError, match="no such"):
        sources.load(tmp_path / "absent.yaml", {})
    with pytest.raises(ParameterError, match="YAML"):
        sources.load(tmp_path, {})


def test_places_change_no_result():
    here = sources.validate({"workers": 1, "data_root": "/a"}).of([DataParameters])
    there = sources.validate({"workers": 2, "data_root": "/b"}).of([DataParameters])
    assert here == there
    assert "seed" in here


def test_command_line_values_are_yaml():
    pairs = [("n_bootstrap", "500"), ("models", '["vgg16"]'), ("aspect", "pad")]
    assert sources.parse_assignments(pairs) == {
        "n_bootstrap": 500,
        "models": ["vgg16"],
        "aspect": "pad",
    }
    with pytest.raises(ParameterError, match="-p seed"):
        sources.parse_assignments([("seed", "[")])


def test_data_root_comes_from_the_parameter_then_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MAMMO_DATA", str(tmp_path / "env"))
    assert sources.data_root(Parameters()) == tmp_path / "env"
    given = sources.validate({"data_root": str(tmp_path / "given")})
    assert sources.data_root(given) == tmp_path / "given"
