"""What a person sees while runs are computed: how many are done, which are running and how far they are, and the time that is left.

Times are those of the runs on record: of the same run with another seed, else of its kind, else of all.
"""

import re
import time
from collections.abc import Mapping, Sequence
from statistics import fmean

from paperlib.config import Config, to_json
from paperlib.records import Record
from paperlib.support.progress import progress_bar

SHOWN = 2  # running runs that are named
EVERY = 0.5  # seconds between two drawings


class Watch:
    """Of one call of run_all. found: what was on record before it."""

    def __init__(self, missing: Sequence[Config], found: Mapping[Config, Record | None], label: str, *, enabled: bool):
        self.missing = list(missing)
        self.done: set[Config] = set()
        self.failed: set[Config] = set()
        self.seconds: dict[str, list[float]] = {}
        self.running: dict[Config, tuple[float, str, int, int]] = {}
        for config, record in found.items():
            if record is not None:
                self._learn(config, record.provenance.get("seconds", 0.0))
        layout = "{desc}: {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
        self._bar = progress_bar(len(missing), label, enabled=enabled and bool(missing), layout=layout)
        self._shown = 0.0

    def started(self, config: Config, label: str = "", done: int = 0, total: int = 0) -> None:
        """A run is being computed; of its epochs (or what the label says), done of total."""
        since = self.running[config][0] if config in self.running else time.monotonic()
        self.running[config] = since, label, done, total
        self.show()

    def ended(self, config: Config, seconds: float | None) -> None:
        """A run is on record. seconds: what it took; None: it has failed."""
        self.running.pop(config, None)
        if seconds is None:
            self.failed.add(config)
        else:
            self.done.add(config)
            self._learn(config, seconds)
        self._bar.update(1)
        self.show()

    def close(self) -> None:
        self._bar.set_postfix_str("", refresh=True)
        self._bar.close()

    def line(self) -> str:
        """What is done, for whoever has to stop here."""
        return f"{len(self.done)} of the {len(self.missing)} missing runs are done and on record"

    def left(self) -> float | None:
        """Seconds until the end; None where no run has ended yet."""
        total = 0.0
        for config in self.missing:
            if config in self.done or config in self.failed:
                continue
            expected = self._expected(config)
            if config in self.running:
                since, _, done, epochs = self.running[config]
                elapsed = time.monotonic() - since
                expected = elapsed * (epochs / done - 1) if done else None if expected is None else max(expected - elapsed, 0.0)
            if expected is None:
                return None
            total += expected
        return total / max(len(self.running), 1)

    def show(self) -> None:
        """Draw the line anew, but not too often."""
        if self._bar.disable or time.monotonic() - self._shown < EVERY:
            return
        self._shown = time.monotonic()
        parts = [_named(config, *of[1:]) for config, of in list(self.running.items())[:SHOWN]]
        if len(self.running) > SHOWN:
            parts.append(f"{len(self.running) - SHOWN} more")
        left = self.left() if len(self.done) + len(self.failed) < len(self.missing) else None
        if left is not None:
            parts.append(f"{duration(left)} left")
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        self._bar.set_postfix_str("; ".join(parts), refresh=False)
        self._bar.refresh()

    def _learn(self, config: Config, seconds: float) -> None:
        for key in _likeness(config):
            self.seconds.setdefault(key, []).append(seconds)

    def _expected(self, config: Config) -> float | None:
        for key in _likeness(config):
            if key in self.seconds:
                return fmean(self.seconds[key])
        return None


def _likeness(config: Config) -> tuple[str, str, str]:
    """What runs have in common, the most alike first."""
    return re.sub(r'"seed": *\d+', "", to_json(config)), config.kind, ""


def _named(config: Config, label: str, done: int, total: int) -> str:
    return f"{config.kind.replace('_', ' ')}, seed {config.seed}" + (f": {done}/{total} {label}" if total else "")


def duration(seconds: float) -> str:
    """In the unit that fits."""
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
