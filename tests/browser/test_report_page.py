"""report.html in a real browser: on a phone and on a desk, by day and by night."""

import json
import shutil
from pathlib import Path

import pytest

from companion import experiment, profiles
from companion.claims import CLAIMS
from companion.quantities import by_seed, frames_of, measured
from companion.report import pages
from companion.results import claim_table, comparison
from companion.support.paths import REFERENCE

pytestmark = pytest.mark.slow

DIGITS = REFERENCE / "digits"
OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, pre, math, details:not([open])")
    && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 200))"""
MOST_BYTES = 3 * 2**20


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Of the committed records and executed notebooks."""
    folder = tmp_path_factory.mktemp("digits")
    shutil.copytree(DIGITS / "notebooks", folder / "notebooks")
    found = experiment.found(profiles.load("digits"), DIGITS)
    numbers = measured(frames_of(found))
    claims = claim_table.rows(CLAIMS, claim_table.judge_claims(CLAIMS, by_seed(numbers)))
    pages.write_report(folder, sorted((folder / "notebooks").glob("*.ipynb")), found, claims, comparison.table(numbers, numbers))
    return folder / "report.html"


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1200, "light"), (1200, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def page(browser, report, complaints, request):
    width, scheme = request.param
    opened = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened.said = complaints(opened)
    opened.goto(report.as_uri())
    yield opened
    opened.close()


def test_nothing_is_wider_than_the_page(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.evaluate(OVERFLOWING) == []
    for folded in page.query_selector_all("summary"):
        folded.evaluate("e => e.parentElement.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_every_figure_has_a_text_and_every_id_is_used_once(page):
    texts = page.eval_on_selector_all("img", "images => images.map(i => i.alt)")
    assert texts
    assert [text for text in texts if len(text) < 20] == []
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    targets = page.eval_on_selector_all('a[href^="#"]', "links => links.map(a => a.getAttribute('href').slice(1))")
    assert set(targets) <= set(ids)


def test_it_is_quiet_and_asks_for_nothing(page):
    page.wait_for_load_state("networkidle")
    assert page.said == []
    assert page.eval_on_selector_all("script", "all => all.length") == 0


def test_text_can_be_read_by_day_and_by_night(page):
    """Contrast of text and page, by the formula of WCAG 2, is at least 7."""
    colors = json.loads(
        page.evaluate("JSON.stringify([getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor])")
    )
    light, dark = sorted((luminance(color) for color in colors), reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 7


def luminance(color):
    parts = [int(part) / 255 for part in color[4:-1].split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_first_screen_says_what_was_run_and_what_holds(browser, report):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(report.as_uri())
    seen = page.evaluate("document.elementFromPoint(600, 80).closest('body').innerText.slice(0, 600)")
    assert "runs of" in seen
    assert "claims:" in seen
    assert "Comparison with the reference" in seen
    tops = page.eval_on_selector_all(".first table, .first img", "all => all.map(e => e.getBoundingClientRect().top)")
    assert len(tops) == 3
    assert max(tops) < 900
    page.close()


def test_it_is_small(browser, report):
    assert Path(report).stat().st_size <= MOST_BYTES
