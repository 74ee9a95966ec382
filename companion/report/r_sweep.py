"""Fig. 4 of paper A: accuracy and cost against the replacement fraction r.

table(found(DIGITS))          # a pandas frame, one row an r, without and with BNA
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from companion import printed_numbers
from companion.records import Record
from companion.report.estimates import (
    SHARE,
    beside,
    by_seed,
    decided,
    error_bars,
    estimate,
    minus,
    of_kind,
    paired,
    runs_at_a_time,
    seconds,
)
from companion.report.style import OURS, SECOND, THIRD, described, listed


def runs_of(records: Sequence[Record]) -> list[Record]:
    """The runs of Fig. 4: DS without HSM, every r on record."""
    return of_kind(records, "classifier", real=False, hsm=False, long_factor=1, method="")


def runs_at(records: Sequence[Record], r: float) -> list[Record]:
    """One point of the figure, one run a seed."""
    return [run for run in runs_of(records) if run.config.r == r]


def accuracy_by_seed(records: Sequence[Record], r: float, bna: bool) -> dict[int, float]:
    """Top-1 in percent at r."""
    return by_seed(runs_at(records, r), "accuracy_bna" if bna else "accuracy", 100)


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Accuracy in percent without and with BNA, with the ends of its 95 % interval, and seconds of a run, for every r on record."""
    rows = []
    for r in sorted({run.config.r for run in runs_of(records)}):
        for bna in (False, True):
            ours = estimate(list(accuracy_by_seed(records, r, bna).values()), SHARE)
            rows.append(
                {
                    "r": r,
                    "BNA": bna,
                    "paper": printed_numbers.FIG4_KNOWN.get((r, bna)),
                    "ours": ours.mean,
                    "low": ours.low,
                    "high": ours.high,
                    "n": ours.n,
                }
                | seconds(runs_at(records, r))
            )
    return pd.DataFrame(rows, columns=["r", "BNA", "paper", "ours", "low", "high", "n", "seconds", "runs at a time"]).round(3)


def figure(records: Sequence[Record], reference: Sequence[Record] = ()) -> Figure:
    """Accuracy against r without and with BNA: ours, and the values that the paper prints. On the right the cost of a run.

    reference: other records, drawn as thin dashed lines.
    """
    frame, committed = table(records), table(reference)
    fig, (ours, theirs, cost) = plt.subplots(1, 3, figsize=(10, 3.2), width_ratios=(3, 2, 2), layout="constrained")
    for bna, color in ((False, OURS), (True, SECOND)):
        label = "with BNA" if bna else "without BNA"
        part = frame[frame["BNA"] == bna]
        ours.errorbar(part["r"], part["ours"], yerr=error_bars(part), marker="o", color=color, capsize=3, label=label)
        if len(committed):
            line = committed[committed["BNA"] == bna]
            ours.plot(line["r"], line["ours"], "--", color=color, linewidth=1, alpha=0.6)
        known = sorted((r, accuracy) for (r, with_bna), accuracy in printed_numbers.FIG4_KNOWN.items() if with_bna == bna)
        theirs.plot(*zip(*known, strict=True), "D:", color=color, label=label)
    ours.set(ylabel="top-1 on real test images (%)", title=f"ours: {records[0].config.profile}")
    theirs.set(title="paper: the four values in its text", xlim=(-0.05, 1.05))
    cost.plot(frame["r"], frame["seconds"], "o-", color=THIRD)
    cost.set(ylabel=f"seconds of a run{beside(runs_of(records))}", ylim=(0, 1.1 * frame["seconds"].max()), title="cost, ours")
    for ax in (ours, theirs, cost):
        ax.set(xlabel="replacement fraction r")
    ours.legend(fontsize=8)
    told = "; ".join(
        f"{'with' if bna else 'without'} BNA " + listed(part["r"], part["ours"].map("{:.1f}".format)) for bna, part in frame.groupby("BNA")
    )
    return described(fig, f"Top-1 accuracy in percent against the replacement fraction r, and the cost of a run. Accuracy: {told}.")


def sentences(records: Sequence[Record]) -> list[str]:
    """Where the curve rises, whether it saturates, and what a larger r costs."""
    frame = table(records)
    cost = {row["r"]: row["seconds"] for _, row in frame.iterrows()}
    if not {0.0, 0.1, 0.5, 1.0} <= cost.keys():
        return ["The paper's claims need r = 0, 0.1, 0.5 and 1 on record: run the notebook without r."]
    lines = []
    for bna in (False, True):
        at = {r: accuracy_by_seed(records, r, bna) for r in (0.0, 0.1, 0.5, 1.0)}
        first, second, last = (paired(at[b], at[a]).mean for a, b in ((0.0, 0.1), (0.1, 0.5), (0.5, 1.0)))
        most = paired(minus(at[0.1], at[0.0]), minus(at[1.0], at[0.1]))
        a_quarter = {seed: 0.25 * rise for seed, rise in minus(at[0.5], at[0.0]).items()}
        saturated = paired(a_quarter, minus(at[1.0], at[0.5]))
        lines += [
            f"{'With' if bna else 'Without'} BNA: {first:+.1f} points from r = 0 to 0.1, {second:+.1f} from 0.1 to 0.5, {last:+.1f} from 0.5 to 1.",
            f"    Most of the gain comes before r = 0.1: {decided(most)} (before less after: {most} points).",
            f"    Almost saturated after r = 0.5 (the rest adds less than a quarter of the gain before): {decided(saturated)}.",
        ]
    better = paired(at[0.5], at[1.0])
    lines.append(f"With BNA, r = 0.5 is better than r = 1: {decided(better)} (by {better} points).")
    shared = runs_at_a_time(runs_of(records))
    contended = f", with {shared} runs at a time" if shared > 1 else ""
    lines.append(f"A run takes {cost[0.0]:.0f} s at r = 0, {cost[0.5]:.0f} s at r = 0.5 and {cost[1.0]:.0f} s at r = 1{contended}.")
    return lines
