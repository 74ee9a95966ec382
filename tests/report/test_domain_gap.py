"""The law of notebook 07 on gains that are made by a known law."""

import re
from dataclasses import replace

import numpy as np
import pytest

from companion.profiles import SMOKE
from companion.records import Record
from companion.report import domain_gap
from companion.report.domain_gap import Measured

QUALITY = {"recall": 0.5}


def classifier(seed, accuracy, bna, *, hsm=False, r=0.0, images=None, epochs=None):
    config = SMOKE.classifier_run(seed, hsm=hsm, r=r)
    config = replace(config, images=images or config.images, epochs=epochs or config.epochs)
    return Record(config, {}, {"accuracy": accuracy, "accuracy_bna": bna})


def generator(training, step, fid, recall=0.5, *, bna=0.0, hsm=0.0, ds=0.0, extra=(), data="digits", scatter=0.0):
    """Gains in points of the four trainings, three seeds each. scatter: deviation of a seed's gain."""
    rng = np.random.default_rng([training, step])
    records = [Record(SMOKE.image_quality_run(0, "prior"), {}, {"fid": fid, "recall": recall})]
    for seed in range(3):
        base = 0.8 + 0.01 * seed
        records += [
            classifier(seed, base, base + (bna + scatter * rng.normal()) / 100),
            classifier(seed, base + (hsm + scatter * rng.normal()) / 100, base, hsm=True),
            classifier(seed, base + (ds + scatter * rng.normal()) / 100, base, r=0.5),
            classifier(seed, base, base + (hsm + ds + bna + scatter * rng.normal()) / 100, hsm=True, r=0.5),
        ]
    return Measured(data, "plain", training, step, 1.0, True, [*records, *extra])


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
    return found


def test_gains_are_paired_with_the_baseline_of_their_seed():
    frame = domain_gap.gains([generator(0, 1, 10, bna=1.5, hsm=2, ds=3)])
    assert len(frame) == 4 * 3
    assert dict(frame.groupby("method")["gain"].mean().round(6)) == {"BNA": 1.5, "DS": 3, "HSM": 2, "all three": 6.5}
    (row,) = domain_gap.table([generator(0, 1, 10, bna=1.5, hsm=2, ds=3)]).to_dict("records")
    assert (row["baseline"], row["BNA"], row["n"], row["fid"]) == (81, 1.5, 3, 10)


def test_the_law_finds_the_slopes_that_made_the_gains():
    frame = domain_gap.gains(made())
    bna, hsm = domain_gap.law(frame, "BNA", "fid"), domain_gap.law(frame, "HSM", "recall")
    assert bna.slope == pytest.approx(2, abs=0.1)
    assert hsm.slope == pytest.approx(0.5, abs=0.1)
    assert bna.slope_low < 2 < bna.slope_high
    assert (bna.trainings, bna.generators) == (6, 18)
    assert (bna.low < bna.mean).all()


def test_more_stages_of_a_training_are_not_more_trainings():
    """Where all of the scatter is between trainings, copies of their stages must not narrow the band."""
    rng = np.random.default_rng(1)
    own = rng.normal(0, 1, 6)
    few = [generator(t, s, 2.0 ** (3 + s), bna=own[t], scatter=0.3) for t in range(6) for s in (1, 2, 3)]
    many = [generator(t, s, 2.0 ** (3 + s / 4), bna=own[t], scatter=0.3) for t in range(6) for s in range(4, 9)]
    widths = [np.mean(found.high - found.low) for found in (domain_gap.law(domain_gap.gains(of), "BNA", "fid") for of in (few, many))]
    assert widths[1] > 0.9 * widths[0]


def test_two_trainings_make_no_law():
    few = made(trainings=2)
    assert domain_gap.law(domain_gap.gains(few), "BNA", "fid") is None
    said = "\n".join(domain_gap.sentences(few))
    assert "digits: fewer than three trainings or distances, so no line is fitted. Mean gains: at FID 178 HSM" in said
    assert re.search(r"; at FID 4 HSM \+\d\.\d\d, DS \+[23]\.\d\d, BNA", said), "DS was made as 3 points, and a seed's scatter"
    assert domain_gap.figure(few)


def test_sentences_say_where_bna_begins_to_pay():
    said = "\n".join(domain_gap.sentences(made(noise=0.1)))
    assert re.search(
        r"BNA's gain is above 0 with its whole 95 % interval from an FID of (8|9|10) on; measured are FIDs from \d+ to \d+ \(6 trainings, 18",
        said,
    )
    assert "HSM's gain is more where recall is higher" in said
    nowhere = [generator(t, s, 2.0**s, s / 10, bna=-1, scatter=0.3) for t in range(4) for s in range(1, 6)]
    assert "nowhere; measured are FIDs from 2 to 32" in "\n".join(domain_gap.sentences(nowhere))


def test_truncations_are_compared_within_a_training():
    one = [generator(training, 3, 10, recall=0.8, hsm=1 + training, ds=2) for training in range(3)]
    cut = [replace(generator(training, 3, 20, recall=0.6, hsm=2 + 2 * training, ds=2), truncation=0.7) for training in range(3)]
    line = next(line for line in domain_gap.sentences([*one, *cut]) if "truncation" in line)
    assert line.startswith("digits: truncation 0.7 in place of 1 takes recall from 0.80 to 0.60 and changes the gains by HSM +2.00 (")
    assert "DS +0.00 (" in line and line.endswith("paired over 3 trainings.")
    assert not any("truncation" in line for line in domain_gap.sentences(one))
    assert not any("truncation" in line for line in domain_gap.sentences([*one[:2], *cut[1:]]))


@pytest.mark.parametrize(("ds", "times"), [(0.0, 1.0), (2.0, 2.0), (3.0, 2 ** (1 + 1 / 3)), (5.0, 4.0)])
def test_what_ds_is_worth_in_fixed_images(ds, times):
    """The baseline has 100 images; 200 add two points, 400 five, with as many steps."""
    larger = [classifier(s, 0.8 + 0.01 * s + gain / 100, 0.5, images=n, epochs=1) for s in range(3) for n, gain in ((200, 2), (400, 5))]
    measured = generator(0, 1, 10, ds=ds, extra=larger)
    assert domain_gap.worth_in_images(measured) == pytest.approx(times)
    assert domain_gap.gains([measured]).equals(domain_gap.gains([generator(0, 1, 10, ds=ds)]))


def test_beyond_the_largest_set_and_without_sets():
    assert domain_gap.worth_in_images(generator(0, 1, 10, ds=2)) is None
    larger = [classifier(s, 0.82, 0.5, images=200, epochs=1) for s in range(3)]
    assert np.isnan(domain_gap.worth_in_images(generator(0, 1, 10, ds=20, extra=larger)))


@pytest.mark.parametrize(
    ("ds", "told"),
    [
        ((2, 2, 5), "worth 2.0 to 4.0 times as many fixed images at 3 of 3 generators; the median is 2.0."),
        ((2, 5, 20), "largest fixed set that was tried. Over all of them, the median is 4.0."),
        ((2, 20, 20), "worth 2.0 to 2.0 times as many fixed images at 1 of 3 generators; at 2 of 3"),
        ((2, 20, 20), "Over all of them, the median lies beyond that set."),
        ((20, 20, 20), "DS with r = 0.5: at 3 of 3 generators it is above the largest fixed set that was tried."),
    ],
)
def test_a_generator_beyond_the_largest_set_counts_in_the_median(ds, told):
    larger = [classifier(s, 0.8 + 0.01 * s + gain / 100, 0.5, images=n, epochs=1) for s in range(3) for n, gain in ((200, 2), (400, 5))]
    measured = [generator(training, 1, 10, ds=gain, extra=larger) for training, gain in enumerate(ds)]
    assert told in domain_gap.sentences(measured)[-1]


def test_the_figure_has_a_panel_for_each_method_distance_and_data_set():
    figure = domain_gap.figure([*made(), *(replace(g, data="cifar10_small", family="cifar10") for g in made(trainings=1))])
    assert len(figure.axes) == 4 * 2 * 2
