"""What docs/cifar10.md and docs/when_they_help.md show."""

from collections.abc import Sequence

import pandas as pd

from companion import profiles
from companion.claims import CLAIMS, PAST_PAPER_A, PAST_PAPER_B
from companion.commands.readme.tables import claim_markdown, conditioned, markdown, quality_table, short_sweep, text
from companion.experiment import plans
from companion.profiles.stages import stages
from companion.records import Record
from companion.report import claim_table, controls, domain_gap, mining, r_sweep, table1
from companion.report.estimates import of_kind
from companion.support.paths import Paths

SEEDS = 5


def photographs(runs: Sequence[Record]) -> str:
    """What docs/cifar10.md shows, from the records of `cifar10_small`."""
    if not runs:
        return "Not computed yet: `make reference PROFILE=cifar10_small SEEDS=5`."
    claims = claim_table.rows(CLAIMS, claim_table.judge_claims(CLAIMS, runs))
    told = [
        "Table 1. The column `paper` is BigGAN on ten ImageNet classes, another task: compare the order of the columns and the gains, not the values.",
        markdown(table1.table(runs).drop(columns="runs at a time")),
        text(table1.sentences(runs)),
    ]
    if of_kind(runs, "control"):
        told += ["Controls:", controls.table(runs).drop(columns="runs at a time").to_markdown(index=False)]
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
        f"On record: {len(table)} of {wanted} generators, those at another truncation counted apart.",
    ]
    return "\n\n".join(told)


def progress(runs: Sequence[Record]) -> str:
    """How many runs of each notebook of `cifar10_small` are there."""
    known = {run.config for run in runs}
    wanted = {name: set(plan(profiles.load("cifar10_small"), SEEDS)) for name, plan in plans.PLANS.items()}
    return ", ".join(f"notebook {name[:2]} {len(configs & known)} of {len(configs)}" for name, configs in wanted.items())
