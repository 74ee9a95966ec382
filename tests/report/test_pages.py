"""Formulas of report.html, and raw HTML of notebooks in it."""

import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat import v4

from companion.report import pages
from companion.report.safe_html import safe


@pytest.fixture
def page(tmp_path):
    """cells -> the body of a notebook of these."""

    def body(*cells):
        nbformat.write(v4.new_notebook(cells=list(cells)), tmp_path / "01.ipynb")
        return pages.notebook_html(tmp_path / "01.ipynb")

    return body


def test_formulas_become_mathml():
    assert "<math" in pages.MATH.sub(pages._mathml, r"at $r = 0.5$ and $$z \leftarrow z_0$$")


def test_formulas_are_mathml_in_prose_headings_and_beside_code(page):
    html = page(v4.new_markdown_cell("# At $r < 1$\n\nwith `a<b` and $$z \\leftarrow z_0$$ and *so* on\n\n> quoted & kept"))
    assert html.count("<math") == html.count("</math>") == 2
    assert re.search(r"<h1>At <math [^>]*><mrow><mi>r</mi><mo[^>]*>&lt;</mo><mn>1</mn></mrow></math>", html)
    assert "<code>a&lt;b</code>" in html
    assert "<em>so</em>" in html
    assert re.search(r"<blockquote>\s*<p>quoted &amp; kept</p>", html)


class Tags(HTMLParser):
    """names, attributes and text of a page, as a browser takes them."""

    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.text = set(), {}, ""

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= attrs

    def handle_data(self, data):
        self.text += data


RAW = '<script>alert(1)</script><b onclick="alert(1)">bold</b><img src="https://example.org/a.png" onerror="alert(1)"><iframe src="x"></iframe>'


@pytest.mark.parametrize(
    "cell",
    [
        v4.new_markdown_cell(RAW),
        v4.new_markdown_cell(f"![$\\text{{ onerror=alert(1) }}$](x) $\\text{{{RAW}}}$"),
        v4.new_raw_cell(RAW),
        v4.new_code_cell(RAW),
        *(
            v4.new_code_cell("", outputs=[v4.new_output("display_data", data={kind: text})])
            for kind, text in (
                ("text/html", RAW),
                ("text/markdown", RAW),
                ("text/latex", f"${RAW}$"),
                ("application/javascript", "alert(1)"),
            )
        ),
        v4.new_code_cell("", outputs=[v4.new_output("stream", text=RAW), v4.new_output("error", ename=RAW, evalue=RAW, traceback=[RAW])]),
    ],
    ids=["markdown", "formula", "raw", "code", "html output", "markdown output", "latex output", "javascript output", "text output"],
)
def test_raw_html_of_a_notebook_neither_runs_nor_fetches(page, cell):
    found = Tags()
    found.feed(page(cell))
    assert "div" in found.names or "alert" in found.text
    assert not found.names & {"script", "iframe", "style"}
    assert not [name for name in found.attributes if name.startswith(("on", "style"))]
    assert not [value for value in found.attributes.values() if "example.org" in value]


def test_tables_and_figures_of_outputs_stay_and_their_style_goes(page):
    table = (
        "<div><style scoped>.dataframe { color: red }</style><table class='dataframe'><tr><td colspan='2'>5 &lt; 6</td></tr></table></div>"
    )
    outputs = [v4.new_output("display_data", data={kind: text}) for kind, text in (("text/html", table), ("image/png", "iVBORw0KGgo="))]
    html = page(v4.new_code_cell("1 < 2", outputs=outputs))
    assert '<td colspan="2">5 &lt; 6</td>' in html
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in html
    assert "color: red" not in html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "DATA:text/html,x", "//example.org", "file:///x"]
)
def test_addresses_that_run_something_are_dropped(address):
    assert safe(f'<a href="{address}">x</a>') == "<a>x</a>"
    assert safe(f'<img src="{address}">') == "<img>"


def test_links_within_the_page_and_to_the_web_stay():
    for address in ("#02_r_sweep", "https://example.org/a?b=1&amp;c=2", "mailto:a@example.org"):
        assert safe(f'<a href="{address}">x</a>') == f'<a href="{address}">x</a>'
