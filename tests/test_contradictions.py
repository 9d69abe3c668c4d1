import pytest

import paper_statements
from mammo.book.sections import front_page
from mammo.datasets.roles import EXTERNAL
from mammo.paper import contradictions, sampling_error
from mammo.paper.published import OURS, TABLE_2, TABLE_3, find


@pytest.fixture(scope="module")
def statements() -> dict[str, contradictions.Statement]:
    return {one.statement: one for one in contradictions.statements()}


def about(statements, words: str) -> contradictions.Statement:
    matching = [found for statement, found in statements.items() if words in statement]
    assert len(matching) == 1
    return matching[0]


def test_each_number_and_verdict_is_what_the_papers_own_values_give():
    assert list(contradictions.statements()) == paper_statements.statements()


@pytest.mark.parametrize(
    ("words", "computed", "verdict"),
    [
        ("UKy: 58%", "42% and 58%", "swapped"),
        ("INbreast: 26%", "add up to 98%; the labels give 100 and 287 of 387", "72% must be 74%"),
        ("end2end's 0.88", "24% more", "28% must be 24%"),
        ("33,280 x 4,096", "2.3 m", "3,328"),
        ("±0.01", "7.6 times apart", "cannot be the sampling error"),
        ("better than random", "over 9), none and 1", "none is better"),
        ("six models", "6 x 3 = 18; Table 3 has 16", "frcnn_cad was tested on UKy alone"),
        ("same data set", "0.95 is on INbreast", "not the same set"),
        ("other breast", "90 of its 115 cases", "INbreast and MIAS too"),
        ("DDSM: 2,620 cases", "1,566 patients, 3,103 images, 44%", "another set"),
    ],
)
def test_what_does_not_hold(statements, words, computed, verdict):
    statement = about(statements, words)
    assert computed in statement.computed
    assert verdict in statement.verdict


@pytest.mark.parametrize(
    ("words", "computed"),
    [
        ("frcnn_cad's 0.95", "34% more"),
        ("mean 0.52, median 0.51", "mean 0.523, median 0.510"),
        ("significantly below", "0.75 to 0.58"),
        ("closer to the validation", "0.25 to 0.11, 0.20 to 0.02, 0.22 to 0.01"),
    ],
)
def test_what_checks_out(statements, words, computed):
    statement = about(statements, words)
    assert statement.verdict == paper_statements.HOLDS
    assert computed in statement.computed


def test_what_does_not_hold_stands_first(statements):
    verdicts = [statement.verdict == paper_statements.HOLDS for statement in statements.values()]
    assert verdicts == sorted(verdicts)
    assert 0 < sum(verdicts) < len(verdicts)


def test_a_correct_statement_would_check_out(monkeypatch):
    monkeypatch.setitem(paper_statements.PRINTED_ABOVE_EXPERTS, "end2end_vgg16", 24)
    computed = paper_statements.statements()
    verdicts = {statement.statement: statement.verdict for statement in computed}
    assert verdicts["end2end's 0.88 surpasses the experts' 0.71 by 24%"] == paper_statements.HOLDS


def test_the_table_has_a_row_a_finding(statements):
    table = front_page.contradictions()
    assert len(table.shown) == len(statements)
    assert list(table.shown.columns)[-1] == "Verdict"


def test_expected_half_widths_of_the_external_sets():
    widths = paper_statements.expected_half_widths()
    assert set(widths) == set(EXTERNAL)
    assert widths["mias"] == pytest.approx(0.087, abs=0.002)
    assert widths["inbreast"] == pytest.approx(0.066, abs=0.002)
    assert widths["institution"] == pytest.approx(0.027, abs=0.002)


def test_class_sizes_are_the_papers_or_the_releases():
    assert sampling_error.class_sizes("institution") == (779, 1093)
    assert sampling_error.class_sizes("inbreast") == (100, 287)
    assert sampling_error.class_sizes("mias") == (52, 270)
    assert sum(sampling_error.class_sizes("cbis_ddsm")) == pytest.approx(3103 / 5, abs=1)


def test_an_interval_that_ends_at_one_half_is_on_neither_side():
    touching = [cell for cell in TABLE_3 if cell.auroc in (0.49, 0.51)]
    assert len(touching) == 3
    assert paper_statements.beside_chance(touching, lambda cell: cell.half_width) == (0, 0)
    assert paper_statements.beside_chance(touching, lambda cell: 0.001) == (1, 2)


def test_the_least_clear_drop_is_the_smallest_in_standard_errors():
    z, internal, external = paper_statements.least_clear_drop(OURS)
    assert internal == find(TABLE_2, external.model, "cbis_ddsm")
    assert (internal.auroc, external.auroc) == (0.75, 0.58)
    assert 3 < z < 4
