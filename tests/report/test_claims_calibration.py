"""Without any difference between the methods, hardly any claim of one is supported."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from companion import experiment, profiles
from companion.claims import CLAIMS
from companion.report.claim_table import DIRECTIONAL, judge_claims, rows
from companion.support.paths import REFERENCE

SHUFFLES, ALLOWED = 200, 16
ONE_RUN = {"B3", "B6"}  # they compare a run with its own prior, or with its own judge: no method is in question


@pytest.fixture(scope="module")
def reference():
    return experiment.found(profiles.DIGITS, REFERENCE / "digits")


def shuffled(records, rng):
    """What the runs of a kind and seed measured, dealt out anew among them."""
    groups = defaultdict(list)
    for i, record in enumerate(records):
        groups[record.kind, record.seed].append(i)
    found = list(records)
    for places in groups.values():
        for i, j in zip(places, rng.permutation(places), strict=True):
            found[i] = replace(records[j], config=records[i].config)
    return found


def supported(records):
    table = rows(CLAIMS, judge_claims(CLAIMS, records))
    return set(table.loc[table["verdict"] == "supported", "claim"])


def test_shuffled_methods_support_no_claim_of_a_difference(reference):
    directional = {c.id for c in CLAIMS if all(test.direction in DIRECTIONAL for test in c.tests)} - ONE_RUN
    assert directional >= {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A12", "A14", "B5"}
    tested = [r for r in reference if r.kind in ("classifier", "conditioning", "evaluation", "image-quality")]
    rng = np.random.default_rng(0)
    assert supported(tested) & directional, "the records as they are support some"
    assert sum(bool(supported(shuffled(tested, rng)) & directional) for _ in range(SHUFFLES)) <= ALLOWED
