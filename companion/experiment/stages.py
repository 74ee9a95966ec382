"""What is on record of the generators of notebook 07: computed here, or committed.

when_they_help.gains(measured(Paths.from_environment(), seeds=3))
"""

from collections.abc import Sequence

import pandas as pd

from companion import records
from companion.calls import Call
from companion.experiment import plans
from companion.experiment.engine import on_record
from companion.fingerprints import fingerprint_of
from companion.frames import frame
from companion.profiles import Profile
from companion.profiles.stages import SEEDS_APART, Stage, stages
from companion.records import Record
from companion.support.paths import REFERENCE, Paths
from paperlib.checks import check_count


def runs_of(stage: Stage, seeds: int) -> Sequence[Call]:
    """Its part of Table 1 and its distance from the data; of the last stages at truncation 1, larger fixed sets too. seeds: how many, 1 to 100."""
    check_count("seeds", seeds, high=SEEDS_APART)
    own = range(stage.first_seed, stage.first_seed + seeds)
    larger = plans.larger_fixed_sets(stage.profile, own) if stage.last and stage.truncation == 1 else []
    return [*plans.stage(stage.profile, own, stage.truncation), *larger]


def measured(paths: Paths, seeds: int) -> pd.DataFrame:
    """The classifiers of every generator, a row a training, beside its columns when_they_help.GENERATOR: those that were computed under `paths`;
    where they are not all there, the committed ones, which ask for no images.

    A generator that lacks a run is left out. ValueError where that leaves none.
    """
    found = []
    for stage in stages(paths):
        wanted = runs_of(stage, seeds)
        there = _there(stage.profile, wanted)
        if len(there) == len(wanted):
            found.append(_beside_its_generator(stage, there))
    if not found:
        raise ValueError("no generator of notebook 07 has all of its runs; compute them with `make stages` (hours on two cores).")
    return pd.concat(found, ignore_index=True)


def _beside_its_generator(stage: Stage, found: Sequence[Record]) -> pd.DataFrame:
    (distance,) = frame(found, "image_quality")[["fid", "recall"]].to_dict("records")
    training = f"{stage.family} {stage.training}"
    generator = f"{training}, step {stage.step}, truncation {stage.truncation:g}"
    return frame(found, "classifier").assign(
        data=stage.data,
        family=stage.family,
        training=training,
        generator=generator,
        step=stage.step,
        truncation=stage.truncation,
        **distance,
    )


def _there(profile: Profile, wanted: Sequence[Call]) -> list[Record]:
    """The records of the runs; the committed ones of the present weights where not all are computed here."""
    own = on_record(wanted)
    if len(own) == len(wanted):
        return own
    stems = {call.stem for call in wanted}
    return [
        record
        for record in records.find(REFERENCE / profile.name, set_aside=False)
        if record.stem in stems and record.parts["generator"] == fingerprint_of(profile, "generator")
    ]
