"""What is on record of the generators of notebook 07: computed here, or committed.

domain_gap.table(measured(Paths.from_environment(), seeds=3))
"""

from collections.abc import Sequence
from dataclasses import replace

from paperlib.config import Config
from paperlib.experiment import plans
from paperlib.experiment.engine import on_record
from paperlib.profiles.stages import Stage, stages
from paperlib.report.domain_gap import Measured
from paperlib.support.paths import REFERENCE, Paths


def runs_of(stage: Stage, seeds: int) -> Sequence[Config]:
    """Its part of Table 1 and its distance from the data; of the last stages at truncation 1, larger fixed sets too."""
    larger = plans.larger_fixed_sets(stage.profile, seeds) if stage.last and stage.truncation == 1 else []
    return [*plans.stage(stage.profile, seeds), *larger]


def measured(paths: Paths, seeds: int) -> list[Measured]:
    """Of every generator, its records under `paths`, or else the committed ones."""
    found = []
    for stage in stages(paths):
        runs = runs_of(stage, seeds)
        committed = replace(stage.profile, paths=replace(paths, results=REFERENCE))
        records = on_record(runs, stage.profile) or on_record(runs, committed)
        found.append(Measured(stage.data, stage.family, stage.training, stage.step, stage.truncation, stage.last, records))
    return found
