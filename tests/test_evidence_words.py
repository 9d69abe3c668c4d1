import dataclasses
import math

import pytest

import project
from mammo.evidence import digitiser, mias_alone, reader_study, reports
from mammo.evidence.recorded import Evidence, read
from mammo.paper.sampling_error import published_intervals
from mammo.report.figures.evidence import claims_forest, heads_forest, reader_curves
from mammo.report.tables import evidence as told
from mammo.report.tables import reader_study as exams_told

RECORDED = project.ROOT / "recorded"


@pytest.fixture(scope="module")
def intervals():
    return published_intervals()


@pytest.fixture(scope="module")
def exams():
    return read(RECORDED, reader_study.NAME)


@pytest.fixture(scope="module")
def tests(exams, intervals):
    return reader_study.tests(exams.tables["estimates"], exams.tables["against-readers"], intervals)


def test_the_status_says_recorded_and_how_the_files_are_had(exams):
    text = told.status(exams, "Get it.").data
    assert '<span class="mammo-badge mammo-recorded">recorded</span>' in text
    assert "results.pkl (SHA-256 93d7edd236dc…)" in text
    assert "`mammo record` of version" in text and text.endswith("Get it.")


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (1e-12, "Equal to the record of version"),
        (0.0031, "differ by up to 0.003 from the record"),
        (math.inf, "Other rows or words than in the record"),
    ],
)
def test_the_status_says_whether_what_was_computed_equals_the_record(exams, difference, words):
    found: Evidence = dataclasses.replace(exams, source="real", difference=difference)
    text = told.status(found, "Get it.").data
    assert 'mammo-real">real</span> Computed in this build' in text
    assert words in text and "Get it." not in text


def test_the_sentence_says_what_agrees_with_the_paper_and_what_does_not(exams, tests):
    tables = exams.tables["estimates"], exams.tables["against-readers"]
    of_ddsm, of_detector, of_readers = exams_told.agreement_sentence(*tables, tests).data.split(
        "\n\n"
    )
    assert "0.45 (0.38 to 0.53): guessing is not excluded" in of_ddsm
    assert of_ddsm.endswith("No difference from the paper is shown.")
    assert "0.71 (0.64 to 0.78): above guessing (p < 0.001)" in of_detector
    assert of_detector.endswith("This differs from the paper.")
    assert "average 0.78 (0.73 to 0.83)" in of_readers and "no difference is shown" in of_readers
    assert "All 9 p-values" in of_readers


def test_the_sentence_turns_with_the_tests(exams, tests):
    tables = exams.tables["estimates"], exams.tables["against-readers"]
    turned = tests.assign(p_holm=[0.9, 0.9, 0.001, 0.001, 0.001, 0.9, 0.9, 0.9, 0.9])
    text = exams_told.agreement_sentence(*tables, turned).data
    first, second, third = text.split("\n\n")
    assert "below guessing" in first and "differs from the paper" in first
    assert "guessing is not excluded" in second and "No difference from the paper" in second
    assert "a difference is shown" in third and "no difference" not in third


def test_the_tables_of_the_reader_study_carry_their_source(exams, tests):
    table = exams_told.tests_table(tests, "recorded")
    assert table.shown["Against"].iloc[1] == "the paper's frcnn_cad on UKy"
    assert "Holm over these 9 tests" in table.note
    scorers = exams_told.scorers_table(exams.tables["estimates"], "real")
    assert len(scorers.shown) == 21 and (scorers.shown["Source"] == "real").all()
    assert "61 malignant of 1,440, in 60 of 720 exams" in scorers.note


def test_the_figures_say_their_numbers(exams, intervals):
    tables = exams.tables
    estimates, against = tables["estimates"], tables["against-readers"]
    curves = reader_curves(tables["curves"], estimates, against)
    assert "mean reader 0.78 (0.73 to 0.83); frcnn_cad 0.71 (0.64 to 0.78)" in curves.alt
    assert len(curves.figure.axes[0].lines) == 1 + 14 + 1 + 3
    forest = claims_forest(estimates, against, intervals)
    assert "frcnn_cad, INbreast 0.95" in forest.alt and "NYU reader study 0.71" in forest.alt
    assert "experts in the paper 0.71;" in forest.alt


def test_the_scanner_tells_a_little():
    scanners = digitiser.scanner_aurocs()
    table = told.scanners_table(scanners)
    assert table.shown.iloc[0, 1:5].tolist() == [
        "97 of 97 (2)", "393 of 862 (12)", "424 of 966 (17)", "0.56",
    ]  # fmt: skip
    text = told.scanners_sentence(scanners).data
    assert "0.56 (0.37 to 0.73) in these 31 volumes" in text and "all 43" in text
    assert "0.61 and 0.61 on average (p = 0.76 and 0.57): no link" in text
    assert "all findings in the 2 volumes on film from DBA" in text
    assert "reached 0.88 with it, would still have 0.87" in text


def test_mias_is_hard_or_too_small_for_classifiers_of_its_own(intervals):
    tables = read(RECORDED, mias_alone.NAME).tables
    text = told.heads_sentence(tables["heads"], tables["chance"], intervals).data
    assert "falls from 0.75 (±0.05 by the set's size) on DDSM to 0.58 (±0.08)" in text
    assert "0.20 (0.11 to 0.30) below the same 0.75" in text  # of both errors
    assert "none of the 4 is above that.\n" in text and "below 0.5" not in text
    low = tables["heads"].assign(upper=[0.45, 0.6, 0.6, 0.6])
    text = told.heads_sentence(low, tables["chance"], intervals).data
    assert "above that, and 1 of the intervals lies below 0.5, as those of few cases may" in text
    assert "hard for such features, or its 52 malignant films too few" in text
    better = tables["heads"].assign(auroc=[0.9, 0.4, 0.4, 0.4])
    text = told.heads_sentence(better, tables["chance"], intervals).data
    assert "1 of the 4 is above that" in text
    table = told.heads_table(tables["heads"], "recorded")
    assert "322 images, 52 malignant, 161 film pairs" in table.note
    picture = heads_forest(tables["heads"], tables["chance"], intervals)
    assert "VGG16 on MIAS 0.58" in picture.alt and "Chance, logistic regression" in picture.alt


def test_every_report_has_its_link_and_the_table_leads_there(exams, intervals):
    rules = read(RECORDED, "inbreast-rules").tables["rules"]
    rows = reports.who_found_what(intervals, rules, exams.tables["estimates"])
    assert rows["link"].str.startswith("https://").all()
    assert rows["test"].tolist() == sorted(rows["test"], key=["internal", "external"].index)
    assert ((rows["lower"] < rows["upper"]) | rows["lower"].isna()).all()
    table = told.reports_table(rows, "recorded", "real")
    kinds = table.shown["Kind"].value_counts()
    assert (kinds["recorded"], kinds["real"]) == (7, 2)
    assert {"stated", "user's report"} < set(kinds.index)
    html = table._repr_html_()
    assert f'<a href="{reports.reports()[0].link}">github</a>' in html
    assert '<span class="mammo-badge mammo-recorded">recorded</span>' in html
