"""What the pages show beside the saved tables, made from these and from what `make pretrained` left: no record is read.

table1(REFERENCE)          # Markdown: the paper's Table 1, the digits and the photographs side by side
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from companion.claims import MOST_TELLING
from companion.printed_numbers import TABLE1
from companion.report.files import markdown
from companion.results import claim_table
from companion.stats import cells



def texts(reference: Path) -> dict[str, str]:
    """Path in results/reference -> Markdown, of everything below."""
    profiles = ("digits", "cifar10_small", "faces")
    return {
        "overview/claims.md": claims(reference / "digits", MOST_TELLING),
        **{f"overview/claims_{profile}.md": claims(reference / profile) for profile in profiles},
        "overview/table1.md": table1(reference),
        **{f"overview/r_sweep_{profile}.md": r_sweep(reference / profile) for profile in profiles[:2]},
        "faces/parts/classifiers.md": face_classifiers(reference / "faces" / "parts"),
        "faces/parts/copies.md": face_copies(reference / "faces" / "parts"),
    }


def claims(folder: Path, ids: Sequence[str] = ()) -> str:
    """How many claims have which verdict, and their table. ids: these alone, without their margins."""
    table = pd.read_csv(folder / "tables" / "claims.csv")
    table = table[~table["verdict"].str.contains("this profile has no paper")]
    counts = claim_table.counts(table)
    columns = ["claim", "place", "statement", "effect", "low", "high", "p_adjusted", "n", "verdict"]
    if ids:
        columns = ["claim", "verdict", "statement", "effect", "low", "high", "n"]
        table = table.set_index("claim", drop=False).loc[list(ids)]
        table["statement"] = claim_table.without_margins(table["statement"])
    return f"{counts}\n\n{markdown(table[columns].rename(columns={'p_adjusted': 'adjusted p'}))}"


def table1(reference: Path) -> str:
    """A row a training, two columns each for the paper, the digits and the photographs: without BNA and with it. n: the most seeds of a row."""
    sources: dict[str, pd.DataFrame] = {}
    for name, profile in {"digits": "digits", "CIFAR-10": "cifar10_small"}.items():
        table = pd.read_csv(reference / profile / "tables" / "table1.csv")
        rows = pd.DataFrame({"training": table["column"].map(_training), "BNA": table["column"].str.contains("bna")})
        sources.setdefault("paper", rows.assign(cell=_of_paper(table)))
        sources[f"{name} (n = {table['n'].max()})"] = rows.assign(cell=cells(table))
    return markdown(_beside_bna(sources, "training").reset_index())


def _training(column: str) -> str:
    """ds+bna -> ds, bna -> baseline, long (ds+bna) -> long (ds); a method of our own -> long, ours."""
    if column not in {c.name for c in TABLE1}:
        return "long, ours"
    return "baseline" if column == "bna" else column.replace("+bna", "")


def r_sweep(folder: Path) -> str:
    """A column an r; paper and ours, without BNA and with it."""
    curve = pd.read_csv(folder / "tables" / "r_sweep.csv")
    rows = pd.DataFrame({"r =": [f"{r:g}" for r in curve["r"]], "BNA": curve["BNA"]})
    sources = {"paper": rows.assign(cell=_of_paper(curve)), "ours": rows.assign(cell=cells(curve))}
    return markdown(_beside_bna(sources, "r =").T.rename_axis("r =").reset_index())


def _of_paper(table: pd.DataFrame) -> list[str]:
    return ["-" if np.isnan(value) else f"{value:.1f}" for value in table["paper"]]


def _beside_bna(sources: Mapping[str, pd.DataFrame], index: str) -> pd.DataFrame:
    """Frames with `index`, BNA and cell -> a row for each value of `index`, two columns a source; a dash where a source has no cell."""
    rows = pd.concat([rows.assign(source=rows["BNA"].map({False: name, True: f"{name}, with BNA"})) for name, rows in sources.items()])
    columns = [column for name in sources for column in (name, f"{name}, with BNA")]
    wide = rows.pivot(index=index, columns="source", values="cell")
    return wide.reindex(index=rows[index].unique(), columns=columns).fillna("-")


def face_classifiers(folder: Path) -> str:
    """How many images there were, and the accuracy of every teacher and judge on the test images, by class with its number of images."""
    rows = []
    for path in sorted(folder.glob("*.csv")):
        report = pd.read_csv(path, index_col=0)
        classes = report.drop(["mean", "weighted mean"])
        attribute, network = path.stem.rsplit("_", 1)
        rows.append(
            {
                "classifier": f"{attribute.replace('_', ' ')}, {'judge' if network == 'wide' else 'teacher'} ({network})",
                "accuracy %": f"{100 * report.loc['weighted mean', 'recall']:.1f}",
                "by class (test images)": ", ".join(
                    f"{name} {100 * recall:.1f} ({support:,})"
                    for name, recall, support in classes[["recall", "support"]].itertuples(name=None)
                ),
            }
        )
    n = json.loads((folder / "images.json").read_text())
    return (
        f"{n['train']:,} images to train on and {n['test']:,} to test on. Left out: {n['unparsed']} files whose names do not say age, gender and race, "
        f"{n['repeated']} copies, and {n['disputed']} files that show one picture with several labels.\n\n{markdown(pd.DataFrame(rows))}"
    )


def face_copies(folder: Path) -> str:
    """Whether the generators show training images again."""
    found = {path.stem.replace("_", " "): json.loads(path.read_text()) for path in sorted(folder.glob("*generator*.json"))}
    rows = [
        {
            "generator": name,
            "images seen": report["seen"],
            **{f"{of}: {key}": report[of][key] for of in ("samples", "real test") for key in ("images", "copies", "smallest", "median")},
        }
        for name, report in found.items()
    ]
    return markdown(pd.DataFrame(rows).round(1))
