"""BNA two ways: by the exact statistics of all real training images, and by the paper's eq. 5, which forgets all but the last batches.

table(found(DIGITS))          # a pandas frame, one row a training of Table 1
"""

from collections.abc import Sequence

import pandas as pd

from companion import printed_numbers
from companion.records import Record
from companion.report.estimates import by_seed, estimate, paired
from companion.report.table1 import column_runs


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Accuracies in percent; gain: over no BNA, and exact - eq. 5: their difference, in points, paired over seeds."""
    trainings = {(c.hsm, c.ds, c.long, c.real): c for c in reversed(printed_numbers.TABLE1)}
    rows = []
    for column in reversed(trainings.values()):
        runs = column_runs(records, column)
        without, exact, averaged = (by_seed(runs, name, 100) for name in ("accuracy", "accuracy_bna", "accuracy_bna_momentum"))
        row: dict[str, str | float] = {"training": column.name.replace("(ds+bna)", "(ds)")}
        row |= {"without": estimate(list(without.values())).mean}
        for name, values, over in (("exact", exact, without), ("eq. 5", averaged, without)):
            gain = paired(values, over)
            row |= {name: estimate(list(values.values())).mean, f"{name}: gain": gain.mean, f"{name}: ±": gain.half_width}
        difference = paired(exact, averaged)
        rows.append(row | {"exact - eq. 5": difference.mean, "±": difference.half_width, "n": difference.n})
    return pd.DataFrame(rows).round(2)


def sentences(records: Sequence[Record]) -> list[str]:
    """What the two forms gain over no BNA, over the trainings of Table 1, and which is ahead."""
    frame = table(records)
    frame = frame[frame["n"] > 0]
    if frame.empty:
        return []
    ranges = {name: f"{frame[f'{name}: gain'].min():+.1f} to {frame[f'{name}: gain'].max():+.1f}" for name in ("exact", "eq. 5")}
    difference = frame["exact - eq. 5"]
    return [
        f"Over {len(frame)} trainings BNA gains {ranges['exact']} points by the exact statistics, {ranges['eq. 5']} points by eq. 5.",
        f"The exact statistics are ahead in {(difference > 0).sum()} of them: {difference.min():+.1f} to {difference.max():+.1f} points.",
    ]
