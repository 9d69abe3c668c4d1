"""A hospital's own data as a notebook shows them: escaped, and named by pseudonyms only."""

import base64
import re
from dataclasses import dataclass

import pandas as pd

from made_evidence import made_evidence
from mammo.book.sections.your_data import findings_table
from mammo.datasets.check_report import Finding, Report
from mammo.hospital.validation.examples import strips
from mammo.hospital.validation.sections import counts_table, rechosen_table
from mammo.report.page.blocks import Group

HOSTILE = "<script>alert(1)</script>"


@dataclass(frozen=True)
class Example:
    """An image that a model got wrong."""

    model: str
    kind: str
    png: bytes = b"\x89PNG"
    alt: str = f'right MLO "{HOSTILE}'
    caption: str = f"0123456789abcdef: {HOSTILE}"


EXAMPLES = [
    Example("alexnet", "false negative", b"one"),
    Example("alexnet", "false negative", b"two"),
    Example("alexnet", "false positive", b"three"),
    Example(HOSTILE, "false negative", b"four"),
]


def test_pictures_stand_in_a_row_for_each_model_and_kind_of_error():
    shown = Group(strips(EXAMPLES))
    assert [(row.caption, len(row.items)) for row in shown] == [
        ("AlexNet: the worst false negatives, each of another patient", 2),
        ("AlexNet: the worst false positives, each of another patient", 1),
        (f"{HOSTILE}: the worst false negatives, each of another patient", 1),
    ]
    html = shown._repr_html_()
    assert re.findall(r"base64,([^\"]+)", html) == [
        base64.b64encode(example.png).decode() for example in EXAMPLES
    ]
    assert repr(shown).count("0123456789abcdef") == 4


def test_nothing_in_a_picture_row_is_taken_for_html():
    html = Group(strips(EXAMPLES))._repr_html_()
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;") == 2 * 4 + 1
    assert set(re.findall(r"<(\w+)", html)) == {"div", "p", "figure", "img", "figcaption"}
    assert "&#34;&lt;" in html  # a quotation mark does not end the attribute


def test_without_examples_nothing_is_shown():
    shown = Group(strips([]))
    assert (shown._repr_html_(), repr(shown)) == ("", "")


def made_report() -> Report:
    counts = pd.DataFrame(
        {"found": [12, None], "usable": [10, 3]}, ["files", "malignant images"], dtype="Int64"
    )
    findings = (
        Finding("warning", f"2 files left out: {HOSTILE}", "copy them again"),
        Finding("ok", "views: CC (5)"),
    )
    return Report("your data", None, counts, findings)


def test_counts_keep_their_numbers_and_their_gaps():
    shown = counts_table(made_report()).shown
    assert shown.columns.tolist() == ["Count", "Found", "Usable"]
    assert shown.values.tolist() == [["files", 12, 10], ["malignant images", None, 3]]


def test_findings_come_in_their_order_with_what_to_do():
    shown = findings_table(made_report()).shown
    assert shown["Kind"].tolist() == ["warning", "ok"]
    assert shown["What to do"].tolist() == ["copy them again", "–"]


def test_what_to_do_has_no_column_where_there_is_nothing_to_do():
    report = Report("your data", None, None, (Finding("ok", "views: CC (5)"),))
    assert findings_table(report).shown.columns.tolist() == ["Kind", "Finding"]


def test_thresholds_chosen_anew_say_on_whom_they_were_measured():
    evidence = made_evidence({"alexnet": (2.0, 1.0)}, points=("youden",))
    table = rechosen_table(evidence)
    assert table.shown["Data set"].tolist() == ["this hospital, real"]
    assert table.note.startswith("Chosen on half of these patients and applied to the other half")
    assert "DDSM" not in table.note
    vars(evidence)["rechosen"] = evidence.rechosen.iloc[:0]
    assert rechosen_table(evidence).shown["Result"].str.startswith("none: ").all()
