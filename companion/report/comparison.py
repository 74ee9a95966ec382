"""The closing comparison: paper | committed reference | this run | do they agree?

frame = table(found(DIGITS), found(DIGITS, REFERENCE / "digits"));  print("\n".join(summary(frame)))
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from companion.records import Record
from companion.report.agreement import AGREES, DIFFERS, IDENTICAL, NO_RECORD, NO_REFERENCE, WITHIN, compared, verdict
from companion.report.comparison_items import items
from companion.report.estimates import estimate

NOTE = (
    "Means and 95 % intervals over n seeds, accuracies in percent; an interval that would leave what is possible is cut and given by its ends. "
    "identical: the shared seeds are the same bit for bit. agrees: same processor and packages, and no shared seed differs by more than 0.5 points, "
    "5 % of an FID or 2 % of an IS. within the spread of seeds: another machine or other seeds, and the means differ by no more than the "
    "reference's spread over seeds explains (99.9 %), nor by more than 1.5 points, 15 % of an FID or 10 % of an IS."
)
VERDICTS = (DIFFERS, NO_RECORD, NO_REFERENCE, WITHIN, AGREES, IDENTICAL)


def table(ours: Sequence[Record], reference: Sequence[Record]) -> pd.DataFrame:
    """The items as a table of text. times allowed: how many times the allowed difference there is; nan where nothing can be compared."""
    rows = []
    for item in items(ours, reference):
        row: dict[str, Any] = {"item": item.name, "paper": item.paper}
        for name, count, values in (("reference", "n", item.reference), ("this run", "n ", item.ours)):
            row |= {name: str(estimate(list(values.values()), item.limits.bounds)) if values else "-", count: len(values)}
        comparable = bool(item.ours and item.reference)
        difference, allowed = compared(item.ours, item.reference, item.limits, item.same) if comparable else (float("nan"), float("nan"))
        row |= {"differs by": item.limits.in_words(difference), "allowed": item.limits.in_words(allowed)}
        row |= {"times allowed": round(difference / allowed, 2)}
        rows.append(row | {"verdict": verdict(item.ours, item.reference, item.limits, same_machine=item.same)})
    return pd.DataFrame(rows)


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
