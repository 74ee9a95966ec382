"""Tables and figures to files, each written whole or not at all, and shown where a notebook asks for them.

save_figure(table1.figure(found(DIGITS)), folder, "table1")        # folder/figures/table1.png
save_table(table1.table(found(DIGITS)), folder, "table1")          # folder/tables/table1.csv and .md -> the table to be shown

The csv has every number. The Markdown is made from the csv, for reading, and the pages of the repository include it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

from companion.report.style import significant
from companion.stats import cell
from paperlib.support.files import replacing
from paperlib.support.progress import in_notebook

pd.set_option("display.float_format", significant)

EFFECT = "effect"  # of a claim: it is held against a margin, so the ends of its interval are shown


def save_table(frame: pd.DataFrame, folder: Path, name: str) -> pd.DataFrame:
    """CSV and Markdown under folder/tables -> the table without its empty columns: one seed has no intervals."""
    tables = folder / "tables"
    with replacing(tables / f"{name}.csv") as path:
        path.write_text(frame.to_csv(index=False))
    save_markdown(markdown(pd.read_csv(tables / f"{name}.csv")), tables / f"{name}.md")
    return frame.dropna(axis=1, how="all")


def save_markdown(text: str, path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text.rstrip("\n") + "\n")


def save_measured(found: Mapping[str, Any], text: str, path: Path) -> None:
    """What a script of bench/ found: JSON at path, and beside it the Markdown that a page includes."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")
    save_markdown(text, path.with_suffix(".md"))


def markdown(frame: pd.DataFrame) -> str:
    """A table for reading: few digits, no empty columns, and a mean in one cell with its interval.

    The interval's columns stand behind the mean: its half width, with ± in its name, or its ends, whose names end in low and high.
    """
    names, shown = list(frame.columns), {}
    while names:
        name = names.pop(0)
        mean = frame[name]
        if names and "±" in names[0]:
            width = frame[names.pop(0)]
            shown[name] = _intervals(mean, mean - width, mean + width)
        elif [other.rpartition(" ")[2] for other in names[:2]] == ["low", "high"]:
            shown[name] = _intervals(mean, frame[names.pop(0)], frame[names.pop(0)])
        elif mean.notna().any():
            shown[name] = _cells(mean)
    sides = ["right" if is_numeric_dtype(frame[name]) and not is_bool_dtype(frame[name]) else "left" for name in shown]
    return str(pd.DataFrame(shown).to_markdown(index=False, disable_numparse=True, colalign=sides))


def _intervals(mean: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
    """One digit after the point; two for the effects of claims, and where all means are small."""
    rows = list(zip(mean, low, high, strict=True))
    if mean.name == EFFECT:
        return ["-" if np.isnan(m) else f"{m:.2f}" if np.isnan(a) else f"{m:.2f} ({a:.2f} to {b:.2f})" for m, a, b in rows]
    digits = 2 if mean.abs().max() < 10 else 1
    return [cell(*row, digits=digits) for row in rows]


def _cells(column: pd.Series) -> list[str]:
    if is_bool_dtype(column):
        return list(column.map({True: "x", False: ""}))
    if is_integer_dtype(column):
        return [f"{value:,}" for value in column]
    return [_number(value) for value in column] if is_numeric_dtype(column) else list(column.fillna("").astype(str))


def _number(value: float) -> str:
    """Four significant digits; a dash where nothing is known, `never` where it is infinite."""
    if not np.isfinite(value):
        return "-" if np.isnan(value) else "never"
    return significant(value) if abs(value) < 1000 else f"{value:,.0f}"


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """PNG under folder/figures. A notebook shows it here, with its label as the alternative text."""
    text = figure.get_label()
    with replacing(folder / "figures" / f"{name}.png") as path:
        figure.savefig(path, bbox_inches="tight", metadata={"Description": text})
    if in_notebook():
        from IPython.display import display

        display(figure, metadata={"image/png": {"alt": text}})
        plt.close(figure)
