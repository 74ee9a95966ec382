"""Records -> sentences: what of the papers' claims holds in these records. Every number is computed, none typed.

print("\\n".join(table1(find("digits"))))
"""

from collections.abc import Sequence

import numpy as np

from paperlib import paper, report
from paperlib.records import Record


def verdict(holds: bool) -> str:
    return "holds" if holds else "does not hold"


def table1(records: Sequence[Record]) -> list[str]:
    """Which method gains, whether the intervals part, and how much of the gap the long column closes."""
    value = {c.name: report.estimate(report.column_values(records, c)) for c in paper.TABLE1}
    lines = []
    for low, high in (("baseline", "hsm"), ("baseline", "ds"), ("hsm", "ds+hsm"), ("ds", "ds+hsm"), ("ds+bna", "ds+hsm+bna")):
        a, b = value[low], value[high]
        apart = a.mean + a.half_width < b.mean - b.half_width
        lines.append(f"{low} {a} < {high} {b}: {verdict(b.mean > a.mean)}; the 95 % intervals {'are apart' if apart else 'overlap'}.")
    for method, part in report.gains(records).groupby("method", sort=False):
        helped = int((part["ours"] > 0).sum())
        lines.append(
            f"{method} gains in {helped} of {len(part)} combinations: {part['ours'].min():+.1f} to {part['ours'].max():+.1f} points (paper: {part['paper'].min():+.1f} to {part['paper'].max():+.1f})."
        )
    best, real = value["long (ds+bna)"], value["real images"]
    lines.append(
        f"Long training reaches {best}, real images {real}: it closes {report.gap_closed(records):.0f} % of the gap from the baseline (paper: {paper_gap():.0f} %)."
    )
    return lines


def paper_gap() -> float:
    """Share of the gap between baseline and real images that the paper's long column closes, in percent."""
    value = {c.name: c.accuracy for c in paper.TABLE1}
    return 100 * (value["long (ds+bna)"] - value["baseline"]) / (value["real images"] - value["baseline"])


def sweep(records: Sequence[Record]) -> list[str]:
    """Where the curve rises, whether it saturates, and what r costs; only for the points that are on record."""
    table = report.sweep(records)
    ours = {(row["r"], row["BNA"]): row["ours"] for _, row in table.iterrows()}
    seconds = {row["r"]: row["seconds"] for _, row in table.iterrows()}
    lines = []
    for bna in (False, True):
        name = "with BNA" if bna else "without BNA"
        if all((r, bna) in ours for r in (0.0, 0.1, 0.5, 1.0)):
            first, middle, last = (ours[b, bna] - ours[a, bna] for a, b in ((0.0, 0.1), (0.1, 0.5), (0.5, 1.0)))
            lines.append(
                f"{name}: {first:+.1f} points from r = 0 to 0.1, {middle:+.1f} to 0.5, {last:+.1f} to 1. Most of the gain before 0.1: {verdict(first > middle + last)}. Saturation after 0.5: {verdict(last < 0.25 * (first + middle))}."
            )
    if (0.5, True) in ours and (1.0, True) in ours:
        lines.append(
            f"With BNA, r = 0.5 ({ours[0.5, True]:.1f}) above r = 1 ({ours[1.0, True]:.1f}): {verdict(ours[0.5, True] > ours[1.0, True])}."
        )
    if 0.0 in seconds and 1.0 in seconds:
        lines.append(f"A run takes {seconds[0.0]:.0f} s at r = 0 and {seconds[1.0]:.0f} s at r = 1.")
    return lines or ["The curve's claims need r = 0, 0.1, 0.5 and 1 on record; run the notebook without r."]


def hard_samples(records: Sequence[Record]) -> list[str]:
    """Whether mining lowers the score, keeps the norm and keeps the class."""
    table = report.hard_samples(records)
    return [
        f"After epoch {row['epoch']:.0f}: the score of k* falls by {row['score of k* falls by']:.2f} on average, the classifier's accuracy on these images from {row['accuracy before']:.1f} % to "
        f"{row['accuracy after']:.1f} %; the judge still reads the class in {row['judge agrees, mined']:.1f} % (random: {row['judge agrees, random']:.1f} %); norms are kept to {row['largest norm error']:.0e}."
        for _, row in table.iterrows()
    ]


def conditioning(records: Sequence[Record]) -> list[str]:
    """The 100 %, the judge's view, the leak, the other teacher, the variety."""
    lines = []
    for _, row in report.conditioning(records).iterrows():
        accuracy = [row[f"{who}'s accuracy"] for who in ("teacher", "judge")]
        lines.append(
            f"{row['setting']}: teacher {accuracy[0]:.1f} %, judge {accuracy[1]:.1f} %, variance kept {row['variance kept %']:.0f} % of the prior's."
        )
    runs = report.conditioning_runs(records, "unconditional", "mnist")
    best = [max(r.history["accuracy"][: paper.CONDITIONING_EPOCHS]) for r in runs]
    lines.append(
        f"100 % within {paper.CONDITIONING_EPOCHS} epochs: {verdict(min(best) >= 0.9995)}; the seeds reach {100 * min(best):.1f} to {100 * max(best):.1f} %."
    )
    last = {who: float(np.mean([r.history[f"{who}_confidence"][-1] for r in runs])) for who in ("teacher", "judge")}
    lines.append(f"At the end the teacher's mean confidence is {last['teacher']:.3f}, the judge's {last['judge']:.3f}.")
    given, withheld = (report.conditioning_runs(records, labels, "mnist") for labels in ("given", "withheld"))
    if given and withheld:
        start = [100 * float(np.mean([r.history["accuracy"][0] for r in rs])) for rs in (given, withheld)]
        lines.append(
            f"Leak: after one epoch the generator that is given the attribute is at {start[0]:.1f} %, the one it is withheld from at {start[1]:.1f} %."
        )
    return lines


def quality(records: Sequence[Record]) -> list[str]:
    """How far each set is from the real images, and what mining and conditioning do to it."""
    table = report.quality(records).set_index("set")
    fid, variance = table["digit_fid"], table["pixel_variance"]
    lines = [f"digit-FID: {', '.join(f'{name} {value:.1f}' for name, value in fid.items())}."]
    shares = [f"{name} {100 * value / variance['real test']:.0f} %" for name, value in variance.items()]
    lines.append(f"Within-class variance against real test images: {', '.join(shares)}.")
    lines.append(
        f"Mined images keep coverage {table.loc['mined', 'coverage']:.2f} (prior {table.loc['prior', 'coverage']:.2f}); conditioned images {table.loc['conditioned', 'coverage']:.2f} (unconditional prior {table.loc['unconditional prior', 'coverage']:.2f})."
    )
    return lines
