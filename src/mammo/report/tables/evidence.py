"""Tables and sentences on real evidence; each says whether it is recorded or computed anew."""

import math

import pandas as pd
from IPython.display import Markdown

from mammo.datasets.roles import INTERNAL
from mammo.evidence import digitiser, mias_alone
from mammo.evidence.inbreast_rules import AUTHORS_RULE, PAPERS_RULE, Rule, row_of
from mammo.evidence.recorded import COMMAND, Evidence
from mammo.evidence.reports import BY_RULES, FALLS, IN_NEW_YORK
from mammo.paper.published import TABLE_2, TABLE_3, find
from mammo.report.figures.specification import CHOICES, in_words
from mammo.report.page.blocks import Table
from mammo.report.tables.captions import captioned
from mammo.report.tables.formats import (
    NOTHING,
    auroc,
    bounds,
    counts,
    interval_heading,
    numbers,
    p_value,
)

EQUAL = 1e-9
"""Largest difference from a record that is rounding."""
_VGG16 = ((TABLE_2, INTERNAL), (TABLE_3, "mias"))
_HEADINGS = ("Positive", "BI-RADS 3", "Scored", "Score", "No detection")


def status(evidence: Evidence, remedy: str) -> Markdown:
    """Say whether results are recorded or computed in this build, from what, and whether equal.

    Parameters
    ----------
    evidence : Evidence
    remedy : str
        How the files are had.
    """
    files = "; ".join(f"{name} (SHA-256 {sum_[:12]}…)" for name, sum_ in evidence.files.items())
    badge = f'<span class="mammo-badge mammo-{evidence.source}">{evidence.source}</span>'
    if evidence.difference is None:
        return Markdown(
            f"{badge} Computed earlier from {files}, with `{COMMAND}` of version "
            f"{evidence.version}; not all of it is on this machine. {remedy}"
        )
    return Markdown(f"{badge} Computed in this build from {files}. {_agreement(evidence)}")


def scanners_table(scanners: pd.DataFrame) -> Table:
    """How far the scanner tells the diagnosis in DDSM.

    Parameters
    ----------
    scanners : DataFrame
        As `mammo.evidence.digitiser.scanner_aurocs`.
    """
    against = {
        "CBIS-DDSM": "benign findings (as in CBIS-DDSM)",
        "DDSM": "benign findings and normal cases (the whole DDSM)",
    }
    columns = {"Cancers against": scanners["dataset"].map(against)}
    for scanner in ("dba", "lumisys", "howtek"):
        shares = scanners[[f"{scanner}_cancers", scanner, f"{scanner}_volumes"]]
        columns[f"{scanner.upper()}: cancers of cases (volumes)"] = [
            f"{some:,} of {all_:,} ({volumes})"
            for some, all_, volumes in shares.itertuples(index=False)
        ]
    columns["auROC of the scanner"] = numbers(scanners["auroc"])
    columns[interval_heading(scanners)] = bounds(scanners["lower"], scanners["upper"])
    columns["Dealt at random"] = numbers(scanners["by_chance"])
    columns["p"] = scanners["p"].map(p_value)
    columns["Source"] = "real"
    return captioned("scanners", pd.DataFrame(columns), scanners, deals=digitiser.DEALS)


def scanners_sentence(scanners: pd.DataFrame) -> Markdown:
    """Say what a model could gain from the scanner, and that it is little."""
    rows = scanners.set_index("dataset")
    curated, whole = rows.loc["CBIS-DDSM"], rows.loc["DDSM"]
    claimed = find(TABLE_2, "end2end_vgg16", "cbis_ddsm").auroc
    within = digitiser.without_scanner(claimed)
    return Markdown(
        f"A model that knew nothing but the scanner would reach {auroc(curated)} in these "
        f"{curated['n_volumes']:.0f} volumes where cancers are told from benign findings, and "
        f"{auroc(whole)} in all {whole['n_volumes']:.0f} where they are told from all others. "
        f"Scanners dealt to the volumes at random would give {curated['by_chance']:.2f} and "
        f"{whole['by_chance']:.2f} on average (p = {curated['p']:.2f} and {whole['p']:.2f}): no "
        "link of scanner and diagnosis beyond chance is shown. A model that reads the film's tone "
        "can use what there is in internal validation, and on no other set: all findings in the "
        f"{curated['dba_volumes']:.0f} volumes on film from DBA, say, are cancers. It is not much: "
        "one that weighed the scanner as well as can be done, and reached "
        f"{claimed:.2f} with it, would still have {within:.2f} among films of one scanner (normal "
        "scores assumed). CBIS-DDSM does not give the scanner, so that no model's use of it can be "
        "tested on it."
    )


def heads_table(heads: pd.DataFrame, source: str) -> Table:
    """Classifiers made for mini-MIAS.

    Parameters
    ----------
    heads : DataFrame
        As `mammo.evidence.mias_alone`.
    source : {"real", "recorded"}
    """
    shown = pd.DataFrame(
        {
            "Classifier": heads["head"],
            "auROC": numbers(heads["auroc"], 3),
            interval_heading(heads): bounds(heads["lower"], heads["upper"], 3),
            "Least to greatest": bounds(heads["least"], heads["greatest"], 3),
            "Source": source,
        }
    )
    first = heads.iloc[0]
    return captioned(
        "mias-alone", shown, heads, **first, repeats=mias_alone.REPEATS, folds=mias_alone.FOLDS
    )


def heads_sentence(heads: pd.DataFrame, chance: pd.DataFrame, intervals: pd.DataFrame) -> Markdown:
    """Say how much of the paper's drop on MIAS is there without an external test.

    Parameters
    ----------
    heads, chance : DataFrame
        As `mammo.evidence.mias_alone`.
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    internal, external = (find(table, "vgg16", name).auroc for table, name in _VGG16)
    cells = intervals[intervals["model"] == "vgg16"].set_index(["place", "dataset"])
    of_internal, of_external = (
        cells.loc[at, "simulated_by_patient"] for at in (("Table 2", INTERNAL), ("Table 3", "mias"))
    )
    best, permuted = heads.loc[heads["auroc"].idxmax()], chance.iloc[0]
    below, drop = int((heads["upper"] < 0.5).sum()), internal - best["auroc"]
    least = math.hypot(of_internal, best["upper"] - best["auroc"])
    most = math.hypot(of_internal, best["auroc"] - best["lower"])
    return Markdown(
        f"Trained on MIAS itself, the {len(heads)} classifiers reach {heads['auroc'].min():.2f} to "
        f"{heads['auroc'].max():.2f}, the best {auroc(best)}. With the labels exchanged among "
        f"film pairs, {permuted['n_permutations']} times, the first of them gives "
        f"{permuted['lower']:.2f} to {permuted['upper']:.2f}; {_beyond(heads, permuted)}"
        f"{_below_guessing(below)}.\n\n"
        f"The paper's VGG16 falls from {internal:.2f} (±{of_internal:.2f} by the set's size) on "
        f"DDSM to {external:.2f} (±{of_external:.2f}) on MIAS. The best classifier that was "
        f"trained on MIAS itself is {drop:.2f} ({drop - least:.2f} to {drop + most:.2f}) below the "
        f"same {internal:.2f}. Whether mini-MIAS is hard for such features, or its "
        f"{best['n_positive']} malignant films too few to learn from, this cannot tell. Nor can "
        "the paper's values on MIAS tell a set that is hard from one that is only unlike DDSM: a "
        "value near 0.5 is found without an external test, too. This is one network on small "
        "images; another might find more."
    )


def reports_table(reports: pd.DataFrame, exams_source: str, rules_source: str) -> Table:
    """Who found what.

    Parameters
    ----------
    reports : DataFrame
        As `mammo.evidence.reports.who_found_what`.
    exams_source, rules_source : {"real", "recorded"}
        Of what was computed from the reader study, and from the released boxes.
    """
    sources = {IN_NEW_YORK: exams_source, BY_RULES: rules_source}
    sizes = counts(reports["n"])
    shown = pd.DataFrame(
        {
            "Who": reports["who"],
            "Model": reports["model"],
            "Tested on": reports["tested_on"],
            "Test": reports["test"],
            "Number": (sizes + " " + reports["unit"]).mask(reports["n"].isna(), reports["unit"])
            .replace("", NOTHING),
            "auROC": reports["auroc"],
            "95% interval": bounds(reports["lower"], reports["upper"]),
            "Kind": reports["kind"].replace(sources),
            "Link": reports["link"],
        }
    )  # fmt: skip
    return captioned("who-found-what", shown, reports, falls=FALLS)


def _below_guessing(number: int) -> str:
    """Say why intervals lie below 0.5, where some do."""
    if not number:
        return ""
    lie = "of the intervals lies" if number == 1 else "of the intervals lie"
    return (
        f", and {number} {lie} below 0.5, as those of few cases may: what the held-out part has "
        "more of, the training part has less of"
    )


def _beyond(heads: pd.DataFrame, permuted: pd.Series) -> str:
    """Say how many of the classifiers leave that range of chance upwards."""
    above = int((heads["auroc"] > permuted["upper"]).sum())
    return f"{above or 'none'} of the {len(heads)} {'is' if above < 2 else 'are'} above that"


def _agreement(evidence: Evidence) -> str:
    record = f"the record of version {evidence.version}"
    if evidence.difference <= EQUAL:
        return f"Equal to {record}."
    if math.isinf(evidence.difference):
        return f"Other rows or words than in {record}: what is shown is this build's."
    return (
        f"Numbers differ by up to {evidence.difference:.1g} from {record}: what is shown is this "
        "build's."
    )


def rules_table(rules: pd.DataFrame, source: str) -> Table:
    """Give the rules' numbers their headings, the highest auROC first.

    Parameters
    ----------
    rules : DataFrame
        As `mammo.evidence.inbreast_rules`.
    source : {"real", "recorded"}
    """
    data = rules.sort_values("auroc", ascending=False, kind="stable").reset_index(drop=True)
    choices = {
        heading: data[field].map(CHOICES[field])
        for heading, field in zip(_HEADINGS, Rule._fields, strict=True)
    }
    choices["Score"] = choices["Score"].mask(data["scored"] == "image", "of the image")
    shown = pd.DataFrame(
        {
            **choices,
            "Number; positive": data["n"].astype(str) + "; " + data["n_positive"].astype(str),
            "auROC": numbers(data["auroc"], 3),
            interval_heading(data): bounds(data["lower"], data["upper"], 3),
            "Source": source,
        }
    )
    first = data.iloc[0]
    return captioned("inbreast-rules", shown, data, **first)


def rules_sentence(rules: pd.DataFrame) -> Markdown:
    """Say how far the rules lie apart, and where the authors' and the paper's own stand."""
    authors, paper = row_of(rules, AUTHORS_RULE), row_of(rules, PAPERS_RULE)
    followed = row_of(rules, PAPERS_RULE._replace(category_3="in"))
    printed = find(TABLE_2, "frcnn_cad", "inbreast").printed
    below = int((rules["auroc"] < authors["auroc"]).sum())
    return Markdown(
        f"The same boxes give {rules['auroc'].min():.2f} to {rules['auroc'].max():.2f} under the "
        f"{len(rules)} rules, with no change of the model; the intervals reach from "
        f"{rules['lower'].min():.2f} to {rules['upper'].max():.2f}. The paper prints {printed}. "
        f"That comes from the authors' rule ({in_words(AUTHORS_RULE)}): {auroc(authors, 3)}, "
        f"{authors['n']} breasts; {below} of the other {len(rules) - 1} rules give less. The rule "
        f"by which the paper tests the other models ({in_words(PAPERS_RULE)}) gives "
        f"{auroc(paper, 3)}, {paper['n']} images. With BI-RADS 3 in, whose labels are seldom "
        f"confirmed, it gives {followed['auroc']:.3f} if those {followed['n_unverified']} images "
        f"are benign, and {followed['lowest']:.3f} to {followed['highest']:.3f} over all labels "
        "that they could have. The least lower bound is far above 0.5: whatever "
        "the rule, the boxes' scores tell BI-RADS 4 to 6 from the rest on INbreast, the set that "
        "the model was made with."
    )
