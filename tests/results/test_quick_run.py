"""What fewer than five seeds say: on which side of its claimed bound each effect lies, here and in the reference. All of it made up."""

import pandas as pd
import pytest

from companion.claims import Claim, Test
from companion.quantities import measured
from companion.report import pages
from companion.results import claim_table, quick_run
from companion.results.claim_table import judge_claims


def effect(name, direction="more"):
    """A test whose claimed bound is 1, or whose range is from -1 to 1."""
    return Test(name, f"`{name}`", direction, 1.0)


def judged(effects):
    """effects: name -> effects, one a seed."""
    return judge_claims(CLAIMS, pd.DataFrame({name: pd.Series(values, dtype=float) for name, values in effects.items()}))


SHARED = effect("shared")
CLAIMS = [
    Claim(name, "A", "here", f"claim {name}", tests)
    for name, tests in (
        ("one", (SHARED,)),
        ("several", (SHARED, effect("inside"), effect("outside"))),
        ("range", (effect("range", "same"),)),
        ("new", (effect("only here"), effect("only there"))),
        ("neither", (effect("no runs"),)),
    )
]
NO_NUMBERS = measured({})
REFERENCE = {"shared": [2.0] * 10, "inside": [3.0] * 5, "outside": [0.5] * 5, "range": [3.0] * 5, "only there": [1.0] * 5}
OURS = {"shared": [0.5, 0.9, 1.0], "inside": [1.1], "outside": [0.9, 0.9], "range": [-4.0], "only here": [1.0]}


def compared(folder, ours=OURS, reference=REFERENCE):
    return quick_run.compared(CLAIMS, judged(ours), judged(reference), folder)


def test_effects_count_by_the_side_of_their_bound_and_a_shared_one_once(tmp_path):
    quick = compared(tmp_path)
    assert {test.name: same for test, same in quick.same.items()} == {"shared": False, "inside": True, "outside": True, "range": True}
    assert quick.sentence("README.md") == (
        "3 seeds decide no claim (five are needed): 3 of 4 effects point as in the reference of 10 seeds, whose verdicts are in README.md."
    )
    assert quick.by_claim == {
        "one": "not as in the reference", "several": "2 of 3 as in the reference", "range": "as in the reference", "new": "-", "neither": "-",
    }  # fmt: skip


@pytest.mark.parametrize("reference", [{}, {name: effects[:4] for name, effects in REFERENCE.items()}], ids=["none", "four seeds"])
def test_without_a_reference_that_has_verdicts_it_says_what_is_needed(tmp_path, reference):
    quick = compared(tmp_path, reference=reference)
    assert quick.sentence("README.md") == "3 seeds decide no claim; five are needed (SEEDS=5)."
    assert set(quick.by_claim.values()) == {"-"}


def test_one_seed_in_words(tmp_path):
    assert compared(tmp_path, {"inside": [2.0]}).sentence("").startswith("1 seed decides no claim (five are needed): 1 of 1 effects")


@pytest.mark.parametrize("ours", [{}, OURS | {"inside": [1.0, 1.1, 1.2, 1.3, 1.4]}], ids=["nothing", "a test of five seeds"])
def test_it_is_for_fewer_than_five_seeds_alone(tmp_path, ours):
    assert compared(tmp_path, ours) is None


def test_an_effect_that_is_no_number_is_not_counted(tmp_path):
    quick = compared(tmp_path, OURS | {"inside": [float("inf"), 2.0], "outside": [float("-inf")]})
    assert {test.name: same for test, same in quick.same.items()} == {"shared": False, "range": True}


def test_tables_show_directions_and_the_claims_keep_their_verdicts(tmp_path):
    claims = claim_table.rows(CLAIMS, judged(OURS))
    quick = compared(tmp_path)
    assert claims["verdict"].str.startswith("inconclusive").sum() == 3
    for shown in (quick.short(claims), quick.cells(claims)):
        assert shown["direction"].tolist() == list(quick.by_claim.values())
        assert "inconclusive" not in shown.to_string() and "verdict" not in shown and "adjusted p" not in shown
    assert "0.80" in quick.cells(claims)["effect"].tolist()


@pytest.mark.parametrize(
    ("file", "link"), [("README.md", "../smoke/README.md#the-papers-claims"), ("tables/claims.csv", "../smoke/tables/claims.csv")]
)
def test_the_page_links_to_the_reference_s_verdicts(tmp_path, file, link):
    committed, folder = tmp_path / "smoke", tmp_path / "mine & yours"
    committed.joinpath(file).parent.mkdir(parents=True)
    committed.joinpath(file).touch()
    quick = compared(committed)
    assert quick.verdicts == committed / file
    claims = claim_table.rows(CLAIMS, judged(OURS))
    folder.mkdir()
    pages.write_report(folder, [], [], claims, pages.comparison.table(NO_NUMBERS, NO_NUMBERS), quick)
    page = (folder / "report.html").read_text()
    assert f'whose verdicts are in <a href="{link}">' in page
    assert "same side of its claimed bound" in page
    assert "inconclusive" not in page
