"""Tables and figures to files, each written whole or not at all.

save_figure(table1.figure(found(DIGITS)), folder, "table1")        # folder/figures/table1.png and .svg
"""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from paperlib.support.files import replacing


def save_table(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """CSV and Markdown under folder/tables."""
    for suffix, text in ((".csv", frame.to_csv(index=False)), (".md", frame.to_markdown(index=False) + "\n")):
        with replacing(folder / "tables" / f"{name}{suffix}") as path:
            path.write_text(text)


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """PNG and SVG under folder/figures."""
    for suffix in (".png", ".svg"):
        with replacing(folder / "figures" / f"{name}{suffix}") as path:
            figure.savefig(path, bbox_inches="tight", metadata={"Date": None} if suffix == ".svg" else None)
