"""The fairness table on records whose numbers are known."""

import numpy as np
import pytest

from companion.config import Posterior, Rejection, Trained
from companion.profiles import SMOKE
from companion.records import Record
from companion.report import fairness

SHARES = [0.4, 0.3, 0.2, 0.1]
NAMES = ("a", "b", "c", "d")
GAUSSIAN = Trained(family="gaussian", prior_weight=0.0, epochs=1, labels_per_epoch=64, batch_size=64, learning_rate=1e-3, optimizer="sgd")


def record(method, seed, judge, variance):
    base = SMOKE.diversity_runs(seed)[0]
    config = type(base)(profile=base.profile, seed=seed, method=method, per_attribute=base.per_attribute)
    metrics = {"judge_by_attribute": judge, "pixel_variance_by_attribute": variance}
    return Record(config, {}, metrics | ({"acceptance": list(SHARES)} if isinstance(method, Rejection) else {}))


@pytest.fixture
def records():
    halvings = -np.log2(SHARES)
    falling = (0.9 - 0.05 * (halvings - halvings[0])).tolist()
    found = []
    for seed in range(3):
        found += [
            record(Rejection(prior_weight=1.0), seed, [0.95] * 4, [0.2, 0.2, 0.4, 0.4]),
            record(GAUSSIAN, seed, [f + 0.001 * seed for f in falling], [0.02, 0.02, 0.02, 0.02]),
            record(Posterior(prior_weight=0.001, labelled=100, epochs=1), seed, [0.9] * 4, [0.19, 0.19, 0.38, 0.38]),
        ]
    return found


def test_the_rarest_comes_first_and_variance_is_of_the_truth(records):
    frame = fairness.table(records, NAMES)
    assert list(frame["attribute"].drop_duplicates()) == ["d", "c", "b", "a"]
    paper_b = frame[frame["w"] == 0].set_index("attribute")
    assert paper_b.loc["d", "variance %"] == 5
    assert paper_b.loc["a", "variance %"] == 10
    assert paper_b.loc["d", "share %"] == 10
    assert set(frame["n"]) == {3}
    assert set(frame["w"]) == {1, 0, 0.001}


def test_slopes_are_by_halving(records):
    assert str(fairness.slope(records, fairness.PAPER_B, fairness.JUDGE)) == "-5.0 (-5.0 to -5.0, over 4 attributes)"
    assert str(fairness.slope(records, fairness.TRUTH, fairness.JUDGE)).startswith("+0.0")
    assert fairness.sentences(records, NAMES)[2].endswith(": rare attributes are read worse.")


def test_the_posterior_is_held_against_its_own_target(records):
    """The target loses 4 points a halving, the posterior 5: one is the method's."""
    halvings = np.log2(SHARES[0] / np.array(SHARES))
    for seed in range(3):
        records += [record(Rejection(prior_weight=0.001), seed, (0.9 - 0.04 * halvings).tolist(), [0.1, 0.1, 0.2, 0.2])]
        records[3 * seed + 2].metrics[fairness.JUDGE] = (0.9 - 0.05 * halvings).tolist()
    target, posterior = fairness.target_and_posterior(records)
    assert str(fairness.slope(records, posterior, fairness.JUDGE, target=target)) == "-1.0 (-1.0 to -1.0, over 4 attributes)"
    assert fairness.slope(records, posterior, fairness.VARIANCE, target=target).change == pytest.approx(0, abs=1e-9)
    assert fairness.methods(records)[-2:] == [target, posterior]
    said = fairness.sentences(records, NAMES)
    assert "less its target (rejection, w = 0.001): with each halving of the share, the judge's reading changes by -1.0" in said[5]
    assert said[5].endswith(": rare attributes are read worse.")


def test_what_the_judge_can_read_of_real_images_is_taken_off(records):
    """It reads rare real images worse, by as much as paper B's: no loss is the method's."""
    plain = fairness.table(records, NAMES)
    for run in records:
        if run.config.method == Rejection(prior_weight=1.0):
            run.metrics[fairness.ON_REAL] = (0.9 + 0.05 * np.log2(np.array(SHARES) / SHARES[0])).tolist()
    assert "judge on real %" not in plain
    assert fairness.table(records, NAMES)["judge on real %"].tolist()[0] == pytest.approx(80)
    assert str(fairness.slope(records, fairness.PAPER_B, fairness.JUDGE)).startswith(("+0.0", "-0.0"))
    assert "less its reading of real images, changes by" in fairness.sentences(records, NAMES)[1]
    assert len(fairness.figure(records, NAMES).axes[0].lines) == 4


def test_where_the_judge_is_near_chance_it_cannot_tell(records):
    """Twice chance is 50 % of four attributes."""
    for run in records:
        if run.config.method == Rejection(prior_weight=1.0):
            run.metrics[fairness.ON_REAL] = [0.9, 0.9, 0.5, 0.4]
    said = [line for line in fairness.sentences(records, NAMES) if "twice chance" in line]
    assert len(said) == 1
    assert said[0].startswith("Of real images of d the judge reads 40 %, less than twice chance (50 %): it cannot tell")
    assert fairness.slope(records, fairness.TRUTH, fairness.JUDGE).attributes == 3
    assert fairness.slope(records, fairness.PAPER_B, fairness.VARIANCE).attributes == 4


def test_where_the_judge_hardly_reads_anything_there_is_no_slope(records):
    for run in records:
        if run.config.method == Rejection(prior_weight=1.0):
            run.metrics[fairness.ON_REAL] = [0.9, 0.1, 0.2, 0.3]
    assert str(fairness.slope(records, fairness.PAPER_B, fairness.JUDGE)) == "an unknown number of"
    assert "changes by an unknown number of points" in fairness.sentences(records, NAMES)[1]


def test_the_figure_shows_what_the_judge_hardly_reads(records):
    for run in records:
        if run.config.method == Rejection(prior_weight=1.0):
            run.metrics[fairness.ON_REAL] = [0.9, 0.9, 0.6, 0.18]
    assert fairness.figure(records, NAMES).axes[0].get_ylim()[0] < 18


def test_a_slope_through_scattered_attributes_has_a_wide_interval(records):
    for run in records:
        if run.config.method == GAUSSIAN:
            run.metrics["judge_by_attribute"][:] = [0.9, 0.6, 0.95, 0.7]
    found = fairness.slope(records, fairness.PAPER_B, fairness.JUDGE)
    assert abs(found.change) < found.half and found.half > 25
    assert found.told("fewer", "more") == []


def test_sentences_end_with_what_must_not_be_concluded(records):
    said = fairness.sentences(records, NAMES)
    assert said[0] == "Rarest in the generator, by the teacher's mean probability: d (10.0 %); most common: a (40.0 %)."
    assert said[-1].startswith("What must not be concluded")
    assert len(said) == 1 + 3 + 2
    assert len(fairness.figure(records, NAMES).axes) == 2


def test_without_the_truth_there_is_an_empty_table_and_figure(records):
    for runs in (records[1:2], []):
        assert fairness.sentences(runs, NAMES) == ["The truth is not on record: run rejection at w = 1."]
        assert fairness.table(runs, NAMES).empty
        fairness.figure(runs, NAMES).canvas.draw()


def test_even_shares_give_no_slope(records):
    for record in records:
        if "acceptance" in record.metrics:
            record.metrics["acceptance"][:] = [0.24, 0.25, 0.25, 0.26]
    assert fairness.sentences(records, NAMES)[1] == "The largest share is less than 2 times the smallest: no attribute is rare here."
