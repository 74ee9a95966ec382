"""Tables and lines of the pages, from what companion/report makes of records: a mean and its interval share a cell."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from companion import printed_numbers
from companion.records import Record
from companion.report import claim_table, conditioning, diversity, estimates, evaluation, image_quality
from companion.report.estimates import of_kind


def text(lines: list[str]) -> str:
    return "```text\n" + "\n".join(lines) + "\n```"


def markdown(table: pd.DataFrame) -> str:
    """The whole table, mean and interval in one cell."""
    return table.assign(ours=with_interval(table), paper=one_decimal(table["paper"])).drop(columns=["low", "high"]).to_markdown(index=False)


def with_interval(table: pd.DataFrame, mean: str = "ours", low: str = "low", high: str = "high") -> list[str]:
    return [estimates.with_interval(*row) for row in table[[mean, low, high]].itertuples(index=False, name=None)]


def one_decimal(values: "pd.Series[float]") -> list[str]:
    """A dash where the paper gives no number."""
    return ["-" if pd.isna(value) else f"{value:.1f}" for value in values]


def formatted(values: pd.Series, form: str) -> list[str]:
    """A dash where nothing is known, `never` where it is infinite."""
    return ["-" if pd.isna(value) else "never" if np.isinf(value) else f"{value:{form}}" for value in values]


def with_half_width(mean: float, half_width: float, form: str) -> str:
    """A dash for nan; no half width where a single seed gives none."""
    return "-" if np.isnan(mean) else f"{mean:{form}}" + ("" if np.isnan(half_width) else f" ± {half_width:{form}}")


def claim_markdown(claims: pd.DataFrame) -> str:
    """How many claims have which verdict, and the table of them."""
    return f"{claim_table.counts(claims)}\n\n{claim_table.cells(claims).to_markdown(index=False, disable_numparse=True)}"


def short_table1(digits: pd.DataFrame, photographs: pd.DataFrame) -> str:
    """Paper, digits and photographs, without BNA and with it, a row a training of the paper's Table 1; then our own column of the photographs.
    n: the most seeds that a row has."""
    with_bna = {c.name: c.bna for c in printed_numbers.TABLE1}
    of_paper = photographs["column"].isin(digits["column"])
    tables = {"digits": digits, "CIFAR-10": photographs[of_paper]}
    ours = {f"{name} (n = {table['n'].max()})": table for name, table in tables.items() if table["n"].any()}
    cells = digits.assign(
        training=[name.removesuffix("+bna").replace("(ds+bna)", "(ds)").replace("bna", "baseline") for name in digits["column"]],
        BNA=[with_bna[name] for name in digits["column"]],
        paper=one_decimal(digits["paper"]),
        **{name: with_interval(table) for name, table in ours.items()},
    )
    rows = bna_beside(cells, "training", ["paper", *ours])
    own = photographs[~of_paper]
    for accuracy, n in zip(with_interval(own), own["n"], strict=True):
        rows.loc[f"long, ours (n = {n})"] = ["-"] * (len(rows.columns) - 1) + [accuracy]
    return rows.reset_index().to_markdown(index=False, disable_numparse=True)


def short_sweep(curve: pd.DataFrame) -> str:
    """Paper and ours, without BNA and with it, a column a value of r."""
    cells = curve.assign(r=[f"{r:g}" for r in curve["r"]], paper=one_decimal(curve["paper"]), ours=with_interval(curve))
    return bna_beside(cells, "r", ["paper", "ours"]).T.rename_axis("r =").reset_index().to_markdown(index=False, disable_numparse=True)


def bna_beside(cells: pd.DataFrame, index: str, sources: list[str]) -> pd.DataFrame:
    """Two columns a source, without BNA and with it; rows in the order of the table, a dash in a cell that is not there."""
    wide = cells.pivot(index=index, columns="BNA", values=sources).reindex(cells.set_index(index).index.unique())
    wide.columns = [f"{source}, with BNA" if bna else source for source, bna in wide.columns]
    return wide.fillna("-")


def short_conditioning(table: pd.DataFrame) -> str:
    """A line for each setting of paper B."""
    lines = []
    for row in table.to_dict("records"):
        kept = f"{row['variance kept %']:.0f} % of the prior's variance"
        lines.append(f"* {row['setting']}: {conditioning.accuracies(row)}, {kept} (n = {row['n']}).")
    return "\n".join(lines)


def evaluation_table(runs: Sequence[Record]) -> str:
    return evaluation.table(runs).drop(columns=["images", "features"]).to_markdown(index=False, floatfmt=".4g")


def quality_table(runs: Sequence[Record]) -> str:
    table = image_quality.table(runs).drop(columns=["features", "biased"])
    return table.assign(judge_agreement=formatted(table["judge_agreement"], ".3g")).to_markdown(index=False, floatfmt=".3g")


def diversity_table(table: pd.DataFrame, costs: pd.DataFrame) -> str:
    """What every method past paper B draws, and below it what that costs."""
    methods = {"method": table["method"], "w": [f"{w:g}" for w in table["w"]]}
    drawn = methods | {"judge %": with_interval(table, "judge %", "judge low", "judge high")}
    if diversity.SECOND_JUDGE in table:
        drawn[diversity.SECOND_JUDGE] = [f"{share:.1f}" for share in table[diversity.SECOND_JUDGE]]
    for name in ("variance", "coverage"):
        drawn[f"{name} %"] = [with_half_width(*v, ".1f") for v in zip(table[f"{name} %"], table[f"{name} ±"], strict=True)]
    for name in ("variance", "coverage"):
        drawn[f"of the target's {name} %"] = formatted(table[f"of the target's {name} %"], ".1f")
    cost = methods | {"labels an epoch": formatted(table["labels an epoch"], ",.0f")}
    cost |= {name: formatted(costs[name], ",.0f") for name in ("passes to fit", "pays after")}
    cost |= {
        name: formatted(costs[name], ".3g") for name in ("passes an image", "times cheaper", "evenly, times cheaper", "seconds to fit")
    }
    cells = drawn | {"n": table["n"]}, cost | {"runs at a time": costs["runs at a time"]}
    of_what, of_cost = (pd.DataFrame(columns).to_markdown(index=False, disable_numparse=True) for columns in cells)
    return f"{of_what}\n\nWhat it costs:\n\n{of_cost}"


def conditioned(runs: Sequence[Record]) -> list[str]:
    """Paper B and what goes past it, as far as they are on record."""
    told = []
    if of_kind(runs, "conditioning"):
        told += ["Paper B:", conditioning.table(runs).to_markdown(index=False)]
    if of_kind(runs, "evaluation"):
        told += ["Its evaluation:", evaluation_table(runs)]
    if of_kind(runs, "diversity"):
        told += ["Past paper B:", diversity_table(diversity.table(runs), diversity.costs(runs)), text(diversity.sentences(runs))]
    return told
