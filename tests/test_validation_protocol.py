"""What is stated before a validation is kept as it is stated, and refused where it is nothing."""

from dataclasses import fields

import pytest

from mammo.cli import own_data
from mammo.errors import ParameterError
from mammo.hospital.validation.protocol import NOT_STATED, Protocol, parted


def options(**stated: object) -> dict[str, object]:
    """Return the options of the command as they are without any, and those that are stated."""
    context = own_data.validate.make_context("validate", ["FOLDER"])
    return {**context.params, **stated}


def test_the_command_has_an_option_for_each_thing_that_can_be_stated():
    protocol, others = parted(options())
    assert protocol == Protocol()
    assert {"folder", "labels", "stated"} <= others.keys()
    assert not {field.name for field in fields(Protocol)} & others.keys()


def test_facts_are_printed_as_stated_or_as_not_stated():
    facts = Protocol(product="MammoPro", truth=" biopsy ").facts
    assert facts == {
        "Product": "MammoPro",
        "Version": NOT_STATED,
        "Site": NOT_STATED,
        "Period": NOT_STATED,
        "Truth established by": "biopsy",
        "Fixed beforehand": "no criterion",
    }


@pytest.mark.parametrize("text", ["6/1000", "0.006", " 6 / 1000 ", "6e-3"])
def test_a_prevalence_is_a_share_or_women_of_how_many(text):
    assert parted(options(prevalence=text))[0].prevalence == pytest.approx(0.006)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"prevalence": "6"}, "--prevalence is 6: give a number between 0 and 1"),
        ({"prevalence": "nan"}, "--prevalence is nan: give"),
        ({"prevalence": "6/0"}, "--prevalence is '6/0': give 6/1000, or 0.006"),
        ({"prevalence": "6 in 1000"}, "--prevalence is '6 in 1000': give 6/1000"),
        ({"acceptable": 80.0}, "--acceptable is 80: give a number between 0 and 1"),
        ({"no_worse_than": 0.0}, "--no-worse-than is 0: give a number between 0 and 1"),
        ({"threshold": float("inf")}, "--threshold is inf: give a finite number"),
    ],
)
def test_what_is_no_number_of_its_kind_is_refused(stated, message):
    with pytest.raises(ParameterError, match=message):
        parted(options(**stated))


def test_the_threshold_in_use_stands_before_the_other_operating_points():
    points = Protocol(threshold=0.25).operating_points(["youden", "threshold=0.25"])
    assert [point.name for point in points] == ["threshold 0.25", "Youden"]
    assert points[0].is_given
    assert [point.name for point in Protocol().operating_points(["youden"])] == ["Youden"]


def test_criteria_are_named_as_they_were_fixed():
    both = Protocol(acceptable=0.8, no_worse_than=0.05)
    assert both.criteria == ["auROC of at least 0.8", "no worse by 0.05"]
    assert both.facts["Fixed beforehand"] == "auROC of at least 0.8; no worse by 0.05"
    assert Protocol(threshold=0.5).criteria == []
