"""What docs/faces.md shows."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from companion.claims import PAPER_B
from companion.commands.readme.tables import claim_markdown, conditioned, quality_table, text
from companion.records import Record
from companion.report import claim_table, evaluation, fairness, image_quality
from companion.report.estimates import of_kind
from paperlib.data.utkface import RACES

ONE_TRAINING = (
    "Each generator, teacher and judge was trained once. The seeds repeat the input generator and the draws, not these trainings: a verdict holds for "
    "these networks, and another training could turn it."
)

OF_ONE_REFERENCE = (
    "The reference of these FIDs is the teachers' half of the training images. A generator of all images has seen it, one of a fifth has seen a fifth of "
    "it: that favours the former."
)


def faces(runs: Sequence[Record]) -> str:
    """What docs/faces.md shows, from the records of `faces`."""
    if not runs:
        return "Not computed yet: `make reference PROFILE=faces SEEDS=5 UTKFACE=...`."
    told = conditioned(runs)
    if of_kind(runs, "image-quality"):
        told += ["Image quality:", quality_table(runs)]
    if of_kind(runs, "conditioning"):
        results = claim_table.judge_claims(PAPER_B, runs)
        told += ["The paper's claims:", claim_markdown(claim_table.rows(PAPER_B, results)), claim_table.NOTE, ONE_TRAINING]
        twins = image_quality.twins(runs)
        if behind := [*twins, *([OF_ONE_REFERENCE] if twins else []), *judge_on_real(runs)]:
            told += [text(behind)]
    if of_kind(runs, "diversity"):
        rare = fairness.table(runs, RACES).to_markdown(index=False)
        told += ["Are rare groups worse off?", rare, text(fairness.sentences(runs, RACES))]
    return "\n\n".join(told)


def judge_on_real(runs: Sequence[Record]) -> list[str]:
    """What the judge's errors mean for B4 and B6."""
    real = [run.metrics["judge_agreement"] for run in of_kind(runs, "image-quality", image_set="real test")]
    labelled = evaluation.read_as_asked(of_kind(runs, "evaluation", conditioning=None), "judge")
    if not real or not labelled:
        return []
    return [
        f"What B4 is worth: the judge reads {100 * np.mean(real):.1f} % of real test images as labelled, and {np.mean(list(labelled.values())):.1f} % of the "
        "images of the generator trained with labels, against which B4 measures paper B. It compares readings, not how faithful images are: a generator that "
        "draws a group as it is loses to one that draws what classifiers are sure of. B6 takes the judge's reading for the truth, on paper B's own draws: it "
        "does not say that the teacher is calibrated on real faces."
    ]


def copied(folder: Path) -> str:
    """Whether the generators that `make pretrained` trained show training images again."""
    rows = []
    for path in sorted(folder.glob("*generator*.json")):
        found = json.loads(path.read_text())
        samples, real = found["samples"], found["real test"]
        rows.append(
            {
                "generator": path.stem.replace("_", " "),
                "images seen": f"{found['seen']:,}",
                "copies": f"{samples['copies']} of {samples['images']:,}",
                "smallest difference": f"{samples['smallest']:.1f}",
                "median": f"{samples['median']:.1f}",
                "real test images: copies": f"{real['copies']:,} of {real['images']:,}",
                "real: smallest": f"{real['smallest']:.1f}",
                "real: median": f"{real['median']:.1f}",
            }
        )
    return (
        pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
        if rows
        else "Not measured yet: `make pretrained PROFILE=faces UTKFACE=...`."
    )


def face_classifiers(folder: Path) -> str:
    """Accuracy of every teacher and judge of the faces that `make pretrained` trained, and by class with support, on the test images."""
    reports = {path.stem: pd.read_csv(path, index_col=0) for path in sorted(folder.glob("*.csv"))}
    if not reports:
        return "Not trained yet: `make pretrained PROFILE=faces UTKFACE=...`."
    rows = []
    for name, report in reports.items():
        classes = report.drop(["mean", "weighted mean"])
        by_class = (
            f"{c} {100 * recall:.1f} ({support:,})"
            for c, recall, support in zip(classes.index, classes["recall"], classes["support"], strict=True)
        )
        accuracy = f"{100 * report.loc['weighted mean', 'recall']:.1f}"
        attribute, network = name.rsplit("_", 1)
        role = "judge" if network == "wide" else "teacher"
        rows.append(
            {
                "classifier": f"{attribute.replace('_', ' ')}, {role} ({network})",
                "accuracy %": accuracy,
                "by class (test images)": ", ".join(by_class),
            }
        )
    table = pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
    counts = folder / "images.json"
    if not counts.is_file():
        return table
    n = json.loads(counts.read_text())
    return (
        f"{n['train']:,} images to train on and {n['test']:,} to test on. Left out: {n['unparsed']} files whose names do not say age, gender and race, "
        f"{n['repeated']} copies, and {n['disputed']} files that show one picture with several labels.\n\n{table}"
    )
