"""Tables of text: those of the data sets, anybody's scores and a hospital's labels."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

import native
from mammo.datasets import cbis_ddsm_cases, cmmd_cases, detections, inbreast, mias
from mammo.datasets.institution.labels import read_labels
from mammo.evaluation.tables.score_file import read_scores
from mammo.files import spreadsheet
from mammo.hospital.validation.vendor_scores import read_vendor_scores

from .case import SECRET, Case, Expectation, Kind, Original
from .mutations import flipped, foreign, spread, truncated

_PATIENT = "0123456789abcdef"
_TEXTS = {
    "INbreast.csv": """\
Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads
removed;removed;R;CC;201001;22678622;4;1
removed;removed;L;MLO;201001;22678646;4;4c
removed;removed;R;MLO;201001;22678670; ;3
""",
    "calc_case_description_train_set.csv": f"""\
{native.CALC_HEADER}
P_00007,2,LEFT,MLO,1,calcification,N/A,N/A,4,BENIGN,4,Calc-Training_P_00007_LEFT_MLO/1.2/1.6/000000.dcm,Calc-Training_P_00007_LEFT_MLO_1/1.4/1.7/000000.dcm,Calc-Training_P_00007_LEFT_MLO_1/1.4/1.7/000001.dcm
P_00005,3,RIGHT,CC,1,calcification,AMORPHOUS,CLUSTERED,3,MALIGNANT,3,Calc-Training_P_00005_RIGHT_CC/1.2/1.3/000000.dcm,Calc-Training_P_00005_RIGHT_CC_1/1.4/1.5/000000.dcm,"Calc-Training_P_00005_RIGHT_CC_1/1.4/1.5/000001.dcm
"
""",
    "CMMD_clinicaldata_revision.csv": """\
ID1,LeftRight,Age,number,abnormality,classification,subtype
D1-0001,R,44,2,calcification,Benign,
D1-0087,L,59,2,mass,Benign,
D2-0032,L,49,2,both,Malignant,Luminal B
""",
    "Info.txt": """\
MAMMOGRAPHIC IMAGE ANALYSIS SOCIETY

mdb001 G CIRC B 535 425 197
mdb002 G CIRC B 522 280 69
mdb003 D NORM
mdb005 F CIRC B 477 133 30
mdb059 F CIRC B *NOTE 3*
""",
    "inbreast_predictions.tsv": f"""\
filename\tscore\tx0\tx1\ty0\ty1
22678622_{_PATIENT}_MG_R_CC_ANON\t0.25\t10\t20\t30\t40
22678646_{_PATIENT}_MG_L_ML_ANON\t0.75\t0\t20\t30\t41
""",
    "inbreast_ground_truth_cancer_bbox_rois.tsv": f"""\
fn\tx0\tx1\ty0\ty1
22678622_{_PATIENT}_MG_R_CC_ANON\t10\t20\t30\t40
22678646_{_PATIENT}_MG_L_ML_ANON\t0\t20\t30\t41
""",
    "vendor.csv": f"""\
image,patient_id,side,risk,remark
a,p1,L,0.25,
b,p1,R,0.5,{SECRET}
c,p2,R,,
""",
    "scores.csv": """\
dataset,model,patient_id,image_id,y_true,y_score
site,vendor,p1,a,0,0.25
site,vendor,p1,b,0,0.5
site,vendor,p2,c,1,0.75
""",
    "labels.csv": f"""\
PatientID,Side,View,Pathology,Comment
p1,L,CC,benign,
p1,R,CC,malignant,{SECRET}
p2,L,CC,benign,"said ""{SECRET}"", twice"
""",
}  # fmt: skip
_ABSURD = (
    "", " ", "nan", "NaN", "-1", "1e999", "9" * 3000, "0x10", "١٢٣", "½", "=1+1", "@SUM(1)",
    "<script>alert(1)</script>", "\x1b[2J", "\u202eabc", "\ufeff", "'; --", "../../etc/passwd",
    "C:\\x", "ÿ", "\U0001f600",
)  # fmt: skip
DELIMITERS = {name: "\t" if name.endswith("tsv") else "," for name in _TEXTS}
DELIMITERS |= {"INbreast.csv": ";", "Info.txt": " "}


def _read_cbis(path: Path) -> pd.DataFrame:
    native.write_case_table(path.parent, "Calc", "test", ())
    return cbis_ddsm_cases.read_cases(path.parent, ("calcification",))


def _read_inbreast(path: Path) -> pd.DataFrame:
    return pd.DataFrame(inbreast.label_cases(inbreast.read_cases(path), path))


def _read_cmmd(path: Path) -> pd.DataFrame:
    rows = cmmd_cases.read_breasts(path)
    labelled = cmmd_cases.label_breasts(rows, path)
    return pd.DataFrame(labelled.values()).rename(columns={"number": "n_images"})


def _read_info(path: Path) -> pd.DataFrame:
    return pd.DataFrame(row for rows in mias.read_findings(path).values() for row in rows)


def _read_labels(path: Path) -> pd.DataFrame:
    return read_labels(path).rows


def _read_vendor(path: Path) -> pd.DataFrame:
    return read_vendor_scores(spreadsheet.read_sheet(path), {})


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "INbreast.csv": _read_inbreast,
    "calc_case_description_train_set.csv": _read_cbis,
    "CMMD_clinicaldata_revision.csv": _read_cmmd,
    "Info.txt": _read_info,
    "inbreast_predictions.tsv": detections.read_detections,
    "inbreast_ground_truth_cancer_bbox_rois.tsv": detections.read_cancers,
    "vendor.csv": _read_vendor,
    "scores.csv": read_scores,
    "labels.csv": _read_labels,
}


@cache
def table(name: str) -> Original:
    return Original(name, name, _TEXTS[name].encode())


def _rows(whole: Original) -> Iterator[tuple[str, Expectation, str]]:
    """Yield what was done to the rows, what is expected, and the text."""
    text, by = _TEXTS[whole.file], DELIMITERS[whole.file]
    header, first, *others = text.splitlines(keepends=True)
    rest = "".join(others)
    yield (
        "a field more in every row",
        "refused",
        header + "".join(line.rstrip("\n") + f"{by}x\n" for line in (first, *others)),
    )
    yield "a field more in a row", "refused", header + first.rstrip("\n") + f"{by}x\n" + rest
    yield "a field less in a row", "refused", header + first.rpartition(by)[0] + "\n" + rest
    yield "empty fields behind a row", "any", header + first.rstrip("\n") + by * 3 + "\n" + rest
    yield "no header", "refused", first + rest
    # CBIS-DDSM has four tables, of which one may be empty; CMMD's images say that theirs is.
    may_be_empty = whole.file.startswith(("calc", "CMMD"))
    yield "the header alone", "any" if may_be_empty else "refused", header
    yield "the header twice", "any", header + header + first + rest
    column = header.rstrip("\n").split(by)[2]
    yield "a column twice", "any", header.replace(column, f"{column}{by}{column}", 1) + first + rest
    for name in header.rstrip("\n").split(by)[:6]:
        yield f"no column {name}", "any", header.replace(name, "something", 1) + first + rest
    yield "a row twice", "any", header + first + first + rest
    yield "a blank line", "any", header + "\n\n" + first + rest
    yield "a quote that does not end", "any", header + '"' + first + rest
    yield "a quote within a field", "any", header + first.replace(by, f'"x{by}', 1) + rest
    yield "line ends of old computers", "any", text.replace("\n", "\r")
    yield "another delimiter", "any", text.replace(by, "~")
    yield "a declared delimiter", "any", f"sep={by}\n{text}"
    yield "a wrong declared delimiter", "any", f"sep=|\n{text}"
    yield "a zero byte", "refused", header + first.replace(by, f"{by}\0", 1) + rest
    yield "a field without an end", "refused", header + first.replace(by, f"{by}{'x' * 2**21}", 1)
    yield "columns without an end", "any", header.rstrip("\n") + by * 100_000 + "\n" + first
    yield "a thousand more columns", "refused", header.rstrip("\n") + f"{by}x" * 2000 + "\n" + first
    fields = first.rstrip("\n").split(by)
    for number, value in enumerate(_ABSURD):
        for place in range(number % 3, min(len(fields), 8), 3):
            changed = by.join([*fields[:place], value, *fields[place + 1 :]])
            yield f"field {place} is {value[:9]!r}", "any", f"{header}{changed}\n{rest}"


def _encodings(whole: Original) -> Iterator[Case]:
    text = _TEXTS[whole.file]
    for name, content in {
        "a byte order mark": b"\xef\xbb\xbf" + whole.content,
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "UTF-7": b"+AGE-" + whole.content,
        "EBCDIC": text.encode("cp500"),
        "line ends of Windows": whole.content.replace(b"\n", b"\r\n"),
        "no last line end": whole.content.rstrip(b"\n"),
        "bytes that are no UTF-8": whole.content + b"\x81\x8d\xff\xfe\n",
        "half a character": whole.content + b"\xe2\x82",
        "UTF-16 that is cut": text.encode("utf-16")[:-1],
        "surrogates": text.replace("\n", "\ud800\n", 1).encode("utf-8", "surrogatepass"),
    }.items():
        same = name in ("line ends of Windows", "no last line end")
        yield Case(f"{whole.name}: {name}", whole, content, "same" if same else "any")


def cases() -> Iterator[Case]:
    for name in _TEXTS:
        whole = table(name)
        length = len(whole.content)
        for case in foreign(whole):
            # Latin-1 reads anything, and lines without a film are prose.
            yield case if name != "Info.txt" else Case(case.name, whole, case.content, "any")
        yield from truncated(whole, spread(1, length, 25), "any")
        yield from flipped(whole, spread(0, length, 30), "any")
        yield from _encodings(whole)
        for what, expectation, text in _rows(whole):
            is_prose = name == "Info.txt"
            yield Case(
                f"{whole.name}: {what}", whole, text.encode(errors="surrogatepass"),
                "any" if is_prose else expectation,
            )  # fmt: skip


def read(path: Path) -> pd.DataFrame:
    return _READERS[path.name](path)


def check(rows: pd.DataFrame) -> None:
    """Hold a table to what whoever uses it relies on."""
    assert isinstance(rows, pd.DataFrame)
    if "label" in rows:
        assert rows["label"].dropna().isin([0, 1]).all()
    if "y_score" in rows:
        assert rows["y_score"].dropna().abs().lt(float("inf")).all()
    if "y_true" in rows:
        assert rows["y_true"].isin([0, 1]).all() and rows["y_score"].notna().all()
    if "score" in rows:
        assert rows["score"].between(0, 1).all()
    if "number" in rows:
        assert rows["number"].str.fullmatch("[0-9]{8}").all()
    if "laterality" in rows:
        assert rows["laterality"].dropna().isin(["L", "R"]).all()
    for name in ("x", "y", "radius", "row_max", "col_max"):
        if name in rows:
            assert pd.to_numeric(rows[name].dropna()).lt(10**6).all()


def same(one: Any, other: Any) -> bool:
    return one.equals(other)


KIND = Kind(cases, read, check, same)
