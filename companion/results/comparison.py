"""The closing comparison: paper | committed reference | this run | do they agree?

frame = table(measured(frames_of(found(DIGITS))), measured(frames_of(reference)));  print("\\n".join(summary(frame)))
"""

import pandas as pd

from companion.results.agreement import AGREES, DIFFERS, IDENTICAL, LIMITS, NO_RECORD, NO_REFERENCE, WITHIN, compared, same_machine, verdict
from companion.stats import cell, t_interval

NOTE = (
    "Means and 95 % intervals over n seeds, accuracies in percent; an interval that would leave what is possible is cut and given by its ends. "
    "identical: the shared seeds are the same bit for bit. agrees: same processor and packages, and no shared seed differs by more than 0.5 points, "
    "5 % of an FID or 2 % of an IS. within the spread of seeds: another machine or other seeds, and the means differ by no more than the "
    "reference's spread over seeds explains (99.9 %), nor by more than 1.5 points, 15 % of an FID or 10 % of an IS."
)
COLUMNS = ("item", "paper", "reference", "n", "this run", "n ", "differs by", "allowed", "times allowed", "verdict")
VERDICTS = (DIFFERS, NO_RECORD, NO_REFERENCE, WITHIN, AGREES, IDENTICAL)


def table(ours: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Of quantities.measured, twice -> a table of text, a row a quantity that is compared, in the reference's order. times allowed: how many
    times the allowed difference there is; nan where nothing can be compared."""
    both = pd.concat([reference.assign(run="reference"), ours.assign(run="this run")])
    rows = []
    for name, numbers in both[both["compared"] != ""].groupby("quantity", sort=False):
        limits, paper = LIMITS[numbers["compared"].iloc[0]], numbers["paper"].iloc[0]
        row: dict[str, object] = {"item": name, "paper": "-" if pd.isna(paper) else f"{paper:g}"}
        by_seed = {run: numbers[numbers["run"] == run].set_index("seed") for run in ("reference", "this run")}
        for (run, part), count in zip(by_seed.items(), ("n", "n "), strict=True):
            row |= {run: cell(part["value"].mean(), *t_interval(part["value"], limits.bounds), slack=0.01), count: len(part)}
        theirs, mine = (part["value"].to_dict() for part in by_seed.values())
        same = same_machine(by_seed["this run"]["machine"].to_dict(), by_seed["reference"]["machine"].to_dict())
        difference, allowed = compared(mine, theirs, limits, same) if mine and theirs else (float("nan"), float("nan"))
        row |= {"differs by": limits.in_words(difference), "allowed": limits.in_words(allowed)}
        row |= {"times allowed": round(difference / allowed, 2), "verdict": verdict(mine, theirs, limits, same_machine=same)}
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(frame: pd.DataFrame, rows: int = 5) -> list[str]:
    """The counts by verdict, then the worst rows of those that differ, or are not the same, `rows` at most."""
    if frame.empty:
        return ["Comparison with the reference: nothing on record."]
    counts = frame["verdict"].value_counts()
    line = ", ".join(f"{counts[name]} {name}" for name in reversed(VERDICTS) if name in counts)
    worst = frame[frame["times allowed"] > 0].sort_values("times allowed", ascending=False)
    lines = [f"Comparison with the reference, {len(frame)} numbers: {line}."]
    for row in worst.head(rows).to_dict("records"):
        lines.append(
            f"  {row['verdict']}: {row['item']}: {row['this run']} (n = {row['n ']}), reference {row['reference']} (n = {row['n']}); "
            f"by {row['differs by']}, allowed {row['allowed']}"
        )
    return lines
