"""Executed notebooks -> one report.html that needs no network: figures are inside, formulas are MathML, there is no script.

The first screen says what was run, what holds and whether it agrees with the reference; the notebooks follow, their code folded away.
"""

import base64
import contextlib
import html
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import nbformat
import pandas as pd
from bs4 import BeautifulSoup, Tag
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from PIL import Image

from companion.records import Record
from companion.report.safe_html import safe
from companion.results import claim_table, comparison, quick_run
from companion.results.quick_run import QuickRun
from companion.support.paths import ROOT
from paperlib.support.files import replacing

# A notebook, what its figure is called on the first screen, and how the figure's alternative text begins.
MAIN_FIGURES = (
    ("01_table1", "Paper A: Table 1", "Top-1 accuracy in percent of every column"),
    ("04_conditioning", "Paper B: conditioning", "Conditioning accuracy, loss"),
)
COLOURS = 256  # of a picture in the report
PNG = "data:image/png;base64,"
STYLE = """
:root { color-scheme: light dark; --text: #222; --page: #fff; --line: #ddd; --soft: #f6f6f4; --accent: #1b6ca8; --good: #1a7f37; --bad: #b00020 }
@media (prefers-color-scheme: dark) {
  :root { --text: #ddd; --page: #161616; --line: #444; --soft: #242424; --accent: #74b3e0; --good: #63c47c; --bad: #ff7b8a }
}
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 72rem; margin: 1rem auto 4rem; padding: 0 1rem;
  overflow-wrap: anywhere }
a { color: var(--accent) }
nav { columns: 12rem auto } nav a { display: block }
section { border-top: 2px solid var(--accent); margin-top: 3rem }
.scroll { overflow-x: auto; margin: 1rem 0 }
table { border-collapse: collapse; font-size: 14px; overflow-wrap: normal }
td, th { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
td:first-child, th:first-child, .claims td, .claims th { text-align: left } .claims td { min-width: 3rem }
.claims td:nth-child(3) { min-width: 12rem } .first table { font-size: 13px; line-height: 1.3 }
.first { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr) } .first .scroll { margin: 0 }
@media (min-width: 60rem) { .first { grid-template-columns: minmax(0, 7fr) minmax(0, 4fr) } }
img, svg { max-width: 100%; height: auto; background: #fff; border-radius: 4px }
figure { margin: 0 0 1rem } figcaption { font-size: 14px }
pre { background: var(--soft); padding: .6rem .8rem; overflow-x: auto; font-size: 13px; border-radius: 4px }
math { overflow-x: auto; overflow-y: hidden; max-width: 100% } math[display=block] { display: block math }
summary { cursor: pointer; color: var(--accent); font-size: 14px }
.supported { color: var(--good); font-weight: 600 } .differs, .contradicted { color: var(--bad); font-weight: 600 }
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{style}</style></head><body>
<h1>{title}</h1>
<p>{what}</p>
<p><strong>{decided}</strong> <a href="#claims">All of them, with their margins</a>. {agreement} <a href="#comparison">Number by number</a>.</p>
<div class="first">{short}<div>{figures}<nav>{links}</nav></div></div>
<section id="claims"><h2>The papers' claims</h2>{claims}<p>{claims_note}</p></section>
<section id="comparison"><h2>Paper, reference, this run</h2>{comparison}<p>{note}</p></section>
{sections}
</body></html>
"""
MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
LINK = re.compile(r"\]\((\w+)\.ipynb\)")
STYLE_TAG = re.compile(r"<style.*?</style>", re.DOTALL)
UNDESCRIBED = "No description has been provided"  # nbconvert's own words
SET_ASIDE = re.compile("\ue000\\d+\ue001")


def write_report(
    folder: Path,
    notebooks: Sequence[Path],
    records: Sequence[Record],
    claims: pd.DataFrame,
    compared: pd.DataFrame,
    quick: QuickRun | None = None,
) -> None:
    """folder/report.html: the first screen, all claims, the comparison, then the notebooks that exist. claims: of claim_table.rows.
    quick: what it says is shown instead of the verdicts."""
    if quick:
        decided = quick.sentence(_link_to_verdicts(quick, folder))
        short, cells, note = quick.short(claims), quick.cells(claims), quick_run.NOTE
    else:
        decided = html.escape(claim_table.counts(claims))
        short, cells, note = claim_table.short(claims), claim_table.cells(claims), claim_table.NOTE
    bodies = {path.stem: notebook_html(path) for path in notebooks if path.exists()}
    links = {"claims": "The papers' claims", "comparison": "Paper, reference, this run"} | {
        name: _heading(body) for name, body in bodies.items()
    }
    page = PAGE.format(
        title=f"Results: {html.escape(folder.name)}", style=STYLE, what=html.escape(what_was_run(records)),
        decided=decided, agreement=html.escape(comparison.summary(compared)[0]),
        short=_table(short, "supported", "contradicted", of="claims"), figures=_main_figures(bodies),
        links="".join(f'<a href="#{name}">{html.escape(heading)}</a>' for name, heading in links.items()),
        claims=_table(cells, "supported", "contradicted", of="claims"), claims_note=note,
        comparison=_table(compared.dropna(axis=1, how="all"), "DIFFERS"), note=comparison.NOTE,
        sections="\n".join(f'<section id="{name}">{body}</section>' for name, body in bodies.items()),
    )  # fmt: skip
    with replacing(folder / "report.html") as temporary:
        temporary.write_text(page)


def _link_to_verdicts(quick: QuickRun, folder: Path) -> str:
    """From folder/report.html; its text is the path from the repository."""
    address = quote(os.path.relpath(quick.verdicts, folder)) + ("#the-papers-claims" if quick.verdicts.suffix == ".md" else "")
    return f'<a href="{html.escape(address)}">{html.escape(os.path.relpath(quick.verdicts, ROOT))}</a>'


def what_was_run(records: Sequence[Record]) -> str:
    """How many runs of how many seeds, where and when, in one sentence."""
    if not records:
        return "Nothing is on record."
    made = [record.provenance for record in records]
    where = ", ".join(dict.fromkeys(p.get("processor", p["device"]) if p["device"] == "cpu" else p["device"] for p in made))
    days = sorted({p["date"][:10] for p in made})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    seeds = len({record.seed for record in records})
    return f"{len(records)} runs of {seeds} {'seed' if seeds == 1 else 'seeds'}, profile {records[0].profile}, on {where}, {when}."


def _table(frame: pd.DataFrame, *coloured: str, of: str = "") -> str:
    """A table that scrolls; cells with one of these words are of the class of that name."""
    text: str = frame.to_html(index=False, border=0, na_rep="-", classes=of or None)
    for word in coloured:
        text = text.replace(f"<td>{word}</td>", f'<td class="{word.lower()}">{word}</td>')
    return f'<div class="scroll">{text}</div>'


def _heading(body: str) -> str:
    heading = BeautifulSoup(body, "html.parser").find("h1")
    return heading.get_text() if heading else "Notebook"


def _main_figures(bodies: dict[str, str]) -> str:
    """The figure of each paper's main notebook, once more."""
    found = []
    for name, title, begins in MAIN_FIGURES:
        image = BeautifulSoup(bodies.get(name, ""), "html.parser").find(
            "img", alt=lambda text, begins=begins: bool(text) and text.startswith(begins)
        )
        if image is not None:
            found.append(f'<figure><a href="#{name}">{image}</a><figcaption>{title}</figcaption></figure>')
    return "".join(found)


def notebook_html(path: Path) -> str:
    """The body of one notebook: prose, tables, figures and folded code, no prompts. Raw HTML of other kinds is shown as text."""
    notebook = nbformat.read(path, as_version=4)
    formulas: dict[str, str] = {}

    def set_aside(match: re.Match[str]) -> str:
        """A mark that Markdown leaves alone, in the place of the formula."""
        mark = f"\ue000{len(formulas)}\ue001"
        formulas[mark] = _mathml(match)
        return mark

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"](#\1)", MATH.sub(set_aside, cell.source))
        for data in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "text/html" in data:
                data["text/html"] = STYLE_TAG.sub("", data["text/html"])
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True)
    body, _ = exporter.from_notebook_node(notebook)
    return _readable(safe(SET_ASIDE.sub(lambda match: formulas.get(match[0], ""), body)))


def _readable(body: str) -> str:
    """Code folded, tables in a box that scrolls, every image with a text."""
    soup = BeautifulSoup(body, "html.parser")
    for code in soup.select("div.input"):
        if code.get_text(strip=True):
            details = soup.new_tag("details")
            summary = soup.new_tag("summary")
            summary.string = "code"
            code.wrap(details)
            details.insert(0, summary)
    for table in soup.find_all("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    for image in soup.find_all("img"):
        if isinstance(image, Tag) and (not image.get("alt") or str(image["alt"]).startswith(UNDESCRIBED)):
            image["alt"] = "figure"
        if isinstance(image, Tag) and str(image.get("src", "")).startswith(PNG):
            image["src"] = PNG + _lighter(str(image["src"]).removeprefix(PNG))
    return str(soup)


def _lighter(png: str) -> str:
    """A PNG in base64 -> the same of COLOURS colours, where that is smaller: the whole report stays below 3 MB. What cannot be read stays."""
    packed, smaller = base64.b64decode(png), io.BytesIO()
    with contextlib.suppress(OSError):
        Image.open(io.BytesIO(packed), formats=["PNG"]).convert("RGB").quantize(COLOURS).save(smaller, "PNG", optimize=True)
    return base64.b64encode(min(packed, smaller.getvalue() or packed, key=len)).decode()


def _mathml(match: re.Match[str]) -> str:
    block, inline = match.groups()
    return convert(block or inline, display="block" if block else "inline")
