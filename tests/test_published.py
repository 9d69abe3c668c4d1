import pytest

import paper_statements
from mammo.datasets import KNOWN
from mammo.paper import published
from paper_statements import above_experts_percent, external_summary


def test_the_tables_have_as_many_values_as_the_paper_prints():
    assert [len(t) for t in (published.TABLE_2, published.TABLE_3, published.TABLE_4)] == [6, 16, 4]


def test_what_the_results_section_says_of_table_3():
    summary = external_summary()
    assert (summary.lowest, summary.highest) == paper_statements.PRINTED_RANGE
    assert round(summary.mean, 2) == paper_statements.PRINTED_MEAN
    assert round(summary.median, 2) == paper_statements.PRINTED_MEDIAN


def test_no_model_is_published_on_an_external_set_it_saw():
    for cell in published.TABLE_3:
        assert cell.dataset not in published.TRAINED_ON[cell.model]


def test_names_are_those_of_the_data_sets_and_models():
    assert set(published.DATASET_TITLES) == set(KNOWN)
    assert set(published.TRAINED_ON) == set(published.MODEL_TITLES)
    for cell in published.TABLE_2 + published.TABLE_3 + published.TABLE_4:
        assert cell.model in published.MODEL_TITLES
        assert cell.dataset in published.DATASET_TITLES
        assert 0 < cell.auroc < 1


def test_find_gives_the_cell_or_none():
    cell = published.find(published.TABLE_3, "resnet50", "institution")
    assert cell.printed == "0.44 ±0.01"
    assert published.find(published.TABLE_2, "end2end_vgg16", "cbis_ddsm").printed == "0.88"
    assert published.find(published.TABLE_3, "frcnn_cad", "mias") is None


def test_distance_to_the_experts():
    assert above_experts_percent(0.95) == pytest.approx(33.8, abs=0.05)
    assert above_experts_percent(0.71) == 0
