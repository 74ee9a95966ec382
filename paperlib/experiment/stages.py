"""What is on record of the generators of notebook 07: computed here, or committed.

domain_gap.table(measured(Paths.from_environment(), seeds=3))
"""

from collections.abc import Callable, Sequence

from paperlib import records
from paperlib.config import Config
from paperlib.experiment import plans
from paperlib.experiment.engine import on_record
from paperlib.profiles import Profile
from paperlib.profiles.stages import Stage, stages
from paperlib.records import Record
from paperlib.report.domain_gap import Measured
from paperlib.support.paths import REFERENCE, Paths


def runs_of(stage: Stage, seeds: int) -> Sequence[Config]:
    """Its part of Table 1 and its distance from the data; of the last stages at truncation 1, larger fixed sets too."""
    larger = plans.larger_fixed_sets(stage.profile, seeds) if stage.last and stage.truncation == 1 else []
    return [*plans.stage(stage.profile, seeds), *larger]


def measured(paths: Paths, seeds: int) -> list[Measured]:
    """Of every generator, the records that were computed under `paths`; where there are none, the committed ones, which ask for no images.

    A generator without records is left out. ValueError where that leaves none.
    """
    found = _with_records(paths, seeds, _computed)
    if not found:
        raise ValueError("no run of notebook 07 is on record; compute them with `make stages` (hours on two cores).")
    return found


def committed(seeds: int) -> list[Measured]:
    """Of every generator, the committed records. One without records is left out."""
    return _with_records(Paths.from_environment(), seeds, _committed)


def _with_records(paths: Paths, seeds: int, records_of: Callable[[Profile, Sequence[Config]], list[Record]]) -> list[Measured]:
    found = [(stage, records_of(stage.profile, runs_of(stage, seeds))) for stage in stages(paths)]
    return [Measured(s.data, s.family, s.training, s.step, s.truncation, s.last, runs) for s, runs in found if runs]


def _computed(profile: Profile, runs: Sequence[Config]) -> list[Record]:
    if any((profile.folder / "records").glob("[!.]*.json")):
        return on_record(runs, profile)
    return _committed(profile, runs)


def _committed(profile: Profile, runs: Sequence[Config]) -> list[Record]:
    wanted = set(runs)
    return [record for record in records.find(REFERENCE / profile.name, set_aside=False) if record.config in wanted]
