"""A hospital's own data as a notebook shows them: escaped, and named by pseudonyms only."""

import base64
import re
from dataclasses import dataclass

import pandas as pd

from made_scores import made_scores
from mammo.datasets.check_report import Finding, Report
from mammo.evaluation.tables import operating_points
from mammo.evaluation.tables.operating_points import criterion
from mammo.evaluation.tables.scores import Settings
from mammo.hospital import notebook

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
    shown = notebook.worst_images(EXAMPLES)
    assert [(row.caption, len(row.items)) for row in shown] == [
        ("Wang et al., AlexNet: false negatives", 2),
        ("Wang et al., AlexNet: false positives", 1),
        (f"{HOSTILE}: false negatives", 1),
    ]
    html = shown._repr_html_()
    assert re.findall(r"base64,([^\"]+)", html) == [
        base64.b64encode(example.png).decode() for example in EXAMPLES
    ]
    assert repr(shown).count("0123456789abcdef") == 4


def test_nothing_in_a_picture_row_is_taken_for_html():
    html = notebook.worst_images(EXAMPLES)._repr_html_()
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;") == 2 * 4 + 1
    assert set(re.findall(r"<(\w+)", html)) == {"div", "p", "figure", "img", "figcaption"}
    assert "&#34;&lt;" in html  # a quotation mark does not end the attribute


def test_without_examples_nothing_is_shown():
    shown = notebook.worst_images([])
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
    shown = notebook.counts_table(made_report()).shown
    assert shown.columns.tolist() == ["Count", "Found", "Usable"]
    assert shown.values.tolist() == [["files", 12, 10], ["malignant images", None, 3]]


def test_findings_come_in_their_order_with_what_to_do():
    shown = notebook.findings_table(made_report()).shown
    assert shown["Kind"].tolist() == ["warning", "ok"]
    assert shown["What to do"].tolist() == ["copy them again", "–"]


def test_thresholds_chosen_anew_say_on_whom_they_were_measured():
    scored = made_scores(models=("first",))
    points = operating_points.rechosen(scored, [criterion("youden")], Settings())
    table = notebook.rechosen_table(points, {"north": "real"})
    assert table.shown["Data set"].tolist() == ["north, real", "south"]
    assert table.note.startswith("Chosen on half of these patients and applied to the other half")
    assert "DDSM" not in table.note
    nothing = notebook.rechosen_table(points.iloc[:0], {})
    assert nothing.shown["Result"].str.startswith("none: ").all()
