"""Dataset shift: measures mean what they say, and chance is called chance."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from made_images import SIDE, blurred, darker, image_set, noisier, stored, texture
from mammo.datasets import manifest, mias
from mammo.errors import MammoError
from mammo.hospital.shift.comparison import ImageSet, Shift, ShiftSettings, compute
from mammo.hospital.shift.differences import standardised_differences
from mammo.hospital.shift.domain import domain_auroc
from mammo.hospital.shift.measures import (
    BRIGHT,
    MEASURES,
    grey_histogram,
    image_statistics,
    measure_pixels,
)
from mammo.hospital.shift.words import in_words
from mammo.images import store_building
from mammo.images.cropped_image import PreprocessingSettings
from mammo.images.store import ImageStore

FAST = ShiftSettings(n_permutations=99, n_bootstrap=200)


def made_statistics(seed: int, patients: int, images: int = 2, **shifts: float) -> pd.DataFrame:
    """Standard normal measures, half of whose variance a patient's images share."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(patients, 1, len(MEASURES)))
    values = (own + rng.normal(size=(patients, images, len(MEASURES)))) / np.sqrt(2)
    table = pd.DataFrame(values.reshape(-1, len(MEASURES)), columns=list(MEASURES))
    table.insert(0, "patient_id", np.repeat([f"p{k}" for k in range(patients)], images))
    return table.assign(**{name: table[name] + shift for name, shift in shifts.items()})


def difference(measure: str, table: pd.DataFrame) -> pd.Series:
    return table.set_index("measure").loc[measure]


def test_grey_values_are_those_of_the_breast_alone():
    pixels = np.zeros((40, 40), np.uint16)
    pixels[:, :10] = 65535 // 4
    pixels[:, 10:20] = 65535
    measured = measure_pixels(pixels)
    assert measured["mean"] == pytest.approx(0.625, abs=1e-4)
    assert measured["sd"] == pytest.approx(0.375, abs=1e-4)
    assert measured["skewness"] == pytest.approx(0, abs=1e-9)
    assert measured["quantile_10"] == pytest.approx(0.25, abs=1e-4)
    assert measured["quantile_90"] == 1
    assert (measured["bright_share"], measured["breast_share"]) == (0.5, 0.5)


@settings(max_examples=25, deadline=None)
@given(arrays(np.uint16, (12, 9), elements=st.integers(1, 65535)))
def test_grey_values_agree_with_numpy(pixels):
    measured, grey = measure_pixels(pixels), pixels / 65535
    assert measured["mean"] == pytest.approx(grey.mean())
    assert measured["sd"] == pytest.approx(grey.std(), abs=1e-9)
    assert measured["quantile_50"] == np.quantile(grey, 0.5, method="inverted_cdf")
    assert measured["bright_share"] == pytest.approx((grey > BRIGHT).mean())


@pytest.mark.parametrize("exponent", [2.0, 2.5, 3.0, 3.5])
def test_the_spectral_slope_is_that_of_the_texture(exponent):
    found = [
        measure_pixels(stored(texture(seed, exponent, 224)))["spectral_slope"] for seed in range(6)
    ]
    assert np.mean(found) == pytest.approx(exponent, abs=0.25)


def test_noise_is_measured_in_grey_and_not_confused_with_structure():
    structure = 0.3 + 0.4 * texture(0, 3.5, 224)
    assert measure_pixels(stored(structure))["noise"] < 0.003
    grain = np.random.default_rng(0).normal(0, 0.02, structure.shape)
    assert measure_pixels(stored(structure + grain))["noise"] == pytest.approx(0.02, rel=0.1)


def test_blur_takes_sharpness_and_gives_coarseness():
    sharp, soft = (measure_pixels(stored(image)) for image in (texture(0), blurred(texture(0))))
    assert soft["sharpness"] < 0.5 * sharp["sharpness"]
    assert soft["spectral_slope"] > sharp["spectral_slope"]


def test_the_outline_is_no_part_of_fine_detail():
    flat = 0.5 + 0.001 * texture(0, 3.0, 224)
    whole = np.rint(65535 * flat).astype(np.uint16)
    assert measure_pixels(stored(flat))["sharpness"] == pytest.approx(
        measure_pixels(whole)["sharpness"], rel=0.5
    )


def test_holes_that_the_stretch_leaves_belong_to_the_breast():
    whole, pierced = stored(texture(0)), stored(texture(0))
    pierced[20:23, 20:23] = 0
    assert measure_pixels(pierced)["breast_share"] == measure_pixels(whole)["breast_share"]


def test_what_has_no_contrast_has_no_detail():
    measured = measure_pixels(np.full((32, 32), 1000, np.uint16))
    missing = {name for name, value in measured.items() if np.isnan(value)}
    assert missing == {"skewness", "sharpness", "noise", "spectral_slope"}


class Watched:
    """Images that remember the most pixels that were asked for at once."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.most = pixels, 0

    def __getitem__(self, rows: int) -> np.ndarray:
        found = self.pixels[rows]
        self.most = max(self.most, found.size)
        return found


def test_images_are_read_one_at_a_time(tmp_path, monkeypatch):
    side = image_set(tmp_path / "set", range(4))
    watched = Watched(side.images.images)
    monkeypatch.setattr(side.images, "images", watched)
    image_statistics(side.images, side.rows)
    grey_histogram(side.images, side.rows)
    assert watched.most == SIDE * SIDE


def test_statistics_follow_the_rows(tmp_path):
    side = image_set(tmp_path / "set", range(4))
    rows = side.rows.iloc[::-1]
    table = image_statistics(side.images, rows)
    assert list(table) == ["patient_id", "image_id", *MEASURES]
    assert table["image_id"].tolist() == rows["image_id"].tolist()
    expected = measure_pixels(side.images.images[side.images.rows(["002CC"])[0]])
    found = table.set_index("image_id").loc["002CC"]
    assert found[list(expected)].to_dict() == expected
    assert found["height_to_width"] == 2


def test_a_histogram_is_the_mean_density_of_patients(tmp_path):
    side = image_set(tmp_path / "set", range(5))
    bins = grey_histogram(side.images, side.rows, bins=10)
    assert bins["low"].tolist() == pytest.approx(np.arange(10) / 10)
    assert (bins["mean"] * (bins["high"] - bins["low"])).sum() == pytest.approx(1)
    assert (bins["lower"] <= bins["upper"]).all()
    lit = np.asarray(side.images.images[:2])[np.asarray(side.images.images[:2]) > 0] / 65535
    one = grey_histogram(side.images, side.rows.iloc[:2], bins=10)
    assert one["mean"].to_numpy() == pytest.approx(np.histogram(lit, 10, (0, 1), True)[0], abs=0.01)


def test_every_patient_weighs_the_same_in_a_histogram(tmp_path):
    side = image_set(tmp_path / "set", range(3))
    copied = pd.concat([side.rows, *[side.rows.iloc[:2]] * 9])
    pd.testing.assert_frame_equal(
        grey_histogram(side.images, copied), grey_histogram(side.images, side.rows)
    )


def test_differences_are_in_standard_deviations_with_their_sign():
    first, second = made_statistics(0, 300), made_statistics(1, 300, noise=1.0, mean=-0.5)
    table = standardised_differences(first, second)
    assert difference("noise", table)["difference"] == pytest.approx(1, abs=0.15)
    assert difference("mean", table)["difference"] == pytest.approx(-0.5, abs=0.15)
    assert (table["lower"] <= table["difference"]).all()
    assert (table["difference"] <= table["upper"]).all()
    for measure in ("noise", "mean"):
        row = difference(measure, table)
        assert row["second_mean"] == pytest.approx(second[measure].mean())
        assert row["first_sd"] == pytest.approx(first[measure].std(ddof=0))


def test_intervals_of_differences_cover_and_copies_of_images_do_not_narrow_them():
    tables = [(made_statistics(2 * k, 40), made_statistics(2 * k + 1, 40)) for k in range(40)]
    found = pd.concat([standardised_differences(*pair, n_bootstrap=400) for pair in tables])
    covered = ((found["lower"] <= 0) & (found["upper"] >= 0)).mean()
    assert 0.9 < covered < 0.98
    first, second = tables[0]
    once = standardised_differences(first, second)
    often = standardised_differences(pd.concat([first] * 3), pd.concat([second] * 3))
    pd.testing.assert_frame_equal(once, often)


def test_a_difference_that_cannot_be_had_is_missing():
    first, second = made_statistics(0, 20), made_statistics(1, 20)
    for table in (first, second):
        table["noise"] = 3.0
    second["sharpness"] = np.nan
    table = standardised_differences(first, second)
    for measure in ("noise", "sharpness"):
        assert difference(measure, table)[["difference", "lower", "upper"]].isna().all()
    alone = standardised_differences(made_statistics(0, 1), second)
    assert alone[["lower", "upper"]].isna().all(axis=None)
    assert np.isfinite(difference("mean", alone)["difference"])


def test_halves_of_one_set_cannot_be_told_apart():
    found = [
        domain_auroc(
            made_statistics(2 * k, 20), made_statistics(2 * k + 1, 20),
            n_permutations=99,
        )
        for k in range(25)
    ]  # fmt: skip
    assert np.mean([one.auroc for one in found]) == pytest.approx(0.5, abs=0.03)
    assert np.mean([one.p_value <= 0.2 for one in found]) == pytest.approx(0.2, abs=0.15)


def test_a_shift_and_a_change_of_spread_are_both_seen():
    first = made_statistics(0, 60)
    shifted = domain_auroc(first, made_statistics(1, 60, noise=2.0))
    assert shifted.auroc > 0.85
    assert shifted.p_value == 0.001
    spread = made_statistics(1, 60)
    spread["noise"] *= 4
    assert domain_auroc(first, spread).auroc > 0.7


def test_a_patient_is_never_recognised():
    """Images of a patient are copies: with folds of images the auROC would be near 1."""
    first, second = (
        pd.concat([made_statistics(seed, 15, images=1)] * 6, ignore_index=True) for seed in (0, 1)
    )
    assert domain_auroc(first, second).auroc < 0.7


def test_one_odd_image_does_not_steer_the_classifier():
    first, second = made_statistics(0, 40), made_statistics(1, 40, noise=2.0)
    before = domain_auroc(first, second).auroc
    second.loc[0, "sharpness"] = 1e6
    assert domain_auroc(first, second).auroc > before - 0.05


def test_the_domain_auroc_depends_on_the_seed_alone():
    first, second = made_statistics(0, 12), made_statistics(1, 12, noise=0.5)
    once, again = (domain_auroc(first, second, seed=3) for _ in range(2))
    assert once == again
    other = domain_auroc(first, second, seed=4)
    assert other.auroc != once.auroc


def test_like_names_in_both_sets_are_two_patients():
    first, second = made_statistics(0, 12), made_statistics(1, 12)
    renamed = second.assign(patient_id="other " + second["patient_id"].astype(str))
    assert domain_auroc(first, second) == domain_auroc(first, renamed)


def test_too_few_patients_are_refused_with_the_reason():
    with pytest.raises(MammoError, match="20 and 4 patients"):
        domain_auroc(made_statistics(0, 20), made_statistics(1, 4))


@pytest.mark.parametrize("change", [darker, noisier, blurred], ids=lambda change: change.__name__)
def test_a_changed_set_is_told_from_the_training_set(tmp_path, change):
    training = image_set(tmp_path / "training", range(20))
    local = image_set(tmp_path / "local", range(20, 40), change)
    found = compute(training, local, FAST).domain.iloc[0]
    assert found["auroc"] > 0.95
    assert found["p_value"] == 0.01


def test_an_unchanged_set_is_not(tmp_path):
    training = image_set(tmp_path / "training", range(20))
    local = image_set(tmp_path / "local", range(20, 40))
    found = compute(training, local, FAST).domain.iloc[0]
    assert found["p_value"] > 0.05


def test_tables_are_read_as_they_were_written(tmp_path):
    training = image_set(tmp_path / "training", range(8), source="real")
    local = image_set(tmp_path / "local", range(8, 11), dataset="institution")
    for folds in (3, 5):
        shift = compute(training, local, replace(FAST, folds=folds))
        shift.write(tmp_path)
        again = Shift.read(tmp_path)
        for field in fields(Shift):
            pd.testing.assert_frame_equal(getattr(shift, field.name), getattr(again, field.name))
    assert shift.domain["auroc"].isna().all()
    assert "of 8 and 3 patients, has fewer than the 5" in shift.domain["reason"][0]
    assert shift.sets[["dataset", "source"]].to_numpy().tolist() == [
        ["mias", "real"],
        ["institution", "synthetic"],
    ]
    (tmp_path / "sets.csv").unlink()
    with pytest.raises(MammoError, match=r"sets\.csv is absent"):
        Shift.read(tmp_path)


def test_like_views_are_compared_and_larger_sets_are_sampled_by_patient(tmp_path):
    training = image_set(tmp_path / "training", range(30))
    local = image_set(tmp_path / "local", range(30, 40))
    local = ImageSet(local.images, local.rows[local.rows["view"] == "MLO"])
    shift = compute(training, local, replace(FAST, most_images=12))
    assert shift.sets["views"].tolist() == ["MLO"] * 2
    assert shift.sets["n_images"].tolist() == [12, 10]
    assert shift.sets["all_images"].tolist() == [60, 10]
    assert shift.statistics["image_id"].str.endswith("MLO").all()
    unknown = ImageSet(local.images, local.rows.assign(view=None))
    shift = compute(training, unknown, replace(FAST, most_images=12))
    assert shift.sets["views"].tolist() == [""] * 2
    of_training = shift.statistics[shift.statistics["role"] == "training"]
    assert (of_training.groupby("patient_id").size() == 2).all()


@pytest.mark.parametrize(("n_local", "n_training"), [(1, 8), (4, 8), (8, 4)])
def test_below_five_patients_nothing_is_shown_and_it_is_said(tmp_path, n_local, n_training):
    training = image_set(tmp_path / "training", range(n_training))
    local = image_set(tmp_path / "local", range(20, 20 + n_local))
    found = compute(training, local, FAST)
    assert found.is_of_too_few
    told = in_words(found)
    assert f"images of {n_local} and {n_training} patients could be compared" in told
    assert "SD" not in told and "auROC" not in told and "view" not in told


def test_views_that_are_not_stated_are_named_where_they_leave_too_few(tmp_path):
    """One image of one patient states a view: it is no set to compare with."""
    training = image_set(tmp_path / "training", range(8))
    local = image_set(tmp_path / "local", range(20, 30))
    is_first = local.rows.index == local.rows.index[0]
    some = ImageSet(local.images, local.rows.assign(view=local.rows["view"].where(is_first, None)))
    found = compute(training, some, FAST)
    assert found.is_of_too_few
    said = in_words(found)
    assert "Of 20 images of this site 19 do not state one of the views that are compared (" in said
    assert not compute(training, local, FAST).is_of_too_few


def test_sets_that_cannot_be_compared_are_refused(tmp_path):
    training = image_set(tmp_path / "training", range(2))
    coarse = image_set(tmp_path / "coarse", range(2), side=32)
    with pytest.raises(MammoError, match=r"\(64, 64\).*\(32, 32\)"):
        compute(training, coarse, FAST)
    with pytest.raises(MammoError, match="is empty"):
        compute(training, ImageSet(coarse.images, coarse.rows.iloc[:0]), FAST)


def test_real_films_differ_from_brightened_ones_and_not_from_each_other(real_data, tmp_path):
    films = mias.load(real_data / "all-mias.tar.gz", cache=tmp_path).head(80)
    images = store_building.build(
        films, PreprocessingSettings(size=96), tmp_path / "store", workers=1
    )
    is_odd = films["patient_id"].str[-1].astype(int) % 2 == 1
    odd, even = (ImageSet(images, films[chosen]) for chosen in (is_odd, ~is_odd))
    assert manifest.summary(films)["source"].tolist() == ["real"]
    alike = compute(odd, even, FAST).domain.iloc[0]
    assert alike["p_value"] > 0.05
    brighter = ImageStore(tmp_path / "store")
    brighter.images = np.rint(65535 * (images.images[:] / 65535) ** 0.6).astype(np.uint16)
    assert compute(odd, replace(even, images=brighter), FAST).domain["auroc"][0] > 0.9
