"""The numbers of the book's fixed text on the paper, each computed from the paper's own."""

import math
from collections.abc import Callable, Iterable

from mammo.datasets import DATASETS
from mammo.datasets.roles import EXTERNAL, INTERNAL
from mammo.evaluation import holm
from mammo.evaluation.inference import upper_tail
from mammo.evaluation.planning import hanley_mcneil_standard_error
from mammo.paper import published, sampling_error
from mammo.paper.contradictions import Statement
from mammo.paper.published import (
    DATASET_TITLES,
    MODEL_TITLES,
    OURS,
    TABLE_2,
    TABLE_3,
    TABLE_4,
    PublishedAuroc,
)

_HOLOGIC_PIXEL_MM = 0.07  # detector pitch of Hologic's full-field digital mammographs
_DOWNSAMPLED = 832  # pixels a side (Methods, Data Sets, UKy)


HOLDS = "checks out"
PRINTED_PIXELS = (33280, 4096)
"""Size of a UKy image before down-sampling, as printed (Methods, Data Sets, UKy)."""

PRINTED_RANGE, PRINTED_MEAN, PRINTED_MEDIAN = (0.44, 0.65), 0.52, 0.51
"""External auROC over Table 3 (Results; the range also in the Abstract)."""

PRINTED_OWN_VALIDATION, PRINTED_OTHERS_VALIDATION = (0.71, 0.79), (0.88, 0.95)
"""Validation auROC of the authors' and of the published models (Abstract, Results)."""

PRINTED_ABOVE_EXPERTS = {"end2end_vgg16": 28, "frcnn_cad": 34}
"""Percent by which a validation auROC is said to surpass the experts' (Results)."""


def statements() -> list[Statement]:
    """Every checked statement of the paper, those that do not hold first."""
    checked = [
        _uky_shares(),
        _inbreast_shares(),
        _above_experts("end2end_vgg16"),
        _pixels(),
        _plus_minus(),
        _no_better_than_random(),
        _validation_sets(),
        _six_models_on_three_sets(),
        _contralateral(),
        _ddsm_is_cbis(),
        _inbreast_origin(),
        _above_experts("frcnn_cad"),
        _external_summary(),
        _significant_drop(),
        _mixed_data(),
    ]
    return sorted(checked, key=lambda statement: statement.verdict == HOLDS)


def _uky_shares() -> Statement:
    card = DATASETS["institution"].card.published
    malignant = round(100 * card.malignant / card.images)
    benign = round(100 * card.benign / card.images)
    swapped = (malignant, benign) == (card.benign_percent, card.malignant_percent)
    return Statement(
        f"UKy: {card.malignant_percent}% malignant, {card.benign_percent}% benign",
        "Table 1; Methods, UKy",
        f"{card.malignant} malignant and {card.benign:,} benign of {card.images:,} images: "
        f"{malignant}% and {benign}%",
        "the two shares are swapped" if swapped else HOLDS,
    )


def _inbreast_shares() -> Statement:
    card = DATASETS["inbreast"].card
    printed = (card.published.malignant_percent, card.published.benign_percent)
    positive, negative, used = card.released.malignant, card.released.benign, card.released.images
    shares = (round(100 * positive / used), round(100 * negative / used))
    return Statement(
        f"INbreast: {printed[0]}% malignant, {printed[1]}% benign",
        "Table 1",
        f"they add up to {sum(printed)}%; the labels give {positive} and {negative} of {used} "
        f"images: {shares[0]}% and {shares[1]}%",
        HOLDS if shares == printed else f"{printed[1]}% must be {shares[1]}%",
    )


def _above_experts(model: str) -> Statement:
    cell = next(cell for cell in TABLE_2 if cell.model == model)
    printed = PRINTED_ABOVE_EXPERTS[model]
    computed = round(above_experts_percent(cell.auroc))
    name = model.removesuffix("_vgg16")
    return Statement(
        f"{name}'s {cell.auroc} surpasses the experts' {published.EXPERTS_AUROC} by {printed}%",
        "Results",
        f"{cell.auroc} / {published.EXPERTS_AUROC} is {computed}% more",
        HOLDS if computed == printed else f"{printed}% must be {computed}%",
    )


def _pixels() -> Statement:
    wide, high = PRINTED_PIXELS
    likely = wide // 10
    return Statement(
        f"UKy images have {wide:,} x {high:,} pixels, down-sampled to {_DOWNSAMPLED}",
        "Methods, UKy",
        f"{wide:,} pixels of {_HOLOGIC_PIXEL_MM} mm would be {wide * _HOLOGIC_PIXEL_MM / 1000:.1f} "
        f"m wide; {likely:,} are {likely * _HOLOGIC_PIXEL_MM / 10:.0f} cm, and "
        f"{likely / _DOWNSAMPLED:g} x {_DOWNSAMPLED}",
        f"one zero too many: {likely:,}",
    )


def _plus_minus() -> Statement:
    whole, fifths = (expected_half_widths(table) for table in (TABLE_3, TABLE_4))
    ratio = max(fifths.values()) / min(whole.values())
    printed = published.PRINTED_HALF_WIDTH
    largest, smallest = printed + 0.005, printed - 0.005
    listed, of_fifths = (
        ", ".join(f"{DATASET_TITLES[name]} ±{width:.3f}" for name, width in widths.items())
        for widths in (whole, fifths)
    )
    intervals = sampling_error.published_intervals()
    external = intervals[(intervals["place"] != "Table 2") & (intervals["split"] == "test")]
    least = external["simulated_one_class"].max() / external["simulated_one_class"].min()
    possible = max(whole.values()) < largest and least < largest / smallest
    return Statement(
        f"every auROC has a 95% confidence interval of ±{printed}",
        "Abstract; Tables 2 to 4",
        f"from the sizes of the sets alone one expects {listed}, and on Table 4's fifths of them "
        f"{of_fifths}: {ratio:.1f} times apart, or {least:.1f} if images of a UKy patient are "
        f"alike and of one class; numbers that both print as {printed} are less than "
        f"{largest / smallest:.0f} times apart",
        HOLDS if possible else "cannot be the sampling error of one test on each set",
    )


def _no_better_than_random() -> Statement:
    cells = [cell for cell in TABLE_3 if cell.model in OURS]
    below, above = beside_chance(cells, lambda cell: cell.half_width)
    clearly_below, clearly_above = beside_chance_after_holm()
    by_errors = "better" if clearly_above else "none is better"
    return Statement(
        "none of the authors' models is better than random on an external set",
        "Results, on Fig. 2",
        f"by the printed ±{published.PRINTED_HALF_WIDTH}, {above} of {len(cells)} lie above "
        f"0.5 and {below} below; by the error to be expected (by patient, after Holm's adjustment "
        f"over {len(cells)}), {clearly_above or 'none'} and {clearly_below}",
        f"not by its own ±{published.PRINTED_HALF_WIDTH}; by the errors to be expected {by_errors}"
        if above
        else HOLDS,
    )


def _validation_sets() -> Statement:
    elsewhere = [cell for cell in TABLE_2 if cell.dataset != INTERNAL]
    listed = ", ".join(
        f"{cell.model}'s {cell.auroc} is on {DATASET_TITLES[cell.dataset]}" for cell in elsewhere
    )
    low, high = PRINTED_OTHERS_VALIDATION
    return Statement(
        f"the published models ({low} to {high}) and the authors' own were validated on the same "
        "data set",
        "Abstract",
        f"Table 2 and Methods: {listed}, the others' on DDSM",
        "not the same set" if elsewhere else HOLDS,
    )


def _six_models_on_three_sets() -> Statement:
    models = len({cell.model for cell in TABLE_3})
    cells = models * len(EXTERNAL)
    return Statement(
        "all six models were tested on the three external sets",
        "Abstract",
        f"{models} x {len(EXTERNAL)} = {cells}; Table 3 has {len(TABLE_3)} values",
        HOLDS if cells == len(TABLE_3) else "frcnn_cad was tested on UKy alone",
    )


def _contralateral() -> Statement:
    inbreast, mias = (DATASETS[name].card.published for name in ("inbreast", "mias"))
    return Statement(
        "only UKy includes the other breast",
        "Methods, Data Sets",
        f"INbreast has 4 images, both breasts, of 90 of its {inbreast.cases} cases (Moreira 2012), "
        f"MIAS {mias.images / mias.cases:g} (one view of each breast); CBIS-DDSM has the breasts "
        "with a finding alone",
        "both breasts are in INbreast and MIAS too",
    )


def _ddsm_is_cbis() -> Statement:
    card = DATASETS[INTERNAL].card
    share = round(100 * card.released.malignant / card.released.images)
    return Statement(
        f"DDSM: {card.published.cases:,} cases, {card.published.images:,} images, "
        f"{card.published.malignant_percent}% malignant",
        "Table 1",
        "Methods: the authors' models used CBIS-DDSM, whose release has "
        f"{card.released.cases:,} patients, {card.released.images:,} images, {share}% malignant",
        "Table 1 describes another set than was used",
    )


def _inbreast_origin() -> Statement:
    return Statement(
        f"INbreast comes from {DATASETS['inbreast'].card.origin}",
        "Table 1; Methods",
        "its authors collected it at the Centro Hospitalar de São João in Porto (Moreira 2012)",
        "Portugal, not South America",
    )


def _external_summary() -> Statement:
    summary = external_summary()
    low, high = PRINTED_RANGE
    rounded = (summary.lowest, summary.highest, round(summary.mean, 2), round(summary.median, 2))
    printed = (low, high, PRINTED_MEAN, PRINTED_MEDIAN)
    return Statement(
        f"external auROC: {low} to {high}, mean {printed[2]}, median {printed[3]}",
        "Results; Table 3",
        f"{summary.n} values: {rounded[0]} to {rounded[1]}, mean {summary.mean:.3f}, "
        f"median {summary.median:.3f}",
        HOLDS if rounded == printed else "the values of Table 3 give others",
    )


def _significant_drop() -> Statement:
    z, internal, external = least_clear_drop(OURS)
    where = f"{MODEL_TITLES[external.model]}, {DATASET_TITLES[external.dataset]}"
    return Statement(
        "external results are significantly below the validation results",
        "Results",
        "with the errors to be expected of the sets' sizes, the least clear drop of the authors' "
        f"models, {internal.auroc} to {external.auroc} ({where}), is {z:.1f} standard errors",
        HOLDS if z > sampling_error.Z_95 else "not for every set",
    )


def _mixed_data() -> Statement:
    validation = published.find(TABLE_4, "alexnet", INTERNAL).auroc
    before = published.find(TABLE_2, "alexnet", INTERNAL).auroc
    gaps = [
        (before - published.find(TABLE_3, "alexnet", name).auroc,
         validation - published.find(TABLE_4, "alexnet", name).auroc)
        for name in EXTERNAL
    ]  # fmt: skip
    listed = ", ".join(f"{first:.2f} to {second:.2f}" for first, second in gaps)
    return Statement(
        "with mixed data every test result is closer to the validation result",
        "Results; Table 4",
        f"AlexNet's distances on MIAS, INbreast, UKy shrink: {listed}",
        HOLDS if all(second < first for first, second in gaps) else "not on every set",
    )


def expected_half_widths(table: Iterable[PublishedAuroc] = TABLE_3) -> dict[str, float]:
    """For each external set the mean of `expected_half_width` over a table."""
    widths = {}
    for name in EXTERNAL:
        values = [
            sampling_error.expected_half_width(cell) for cell in table if cell.dataset == name
        ]
        widths[name] = sum(values) / len(values)
    return widths


def beside_chance_after_holm() -> tuple[int, int]:
    """How many of the authors' models' external values are below 0.5, and how many above.

    By patient, and where it matters with images of one class a patient.
    """
    intervals = sampling_error.published_intervals()
    cells = intervals[(intervals["place"] == "Table 3") & intervals["model"].isin(OURS)]
    counts = set()
    for width in ("simulated_by_patient", "simulated_one_class"):
        z = (cells["auroc"] - 0.5) / (cells[width] / sampling_error.Z_95)
        clear = holm([2 * upper_tail(abs(one), math.inf) for one in z]) < 0.05
        counts.add((int((clear & (z < 0)).sum()), int((clear & (z > 0)).sum())))
    (found,) = counts
    return found


def images_needed(area: float, share_malignant: float, half_width: float) -> int:
    """Fewest independent images whose 95% interval has the half-width.

    Parameters
    ----------
    area, share_malignant : float
        In (0, 1).
    half_width : float
    """
    low, high = 2, 2
    while independent_half_width(area, share_malignant, high) > half_width:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        is_wide = independent_half_width(area, share_malignant, middle) > half_width
        low, high = (middle, high) if is_wide else (low, middle)
    return high


def beside_chance(
    cells: Iterable[PublishedAuroc], half_width: Callable[[PublishedAuroc], float]
) -> tuple[int, int]:
    """How many intervals lie wholly below 0.5, and how many wholly above."""
    bounds = [(round(c.auroc - half_width(c), 9), round(c.auroc + half_width(c), 9)) for c in cells]
    return sum(upper < 0.5 for _, upper in bounds), sum(lower > 0.5 for lower, _ in bounds)


def least_clear_drop(models: Iterable[str]) -> tuple[float, PublishedAuroc, PublishedAuroc]:
    """Smallest drop from a model's internal to an external auROC, in expected standard errors.

    Returns
    -------
    tuple
        The drop, the internal cell (Table 2) and the external one (Table 3).
    """
    drops = []
    for external in (cell for cell in TABLE_3 if cell.model in models):
        internal = published.find(TABLE_2, external.model, INTERNAL)
        error = math.hypot(
            sampling_error.expected_standard_error(internal),
            sampling_error.expected_standard_error(external),
        )
        drops.append(((internal.auroc - external.auroc) / error, internal, external))
    return min(drops, key=lambda drop: drop[0])


def independent_half_width(area: float, share_malignant: float, n_images: int) -> float:
    malignant = max(share_malignant * n_images, 1.0)
    benign = max(n_images - malignant, 1.0)
    return sampling_error.Z_95 * hanley_mcneil_standard_error(area, malignant, benign)


def nearest_miss(dataset: str) -> float:
    """P-value of the lowest own validation auROC against the highest external one, on a set.

    The abstract sets ranges side by side, of several models; their nearest ends are tested here.
    """
    lowest = min((c for c in TABLE_2 if c.dataset == INTERNAL), key=lambda c: c.auroc)
    highest = max(TABLE_3, key=lambda c: c.auroc)
    first = hanley_mcneil_standard_error(lowest.auroc, *sampling_error.class_sizes(INTERNAL))
    second = hanley_mcneil_standard_error(highest.auroc, *sampling_error.class_sizes(dataset))
    return 2 * upper_tail(abs(lowest.auroc - highest.auroc) / math.hypot(first, second), math.inf)


def above_experts_percent(auroc: float) -> float:
    """By how many percent an auROC lies above the experts' (negative: below)."""
    return 100 * (auroc / published.EXPERTS_AUROC - 1)


def external_summary() -> published.Summary:
    """Range, mean and median that Table 3's own 16 values give."""
    return published.summarise([cell.auroc for cell in TABLE_3])
