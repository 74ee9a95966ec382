"""The numbers of README.md, docs and examples, written from the committed reference records.

make readme

A page holds blocks: everything between <!-- name --> and <!-- /name --> is replaced. An example holds lines `# expected (name): ...`:
the text after the colon is replaced. A test fails if a page or an example disagrees with the records.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paperlib import printed_numbers, profiles, records
from paperlib.claims import CLAIMS, MOST_TELLING, PAPER_B, PAST_PAPER_A, PAST_PAPER_B
from paperlib.commands import strip, weight_cards
from paperlib.data.utkface import RACES
from paperlib.experiment import found, plans
from paperlib.experiment.stages import committed
from paperlib.profiles.stages import SEEDS, stages
from paperlib.records import Record
from paperlib.report import (
    bna,
    claim_table,
    conditioning,
    controls,
    diversity,
    domain_gap,
    estimates,
    evaluation,
    failures,
    fairness,
    gap,
    hard_samples,
    image_quality,
    mining,
    mining_checks,
    r_sweep,
    sampling_costs,
    shown,
    table1,
    warm_start,
)
from paperlib.report.estimates import of_kind
from paperlib.support.files import replacing
from paperlib.support.marked_text import block_names, expected_lines, render
from paperlib.support.paths import REFERENCE, ROOT, Paths

CHECKS = (
    "engine",
    "explorer",
    "records",
    "rivals",
    "sampling",
    "warm_start",
)  # of results/reference/bench: those that are no table of speeds
PHOTOGRAPHS_SEEDS = 5
COSTS = ["seconds", "runs at a time"]  # of photographs: other runs beside them took much of the time
DIGITS = REFERENCE / "digits"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), DIGITS / "README.md")
EXAMPLES = tuple(sorted((ROOT / "examples").glob("*.py")))


def reference() -> list[Record]:
    """The committed records of the digits, in the order of the profile's plan."""
    return found(profiles.DIGITS, DIGITS)


def records_of(profile: str) -> list[Record]:
    """The committed records of a profile whose parts may be missing here, at its own sizes, in the order of its plan. ValueError if they come
    from two versions of a part."""
    own, versions = plans.Own(profiles.load(profile)), dict[str, str]()
    stored = [run for run in records.find(REFERENCE / profile, set_aside=False) if not run.impossible and run.config in own]
    for run in stored:
        for part, version in run.parts.items():
            if versions.setdefault(part, version) != version:
                raise ValueError(f"{REFERENCE / profile}: records of two versions of {part!r}; delete those of the former one.")
    return sorted(stored, key=lambda run: own.place(run.config))


def blocks(runs: Sequence[Record]) -> dict[str, str]:
    """Name of a block -> its Markdown, from the records of the digits."""
    claims = claim_table.rows(CLAIMS, claim_table.judge_claims(CLAIMS, runs))
    names = profiles.DIGITS.parts.class_names()
    of_photographs = records_of("cifar10_small")
    table, curve, settings = table1.table(runs), r_sweep.table(runs), conditioning.table(runs)
    subjects = {
        "table1": table1,
        "bna": bna,
        "controls": controls,
        "gap": gap,
        "sweep": r_sweep,
        "hard_samples": hard_samples,
        "mining_checks": mining_checks,
        "mining": mining,
        "conditioning": conditioning,
        "evaluation": evaluation,
        "warm_start": warm_start,
        "image_quality": image_quality,
        "shown": shown,
        "diversity": diversity,
    }
    values = {
        "times": times(),
        "bench": "\n\n".join(bench(path) for path in sorted((REFERENCE / "bench").glob("*.json")) if path.stem not in CHECKS),
        "warm_start_check": warm_start_check(),
        "weight_cards": weight_cards.cards(),
        "face_classifiers": face_classifiers(REFERENCE / "faces" / "parts"),
        "engine": engine(),
        "sampling": sampling(),
        "rivals": rivals(),
        "claims_short": claim_table.short_markdown(claims, MOST_TELLING),
        "claims": claim_markdown(claims),
        "claims_note": claim_table.NOTE,
        "our_claims": claim_markdown(claim_table.rows(PAST_PAPER_B, claim_table.judge_claims(PAST_PAPER_B, runs))),
        "table1_short": short_table1(table, table1.table(of_photographs)),
        "sweep_short": short_sweep(curve),
        "gap": gap.table(runs).to_markdown(index=False, disable_numparse=True),
        "conditioning_short": short_conditioning(settings),
        "table1": markdown(table),
        "bna": bna.table(runs).to_markdown(index=False),
        "controls": controls.table(runs).to_markdown(index=False),
        "gains": table1.gains(runs).to_markdown(index=False),
        "sweep": markdown(curve.assign(BNA=curve["BNA"].map({True: "x", False: ""}))),
        "hard_samples": hard_samples.table(runs).to_markdown(index=False, floatfmt=".3g"),
        "transfer": mining_checks.transfer(runs).to_markdown(index=False),
        "mining_forms": mining_checks.forms(runs).to_markdown(index=False),
        "conditioning": settings.to_markdown(index=False),
        "evaluation": evaluation_table(runs),
        "failures": failures.table(runs, names).to_markdown(index=False),
        "failures_sentences": text(failures.sentences(runs, names)),
        "warm_start": warm_start.table(runs).to_markdown(index=False),
        "image_quality": quality_table(runs),
        "shown": shown.table(runs).to_markdown(index=False),
        "diversity": diversity_table(diversity.table(runs), diversity.costs(runs)),
    }
    sentences = {f"{name}_sentences": text(subject.sentences(runs)) for name, subject in subjects.items()}
    others = {
        "photographs": photographs(of_photographs),
        "tuned": tuned(records_of("cifar10_tuning")),
        "faces": faces(records_of("faces")),
        "domain_gap": when_they_help(committed(SEEDS)),
    }
    return values | sentences | others


def photographs(runs: Sequence[Record]) -> str:
    """What docs/cifar10.md shows, from the records of `cifar10_small`."""
    if not runs:
        return "Not computed yet: `make reference PROFILE=cifar10_small SEEDS=5`."
    claims = claim_table.rows(CLAIMS, claim_table.judge_claims(CLAIMS, runs))
    told = [
        "Table 1. The column `paper` is BigGAN on ten ImageNet classes, another task: compare the order of the columns and the gains, not the values.",
        markdown(table1.table(runs).drop(columns=COSTS)),
        text(table1.sentences(runs)),
    ]
    if of_kind(runs, "control"):
        told += ["Controls:", controls.table(runs).drop(columns=COSTS).to_markdown(index=False)]
    if any(run.config.r == 1 for run in of_kind(runs, "classifier")):
        told += ["Fig. 4:", short_sweep(r_sweep.table(runs))]
    if of_kind(runs, "mined-space"):
        told += ["How far mining leads, and the step size from which it does harm:", text(mining.sentences(runs))]
    if of_kind(runs, "image-quality"):
        told += ["Image quality:", quality_table(runs)]
    own = (*PAST_PAPER_A, *PAST_PAPER_B)
    ours = claim_table.rows(own, claim_table.judge_claims(own, runs))
    told += ["The papers' claims:", claim_markdown(claims), claim_table.NOTE, "Our own claims:", claim_markdown(ours)]
    hours = sum(run.provenance["seconds"] for run in runs) / 3600
    spent = f"Their seconds add up to {hours:.1f} hours, a run on one thread, with another run beside it most of the time."
    return "\n\n".join([*told, *conditioned(runs), f"Runs on record: {progress(runs)}. {spent}"])


def evaluation_table(runs: Sequence[Record]) -> str:
    return evaluation.table(runs).drop(columns=["images", "features"]).to_markdown(index=False, floatfmt=".4g")


def quality_table(runs: Sequence[Record]) -> str:
    return image_quality.table(runs).drop(columns=["features", "biased"]).to_markdown(index=False, floatfmt=".3g")


def tuned(runs: Sequence[Record]) -> str:
    """Table 1 of `cifar10_tuning`, as far as it is on record: what was tried to close the gap, on the validation images."""
    table = table1.table(runs)
    computed = table[table["n"] > 0]
    if computed.empty:
        return "Not computed yet: `make table1 PROFILE=cifar10_tuning SEEDS=1`."
    candidates = {method.name for method in profiles.load("cifar10_tuning").methods}
    done = candidates & set(computed["column"])
    columns = ["column", "ours", "n", "seconds"]
    beside = controls.table(runs).rename(columns={"control": "column"})
    told = pd.concat([computed, beside[beside["column"] == "all real images"]] if len(beside) else [computed])[columns]
    (chosen,) = profiles.load("cifar10_small").methods
    of = computed.set_index("column")["ours"]
    lines = [told.to_markdown(index=False)]
    for oracle in of.index[of.index.str.startswith("oracle")]:
        lines.append(
            f"One set of N images, with BNA: random ones {of['bna']:.1f} %, the oracle's {of[oracle]:.1f} %; as many real ones {of['real images']:.1f} %."
        )
    lines.append(f"On record: {len(done)} of {len(candidates)} candidates. Chosen: {chosen.name}.")
    return "\n\n".join(lines)


def when_they_help(measured: Sequence[domain_gap.Measured]) -> str:
    """What notebook 07 shows, from its committed records."""
    table = domain_gap.table(measured)
    if table.empty:
        return "Not computed yet: `make stages`."
    wanted = len(stages(Paths.from_environment()))
    told = [
        text(domain_gap.sentences(measured)),
        table.to_markdown(index=False, floatfmt=".2f"),
        f"On record: {len(table)} of {wanted} trained generators.",
    ]
    return "\n\n".join(told)


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


def faces(runs: Sequence[Record]) -> str:
    """What docs/faces.md shows, from the records of `faces`."""
    if not runs:
        return "Not computed yet: `make reference PROFILE=faces SEEDS=5 UTKFACE=...`."
    told = conditioned(runs)
    if of_kind(runs, "image-quality"):
        told += ["Image quality:", quality_table(runs)]
    if of_kind(runs, "conditioning"):
        results = claim_table.judge_claims(PAPER_B, runs)
        told += ["The paper's claims:", claim_markdown(claim_table.rows(PAPER_B, results)), claim_table.NOTE]
        if behind := [*image_quality.twins(runs), *judge_on_real(runs)]:
            told += [text(behind)]
    if of_kind(runs, "diversity"):
        rare = fairness.table(runs, RACES).to_markdown(index=False)
        told += ["Are rare groups worse off?", rare, text(fairness.sentences(runs, RACES))]
    return "\n\n".join(told)


def judge_on_real(runs: Sequence[Record]) -> list[str]:
    """What is inside B6's calibration error beside the teacher's own."""
    read = [run.metrics["judge_agreement"] for run in of_kind(runs, "image-quality", image_set="real test")]
    if not read:
        return []
    return [
        f"B6 takes the judge's reading for the truth. Of real test images the judge reads {100 * np.mean(read):.1f} % as labelled; its errors are in that number."
    ]


def progress(runs: Sequence[Record]) -> str:
    """How many runs of each notebook of `cifar10_small` are there."""
    known = {run.config for run in runs}
    wanted = {name: set(plan(profiles.load("cifar10_small"), PHOTOGRAPHS_SEEDS)) for name, plan in plans.PLANS.items()}
    return ", ".join(f"notebook {name[:2]} {len(configs & known)} of {len(configs)}" for name, configs in wanted.items())


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


def claim_markdown(claims: pd.DataFrame) -> str:
    """How many claims have which verdict, and the table of them."""
    return f"{claim_table.counts(claims)}\n\n{claim_table.cells(claims).to_markdown(index=False, disable_numparse=True)}"


def expected() -> dict[str, str]:
    """Name in a line `# expected (name): ...` of an example -> the text after the colon, from what bench/examples.py recorded."""
    path = REFERENCE / "examples.json"
    found = json.loads(path.read_text())["accuracy"] if path.exists() else {}
    return {name: f"{accuracy:.1%}" for name, accuracy in found.items()}


def text(lines: list[str]) -> str:
    return "```text\n" + "\n".join(lines) + "\n```"


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


def diversity_table(table: pd.DataFrame, costs: pd.DataFrame) -> str:
    """What every method past paper B draws, and below it what that costs."""
    methods = {"method": table["method"], "w": [f"{w:g}" for w in table["w"]]}
    drawn = methods | {"judge %": with_interval(table, "judge %", "judge low", "judge high")}
    if diversity.SECOND_JUDGE in table:
        drawn[diversity.SECOND_JUDGE] = [f"{share:.1f}" for share in table[diversity.SECOND_JUDGE]]
    for name in ("variance", "coverage"):
        drawn[f"{name} %"] = [_with_half_width(*v, ".1f") for v in zip(table[f"{name} %"], table[f"{name} ±"], strict=True)]
    for name in ("variance", "coverage"):
        drawn[f"of the target's {name} %"] = _told(table[f"of the target's {name} %"], ".1f")
    cost = methods | {"labels an epoch": _told(table["labels an epoch"], ",.0f")}
    cost |= {name: _told(costs[name], ",.0f") for name in ("passes to fit", "pays after")}
    cost |= {name: _told(costs[name], ".3g") for name in ("passes an image", "times cheaper", "evenly, times cheaper", "seconds to fit")}
    cells = drawn | {"n": table["n"]}, cost | {"runs at a time": costs["runs at a time"]}
    of_what, of_cost = (pd.DataFrame(columns).to_markdown(index=False, disable_numparse=True) for columns in cells)
    return f"{of_what}\n\nWhat it costs:\n\n{of_cost}"


def _told(values: pd.Series, form: str) -> list[str]:
    """A dash where nothing is known, `never` where it is infinite."""
    return ["-" if pd.isna(value) else "never" if np.isinf(value) else f"{value:{form}}" for value in values]


def _with_half_width(mean: float, half_width: float, form: str) -> str:
    """A dash for nan; no half width where a single seed gives none."""
    return "-" if np.isnan(mean) else f"{mean:{form}}" + ("" if np.isnan(half_width) else f" ± {half_width:{form}}")


def times() -> str:
    """What `make times` measured."""
    path = REFERENCE / "times.json"
    if not path.exists():
        return "Not measured yet: `make times`."
    found = json.loads(path.read_text())
    reproduce, test = (f"{found[name] / 60:.1f} minutes" for name in ("reproduce", "test"))
    where = f"Measured after the install on {found['cores']} cores ({found['processor']})"
    return f"{where}: `make reproduce` {reproduce} with {found['seeds']} seeds, `make test` {test}. {explorer()}"


def explorer() -> str:
    """What bench/explorer.py found."""
    path = REFERENCE / "bench" / "explorer.json"
    if not path.exists():
        return "The explorer is not measured yet: `make bench`."
    views = json.loads(path.read_text())["milliseconds"].values()
    return f"In the explorer, notebook 08, the picture of a moved slider takes {max(view['median'] for view in views):.0f} ms in the slowest view (median)."


def warm_start_check() -> str:
    """What `make check-warm-start` found."""
    path = REFERENCE / "bench" / "warm_start.json"
    if not path.exists():
        return "Not checked yet: `make check-warm-start`."
    found = json.loads(path.read_text())
    shares = [row["teacher"] for row in found["rows"]]
    reached = sum(share >= found["asked"] for share in shares)
    return (
        f"At least {found['asked']} % by the teacher over all draws: {reached} of {len(shares)} seeds; the lowest reaches {min(shares):.2f} %, "
        f"{min(row['worst attribute'] for row in found['rows']):.2f} % in the worst attribute of any."
    )


def sampling(path: Path = REFERENCE / "bench" / "sampling.json", speeds: Path = REFERENCE / "bench" / "amd-epyc.json") -> str:
    """What bench/sampling.py found, and what it means for a large generator, whose pass `make bench` timed."""
    if not path.exists():
        return "Not measured yet: `python bench/sampling.py`."
    found = json.loads(path.read_text())
    table = sampling_costs.by_share(found["rows"], diversity.METHODS)
    cells = table.assign(
        **{
            "share %": _told(table["share %"], ".3g"),
            "passes an image": _told(table["passes an image"], ",.3g"),
            "as asked %": _told(table["as asked %"], ".1f"),
        },
        **{"ms an image": [_with_half_width(ms.mean, ms.half_width, ".2f") for ms in table["ms an image"]]},
        **{name: _told(table[name], ",.0f") for name in ("pays after (images), by passes", "by seconds")},
    )
    where = f"At w = {found['prior_weight']:g}, on one thread of {found['processor']}, {found['n']} images an attribute."
    return "\n\n".join([where, cells.to_markdown(index=False, disable_numparse=True), *_on_a_large_generator(table, found, speeds)])


def _on_a_large_generator(table: pd.DataFrame, found: Mapping[str, Any], speeds: Path) -> list[str]:
    if not speeds.exists():
        return []
    bench = json.loads(speeds.read_text())
    rate = next(row["rate"] for row in bench["rows"] if (row["task"], row["what"]) == ("generation", "ours, float32"))
    rare = table[table["workload"] == "1 %"].set_index("method")["passes an image"]
    each = "; ".join(f"{method} {passes / rate:.2g} s" for method, passes in rare.items() if np.isfinite(passes))
    if not each:
        return []
    return [
        f"BigGAN-deep-128 makes {rate:.0f} images a second on {bench['threads']} threads of {bench['device']} (float32, `make bench`). By these passes, "
        f"an image of an attribute of 1 % costs there: {each}; and the fit {found['draws'] / rate / 3600:.1f} hours."
    ]


def rivals(path: Path = REFERENCE / "bench" / "rivals.json") -> str:
    """What bench/rivals.py found: a row a candidate; variance and coverage as shares of the truth's; and how long each method was tuned."""
    if not path.exists():
        return "Not measured yet: `python bench/rivals.py`."
    found = json.loads(path.read_text())
    rows = sorted(found["rows"], key=lambda row: row["method"])
    truth = next(row for row in rows if row["config"] == {"kind": "rejection", "prior_weight": 1.0})
    table = [
        {
            "method": row["method"],
            "w": f"{row['w']:g}",
            "setting": ", ".join(
                f"{k} {v:g}"
                for k, v in row["config"].items()
                if k in ("step_size", "steps", "components", "tuned", "labelled", "epochs") and v
            ),
            "judge %": f"{100 * row['judge_accuracy']:.1f}",
            "second judge %": f"{100 * row['second_judge_accuracy']:.1f}",
            **{
                f"{name} %": f"{100 * row[key] / truth[key]:.0f}"
                for name, key in (("variance", "pixel_variance"), ("coverage", "truth_coverage"))
            },
            "passes to fit": f"{row['passes to fit']:,.0f}",
            "passes an image": f"{row['passes an image']:,.0f}",
            "seconds to fit": f"{row['fit_seconds']:.0f}",
        }
        for row in rows
    ]
    spent: dict[str, list[float]] = {}
    for row in rows:
        made = found["per_attribute"] * found["attributes"] * row["image_seconds"]
        spent.setdefault(row["method"], []).append(row["fit_seconds"] + made)
    told = "; ".join(f"{method} {len(s)}, {sum(s) / 60:.0f} minutes" for method, s in spent.items())
    return f"{pd.DataFrame(table).to_markdown(index=False, disable_numparse=True)}\n\nCandidates of each method, and how long all of them took: {told}."


def engine() -> str:
    """What bench/engine.py and bench/records.py found."""
    paths = [REFERENCE / "bench" / f"{name}.json" for name in ("engine", "records")]
    if not all(path.exists() for path in paths):
        return "Not measured yet: `make bench`."
    found, read = (json.loads(path.read_text()) for path in paths)
    rows = [
        {"records in the folder": int(name.removeprefix("records_"))} | {f"on {n}": f"{times[f'run_{n}']:.1f} ms" for n in (1, 2, 4)}
        for name, times in found.items()
        if name.startswith("records_")
    ]
    start = max(times[name] for times in found.values() if isinstance(times, dict) for name in times if name.startswith("start"))
    stops = ", ".join(
        f"{name} {found[key]:.1f} s" for name, key in (("Ctrl-C", "ctrl_c"), ("SIGTERM", "sigterm"), ("kill -9 of the parent", "kill_9"))
    )
    return "\n\n".join(
        [
            f"On {found['cores']} cores ({found['processor']}), what a run costs beside the run itself, on 1, 2 and 4 workers:",
            pd.DataFrame(rows).to_markdown(index=False),
            f"Workers are there after {start:.1f} s at most; each imports the library once, in {found['import']:.1f} s. "
            f"From the signal until no process is left: {stops}. "
            f"{read['records']:,} records are read in {read['seconds']:.1f} s; the slowest table takes {read['slowest_table_seconds']:.1f} s, all of them "
            f"{read['tables_seconds']:.1f} s and {read['peak_mib']} MiB.",
        ]
    )


def bench(path: Path) -> str:
    """One device's table of `make bench`, and what the imagenet10 profile would take there."""
    found = json.loads(path.read_text())
    rows = [
        {
            "task": row["task"],
            "network": row["what"],
            "images a second": f"{row['rate']:.3g}",
            "times upstream": f"{row['ratio']:.2f}" if row["ratio"] else "-",
            "largest error": f"{row['error']:.1e}" if row["error"] else "-",
        }
        for row in found["rows"]
    ]
    device = f"{found['device']}, {found['threads']} threads, batch {found['batch']}, torch {found['torch']}"
    days = found["imagenet10"]["total"] / 86400
    return (
        f"{device}:\n\n{pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)}\n\n"
        f"Generation runs at {100 * found['share_of_matrix_rate']:.0f} % of the speed of a plain matrix product there; the whole `imagenet10` "
        f"profile, one seed, would take {days:.1f} days."
    )


def markdown(table: pd.DataFrame) -> str:
    """The whole table, mean and interval in one cell."""
    return table.assign(ours=with_interval(table), paper=one_decimal(table["paper"])).drop(columns=["low", "high"]).to_markdown(index=False)


def with_interval(table: pd.DataFrame, mean: str = "ours", low: str = "low", high: str = "high") -> list[str]:
    return [estimates.with_interval(*row) for row in table[[mean, low, high]].itertuples(index=False, name=None)]


def one_decimal(values: "pd.Series[float]") -> list[str]:
    """A dash where the paper gives no number."""
    return ["-" if pd.isna(value) else f"{value:.1f}" for value in values]


def written() -> dict[Path, str]:
    """Every page and example -> what it should hold. ValueError if a block is on no page."""
    contents, values = blocks(reference()), expected()
    used = {name for path in PAGES for name in block_names(path.read_text())}
    if unused := set(contents) - used:
        raise ValueError(f"block {', '.join(sorted(unused))} is on no page; add its markers to {DIGITS / 'README.md'}.")
    return {path: render(path.read_text(), contents) for path in PAGES} | {path: expected_lines(path, values) for path in EXAMPLES}


if __name__ == "__main__":
    for path, new in written().items():
        with replacing(path) as temporary:
            temporary.write_text(new)
    strip.write(reference(), DIGITS / "figures" / "strip.png")
