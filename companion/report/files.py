"""Tables and figures to files, each written whole or not at all, and shown where a notebook asks for them.

save_figure(table1.figure(found(DIGITS)), folder, "table1")        # folder/figures/table1.png and .svg
save_table(table1.table(found(DIGITS)), folder, "table1")          # folder/tables/table1.csv and .md -> the table to be shown
"""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from companion.report.style import significant
from paperlib.support.files import replacing
from paperlib.support.progress import in_notebook

pd.set_option("display.float_format", significant)


def save_table(frame: pd.DataFrame, folder: Path, name: str) -> pd.DataFrame:
    """CSV and Markdown under folder/tables -> the table without its empty columns: one seed has no intervals."""
    for suffix, text in ((".csv", frame.to_csv(index=False)), (".md", frame.to_markdown(index=False) + "\n")):
        with replacing(folder / "tables" / f"{name}{suffix}") as path:
            path.write_text(text)
    return frame.dropna(axis=1, how="all")


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """PNG and SVG under folder/figures. A notebook shows it here, with its label as the alternative text."""
    text = figure.get_label()
    for suffix, metadata in ((".png", {"Description": text}), (".svg", {"Description": text, "Date": None})):
        with replacing(folder / "figures" / f"{name}{suffix}") as path:
            figure.savefig(path, bbox_inches="tight", metadata=metadata)
    if in_notebook():
        from IPython.display import display

        display(figure, metadata={"image/png": {"alt": text}})
        plt.close(figure)
