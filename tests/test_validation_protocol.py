"""What is stated before a validation is kept as it is stated, and refused where it is nothing."""

import pytest
import yaml

from mammo.cli import own_data
from mammo.errors import ParameterError
from mammo.hospital.validation import commands, protocol
from mammo.parameters import Parameters, ProtocolParameters, sources

STATED = {
    "product": "MammoPro", "product_version": "3.1", "site": "North", "period": "2024",
    "truth": "biopsy", "acceptable": 0.8, "no_worse_than": 0.05, "prevalence": "6/1000",
    "threshold": 0.0, "rule": "mean", "stated": 0.9, "missing": 0.0, "readers": ["Reader *"],
}  # fmt: skip


@pytest.fixture
def parameters(monkeypatch, tmp_path):
    """Run the command on scores as far as the parameters that the evidence is made with."""
    monkeypatch.chdir(tmp_path)

    def of(*words: str) -> Parameters:
        seen = []
        monkeypatch.setattr(commands.vendor, "evidence", lambda *given: seen.append(given[-1]))
        options = ["--scores", "scores.csv", "--labels", "labels.csv", *words]
        given = own_data.validate.make_context("validate", options).params
        for name in ("folder", "scores", "output"):
            given.pop(name)
        commands.of_scores(tmp_path / "scores.csv", **given)
        return seen[0]

    return of


def test_the_command_has_an_option_for_each_thing_that_can_be_stated(parameters):
    words = []
    for name, value in STATED.items():
        for text in value if isinstance(value, list) else [value]:
            words += [f"--{name.replace('_', '-')}", str(text)]
    assert STATED.keys() == ProtocolParameters.model_fields.keys()
    assert parameters(*words) == parameters().model_copy(
        update={**STATED, "prevalence": 0.006, "readers": ("Reader *",)}
    )


def test_a_file_of_parameters_states_the_same_and_options_go_before_it(parameters, tmp_path):
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(STATED))
    stated = parameters("--params", "own.yaml", "--acceptable", "0.7", "--threshold", "0.5")
    assert (stated.product, stated.prevalence, stated.missing) == ("MammoPro", 0.006, 0)
    assert (stated.acceptable, stated.threshold, stated.readers) == (0.7, 0.5, ("Reader *",))


def test_facts_are_printed_as_stated_or_as_not_stated():
    facts = protocol.facts(ProtocolParameters(product="MammoPro", truth=" biopsy "))
    assert facts == {
        "Product": "MammoPro",
        "Version": protocol.NOT_STATED,
        "Site": protocol.NOT_STATED,
        "Period": protocol.NOT_STATED,
        "Truth established by": "biopsy",
        "Fixed beforehand": "no criterion",
    }


@pytest.mark.parametrize("text", ["6/1000", "0.006", " 6 / 1000 ", "6e-3", 0.006])
def test_a_prevalence_is_a_share_or_women_of_how_many(text):
    assert sources.validate({"prevalence": text}).prevalence == pytest.approx(0.006)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"prevalence": "6"}, "'prevalence' is '6': input should be less than 1"),
        ({"prevalence": "nan"}, "'prevalence' is 'nan'"),
        ({"prevalence": "6/0"}, "'prevalence' is '6/0'"),
        ({"prevalence": "6 in 1000"}, "as 6/1000"),
        ({"acceptable": 80.0}, "'acceptable' is 80.0: input should be less than 1"),
        ({"no_worse_than": 0.0}, "'no_worse_than' is 0.0: input should be greater than 0"),
        ({"stated": 93.0}, "'stated' is 93.0: input should be less than or equal to 1"),
        ({"threshold": float("inf")}, "'threshold' is inf: input should be a finite number"),
        ({"missing": float("nan")}, "'missing' is nan: input should be a finite number"),
    ],
)
def test_what_is_no_number_of_its_kind_is_refused(stated, message):
    with pytest.raises(ParameterError) as raised:
        sources.validate(stated)
    assert message in str(raised.value)


def test_the_threshold_in_use_stands_before_the_other_operating_points():
    given = Parameters(threshold=0.25, operating_points=("youden", "threshold=0.25"))
    points = protocol.operating_points(given)
    assert [point.name for point in points] == ["threshold 0.25", "Youden"]
    assert points[0].is_given
    alone = protocol.operating_points(Parameters(operating_points=("youden",)))
    assert [point.name for point in alone] == ["Youden"]


def test_criteria_are_named_as_they_were_fixed():
    both = ProtocolParameters(acceptable=0.8, no_worse_than=0.05)
    assert protocol.criteria(both) == ["auROC of at least 0.8", "at most 0.05 lost"]
    assert protocol.facts(both)["Fixed beforehand"] == "auROC of at least 0.8; at most 0.05 lost"
    assert protocol.criteria(ProtocolParameters(threshold=0.5)) == []
