"""Executed notebooks -> one report.html that needs no network: figures are inside, formulas are MathML, there is no script."""

import html
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pandas as pd
from latex2mathml.converter import convert
from nbconvert import HTMLExporter

from paperlib.report import claim_table
from paperlib.report.comparison import NOTE
from paperlib.report.safe_html import safe
from paperlib.support.files import replacing

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
nav a {{ margin-right: 1rem }} section {{ border-top: 2px solid #1b6ca8; margin-top: 3rem }}
table {{ border-collapse: collapse; font-size: 14px }} td, th {{ padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right }}
td:first-child, th:first-child, #claims td:nth-child(-n+3) {{ text-align: left }} img, svg {{ max-width: 100% }}
pre {{ background: #f6f6f4; padding: .6rem .8rem; overflow-x: auto; font-size: 13px; border-radius: 4px }}
.supported {{ color: #1a7f37; font-weight: 600 }} .differs, .contradicted {{ color: #b00020; font-weight: 600 }}
.jp-InputPrompt, .jp-OutputPrompt, .prompt {{ display: none }}
</style></head><body><h1>{title}</h1><nav>{links}</nav>
<section id="claims"><h2>The papers' claims</h2><p>{counts}</p>{claims}
<p>{claims_note}</p></section>
<section id="comparison"><h2>Paper, reference, this run</h2>{comparison}
<p>{note}</p></section>
{sections}</body></html>
"""
MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
LINK = re.compile(r"\]\((\w+)\.ipynb\)")
STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
SET_ASIDE = re.compile("\ue000\\d+\ue001")


def write_report(folder: Path, notebooks: Sequence[Path], claims: pd.DataFrame, comparison: pd.DataFrame) -> None:
    """folder/report.html: the claims, the comparison, then the notebooks that exist. claims: of claim_table.rows."""
    present = [path for path in notebooks if path.exists()]
    table, verdicts = _html(comparison, "DIFFERS"), _html(claim_table.cells(claims), "supported", "contradicted")
    links = "".join(f'<a href="#{path.stem}">{html.escape(path.stem)}</a>' for path in present)
    sections = "\n".join(f'<section id="{path.stem}">{notebook_html(path)}</section>' for path in present)
    page = PAGE.format(
        title=f"Results: {html.escape(folder.name)}", links=links, comparison=table, note=NOTE, sections=sections,
        counts=claim_table.counts(claims), claims=verdicts, claims_note=claim_table.NOTE,
    )  # fmt: skip
    with replacing(folder / "report.html") as temporary:
        temporary.write_text(page)


def _html(frame: pd.DataFrame, *coloured: str) -> str:
    """A table whose cells with one of these words are of the class of that name."""
    text: str = frame.to_html(index=False, border=0, na_rep="-")
    for word in coloured:
        text = text.replace(f"<td>{word}</td>", f'<td class="{word.lower()}">{word}</td>')
    return text


def notebook_html(path: Path) -> str:
    """The body of one notebook: prose, tables, figures and code, no prompts. Raw HTML of other kinds is shown as text."""
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
                data["text/html"] = STYLE.sub("", data["text/html"])
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True)
    body, _ = exporter.from_notebook_node(notebook)
    return safe(SET_ASIDE.sub(lambda match: formulas.get(match[0], ""), body))


def _mathml(match: re.Match[str]) -> str:
    block, inline = match.groups()
    return convert(block or inline, display="block" if block else "inline")
