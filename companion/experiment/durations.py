"""How long a run will take, from what runs like it took.

durations = Durations(DIGITS)
durations.learn(call, seconds)                      # of a run that this machine has computed
durations.expected(call)                            # seconds, or None where nothing is known

The first that is there: the same run with other seeds, on this machine; the same run in results/reference/, in as many more or fewer seconds
as runs here take against theirs there.
"""

import json
import re
from functools import cached_property
from statistics import fmean, median

from companion import records
from companion.calls import Call
from companion.profiles import Profile
from companion.support import paths


class Durations:
    """Of the runs of one profile."""

    def __init__(self, profile: Profile):
        self.profile = profile
        self._here: dict[str, list[float]] = {}
        self._against_reference: list[float] = []

    def learn(self, call: Call, seconds: float) -> None:
        """It took so long on this machine."""
        key = _key(call.run.name, call.stored)
        self._here.setdefault(key, []).append(seconds)
        if there := self._reference.get(key):
            self._against_reference.append(seconds / there)

    def expected(self, call: Call) -> float | None:
        """Its seconds, alone in its process."""
        key = _key(call.run.name, call.stored)
        if key in self._here:
            return fmean(self._here[key])
        if key in self._reference and self._against_reference:
            return self._reference[key] * median(self._against_reference)
        return None

    def committed(self, call: Call) -> float:
        """Its mean seconds in results/reference/; 0 where it is not there."""
        return self._reference.get(_key(call.run.name, call.stored), 0.0)

    @cached_property
    def _reference(self) -> dict[str, float]:
        """Mean seconds of each run of the committed records of this profile, whatever its seed."""
        found: dict[str, list[float]] = {}
        for record in records.find(paths.REFERENCE / self.profile.name, set_aside=False):
            found.setdefault(_key(record.run, record.arguments), []).append(float(record.provenance["seconds"]))
        return {key: fmean(seconds) for key, seconds in found.items()}


def _key(run: str, arguments: dict[str, object]) -> str:
    """The same for all seeds."""
    return run + re.sub(r'"seed": \d+', "", json.dumps(arguments, sort_keys=True))
