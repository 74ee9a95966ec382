"""What a person sees while runs are computed: how many are done, the time that is left, which are running and how far they are."""

import time
from collections.abc import Mapping, Sequence

from companion.calls import Call
from companion.experiment.durations import Durations
from companion.experiment.names import named
from companion.profiles import Profile
from companion.records import Record
from companion.support.machine import processor_name
from paperlib.support.progress import progress_bar

SHOWN = 2  # running runs that are named
EVERY = 0.5  # seconds between two drawings
EARLY = 0.05  # share of a run that tells nothing of the rest: the first epoch may be the longest
OF_EPOCHS = ("classifier", "control", "mined_classifier", "conditioning")  # of the others, epochs are a part


class Watch:
    """Of one call of run_all. found: what was on record before it. workers: runs at a time; None: as many as run, which a cluster decides."""

    def __init__(
        self,
        missing: Sequence[Call],
        found: Mapping[Call, Record | None],
        label: str,
        *,
        profile: Profile,
        workers: int | None,
        enabled: bool,
    ):
        self.missing = list(missing)
        self.workers = workers
        self.done: set[Call] = set()
        self.failed: set[Call] = set()
        self.durations = Durations(profile)
        self.running: dict[Call, tuple[float, str, int, int]] = {}
        if missing:
            self._learn_from(found)
        layout = "{desc}: {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
        self._bar = progress_bar(len(missing), label, enabled=enabled and bool(missing), layout=layout)
        self._shown = 0.0

    def started(self, call: Call, label: str = "", done: int = 0, total: int = 0) -> None:
        """A run is being computed; of its epochs (or what the label says), done of total. Without a total it begins, perhaps once more."""
        since = self.running[call][0] if total and call in self.running else time.monotonic()
        self.running[call] = since, label, done, total
        self.show()

    def lost(self, call: Call) -> None:
        """A run that was being computed will be tried again."""
        self.running.pop(call, None)

    def ended(self, call: Call, seconds: float | None) -> None:
        """A run is on record. seconds: what it took; None: it has failed."""
        self.running.pop(call, None)
        if seconds is None:
            self.failed.add(call)
        else:
            self.done.add(call)
            self.durations.learn(call, seconds)
        self._bar.update(1)
        self.show()

    def close(self) -> None:
        self._bar.set_postfix_str("", refresh=True)
        self._bar.close()

    def line(self) -> str:
        """What is done, for whoever has to stop here."""
        return f"{len(self.done)} of the {len(self.missing)} missing runs are done and on record"

    def left(self) -> tuple[float, int]:
        """Seconds until the runs of a known length are done, and the number of the others."""
        each = [self._remaining(call) for call in self.missing if call not in self.done and call not in self.failed]
        known = [seconds for seconds in each if seconds is not None]
        workers = self.workers or max(len(self.running), 1)
        return max(sum(known) / workers, *known, 0.0), len(each) - len(known)

    def show(self) -> None:
        """Draw the line anew, but not too often."""
        if self._bar.disable or time.monotonic() - self._shown < EVERY:
            return
        self._shown = time.monotonic()
        parts = [*self._time(), *([f"{len(self.failed)} failed"] if self.failed else [])]
        parts += [_progress(call, *of[1:]) for call, of in list(self.running.items())[:SHOWN]]
        if len(self.running) > SHOWN:
            parts.append(f"{len(self.running) - SHOWN} more")
        self._bar.set_postfix_str("; ".join(parts), refresh=False)
        self._bar.refresh()

    def _time(self) -> list[str]:
        """The time that is left, or how many runs hide it; nothing as long as nothing is known."""
        seconds, unknown = self.left()
        if unknown:
            return [f"{unknown} of unknown length"] if self.done else []
        return [f"{duration(seconds)} left"] if seconds else []

    def _remaining(self, call: Call) -> float | None:
        """Its expected seconds less those that it has run; the further it is, the more its own epochs say instead."""
        expected = self.durations.expected(call)
        if call not in self.running:
            return expected
        since, _, done, total = self.running[call]
        elapsed = time.monotonic() - since
        planned = None if expected is None else max(expected - elapsed, EARLY * elapsed)
        if call.run.name not in OF_EPOCHS or done <= EARLY * total:
            return planned
        share = done / total
        by_epochs = elapsed * (1 / share - 1)
        return by_epochs if planned is None else share * by_epochs + (1 - share) * planned

    def _learn_from(self, found: Mapping[Call, Record | None]) -> None:
        """What this machine has computed before."""
        processor = processor_name()
        for call, record in found.items():
            if record is not None and record.provenance.get("processor") == processor:
                self.durations.learn(call, record.provenance["seconds"])


def _progress(call: Call, label: str, done: int, total: int) -> str:
    return named(call) + (f": {done}/{total} {label}" if total else "")


def duration(seconds: float) -> str:
    """In the unit that fits."""
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
