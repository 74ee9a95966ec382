"""Records -> sentences: what of the papers' claims holds in these records. Every number is computed, none typed.

print("\\n".join(table1(find("digits"))))
"""

from collections.abc import Sequence

import numpy as np

from paperlib import printed_numbers, report
from paperlib.records import Record


def verdict(holds: bool) -> str:
    return "holds" if holds else "does not hold"


def table1(records: Sequence[Record]) -> list[str]:
    """Which method gains, whether the intervals part, and how much of the gap the long column closes."""
    value = {c.name: report.estimate(report.column_values(records, c)) for c in printed_numbers.TABLE1}
    lines = []
    for low, high in (("baseline", "hsm"), ("baseline", "ds"), ("hsm", "ds+hsm"), ("ds", "ds+hsm"), ("ds+bna", "ds+hsm+bna")):
        a, b = value[low], value[high]
        intervals = "the 95 % intervals " + ("are apart" if a.mean + a.half_width < b.mean - b.half_width else "overlap")
        lines.append(f"{low} {a} < {high} {b}: {verdict(b.mean > a.mean)}; {intervals if a.n > 1 else 'one seed, no interval'}.")
    for method, part in report.gains(records).groupby("method", sort=False):
        ours, theirs = (f"{part[who].min():+.1f} to {part[who].max():+.1f}" for who in ("ours", "paper"))
        helped = int((part["ours"] > 0).sum())
        lines.append(f"{method} gains in {helped} of {len(part)} combinations: {ours} points (paper: {theirs}).")
    best, real = value["long (ds+bna)"], value["real images"]
    lines.append(f"Long training reaches {best}, as many real images {real}.")
    if real.mean > value["baseline"].mean:
        closed = report.gap_closed({name: v.mean for name, v in value.items()})
        paper_closed = report.gap_closed({c.name: c.accuracy for c in printed_numbers.TABLE1})
        lines.append(f"It closes {closed:.0f} % of the gap between baseline and real images (paper: {paper_closed:.0f} %).")
    return lines


def sweep(records: Sequence[Record]) -> list[str]:
    """Where the curve rises, whether it saturates, and what r costs; only for the points that are on record."""
    table = report.sweep(records)
    ours = {(row["r"], row["BNA"]): row["ours"] for _, row in table.iterrows()}
    seconds = {row["r"]: row["seconds"] for _, row in table.iterrows()}
    if not all((r, bna) in ours for r in (0.0, 0.1, 0.5, 1.0) for bna in (False, True)):
        return ["The curve's claims need r = 0, 0.1, 0.5 and 1 on record; run the notebook without r."]
    lines = []
    for bna in (False, True):
        first, middle, last = (ours[b, bna] - ours[a, bna] for a, b in ((0.0, 0.1), (0.1, 0.5), (0.5, 1.0)))
        lines += [
            f"{'With' if bna else 'Without'} BNA: {first:+.1f} points from r = 0 to 0.1, {middle:+.1f} on to 0.5, {last:+.1f} on to 1.",
            f"    Most of the gain comes before r = 0.1: {verdict(first > middle + last)}.",
            f"    Almost saturated after r = 0.5 (less than a quarter of the gain so far): {verdict(last < 0.25 * (first + middle))}.",
        ]
    lines.append(
        f"With BNA, r = 0.5 ({ours[0.5, True]:.1f}) above r = 1 ({ours[1.0, True]:.1f}): {verdict(ours[0.5, True] > ours[1.0, True])}."
    )
    lines.append(f"A run takes {seconds[0.0]:.0f} s at r = 0, {seconds[0.5]:.0f} s at r = 0.5 and {seconds[1.0]:.0f} s at r = 1.")
    return lines


def hard_samples(records: Sequence[Record]) -> list[str]:
    """Whether mining lowers the score, keeps the norm and keeps the class."""
    lines = []
    for _, row in report.hard_samples(records).iterrows():
        lines += [
            f"After epoch {row['epoch']:.0f} the score of k* falls by {row['score of k* falls by']:.2f} on average,",
            f"    the classifier's accuracy on these images from {row['accuracy before']:.1f} % to {row['accuracy after']:.1f} %;",
            f"    the judge reads the class in {row['judge agrees, mined']:.1f} % of them (random: {row['judge agrees, random']:.1f} %);",
            f"    the largest relative error of a norm is {row['largest norm error']:.0e}.",
        ]
    return lines


def conditioning(records: Sequence[Record]) -> list[str]:
    """The 100 %, the judge's view, the leak, the other teacher, the variety."""
    lines = []
    for _, row in report.conditioning(records).iterrows():
        teacher, judge = (row[f"{who}'s accuracy"] for who in ("teacher", "judge"))
        lines.append(
            f"{row['setting']}: teacher {teacher:.1f} %, judge {judge:.1f} %, {row['variance kept %']:.0f} % of the prior's variance kept."
        )
    own = report.own_setting(records)
    runs = report.conditioning_runs(records, *own)
    best = [100 * max(r.history["accuracy"][: printed_numbers.CONDITIONING_EPOCHS]) for r in runs]
    claim = f"{printed_numbers.CONDITIONING_ACCURACY:.0f} % within {printed_numbers.CONDITIONING_EPOCHS} epochs"
    lines.append(
        f"{claim}: {verdict(min(best) >= printed_numbers.CONDITIONING_ACCURACY)}; the best epoch of each seed lies between {min(best):.1f} and {max(best):.1f} %."
    )
    labels = runs[0].config["labels_per_epoch"]
    share = 100 * labels / printed_numbers.CONDITIONING_LABELS
    lines.append(
        f"An epoch is {labels:,} labels here and {printed_numbers.CONDITIONING_LABELS:,} in the author's code: ours has had {share:.0f} % of the paper's training."
    )
    last = {who: float(np.mean([r.history[f"{who}_confidence"][-1] for r in runs])) for who in ("teacher", "judge")}
    lines.append(f"At the end the teacher's mean confidence is {last['teacher']:.3f}, the judge's {last['judge']:.3f}.")
    given, withheld = (report.conditioning_runs(records, labels, own[1]) for labels in ("given", "withheld"))
    if given and withheld:
        start = [100 * float(np.mean([r.history["accuracy"][0] for r in rs])) for rs in (given, withheld)]
        lines.append(
            f"Leak: after one epoch the generator that is given the attribute is at {start[0]:.1f} %, without it at {start[1]:.1f} %."
        )
    return lines


COMPARABLE = 1.5  # our reading of the paper's word: the factor up to which two FIDs, or two scores, are comparable


def evaluation(records: Sequence[Record]) -> list[str]:
    """What the 100 % is worth attribute by attribute, whether IS and FID are those of training with labels, and what variety is left."""
    found = {row["setting"]: row for row in report.evaluation(records).to_dict("records")}
    own, trained = (found.get(report.EVALUATIONS[labels]) for labels in (report.own_setting(records)[0], None))
    lines = []
    for name, row in found.items():
        teacher, judge, worst = (row[column] for column in ("teacher's accuracy", "judge's accuracy", "judge's worst"))
        lines += [
            f"{name}, {row['draws']:,} draws, n = {row['n']}: teacher {teacher:.2f} %, judge {judge:.2f} %,",
            f"    {worst:.1f} % in the judge's worst attribute; pixel variance {row['variance % of real']:.0f} % of the real images'.",
        ]
    if own and trained:
        claim = f"comparable with training on labels, within a factor of {COMPARABLE:g}"
        times = {name: row["FID"] / trained["FID"] if trained["FID"] > 0 else float("inf") for name, row in found.items()}
        worse, lower = times[own["setting"]], trained["IS"] / own["IS"]
        others = [f"{name} {times[name]:.1f}" for name, row in found.items() if row is not own and row is not trained]
        lines += [
            f"FID {claim}: {verdict(worse <= COMPARABLE)}; {own['features']}-FID {own['FID']:.1f} against {trained['FID']:.1f},"
            f" {worse:.1f} times; KID {own['KID']:.2f} against {trained['KID']:.2f}.",
            *([f"    The same factor in the leak experiment: {'; '.join(others)}."] if others else []),
            f"IS {claim}: {verdict(lower <= COMPARABLE)}; {own['IS']:.2f} against {trained['IS']:.2f}.",
        ]
    return lines


def image_quality(records: Sequence[Record]) -> list[str]:
    """How far each set is from the real images, and what mining and conditioning do to it."""
    found = {row["set"]: row for row in report.image_quality(records).to_dict("records")}
    real = found["real test"]["pixel_variance"]
    lines = [f"{found['prior']['features']}-FID: " + ", ".join(f"{name} {row['fid']:.1f}" for name, row in found.items()) + "."]
    if real:
        shares = ", ".join(f"{name} {100 * row['pixel_variance'] / real:.0f} %" for name, row in found.items())
        lines.append(f"Variance within a class: {shares} of real test's.")
    for made, prior in (pair for pair in (("mined", "prior"), ("conditioned", "unconditional prior")) if set(pair) <= set(found)):
        lines.append(f"Coverage of the real images: {made} {found[made]['coverage']:.2f}, {prior} {found[prior]['coverage']:.2f}.")
    if small := [name for name, row in found.items() if row["biased"]]:
        lines.append(
            f"Fewer images than features ({', '.join(small)}): their FID is biased upwards and compares with no other; KID is unbiased."
        )
    return lines
