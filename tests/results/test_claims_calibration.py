"""Without any difference between the methods, a test errs as often as it should, and hardly any claim is supported."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from companion import experiment, profiles
from companion.claims import CLAIMS, DIRECTIONAL
from companion.quantities import by_seed, frames_of, measured
from companion.results.claim_table import judge_claims, rows
from companion.support.paths import REFERENCE
from companion.verdicts import LEAST_SEEDS, judged, p_value

SHUFFLES, ALLOWED = 100, 2
APART = 1000  # between the seeds of one deal and those of the next
ONE_RUN = {"B3", "B6"}  # they compare a run with its own prior, or with its own judge: no method is in question
OF_DIFFERENCES = [c for c in CLAIMS if all(test.direction in DIRECTIONAL for test in c.tests) and c.id not in ONE_RUN]
ASKED = {  # the columns that say which run it was; the others are what it measured
    "classifier": ["seed", "real", "hsm", "r", "long_factor", "method"],
    "conditioning": ["seed", "labels", "teacher", "warm_start"],
    "evaluation": ["seed", "source.labels", "source.teacher", "source.warm_start"],
    "image_quality": ["seed", "image_set"],
}
BNA = ["accuracy", "accuracy_bna"]


@pytest.fixture(scope="module")
def reference():
    """The frames of the committed records."""
    frames = frames_of(experiment.found(profiles.DIGITS, REFERENCE / "digits"))
    return {run: frames[run].reset_index(drop=True) for run in ASKED}


def shuffled(runs, asked, rng):
    """What the runs of a seed measured, dealt out anew among them, SHUFFLES times; without and with BNA change places at random."""
    deals = []
    for deal in range(SHUFFLES):
        dealt = np.empty(len(runs), dtype=int)
        for own in runs.groupby("seed").indices.values():
            dealt[own] = rng.permutation(own)
        found = runs.drop(columns=asked).iloc[dealt].reset_index(drop=True)
        if set(BNA) <= set(found):
            swapped = rng.random(len(found)) < 0.5
            found.loc[swapped, BNA] = found.loc[swapped, BNA[::-1]].to_numpy()
        deals.append(pd.concat([runs[asked].assign(seed=runs["seed"] + APART * deal), found], axis=1))
    return pd.concat(deals, ignore_index=True)


@pytest.fixture(scope="module")
def effects(reference):
    """test -> its effects (SHUFFLES, seeds)."""
    rng = np.random.default_rng(0)
    numbers = by_seed(measured({run: shuffled(runs, ASKED[run], rng) for run, runs in reference.items()}))
    tests = dict.fromkeys(test for claim in CLAIMS for test in claim.tests)
    return {test: np.reshape(test.effects(numbers), (SHUFFLES, -1)) for test in tests}


def supported(results):
    table = rows(OF_DIFFERENCES, results)
    return set(table.loc[table["verdict"] == "supported", "claim"])


def test_shuffled_methods_support_no_claim_of_a_difference(reference, effects):
    assert {claim.id for claim in OF_DIFFERENCES} >= {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A12", "A14", "B5"}
    assert supported(judge_claims(CLAIMS, by_seed(measured(reference)))), "the frames as they are support some"
    deals = (judged({test: (found[deal], test.region) for test, found in effects.items()}) for deal in range(SHUFFLES))
    assert sum(bool(supported(results)) for results in deals) <= ALLOWED


def test_a_test_errs_in_one_case_of_twenty(effects):
    """At a margin of 0 the true effect lies on the bound, the worst place."""
    tests = {test for claim in OF_DIFFERENCES for test in claim.tests if effects[test].shape[1] >= LEAST_SEEDS}
    assert len(tests) > 20
    errs = [p_value(found, replace(test, margin=0.0).region) <= 0.05 for test in tests for found in effects[test]]
    assert 0.05 / 1.5 < np.mean(errs) < 0.05 * 1.5
