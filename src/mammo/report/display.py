"""Tables as a notebook and the book show them: accessible HTML with a CSV to download."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape

import pandas as pd

from mammo.report.tables.spreadsheet_cells import harmless

_BADGES = {"real", "synthetic", "published"}
_NUMBER = re.compile(r"(?:< )?[-−+±]?[\d.,]*\d%?(?:(?: ±| to | of |; )[\d.,]*\d%?)?")


@dataclass(frozen=True)
class Table:
    """A table to be shown: ``shown`` as text for the reader, ``data`` as numbers for the CSV."""

    shown: pd.DataFrame
    data: pd.DataFrame
    note: str = ""


@dataclass(frozen=True)
class ShownTable:
    """What a cell displays: HTML in the book and JupyterLab, text on a terminal."""

    table: Table
    name: str
    caption: str

    def _repr_html_(self) -> str:
        note = f'<p class="mammo-note">{escape(self.table.note)}</p>' if self.table.note else ""
        return (
            f'<div class="mammo-table" id="{escape(self.name)}">'
            f'<div class="mammo-scroll" role="region" tabindex="0" '
            f'aria-label="{escape(self.caption)}">'
            f"<table><caption><span>{escape(self.caption)}</span></caption>{_head(self.table.shown)}"
            f"{_body(self.table.shown)}</table></div>{note}{self._download()}</div>"
        )

    def __repr__(self) -> str:
        text = self.table.shown.to_string(index=False)
        return "\n".join(part for part in (self.caption, text, self.table.note) if part)

    def _download(self) -> str:
        csv = harmless(self.table.data).to_csv(index=False, float_format="%.6g")
        encoded = base64.b64encode(csv.encode()).decode()
        return (
            f'<p class="mammo-download"><a download="{escape(self.name)}.csv" '
            f'href="data:text/csv;charset=utf-8;base64,{encoded}">Download CSV'
            f'<span class="mammo-hidden"> of {escape(self.caption)}</span></a></p>'
        )


def show(table: Table | pd.DataFrame, name: str, caption: str) -> ShownTable:
    """Show a table with its caption and a CSV link.

    Parameters
    ----------
    table : Table or DataFrame
        A plain DataFrame is shown as it stands, without its index.
    name : str
        Anchor on the page and name of the CSV file, as "table-3".
    caption : str
        One sentence in plain words.
    """
    if isinstance(table, pd.DataFrame):
        table = Table(table, table)
    return ShownTable(table, name, caption)


def _head(shown: pd.DataFrame) -> str:
    cells = (
        f'<th scope="col"{_class(_is_numeric(shown.iloc[:, place]))}>{escape(str(heading))}</th>'
        for place, heading in enumerate(shown.columns)
    )
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _body(shown: pd.DataFrame) -> str:
    numeric = [_is_numeric(shown.iloc[:, place]) for place in range(shown.shape[1])]
    rows = []
    for values in shown.itertuples(index=False, name=None):
        first, *others = [_text(value) for value in values]
        cells = [f'<th scope="row"{_class(numeric[0])}>{_cell(first)}</th>']
        cells += [
            f"<td{_class(right, text)}>{_cell(text)}</td>"
            for text, right in zip(others, numeric[1:], strict=True)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<tbody>{''.join(rows)}</tbody>"


def _cell(text: str) -> str:
    if text in _BADGES:
        return f'<span class="mammo-badge mammo-{text}">{text}</span>'
    return escape(text)


def _text(value: object) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _is_numeric(column: pd.Series) -> bool:
    return any(_NUMBER.fullmatch(_text(value)) for value in column)


def _class(numeric: bool, text: str = "") -> str:
    if not numeric:
        return ""
    words = " mammo-words" if " " in text and not _NUMBER.fullmatch(text) else ""
    return f' class="mammo-number{words}"'
