"""Formulas of report.html."""

from paperlib.report import pages


def test_formulas_become_mathml():
    assert "<math" in pages.MATH.sub(pages._mathml, r"at $r = 0.5$ and $$z \leftarrow z_0$$")
