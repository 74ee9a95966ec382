"""What the claims and the closing comparison speak of: every number by seed, from the tidy frames of the runs.

numbers = measured(frames_of(found(DIGITS)))          # tidy: a row a quantity and seed
by_seed(numbers)["Table 1: ds"]                       # a row a seed, a column a quantity

What is not on record has no rows. Frames hold the runs of one plan, in its order: paper B's own setting is the first one. Accuracies, shares of
the truth and calibration errors are in percent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from companion.frames import frame, wide
from companion.printed_numbers import CONDITIONING_ACCURACY, CONDITIONING_EPOCHS, FIG4_KNOWN, FIG4_R
from companion.records import Record
from companion.results import methods, r_sweep, table1
from companion.results.conditioning import OWN, WITH_LABELS, named
from companion.results.image_quality import IMAGE_SETS
from companion.settings import Setting

COLUMNS = ("quantity", "seed", "value", "compared", "paper", "machine")
WHOSE = {WITH_LABELS: "with labels"}
PAPER_B_READS = {"paper B": CONDITIONING_ACCURACY}  # by the teacher
# (stage mined at, reader): this classifier at its two stages, then another one at both.
OTHER_READERS = {"the other stage": ((0, 1), (1, 0)), "another classifier": ((0, 2), (1, 3))}


def frames_of(records: Iterable[Record]) -> dict[str, pd.DataFrame]:
    """The frame of each recorded function."""
    every = list(records)
    return {run: frame(every, run) for run in dict.fromkeys(record.run for record in every)}


def measured(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every quantity of the frames, by kind of run. A row a quantity and seed.

    compared: as what the closing comparison judges a difference, one of agreement.LIMITS; "" where it is for the claims alone. paper: what the
    paper prints; nan where it prints nothing. machine: where the value was computed, as text; nothing where a record names no processor.
    """
    parts = [
        part
        for kind, quantities in QUANTITIES.items()
        if len(frames.get(kind, ()))
        for part in quantities(frames[kind].assign(machine=_machines(frames[kind])))
    ]
    return pd.concat([pd.DataFrame(columns=COLUMNS), *parts], ignore_index=True).dropna(subset="value")


def by_seed(numbers: pd.DataFrame) -> pd.DataFrame:
    """A row a seed, a column a quantity; nan where a seed has none. ValueError where a seed has two values of one quantity."""
    twice = numbers[numbers.duplicated(["quantity", "seed"])]
    if len(twice):
        name, seed = twice[["quantity", "seed"]].iloc[0]
        raise ValueError(f"{name}: seed {seed} stands twice; leave one of its runs out.")
    return wide(numbers.astype({"value": float}), "quantity", "value")


def _machines(runs: pd.DataFrame) -> list[str | None]:
    """Device, processor and packages in one text."""
    names = ["device", "processor", *sorted(name for name in runs if name.startswith("packages."))]
    rows = runs.reindex(columns=names).astype(object).to_dict("records")
    return [None if pd.isna(row["processor"]) else str({name: value for name, value in row.items() if pd.notna(value)}) for row in rows]


def _quantity(runs: pd.DataFrame, name: str, values: ArrayLike, compared: str = "", paper: float = np.nan) -> pd.DataFrame:
    """values: one a run."""
    machine = runs["machine"] if compared else None
    found = {"quantity": name, "seed": runs["seed"], "value": np.asarray(values, dtype=float), "compared": compared, "paper": paper}
    return pd.DataFrame(found | {"machine": machine})


def _classifiers(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for name, part in table1.columns(runs).groupby("column", sort=False):
        yield _quantity(part, f"Table 1: {name}", part["top1"], "accuracy", part["paper"].iloc[0])
    own, long = runs["method"] != "", runs["long_factor"] > 1
    ours = runs[own & long]
    if ours["method"].nunique() == 1:  # of several candidates none is ours
        yield _quantity(ours, "our long training", 100 * ours["accuracy"])
    for (r, bna), part in r_sweep.points(runs).groupby(["r", "bna"]):
        name = f"Fig. 4: r = {r} with BNA" if bna else f"Fig. 4: r = {r}"
        yield _quantity(part, name, part["top1"], "accuracy" if r in FIG4_R else "", FIG4_KNOWN.get((r, bna), np.nan))
        if not bna:
            yield _quantity(part, f"seconds at r = {r}", part["seconds"])


def _controls(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    part = runs[runs["real"] & (runs["long_factor"] == 1)]
    yield _quantity(part, "all real images", 100 * part["accuracy"])


def _conditioning(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for (setting, whose), part in _named(runs).groupby(["setting", "whose"], sort=False):
        yield _quantity(part, f"B: {setting}, teacher", 100 * part["accuracy"], "accuracy", PAPER_B_READS.get(whose, np.nan))
        yield _quantity(part, f"B: {setting}, judge", 100 * part["judge_accuracy"], "accuracy")
        yield _quantity(part, f"{whose}: judge", 100 * part["judge_accuracy"])
        yield _quantity(part, f"{whose}: variance", part["variance"])
        yield _quantity(part, f"{whose}: the prior's variance", part["prior_variance"])
        yield _quantity(part, f"{whose}: calibration error", 100 * part["teacher_calibration.ece"])
        best = part["history.accuracy"].map(lambda curve: max(curve[:CONDITIONING_EPOCHS]))
        yield _quantity(part, f"{whose}: best accuracy", 100 * best)


def _evaluations(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Those of the generator trained with labels have no setting, so it is no column where they are alone."""
    columns = runs.columns.union([f"source.{name}" for name in Setting._fields], sort=False)
    for (setting, whose), part in _named(runs.reindex(columns=columns)).groupby(["setting", "whose"], sort=False):
        space = part["feature_space"].iloc[0]
        teacher, judge = ([_share_as_asked(counts) for counts in part[f"{who}_confusion"]] for who in ("teacher", "judge"))
        yield _quantity(part, f"B, all draws: {setting}, teacher", teacher, "accuracy", PAPER_B_READS.get(whose, np.nan))
        yield _quantity(part, f"B, all draws: {setting}, judge", judge, "accuracy")
        yield _quantity(part, f"B, {space}-FID: {setting}", part["fid"], "distance")
        yield _quantity(part, f"B, {space}-IS: {setting}", part["inception_score"], "score")
        yield _quantity(part, f"{whose}, all draws: judge", judge)
        yield _quantity(part, f"{whose}, all draws: FID", part["fid"])
        yield _quantity(part, f"{whose}, all draws: IS", part["inception_score"])


def _named(runs: pd.DataFrame) -> pd.DataFrame:
    """With the setting in words, and `whose` as the claims call it: "paper B", "paper B, teacher uci", "with labels"."""
    seen = named(runs)
    own = seen["setting"].iloc[0].removesuffix(OWN)
    whose = [WHOSE.get(setting, setting.replace(own, "paper B").removesuffix(OWN)) for setting in seen["setting"]]
    return seen.assign(whose=whose)


def _share_as_asked(confusion: list[list[int]]) -> float:
    """In percent: the diagonal of the counts."""
    counts = np.array(confusion)
    return 100 * float(np.trace(counts) / counts.sum())


def _image_sets(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for name, part in runs.groupby(pd.Categorical(runs["image_set"], IMAGE_SETS), observed=True):
        yield _quantity(part, f"{part['feature_space'].iloc[0]}-FID: {name}", part["fid"], "distance")
        yield _quantity(part, f"{name}: FID", part["fid"])
        yield _quantity(part, f"{name}: IS", part["inception_score"])
        yield _quantity(part, f"{name}: recall", 100 * part["recall"])
        yield _quantity(part, f"{name}: variance", part["pixel_variance"])


def _diversity(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The target is rejection at its smallest weight."""
    runs = methods.named(runs)
    truth = methods.of(runs, methods.TRUTH).set_index("seed")["truth_coverage"]
    target = runs.loc[runs["method"] == methods.REJECTION, "w"].min()
    for (method, short, w), part in runs.groupby(["method", "short", "w"], sort=False):
        yield _quantity(part, f"Diversity: {method}, w = {w:g}, judge", 100 * part["judge_accuracy"], "accuracy")
        of_truth = 100 * part["truth_coverage"] / part["seed"].map(truth)
        yield _quantity(part, f"Diversity: {method}, w = {w:g}, coverage", of_truth, "share of the truth")
        if w == target:
            yield _quantity(part, f"{short}: judge", 100 * part["judge_accuracy"])
            yield _quantity(part, f"{short}: variance", part["pixel_variance"])
            yield _quantity(part, f"{short}: coverage", part["truth_coverage"])
            if "second_judge_accuracy" in part:
                yield _quantity(part, f"{short}: second judge", 100 * part["second_judge_accuracy"])


def _mined_classifiers(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for size, part in runs.groupby("step_size"):
        yield _quantity(part, f"HSM at eta = {size:g}", 100 * part["accuracy"], "accuracy")


def _hard_samples(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Fall of k*'s score as other readers see it, less the fall for the classifier and stage that were mined against; and what each form of
    eq. 3 does, mean over stages and step sizes: the distance, and the judge's agreement where the classifier first read another class."""
    fall = np.array(runs["transfer_effect"].tolist())
    for readers, pairs in OTHER_READERS.items():
        differences = [fall[:, mined, reader] - fall[:, mined, mined] for mined, reader in pairs]
        yield _quantity(runs, f"fall of k*, {readers}", np.mean(differences, axis=0))
    rows = runs[["seed", "forms"]].explode("forms", ignore_index=True).dropna(subset="forms")
    forms = pd.DataFrame(rows["forms"].tolist(), columns=["form", "distance", "judge_where_wrong"]).assign(seed=rows["seed"].to_numpy())
    for form, part in forms.groupby("form"):
        mean = part.groupby("seed")[["distance", "judge_where_wrong"]].mean().reset_index()
        yield _quantity(mean, f"mined, {form}: distance", mean["distance"])
        yield _quantity(mean, f"mined, {form}: judge", 100 * mean["judge_where_wrong"])


def _shown_images(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Of all images that a training sees."""
    for (real, ds, hsm), part in runs.groupby([runs["classifier.real"], runs["classifier.r"] > 0, runs["classifier.hsm"]]):
        name = "real" if real else "+".join(method for method, used in (("ds", ds), ("hsm", hsm)) if used) or "random"
        every = part["sizes"].str[1]
        for measure in ("recall", "coverage", "pixel_variance"):
            yield _quantity(part, f"seen, {name}: {measure.removeprefix('pixel_')}", every.str[measure])


# By kind of run, in the order of the closing comparison.
QUANTITIES: dict[str, Callable[[pd.DataFrame], Iterator[pd.DataFrame]]] = {
    "classifier": _classifiers,
    "control": _controls,
    "conditioning": _conditioning,
    "evaluation": _evaluations,
    "image_quality": _image_sets,
    "diversity": _diversity,
    "mined_classifier": _mined_classifiers,
    "hard_samples": _hard_samples,
    "shown_images": _shown_images,
}
