import pandas as pd
import pytest
from IPython.display import Markdown

from mammo.evaluation import verdicts
from mammo.paper import published
from mammo.report import sentences
from mammo.report.estimates import ESTIMATE_COLUMNS
from paper_statements import external_summary


def estimates(*rows: tuple, source: str = "synthetic", weights: str = "random") -> pd.DataFrame:
    """Rows of (model, dataset, split, lower, auroc, upper)."""
    records = [
        {
            **dict.fromkeys(ESTIMATE_COLUMNS, 0),
            "n_rarer_patients": 40,
            **dict(zip(("model", "dataset", "split", "lower", "auroc", "upper"), row, strict=True)),
            "source": source,
            "weights": weights,
            "authors_weights": False,
            "may_have_seen": (),
            "confidence": 0.95,
            "unit": "patient",
        }
        for row in rows
    ]
    return pd.DataFrame(records, columns=list(ESTIMATE_COLUMNS))


def test_what_the_paper_says_is_what_its_own_tables_give():
    summary = external_summary()
    assert sentences.PAPER["range"] == (
        f"The paper's {summary.n} range from {summary.lowest:.2f} to {summary.highest:.2f}, with a "
        f"mean of {summary.mean:.2f} and a median of {summary.median:.2f}."
    )
    distance = published.EXPERTS_AUROC - summary.highest
    assert sentences.PAPER["experts"] == (
        f"The paper's highest, {summary.highest:.2f}, is {distance:.2f} below."
    )
    home = {cell.model: cell.auroc for cell in published.TABLE_2}
    own = [cell for cell in published.TABLE_3 if cell.model in published.OURS]
    falls = [home[cell.model] - cell.auroc for cell in own]
    assert sentences.PAPER["drop"].endswith(f", by {min(falls):.2f} to {max(falls):.2f}.")
    before = {cell.dataset: cell.auroc for cell in own if cell.model == "alexnet"}
    gains = [c.auroc - before[c.dataset] for c in published.TABLE_4 if c.split == "test"]
    raised, change = sum(gain > 0 for gain in gains), f"{min(gains):.2f} to {max(gains):.2f}"
    rose = f"rose on {raised} of {len(gains)}, by {change}; before"
    assert rose in sentences.PAPER["mixed data"]


HOME = ("alexnet", "cbis_ddsm", "validation", 0.66, 0.71, 0.76)
MIAS_LOW = ("alexnet", "mias", "test", 0.42, 0.46, 0.51)
INBREAST_EQUAL = ("alexnet", "inbreast", "test", 0.62, 0.69, 0.74)
UKY_HIGH = ("alexnet", "institution", "test", 0.78, 0.8, 0.82)


def differences(*rows: tuple) -> pd.DataFrame:
    """Rows of (dataset, second_dataset, difference, p_holm), as the comparisons give them."""
    names = ("dataset", "second_dataset", "difference", "p_holm")
    table = pd.DataFrame(rows, columns=names).assign(
        model="alexnet", confidence=0.95, unit="patient"
    )
    is_shown = (table["p_holm"] <= 0.05) & (table["difference"] > 0)
    return table.assign(verdict=is_shown.map({True: "shown", False: "open"}))


def trained(*rows: tuple, n_runs: int = 3, too_few: bool = False) -> pd.DataFrame:
    """Rows of (dataset, gain, p_holm) over several trainings."""
    table = pd.DataFrame(rows, columns=["dataset", "difference", "p_holm"])
    table = table.assign(confidence=0.95, unit="patient", n_runs=n_runs, df=20.0)
    table["difference_upper"] = table["difference"] + 0.11
    table["n_rarer_patients"] = 9 if too_few else 10
    return table.assign(verdict=[verdicts.gain(row) for row in table.to_dict("records")])


def test_range_mean_and_median_stand_beside_the_papers():
    sentence = sentences.external_range(estimates(HOME, MIAS_LOW, INBREAST_EQUAL, UKY_HIGH))
    assert isinstance(sentence, Markdown)
    assert sentence.data == (
        "The 3 external results of this build range from 0.46 to 0.80, with a mean of 0.65 and a "
        "median of 0.69. The paper's 16 range from 0.44 to 0.65, with a mean of 0.52 and a median "
        "of 0.51. Computed on synthetic images; weights: random."
    )


def test_several_kinds_of_weights_are_left_to_the_tables():
    both = pd.concat([estimates(MIAS_LOW), estimates(UKY_HIGH, weights="ImageNet")])
    text = sentences.external_range(both).data
    assert "Computed on synthetic images; the tables say with which weights." in text


def test_real_images_and_pretrained_weights_are_named():
    text = sentences.external_range(estimates(MIAS_LOW, source="real", weights="ImageNet")).data
    assert text.startswith("The one external result of this build is 0.46.")
    assert text.endswith("Computed on real images; weights: ImageNet.")


def test_a_mixture_of_real_and_synthetic_is_counted():
    both = pd.concat([estimates(MIAS_LOW, source="real"), estimates(INBREAST_EQUAL)])
    text = sentences.chance(both).data
    assert "Computed on real images (1) and on synthetic images (1)" in text


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (MIAS_LOW, "0.46 (95% interval 0.42 to 0.51), AlexNet on MIAS, is 0.25 below the experts'"),
        (
            UKY_HIGH,
            "AlexNet on Institution (UKy), is 0.09 above the experts' 0.71, which has no in",
        ),
        (("alexnet", "mias", "test", float("nan"), 0.6, float("nan")), "0.60, AlexNet on MIAS"),
    ],
)
def test_the_distance_to_the_experts_is_a_yardstick_and_no_test(row, words):
    text = sentences.experts_distance(estimates(row, source="real")).data
    assert words in text
    assert "a yardstick, and no test" in text and "told apart" not in text
    assert "The paper's highest, 0.65, is 0.06 below." in text


def test_synthetic_images_and_few_patients_are_not_set_beside_the_experts():
    few = estimates(UKY_HIGH, source="real").assign(n_rarer_patients=9)
    for rows in (estimates(UKY_HIGH), few):
        text = sentences.experts_distance(rows).data
        assert text.startswith("No result of this build is set beside the experts")
        assert "0.80" not in text
    both = pd.concat([estimates(MIAS_LOW, source="real"), estimates(UKY_HIGH)])
    assert "auROC of this build, 0.46" in sentences.experts_distance(both).data


DROPS = {
    "mias": ("cbis_ddsm", "mias", 0.25, 0.001),
    "inbreast": ("cbis_ddsm", "inbreast", 0.02, 0.7),
    "institution": ("cbis_ddsm", "institution", -0.09, 0.01),
}


@pytest.mark.parametrize(
    ("external", "verdict"),
    [
        (["mias"], "The drop is significant for every model and set: of 1 external result, 1 lies"),
        (["inbreast"], "No drop is significant: of 1 external result, 1 lies below"),
        (["institution"], "No drop is significant: of 1 external result, 0 lie below"),
        (
            ["mias", "institution"],
            "The drop is significant for some and not for others: of 2 external results, 1 lies "
            "below the same model's validation auROC, 1 significantly (p at most 0.05 after Holm's",
        ),
    ],
)
def test_a_drop_is_claimed_only_where_the_test_says_so(external, verdict):
    drops = differences(*(DROPS[name] for name in external))
    text = sentences.drop(estimates(HOME), drops).data
    assert text.startswith(verdict)
    assert "no drop can be expected" not in text
    assert "fall on every set, by 0.17 to 0.35" in text


def test_a_model_that_guesses_internally_has_nothing_to_lose():
    weak = ("alexnet", "cbis_ddsm", "validation", 0.49, 0.55, 0.6)
    text = sentences.drop(estimates(weak), differences(DROPS["mias"])).data
    assert "For AlexNet no drop can be expected, and none is excluded" in text


def test_drops_and_intervals_of_few_patients_are_counted_apart():
    drops = differences(DROPS["mias"], DROPS["inbreast"])
    drops["verdict"] = ["shown", "too few"]
    text = sentences.drop(estimates(HOME), drops).data
    assert text.startswith("The drop is significant for every model and set: of 1 external result")
    assert "Left out: 1 result on fewer than 10 patients of one class, who settle nothing" in text
    none = sentences.drop(estimates(HOME), drops.assign(verdict="too few")).data
    assert none.startswith("No drop is judged. Left out: 2 results on fewer than 10 patients")
    rows = estimates(MIAS_LOW, UKY_HIGH)
    rows.loc[1, "n_rarer_patients"] = 9
    text = sentences.chance(rows).data
    assert "Of 1 external interval, 1 contains 0.5" in text and "0 lie wholly above" in text
    assert "Left out: 1 result on fewer than 10 patients" in text


def test_intervals_beside_one_half():
    below = ("vgg16", "mias", "test", 0.3, 0.4, 0.49)
    text = sentences.chance(estimates(MIAS_LOW, INBREAST_EQUAL, UKY_HIGH, below)).data
    assert "Of 4 external intervals, 1 contains 0.5" in text
    assert "2 lie wholly above it and 1 wholly below" in text


def test_results_on_a_set_the_model_was_trained_on_are_no_external_results():
    seen = ("frcnn_cad", "mias", "test", 0.9, 0.95, 0.99)
    both = estimates(MIAS_LOW, seen)
    both["may_have_seen"] = [(), ("mias", "inbreast")]
    assert "0.95" not in sentences.external_range(both).data
    both["source"] = "real"
    assert "auROC of this build, 0.46" in sentences.experts_distance(both).data
    assert "highest external auROC of this build, 0.95" in (
        sentences.experts_distance(estimates(MIAS_LOW, seen, source="real")).data
    )


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((0.2, 0.001), "by +0.20 to +0.20 on 1 external set (means over 3 trainings); it gained "
         "significantly on 1 of 1 that can be judged"),
        ((0.2, 0.3), "it gained significantly on 0 of 1 that can be judged"),
        ((-0.05, 0.001), "by -0.05 to -0.05 on 1 external set (means over 3 trainings); it gained "
         "significantly on 0 of 1"),
    ],
)  # fmt: skip
def test_mixed_data_may_help_or_not(gain, words):
    gains = trained(("cbis_ddsm", 0.3, 0.001), ("institution", *gain))
    text = sentences.mixed_data(estimates(UKY_HIGH), gains).data
    assert words in text
    assert "it rose on 3 of 3, by 0.12 to 0.19" in text
    assert ("the upper bounds of the gain are +0.31 to +0.31" in text) == (gain[1] == 0.3)


def test_one_training_or_few_patients_gain_nothing():
    gain = ("institution", 0.2, 0.001)
    text = sentences.mixed_data(estimates(UKY_HIGH), trained(gain, n_runs=1)).data
    assert "one training each). How much another training would differ is not known" in text
    assert "significantly" not in text
    text = sentences.mixed_data(estimates(UKY_HIGH), trained(gain, too_few=True)).data
    assert "whether that is a gain cannot be told" in text and "significantly" not in text
    assert "Left out: 1 result on fewer than 10 patients" in text


def test_the_internal_and_the_external_range_in_brief():
    weak = ("vgg16", "cbis_ddsm", "validation", 0.45, 0.55, 0.65)
    data = estimates(HOME, weak, MIAS_LOW, INBREAST_EQUAL, UKY_HIGH)
    assert sentences.internal(data) == (
        "Internal validation: 2 models, **0.55 to 0.71**; 1 of 2 intervals above 0.50, not "
        "adjusted for their number."
    )
    external = data.loc[data["split"] == "test", "auroc"]
    assert sentences.external_in_brief(data) == (
        f"External tests: 3 results, **{external.min():.2f} to {external.max():.2f}**, "
        f"{external.mean():.2f} on average."
    )
    assert "1 result, **0.46**, 0.46 on average" in sentences.external_in_brief(estimates(MIAS_LOW))


def test_without_results_nothing_is_claimed():
    none = estimates()
    assert sentences.internal(none) == "This build has no validation result."
    assert sentences.external_in_brief(none) == "This build has no external result."
    assert "no model with both" in sentences.drop_in_words(none, differences())
    assert "no external interval to set beside 0.5" in sentences.chance(none).data
    assert "No result of this build is set beside" in sentences.experts_distance(none).data
    assert "Computed on" not in sentences.external(none).data
