"""The numbers of README.md, docs and examples, written from the committed reference records.

make readme

A page holds blocks: everything between <!-- name --> and <!-- /name --> is replaced. An example holds lines `# expected (name): ...`:
the text after the colon is replaced. A test fails if a page or an example disagrees with the records.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from companion import profiles, records
from companion.claims import CLAIMS, MOST_TELLING, PAST_PAPER_B
from companion.commands import weight_cards
from companion.commands.readme import measured
from companion.commands.readme.faces_page import copied, face_classifiers, faces
from companion.commands.readme.photographs_page import photographs, tuned, when_they_help
from companion.commands.readme.tables import (
    claim_markdown,
    diversity_table,
    evaluation_table,
    markdown,
    quality_table,
    short_conditioning,
    short_sweep,
    short_table1,
    text,
)
from companion.experiment import found, plans
from companion.experiment.stages import committed
from companion.profiles.stages import SEEDS
from companion.records import Record
from companion.report import (
    bna,
    claim_table,
    conditioning,
    controls,
    diversity,
    evaluation,
    failures,
    gap,
    hard_samples,
    image_quality,
    mining,
    mining_checks,
    r_sweep,
    shown,
    table1,
    warm_start,
)
from companion.support.marked_text import block_names, expected_lines, render
from companion.support.paths import REFERENCE, ROOT

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
        "times": measured.times(),
        "bench": measured.benches(REFERENCE / "bench"),
        "warm_start_check": measured.warm_start_check(),
        "weight_cards": weight_cards.cards(),
        "face_classifiers": face_classifiers(REFERENCE / "faces" / "parts"),
        "face_copies": copied(REFERENCE / "faces" / "parts"),
        "engine": measured.engine(),
        "sampling": measured.sampling(),
        "rivals": measured.rivals(),
        "bna_shift": measured.bna_shift(),
        "residual_biggan": measured.residual_biggan(),
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


def expected() -> dict[str, str]:
    """Name in a line `# expected (name): ...` of an example -> the text after the colon, from what bench/examples.py recorded."""
    path = REFERENCE / "examples.json"
    found = json.loads(path.read_text())["accuracy"] if path.exists() else {}
    return {name: f"{accuracy:.1%}" for name, accuracy in found.items()}


def written() -> dict[Path, str]:
    """Every page and example -> what it should hold. ValueError if a block is on no page."""
    contents, values = blocks(reference()), expected()
    used = {name for path in PAGES for name in block_names(path.read_text())}
    if unused := set(contents) - used:
        raise ValueError(f"block {', '.join(sorted(unused))} is on no page; add its markers to {DIGITS / 'README.md'}.")
    return {path: render(path.read_text(), contents) for path in PAGES} | {path: expected_lines(path, values) for path in EXAMPLES}
