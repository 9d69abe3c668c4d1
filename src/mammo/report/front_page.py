"""What the book's first screen says: of the paper, of real scores, of this build."""

from collections.abc import Mapping

import pandas as pd

from mammo.evidence import digitiser, inbreast_rules, mias_alone, reader_study
from mammo.evidence.recorded import Evidence
from mammo.paper.drops import beyond_chance, published_gains
from mammo.paper.published import TABLE_2, TABLE_3, find, summarise
from mammo.report import sentences
from mammo.report.figures.published_intervals import published_drop
from mammo.report.gains import gains_in_brief
from mammo.report.page.blocks import Column, Statement
from mammo.report.tables.certainty import include_chance
from mammo.report.tables.formats import auroc, estimate

_DATASETS = ("chapters/01_datasets", "Data sets")
_MODELS = ("chapters/02_models", "Models")
_COMPARISON = ("chapters/03_comparison", "Comparison")
_MIXED = ("chapters/05_mixed_data", "Mixed data")
_EVIDENCE = ("chapters/07_evidence", "Real scores")
_HOW_SURE = ("chapters/08_how_sure", "How sure")


def paper_column(intervals: pd.DataFrame) -> Column:
    """Say what the paper found, with the intervals that the sizes of its sets allow.

    Parameters
    ----------
    intervals : DataFrame
        As `mammo.paper.sampling_error.published_intervals`.
    """
    internal, external = (summarise([cell.auroc for cell in of]) for of in (TABLE_2, TABLE_3))
    rows = intervals[intervals["place"] == "Table 3"]
    reach = rows["simulated_by_patient"]
    gains = published_gains(intervals)
    clear = int(beyond_chance(gains).sum())
    return Column(
        "What the paper found",
        ["published"],
        [
            Statement(
                "In internal validation, six models reach an auROC of "
                f"**{internal.lowest:.2f} to {internal.highest:.2f}**.",
                *_MODELS,
            ),
            Statement(
                f"In external tests on three other sets they reach **{external.lowest:.2f} to "
                f"{external.highest:.2f}**, {external.mean:.2f} on average. Guessing is 0.50.",
                *_COMPARISON,
            ),
            Statement(
                f"By the sets' sizes one expects intervals of ±{reach.min():.2f} to "
                f"±{reach.max():.2f} (95%, by patient), not the ±0.01 that is printed; "
                f"{include_chance(rows)} of the {len(rows)} include 0.50.",
                *_HOW_SURE,
            ),
            Statement(
                f"Trained on a part of every set, AlexNet gained {gains['difference'].min():.2f} "
                f"to {gains['difference'].max():.2f} on the rest, beyond chance on {clear} of the "
                f"{len(gains)} sets.",
                *_MIXED,
            ),
        ],
        published_drop(intervals),
    )


def evidence_column(evidence: Mapping[str, Evidence]) -> Column:
    """Say what scores of real mammograms say, each with its interval.

    Parameters
    ----------
    evidence : mapping
        Of each kind of `mammo.evidence.kinds.KINDS`.
    """
    exams = evidence[reader_study.NAME].tables
    estimates, against = exams[reader_study.ESTIMATES], exams[reader_study.AGAINST_READERS]
    ddsm, detector = (
        reader_study.row_of(estimates, name) for name in ("end2end_ddsm", "frcnn_cad")
    )
    readers = reader_study.row_of(against, reader_study.MEAN_READER)
    on_uky = [
        f"{find(TABLE_3, name, 'institution').auroc:.2f}"
        for name in ("end2end_vgg16", "end2end_resnet50", "frcnn_cad")
    ]
    rules = evidence[inbreast_rules.NAME].tables[inbreast_rules.TABLE]
    of_authors = inbreast_rules.row_of(rules, inbreast_rules.AUTHORS_RULE)
    heads = evidence[mias_alone.NAME].tables[mias_alone.TABLE]
    scanner = digitiser.scanner_aurocs().iloc[0]
    texts = [
        f"On {ddsm['n_exams']} exams in New York, end2end from DDSM has **{auroc(ddsm)}**; in the "
        f"paper, on UKy, {on_uky[0]} and {on_uky[1]}.",
        f"On the same exams frcnn_cad has **{auroc(detector)}**; in the paper, on UKy, "
        f"{on_uky[2]}. {readers['n_readers']} radiologists average "
        f"{estimate(readers['mean_reader'], readers['lower'], readers['upper'])}.",
        f"Under {len(rules)} rules, frcnn_cad's released scores on INbreast give "
        f"{rules['auroc'].min():.2f} to {rules['auroc'].max():.2f}; its authors' rule gives "
        f"{auroc(of_authors)}.",
        f"On mini-MIAS, classifiers **trained on it** reach {heads['auroc'].min():.2f} to "
        f"{heads['auroc'].max():.2f}, and {_beyond_guessing(heads)}: whether it is hard or too "
        "small to learn from is open.",
        "In DDSM the film scanner alone ranks cancers above benign findings with "
        f"{auroc(scanner)}; scanners dealt at random would with {scanner['by_chance']:.2f}.",
    ]
    kinds = sorted({found.source for found in evidence.values()})
    return Column("What real scores say", kinds, [Statement(text, *_EVIDENCE) for text in texts])


def build_column(estimates: pd.DataFrame, drops: pd.DataFrame, gains: pd.DataFrame) -> Column:
    """Say what this build computed.

    Parameters
    ----------
    estimates : DataFrame
        `mammo.report.estimates.ESTIMATE_COLUMNS`.
    drops, gains : DataFrame
        As `mammo.study.results.drops` and `mammo.study.results.mixed_gains`.
    """
    return Column(
        "What this build computed",
        sorted(estimates["source"].dropna().unique()),
        [
            *_what_synthetic_images_say(estimates),
            Statement(sentences.internal(estimates), *_MODELS),
            Statement(sentences.external_in_brief(estimates), *_COMPARISON),
            Statement(sentences.drop_in_words(estimates, drops), *_COMPARISON),
            Statement(gains_in_brief(gains), *_MIXED),
        ],
    )


def _what_synthetic_images_say(estimates: pd.DataFrame) -> list[Statement]:
    if "synthetic" not in set(estimates["source"]):
        return []
    text = "A demonstration: synthetic images say nothing about women, nor about the paper."
    return [Statement(text, *_DATASETS)]


def _beyond_guessing(heads: pd.DataFrame) -> str:
    n_beyond = int((heads["lower"] > 0.5).sum())
    return f"{n_beyond or 'none'} of {len(heads)} beats guessing"
