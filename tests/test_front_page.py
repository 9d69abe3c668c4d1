import pandas as pd
import pytest

import paper_statements
from mammo.evidence import recorded
from mammo.evidence.kinds import KINDS
from mammo.paper.sampling_error import published_intervals
from mammo.parameters import sources
from mammo.report import front_page
from mammo.report.page.blocks import Column, Columns, Statement
from mammo.study.locations import RECORDED
from test_sentences import HOME, MIAS_LOW, UKY_HIGH, differences, estimates, trained


@pytest.fixture(scope="module")
def intervals() -> pd.DataFrame:
    return published_intervals()


def text_of(column: Column) -> str:
    return " ".join(statement.text for statement in column.statements)


def test_the_paper_is_said_in_its_own_numbers_with_the_intervals_it_should_have_had(intervals):
    column = front_page.paper_column(intervals)
    low, high = paper_statements.PRINTED_RANGE
    for words in (
        "**0.71 to 0.95**",
        f"**{low} to {high}**, {paper_statements.PRINTED_MEAN} on average",
    ):
        assert words in text_of(column)
    cells = intervals[intervals["place"] == "Table 3"].set_index(["model", "dataset"])
    assert "9 to 11 of the 16 include 0.50" in text_of(column)  # by what is assumed of images
    assert "gained 0.12 to 0.19 on the rest, beyond chance on 1 of the 3 sets" in text_of(column)
    reach = cells["simulated_by_patient"]
    assert f"±{reach.min():.2f} to ±{reach.max():.2f}" in text_of(column)
    assert column.kinds == ["published"]
    assert "0.44 to 0.65 in external tests" in column.picture.alt


def test_real_scores_are_said_with_intervals_and_marked_as_recorded():
    folder = sources.resolve(RECORDED)
    column = front_page.evidence_column({name: recorded.read(folder, name) for name in KINDS})
    assert column.kinds == ["recorded"]
    for words in ("**0.45 (0.38 to 0.53)**", "on UKy, 0.46 and 0.48.", "14 radiologists"):
        assert words in text_of(column)
    assert "0.52 to 0.55, and none of 4 beats guessing" in text_of(column)


def test_a_build_says_what_its_images_are():
    data = estimates(HOME, MIAS_LOW, UKY_HIGH)
    column = front_page.build_column(data, differences(), trained(("institution", 0.2, 0.001)))
    assert column.kinds == ["synthetic"]
    assert len(column.statements) == 5
    assert "say nothing about women" in column.statements[0].text
    real = front_page.build_column(
        data.assign(source="real"), differences(), trained(("institution", 0.2, 0.001))
    )
    assert (real.kinds, len(real.statements)) == (["real"], 4)


def test_columns_are_escaped_and_link_to_their_pages():
    column = Column("<b>", ["real"], [Statement("**0.7** & more", "chapters/x", "X")])
    html = Columns([column], "note")._repr_html_()
    assert "&lt;b&gt;" in html and "<strong>0.7</strong> &amp; more" in html
    assert 'href="chapters/x.html"' in html and "mammo-real" in html
