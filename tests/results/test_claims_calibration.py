"""Without any difference between the methods, hardly any claim of one is supported."""

import numpy as np
import pandas as pd
import pytest

from companion import experiment, profiles
from companion.claims import CLAIMS, DIRECTIONAL
from companion.quantities import by_seed, frames_of, measured
from companion.results.claim_table import judge_claims, rows
from companion.support.paths import REFERENCE

SHUFFLES, ALLOWED = 100, 9
ONE_RUN = {"B3", "B6"}  # they compare a run with its own prior, or with its own judge: no method is in question
KINDS = ("classifier", "conditioning", "evaluation", "image-quality")


@pytest.fixture(scope="module")
def reference():
    """A frame of each kind, split into what was asked for and what was measured."""
    frames = frames_of(experiment.found(profiles.DIGITS, REFERENCE / "digits"))
    return {kind: frames[kind] for kind in KINDS}


ASKED = {  # the columns that say which run it was; the others are what it measured
    "classifier": ["seed", "real", "hsm", "r", "long_factor", "method"],
    "conditioning": ["seed", "labels", "teacher", "warm_start"],
    "evaluation": ["seed", "source.labels", "source.teacher", "source.warm_start"],
    "image-quality": ["seed", "image_set"],
}


def shuffled(runs, asked, rng):
    """What the runs of a seed measured, dealt out anew among them."""
    places = runs.reset_index(drop=True).groupby("seed").indices.values()
    dealt = np.empty(len(runs), dtype=int)
    for own in places:
        dealt[own] = rng.permutation(own)
    measured_columns = runs.drop(columns=asked).iloc[dealt].reset_index(drop=True)
    return pd.concat([runs[asked].reset_index(drop=True), measured_columns], axis=1)


def supported(frames):
    table = rows(CLAIMS, judge_claims(CLAIMS, by_seed(measured(frames))))
    return set(table.loc[table["verdict"] == "supported", "claim"])


def test_shuffled_methods_support_no_claim_of_a_difference(reference):
    directional = {c.id for c in CLAIMS if all(test.direction in DIRECTIONAL for test in c.tests)} - ONE_RUN
    assert directional >= {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A12", "A14", "B5"}
    rng = np.random.default_rng(0)
    assert supported(reference) & directional, "the frames as they are support some"
    deals = ({kind: shuffled(runs, ASKED[kind], rng) for kind, runs in reference.items()} for _ in range(SHUFFLES))
    assert sum(bool(supported(frames) & directional) for frames in deals) <= ALLOWED
