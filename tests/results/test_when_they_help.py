"""The law of notebook 07 on gains that are made by a known law."""

import numpy as np
import pandas as pd
import pytest

from companion.report.files import save_table
from companion.results import when_they_help
from companion.results.when_they_help import gains, law, laws, truncations, worth

COLUMNS = ["seed", "hsm", "r", "accuracy", "accuracy_bna"]


def generator(training, step, fid, recall=0.5, *, bna=0.0, hsm=0.0, ds=0.0, larger=(), data="digits", truncation=1.0, scatter=0.0):
    """Gains in points of the four trainings on 100 images, three seeds each. scatter: deviation of a seed's gain. larger: (images, gain of the
    baseline) of larger fixed sets."""
    rng = np.random.default_rng([training, step])
    rows = []
    for seed in range(3):
        base = 0.8 + 0.01 * seed
        after = [base + (gain + scatter * rng.normal()) / 100 for gain in (bna, hsm, ds, bna + hsm + ds)]
        rows += [(seed, False, 0.0, base, after[0]), (seed, True, 0.0, after[1], base)]
        rows += [(seed, False, 0.5, after[2], base), (seed, True, 0.5, base, after[3])]
    runs = pd.DataFrame(rows, columns=COLUMNS).assign(images=100)
    fixed = runs[~runs["hsm"] & (runs["r"] == 0)]
    runs = pd.concat([runs, *(fixed.assign(images=n, accuracy=fixed["accuracy"] + gain / 100) for n, gain in larger)])
    name = f"plain {training}"
    return runs.assign(
        data=data,
        family="plain",
        training=name,
        generator=f"{name}, {step}, {truncation}",
        step=step,
        truncation=truncation,
        fid=fid,
        recall=recall,
    )


def made(noise=0.3, trainings=6):
    rng = np.random.default_rng(0)
    found = []
    for training in range(trainings):
        own = rng.normal(0, noise)
        for step in (1, 2, 3):
            fid = 2.0 ** rng.uniform(2, 8)
            recall = rng.uniform(0.1, 0.9)
            found.append(
                generator(training, step, fid, recall, bna=2 * np.log2(fid) - 6 + own, hsm=1 + 0.5 * 10 * recall + own, ds=3, scatter=0.3)
            )
    return pd.concat(found)


def test_gains_are_paired_with_the_baseline_of_their_seed():
    runs = generator(0, 1, 10, bna=1.5, hsm=2, ds=3, larger=[(200, 4)])
    gained = gains(runs)
    assert gained["baseline"].tolist() == pytest.approx([80, 81, 82])
    assert gained[["HSM", "DS", "BNA", "all three"]].to_numpy() == pytest.approx(np.tile([2, 3, 1.5, 6.5], (3, 1)))
    (row,) = when_they_help.table(gained).to_dict("records")
    assert (row["baseline"], row["BNA"], row["n"], row["fid"]) == (81, 1.5, 3, 10)
    with pytest.raises(ValueError, match="duplicate"):
        gains(pd.concat([runs, runs.head(1)]))


def test_the_law_finds_the_slopes_that_made_the_gains():
    found = laws(gains(made(noise=0.1))).set_index(["for each", "method"])
    bna, hsm = found.loc[("doubling of the FID", "BNA")], found.loc[("0.1 of recall", "HSM")]
    assert bna["slope"] == pytest.approx(2, abs=0.1)
    assert hsm["slope"] == pytest.approx(0.5, abs=0.1)
    assert bna["low"] < 2 < bna["high"]
    assert (bna["trainings"], bna["generators"]) == (6, 18)
    assert 8 < bna["above 0 from"] < 10.5, "made to be 0 at an FID of 8"


def test_a_gain_below_zero_is_above_it_nowhere():
    runs = pd.concat([generator(t, s, 2.0**s, s / 10, bna=-1, scatter=0.3) for t in range(4) for s in range(1, 6)])
    assert laws(gains(runs)).query("method == 'BNA'")["above 0 from"].isna().all()


def test_more_stages_of_a_training_are_not_more_trainings():
    """Where all of the scatter is between trainings, copies of their stages must not narrow the band."""
    rng = np.random.default_rng(1)
    own = rng.normal(0, 1, 6)
    widths = []
    for steps, apart in (((1, 2, 3), 1), (range(4, 9), 4)):
        gained = gains(pd.concat([generator(t, s, 2.0 ** (3 + s / apart), bna=own[t], scatter=0.3) for t in range(6) for s in steps]))
        _, low, high = law(gained, "BNA", "fid").band(np.linspace(gained["fid"].min(), gained["fid"].max()))
        widths.append(np.mean(high - low))
    assert widths[1] > 0.9 * widths[0]


def test_two_trainings_make_no_law_and_a_table_without_rows(tmp_path):
    runs = made(trainings=2)
    gained = gains(runs)
    assert law(gained, "BNA", "fid") is None
    for table in (laws(gained), truncations(gained), worth(runs)):
        assert table.empty
        save_table(table, tmp_path, "empty")


def test_truncations_are_compared_within_a_training():
    whole = [generator(training, 3, 10, 0.8, hsm=1 + training, ds=2) for training in range(3)]
    cut = [generator(training, 3, 20, 0.6, hsm=2 + 2 * training, ds=2, truncation=0.7) for training in range(1, 4)]
    table = truncations(gains(pd.concat([*whole, *cut]))).set_index("of")
    assert table["change"].to_dict() == pytest.approx({"recall": -0.2, "HSM": 2.5, "DS": 0, "BNA": 0, "all three": 2.5})
    assert set(table["trainings"]) == {2}, "the first training has no truncation, the last one nothing to compare with"


@pytest.mark.parametrize(("ds", "times"), [(0.0, 1.0), (2.0, 2.0), (3.0, 2 ** (1 + 1 / 3)), (5.0, 4.0), (6.0, np.nan)])
def test_what_ds_is_worth_in_fixed_images(ds, times):
    """The baseline has 100 images; 200 add two points, 400 five, with as many steps. A generator without larger sets has no row."""
    runs = pd.concat([generator(0, 1, 10, ds=ds, larger=[(200, 2), (400, 5)]), generator(0, 2, 10, ds=ds)])
    (row,) = worth(runs).to_dict("records")
    assert row["times"] == pytest.approx(times, abs=0.01, nan_ok=True)
    assert (row["1 N"], row["2 N"], row["4 N"], row["DS"]) == pytest.approx((81, 83, 86, 81 + ds))


def test_the_figure_has_a_panel_for_each_method_distance_and_data_set():
    photographs = made(trainings=1).assign(data="cifar10_small", family="cifar10")
    figure = when_they_help.figure(gains(pd.concat([made(), photographs])))
    assert len(figure.axes) == 4 * 2 * 2
    assert "of 18 generators" in figure.get_label()
