"""Records -> sentences past the papers: where mining turns harmful, and what conditioning without collapse costs. Every number is computed.

print("\\n".join(diversity(find("digits"))))
"""

from collections.abc import Mapping, Sequence
from typing import Any

from paperlib.findings import verdict
from paperlib.past_papers import (
    AIM,
    METHODS,
    PROPOSED,
    REJECTION,
    TRUTH,
    Key,
    diversity_costs,
    diversity_distances,
    diversity_manifold,
    diversity_runs,
    mined_classifiers,
    mined_space,
)
from paperlib.past_papers import diversity as table_of
from paperlib.records import Record

Rows = Mapping[Key, Mapping[str, Any]]


def mining(records: Sequence[Record]) -> list[str]:
    """How far mined images are from the generator's own, and the step size at which mining turns harmful."""
    space = mined_space(records)
    if space.empty:
        return []
    inside, agreed = space.iloc[0][["inside %", "judge agrees %"]]
    lines = [
        f"Random images: {inside:.0f} % inside the manifold of the generator's own samples, the judge reads the class in {agreed:.0f} %."
    ]
    for steps, part in space[space["steps"] > 0].groupby("steps"):
        sizes, distances, read = (
            "/".join(f"{value:{form}}" for value in part[name])
            for name, form in (("eta", "g"), ("distance, random = 1", ".2f"), ("judge agrees %", ".0f"))
        )
        lines.append(
            f"{steps} step{'s' if steps > 1 else ''} of {sizes}: distance {distances} times the random images', the judge reads {read} %."
        )
    wrong = space[space["judge agrees %"] < 95].sort_values("distance, random = 1")
    if len(wrong):
        steps, eta, distance = wrong.iloc[0][["steps", "eta", "distance, random = 1"]]
        lines.append(
            f"The nearest setting with more than one label in twenty wrong: {steps:.0f} steps of {eta:g}, at distance {distance:.2f}."
        )
    table = mined_classifiers(records)
    plain = table[~table["BNA"].astype(bool)].set_index("eta")
    if 0.0 in plain.index and len(plain) > 1:
        spread = " ± {gain ±:.1f}" if plain["n"].min() > 1 else ""
        curve = ", ".join(f"{row['gain']:+.1f}{spread.format(**row)} at {eta:g}" for eta, row in plain.iterrows() if eta)
        lines += [
            f"The final classifier has {plain.loc[0.0, 'ours']:.1f} % without mining (n = {plain['n'].min():.0f}).",
            f"    Mining at that step size adds, paired by seed: {curve} points.",
        ]
        harmful = plain.index[(plain["gain"] < 0) & (plain.index > 0)]
        lines.append(
            f"Mining is harmful from eta = {harmful.min():g} on: there the classifier is worse than without, in the mean."
            if len(harmful)
            else "At none of these step sizes is the classifier worse than without mining."
        )
    return lines


def diversity(records: Sequence[Record]) -> list[str]:
    """What collapses, what the truth itself is worth, which methods meet our aim, and what no method can do."""
    runs = diversity_runs(records)
    if TRUTH not in runs:
        return ["The findings need the truth on record: rejection at w = 1."]
    frames = (frame(records).to_dict("records") for frame in (table_of, diversity_distances, diversity_manifold, diversity_costs))
    rows: Rows = {key: {name: value for part in parts for name, value in part.items()} for key, *parts in zip(runs, *frames, strict=True)}
    return [*_truth(rows), *_aim(rows), *_bound(rows, runs[TRUTH])]


def _truth(rows: Rows) -> list[str]:
    truth = rows[TRUTH]
    outside = 100 - truth["inside %"]
    misses = outside * (100 - truth["judge outside %"]) / (100 - truth["judge %"]) if truth["judge %"] < 100 else 0.0
    sharpest = min((key for key in rows if key[0] == REJECTION), key=lambda key: key[1])
    paper_b, nearest = (METHODS["gaussian"], 0.0), min(rows, key=lambda key: rows[key]["fid, real"])
    return [
        f"The truth: the teacher reads the attribute in {truth['teacher %']:.1f} %, the judge in {truth['judge %']:.1f} %.",
        f"    {outside:.0f} % of it lies outside the manifold of the real images; there the judge agrees in {truth['judge outside %']:.0f} %, "
        f"inside in {truth['judge inside %']:.0f} %:",
        f"    {misses:.0f} % of the judge's misses are out there, where the generator draws what is between two digits and Bayes' rule keeps it.",
        f"What the smallest weight asks for, exactly (rejection at w = {sharpest[1]:g}): {_summary(rows[sharpest])}.",
        *([f"Paper B's form (w = 0): {_summary(rows[paper_b])}."] if paper_b in rows else []),
        f"FID and coverage of the real images of the class: the truth {_real(truth)}; nearest, {nearest[0]} at w = {nearest[1]:g}, {_real(rows[nearest])}"
        + (f"; paper B's form {_real(rows[paper_b])}." if paper_b in rows else "."),
    ]


def _aim(rows: Rows) -> list[str]:
    """Which methods, rejection apart, meet which parts of our aim, in their means over seeds; and the best that satisfy the judge."""
    columns = {"judge": "judge %", "variance": "variance %", "coverage": "coverage %", "cheaper": "times cheaper"}
    learned = [key for key in rows if key[0] != REJECTION]
    met = {key: {part for part, goal in AIM.items() if rows[key][columns[part]] >= goal} for key in learned}
    lines = []
    for part, goal in AIM.items():
        who = ", ".join(f"{name} ({weight:g})" for name, weight in learned if part in met[name, weight])
        lines.append(f"Aim, {part} >= {goal:g}{'' if part == 'cheaper' else ' %'}: {who or 'nobody'}.")
    for title, parts in (("Variety and accuracy together", set(AIM) - {"cheaper"}), ("All four together", set(AIM))):
        who = ", ".join(f"{name} at w = {weight:g}" for name, weight in learned if parts <= met[name, weight])
        lines.append(f"{title}: {verdict(bool(who))}{': ' + who if who else ''}.")
    looking = {PROPOSED, METHODS["langevin"]}
    for title, looks in (("looks at each image", True), ("looks at none", False)):
        able = [key for key in learned if "judge" in met[key] and (key[0] in looking) == looks]
        if able:
            best = max(able, key=lambda key: min(rows[key]["variance %"], rows[key]["coverage %"]))
            row, latent = rows[best], rows[TRUTH]["µs a latent"] / rows[best]["µs a latent"]
            lines += [
                f"With the judge at {AIM['judge']:g} %, the best that {title}: {best[0]}, w = {best[1]:g}: {_summary(row)};",
                f"    an image {row['times cheaper']:.1f} times cheaper than the truth's ({row['at the same w']:.1f} times than rejection's at this w), "
                f"the latent alone {latent:.0f} times.",
            ]
    return lines


def _bound(rows: Rows, truth: Sequence[Record]) -> list[str]:
    """How much cheaper an image can be at all, on the machine of these records."""
    image, cheapest = rows[TRUTH]["µs an image"], min(row["µs an image"] for row in rows.values())
    read = min(r.provenance["latent_microseconds"][0] * r.metrics["acceptance"][0] for r in truth)
    return [
        f"The bound: the truth's rarest image costs {image:.0f} µs, a pass of the generator alone {cheapest:.0f} µs, with the teacher's reading {read:.0f} µs:",
        f"    nothing can be more than {image / cheapest:.0f} times cheaper, nor more than {image / read:.0f} times if it reads each image once.",
    ]


def _summary(row: Mapping[str, Any]) -> str:
    return f"judge {row['judge %']:.1f} %, {row['variance %']:.0f} % of the truth's variance, {row['coverage %']:.0f} % of its coverage"


def _real(row: Mapping[str, Any]) -> str:
    return f"{row['fid, real']:.0f} and {row['coverage, real']:.2f}"
