from pathlib import Path

import pandas as pd
import pytest

from made_scores import made_scores
from mammo.errors import MammoError
from mammo.evaluation.tables.score_file import Layout, read_scores

HEADER = "dataset,model,patient_id,image_id,y_true,y_score\n"
GOOD = HEADER + "a,m,p1,i1,0,0.2\na,m,p2,i2,1,0.9\na,m,p3,i3,0,-3e2\n"


@pytest.fixture
def file(tmp_path):
    def write(content: str) -> Path:
        path = tmp_path / "scores.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_what_was_written_is_read(file):
    table = made_scores()
    found = read_scores(file(table.to_csv(index=False)))
    pd.testing.assert_frame_equal(
        found[table.columns], table.fillna({"density": ""}), check_dtype=False
    )
    assert (found["y_score"].dtype, found["y_true"].dtype) == ("float64", "int64")


@pytest.mark.parametrize(
    "text",
    [GOOD.replace(",1,", ",1.0,"), GOOD.replace(",", ";").replace("0.2", "0,2")],
    ids=["1.0", "decimal comma"],
)
def test_numbers_may_be_written_as_a_spreadsheet_does(file, text):
    found = read_scores(file(text))
    assert found["image_id"].tolist() == ["i1", "i2", "i3"]
    assert found["y_true"].tolist() == [0, 1, 0]
    assert found["y_score"].tolist() == [0.2, 0.9, -300]
    assert set(found["split"]) == {"test"}


def test_hard_blanks_may_part_thousands_and_print_nowhere(file):
    text = GOOD.replace("0.9", "1\u202f234").replace("0.2", "7")
    assert read_scores(file(text))["y_score"].tolist() == [7, 1234, -300]


def test_columns_may_have_other_names_or_one_value(file):
    text = GOOD.replace("y_score", "probability").replace("dataset", "hospital")
    text = text.replace("model,", "").replace("a,m,", "a,")
    layout = Layout({"y_score": "probability", "dataset": "hospital"}, {"model": "vendor"}, "a")
    found = read_scores(file(text), layout)
    assert set(found["model"]) == {"vendor"}
    assert set(found["dataset"]) == {"a"}
    assert set(found["split"]) == {"validation"}


def test_an_empty_score_stands_for_what_the_rule_says(file):
    text = GOOD.replace("0.9", "")
    for empty in ("", "n/a", "NaN"):
        with pytest.raises(MammoError, match=f"line 3: y_score is '{empty}'"):
            read_scores(file(GOOD.replace("0.9", empty)))
    with pytest.raises(MammoError, match="counts as nan"):
        read_scores(file(text), Layout(missing_score=float("nan")))
    assert read_scores(file(text), Layout(missing_score=0.0))["y_score"].tolist() == [0.2, 0, -300]


FAULTS = {
    "label": (GOOD.replace("i2,1", "i2,2"), "line 3: y_true is '2', expected 0 (benign) or 1"),
    "label missing": (GOOD.replace("i2,1", "i2,"), "line 3: y_true is ''"),
    "word": (GOOD.replace("0.9", "high"), "line 3: y_score is 'high', expected a finite number"),
    "infinite": (GOOD.replace("0.9", "inf"), "line 3: y_score is 'inf', expected a finite number"),
    "underscore": (GOOD.replace("0.9", "1_0"), "line 3: y_score is '1_0'"),
    "no patient": (GOOD.replace("p2", ""), "line 3: patient_id is '', expected a name"),
    "no patient, as pandas writes it": (GOOD.replace("p2", "nan"), "line 3: patient_id is 'nan'"),
    "twice": (GOOD + "a,m,p1,i1,0,0.2\n", "line 5: image_id is 'i1', which this model has scored"),
    "two labels": (GOOD + "a,n,p1,i1,1,0.2\n", "line 5: y_true of image 'i1' is not that of"),
    "two patients": (GOOD + "a,n,p9,i1,0,0.2\n", "line 5: patient_id of image 'i1' is not that of"),
    "column": (
        GOOD.replace("y_true", "verity"),
        "line 1: no column 'y_true'; the columns are data",
    ),
    "column twice": (GOOD.replace("model", "dataset"), "line 1: the column 'dataset' occurs twice"),
    "column unseen": (GOOD.replace("dataset", "data\7set"), "line 1: the column 'data\\x07set'"),
    "header alone": (HEADER, "holds no row of scores below its header"),
    "empty": ("", "holds no row of scores"),
    "control": (GOOD.replace("p2", "p\x1b[31m"), "line 3: patient_id is 'p\\x1b[31m', which holds"),
    "several": (
        GOOD.replace("0.2", "x").replace("0.9", "y").replace("-3e2", "z"),
        "lines 2, 3, 4: y_score is 'x'",
    ),
}


@pytest.mark.parametrize(("content", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_by_its_line(file, content, words):
    path = file(content)
    with pytest.raises(MammoError) as caught:
        read_scores(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and words in message
    assert message.isprintable()


def test_lines_are_counted_in_the_file_where_a_field_spans_several(file):
    text = HEADER.replace("\n", ",note\n") + 'a,m,p1,i1,0,0.2,"two  words"\na,m,p2,i2,9,1,\n'
    spanning = text.replace("two  words", "two\nwords")
    with pytest.raises(MammoError, match="line 4: y_true is '9'"):
        read_scores(file(spanning))
    found = read_scores(file(spanning.replace("9,1", "1,1")))
    assert found["note"].tolist() == ["two words", ""]
    with pytest.raises(MammoError, match="line 3: y_true is '9'"):
        read_scores(file(text))


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (Layout(internal="b"), "no row of the internal data set 'b'; there are a"),
        (Layout(names={"score": "x"}), "no column 'score' in a table of scores"),
        (Layout(names={"y_score": "probability"}), "no column 'probability'"),
        (Layout(constants={"colour": "x"}), "no column 'colour' in a table of scores"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(file, layout, words):
    with pytest.raises(MammoError, match=words):
        read_scores(file(GOOD), layout)


@pytest.mark.parametrize("title", ["benign", "is_normal", "path_severity", "cancer free"])
def test_labels_that_count_otherwise_are_refused_by_their_name(file, title):
    with pytest.raises(MammoError, match=f"the column '{title}' counts otherwise than y_true"):
        read_scores(file(GOOD.replace("y_true", title)), Layout(names={"y_true": title}))


def test_splits_are_validation_and_test(file):
    rows = ["split", "validation", "test", "train"]
    text = "\n".join(f"{a},{b}" for a, b in zip(GOOD.splitlines(), rows, strict=True))
    with pytest.raises(MammoError, match="line 4: split is 'train'"):
        read_scores(file(text))
    found = read_scores(file(text.replace("train", "test")))
    assert found["split"].tolist() == ["validation", "test", "test"]
