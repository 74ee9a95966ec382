"""The table of claims from records made up here, with known answers."""

from dataclasses import replace
from datetime import date

import made_up
import numpy as np
import pytest

from companion.claims import CLAIMS, MOST_TELLING, PAST_PAPER_A, PAST_PAPER_B
from companion.config import Metropolis, Rejection
from companion.report import claim_table
from companion.report.claim_table import Claim, Test, judge_claims, rows

OURS = (*PAST_PAPER_B, *PAST_PAPER_A)
NOISE = (-0.002, 0.001, 0.0, 0.002, -0.001)
ACCURACY = {  # without and with BNA
    (False, 0.0): (0.70, 0.76), (True, 0.0): (0.73, 0.78), (False, 0.5): (0.78, 0.84), (True, 0.5): (0.81, 0.86),
    (False, 0.1): (0.76, 0.82), (False, 1.0): (0.79, 0.83),
}  # fmt: skip


def paper_a(seeds=5):
    """The paper's own picture, with a little noise that differs from column to column."""
    found = []
    for seed in range(seeds):
        for i, ((hsm, r), (plain, bna)) in enumerate(ACCURACY.items()):
            noise = NOISE[(seed + i) % 5]
            found.append(made_up.classifier(seed, plain + noise, bna - noise, hsm=hsm, r=r))
        found.append(made_up.classifier(seed, 0.86, 0.888 + NOISE[seed % 5], r=0.5, long=True))
        found.append(made_up.classifier(seed, 0.884 + NOISE[(seed + 1) % 5], 0.9, real=True))
    return found


def verdicts(records, without=""):
    table = rows(CLAIMS, judge_claims(CLAIMS, records, without))
    return table.set_index("claim")["verdict"].to_dict()


def test_every_claim_of_both_papers_is_there_once():
    assert [claim.id for claim in CLAIMS] == [f"A{i}" for i in range(1, 18)] + [f"B{i}" for i in range(1, 7)]
    assert all(claim.paper == claim.id[0] and claim.place and claim.statement and claim.tests for claim in CLAIMS)
    assert {claim.fixed for claim in CLAIMS} == {date(2026, 11, 21)}
    assert all(test.margin >= 0 and test.unit for claim in CLAIMS for test in claim.tests)
    for claim in CLAIMS:
        assert len({test.name for test in claim.tests}) == len(claim.tests)
    assert len(set(MOST_TELLING)) == 10 and set(MOST_TELLING) <= {claim.id for claim in CLAIMS}


def test_the_papers_picture_supports_its_claims():
    found = verdicts(paper_a(), "B")
    assert {found[f"A{i}"] for i in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14)} == {"supported"}
    assert found["A11"] == "untested: it needs the transfer matrix of hard samples"
    assert {found[f"B{i}"] for i in range(1, 7)} == {"untested: this profile has no paper B"}


def test_no_records_and_no_paper():
    assert set(verdicts([], "AB").values()) == {f"untested: this profile has no paper {paper}" for paper in "AB"}
    assert all(verdict.startswith("untested: it needs") for verdict in verdicts([]).values())


def test_the_columns_and_the_counts():
    table = rows(CLAIMS, judge_claims(CLAIMS, paper_a(), "B"))
    assert ",".join(table.columns) == "claim,paper,place,statement,effect,low,high,p_adjusted,n,verdict"
    assert len(table) == 23
    assert claim_table.counts(table).startswith("23 claims: 12 supported, 9 untested")
    row = table.set_index("claim").loc["A9"]
    assert row["effect"] == pytest.approx(16, abs=0.3) and row["low"] < row["effect"] < row["high"] and row["n"] == 5


def test_fewer_than_five_seeds_decide_nothing():
    table = rows(CLAIMS, judge_claims(CLAIMS, paper_a(4), "B"))
    assert set(table["verdict"].str.split(":").str[0]) == {"inconclusive", "untested"}
    tested = table[table["verdict"] == "inconclusive"]
    assert tested["low"].isna().all() and tested["p_adjusted"].isna().all() and (tested["n"] == 4).all()


def test_a_claim_over_combinations_takes_the_worst_and_names_it():
    records = [replace(r, metrics=r.metrics | {"accuracy": 0.70}) if r.config.hsm and not r.config.r else r for r in paper_a()]
    table = rows(CLAIMS, judge_claims(CLAIMS, records, "B")).set_index("claim")
    assert table.loc["A5", "verdict"] == "contradicted"
    assert "[hsm over baseline: more than 0.5 points]" in table.loc["A5", "statement"]
    assert table.loc["A6", "verdict"] == "supported"
    without = [r for r in paper_a() if not (r.config.hsm and r.config.r)]
    assert verdicts(without)["A5"].startswith("untested")
    assert verdicts(without)["A2"] == "supported"


def test_a_shared_test_counts_once():
    results = judge_claims(CLAIMS, paper_a(), "B")
    assert len(results) == len({test for claim in CLAIMS if claim.paper == "A" for test in claim.tests})
    assert len(results) < sum(len(claim.tests) for claim in CLAIMS if claim.paper == "A")


def test_the_size_of_a_gain_stands_apart_from_its_verdict():
    frame = claim_table.tests(CLAIMS, judge_claims(CLAIMS, paper_a(), "B")).set_index(["claim", "test"])
    assert frame.loc[("A2", "hsm over baseline"), "paper's size"] == "3"
    assert frame.loc[("A2", "hsm over baseline"), "size agrees"] == "true"
    assert frame.loc[("A12", "r = 1 over r = 0, with BNA"), "size agrees"] == "-"


def test_paper_b():
    curves = [[0.5, 1.0], [0.6, 0.999], [0.5, 1.0], [0.9, 1.0], [0.5, 0.9995]]
    found = [made_up.conditioned(seed, curve) for seed, curve in enumerate(curves)]
    uci = [made_up.conditioned(seed, [0.5, 0.6 + 0.01 * seed], made_up.OWN._replace(teacher="uci")) for seed in range(5)]
    table = rows(CLAIMS, judge_claims(CLAIMS, [*found, *uci], "A")).set_index("claim")
    assert table.loc["B1", "verdict"] == "supported" and table.loc["B1", "high"] <= 100
    assert table.loc["B3", "verdict"] == "supported"
    assert table.loc["B3", "effect"] == pytest.approx(np.log(0.5), abs=1e-4)
    untested, alone = table.loc["B5", "verdict"].split("; ")
    assert untested == "untested: it needs a linear teacher"
    assert alone.startswith("a teacher from another data set alone: -") and alone.endswith("), supported")
    linear = [made_up.conditioned(seed, [0.5, 0.7 - 0.01 * seed], made_up.OWN._replace(teacher="linear")) for seed in range(5)]
    warm = [made_up.conditioned(seed, [0.2], made_up.OWN._replace(warm_start=50)) for seed in range(5)]
    assert verdicts([*found, *warm, *uci, *linear], "A")["B5"] == "supported"
    stuck = [made_up.conditioned(seed, [0.5, 0.9] if seed < 2 else [0.5, 1.0]) for seed in range(5)]
    assert verdicts(stuck, "A")["B1"] == "inconclusive"


def test_diversity_of_what_a_training_sees():
    def sets(coverage):
        return [
            made_up.shown(seed, (c, c + NOISE[seed]), images, **options)
            for seed in range(5)
            for c, images, options in ((0.4, 100, {}), (coverage, 100, {"hsm": True}), (coverage, 150, {"r": 0.5}))
        ]

    (a16,) = (claim for claim in CLAIMS if claim.id == "A16")
    tests = {test.name: test for test in a16.tests}
    effects = {name: test.quantity(sets(0.6)) for name, test in tests.items()}
    assert effects["coverage of all smoothed images over random"][2] == pytest.approx(np.log(0.6 / 0.4), abs=1e-3)
    assert effects["coverage of mined over random"].keys() == {0, 1, 2, 3, 4}
    assert effects["recall of mined over random"] == dict.fromkeys(range(5), 0.0)
    assert not effects["recall of random over real"]
    results = judge_claims([a16], sets(0.6))
    assert results[tests["coverage of all smoothed images over random"]].verdict == "supported"
    assert results[tests["recall of mined over random"]].verdict == "contradicted"
    assert "recall of all smoothed images over random" not in tests


def fig3(seed, forms=()):
    """Rows: mined at the first and at the second stage; columns: read by this classifier at both stages, by another one at both."""
    effect = [[2.0 + 0.01 * seed, 1.0, 0.5, 0.4], [0.5, 1.5, 0.3, 1.4 + 0.05 * (seed % 2)]]
    return made_up.made(made_up.SMOKE.hard_samples_run(seed), {"transfer_effect": effect, "forms": list(forms)})


def form(name, distance, **metrics):
    return {"form": name, "distance": distance, "judge": 0.5} | metrics


def test_hard_samples_and_the_form_of_mining():
    rows_of = [
        [form("paper", 1.1 + d, judge_where_wrong=0.9 + d), form("not rescaled", 1.5), form("along y", 1.2, judge_where_wrong=0.7), form("paper", 1.1)]
        for d in (0.0, 0.01, 0.02, 0.01, 0.0)
    ]  # fmt: skip
    records = [fig3(seed, forms) for seed, forms in enumerate(rows_of)]
    effects = {t.name: t.quantity(records) for c in CLAIMS if c.id in ("A11", "A17") for t in c.tests}
    assert effects["the same classifier at the other stage"][0] == pytest.approx(((1 - 2) + (0.5 - 1.5)) / 2)
    assert effects["another classifier at the same stage"][1] == pytest.approx(((0.5 - 2.01) + (1.45 - 1.5)) / 2)
    assert effects["distance with rescaling over without"][1] == pytest.approx(np.log(1.105 / 1.5))
    assert effects["judge along k* over along y"][2] == pytest.approx(22)
    found = verdicts(records, "B")
    assert found["A11"] == found["A17"] == "supported"
    assert verdicts([fig3(0)], "B")["A17"] == "untested: it needs mining without rescaling"


@pytest.mark.parametrize(
    ("direction", "asked", "inside", "outside"),
    [
        ("more", "more than 3 points", 3.1, 2.9), ("less", "less than 1 points", 0.9, 1.1), ("same", "between 1 and 3 points", 2.9, 3.1),
        ("at least", "more than 1 points", 1.1, 0.9), ("at most", "less than 3 points", 2.9, 3.1),
    ],
)  # fmt: skip
def test_directions(direction, asked, inside, outside):
    test = Test("made up", lambda records: dict.fromkeys(range(5), records[0]), direction, 1.0, against=2.0)
    assert test.asked == asked
    claim = Claim("X", "A", "here", "it holds", (test,), date(2026, 11, 21))
    for value, verdict in ((inside, "supported"), (outside, "contradicted")):
        assert rows([claim], judge_claims([claim], [value]))["verdict"].tolist() == [verdict]


def test_our_claims_are_judged_against_rejection_at_the_smallest_weight():
    def drawn(method, seed, judge, variance, coverage, second):
        run = made_up.drawn(method, seed, judge, variance, coverage, 2, 100, [0.1, 0.1])
        run.metrics["second_judge_accuracy"] = second
        return run

    found = []
    for seed in range(6):
        noise = 0.0005 * (-1) ** seed
        found += [
            drawn(Rejection(1.0), seed, 0.9, 0.2, 0.95, 0.9), drawn(Rejection(0.01), seed, 0.99, 0.18, 0.9, 0.99),
            drawn(made_up.POSTERIOR, seed, 0.995 + noise, 0.17 + noise, 0.88 + noise, 0.989 + noise),
            drawn(Metropolis(0.01, passes=2, proposal=made_up.POSTERIOR), seed, 0.995 + noise, 0.18 + noise, 0.7 + noise, 0.989 + noise),
        ]  # fmt: skip
    table = rows(OURS, judge_claims(OURS, found)).set_index("claim")
    assert table["verdict"].tolist() == ["supported", "contradicted", *["untested: it needs a long column of our own"] * 2]
    assert "coverage over rejection" in table.loc["O2", "statement"]
    assert rows(OURS, judge_claims(OURS, found[:8])).set_index("claim").loc["O1", "verdict"] == "inconclusive"
    assert rows(OURS, judge_claims(OURS, [])).set_index("claim").loc["O1", "verdict"].startswith("untested")


def own_long(accuracy, name="mine", seeds=5):
    return [made_up.classifier(seed, accuracy + NOISE[(seed + 2) % 5], 0.0, method=name, long=True) for seed in range(seeds)]


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.91, "supported"), (0.8935, "inconclusive"), (0.86, "contradicted")])
def test_our_long_column_has_to_reach_real_images_and_to_pass_the_papers(accuracy, verdict):
    table = rows(OURS, judge_claims(OURS, [*paper_a(), *own_long(accuracy)])).set_index("claim")
    assert table.loc["O3", "verdict"] == verdict


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.96, "supported"), (0.94, "contradicted")])
def test_our_long_column_against_all_real_images(accuracy, verdict):
    real = [made_up.control(seed, "all real images", 0.955 + NOISE[seed % 5], 0.9) for seed in range(5)]
    table = rows(OURS, judge_claims(OURS, [*paper_a(), *own_long(accuracy), *real])).set_index("claim")
    assert table.loc["O4", "verdict"] == verdict


def test_of_several_long_columns_of_our_own_none_is_judged():
    candidates = [*paper_a(), *own_long(0.9), *own_long(0.91, "another")]
    assert rows(OURS, judge_claims(OURS, candidates)).set_index("claim").loc["O3", "verdict"].startswith("untested")


def test_without_a_second_judge_our_claims_are_judged_by_the_other_tests():
    found = [
        made_up.drawn(method, seed, 0.995, 0.2, 0.9, 2, 100, [0.1, 0.1])
        for seed in range(5)
        for method in (Rejection(0.01), made_up.POSTERIOR)
    ]
    effects = {test.name: test.quantity(found) for claim in OURS for test in claim.tests}
    assert effects["second judge over rejection"] == {}
    assert rows(OURS, judge_claims(OURS, found)).set_index("claim").loc["O1", "verdict"].startswith("untested")
