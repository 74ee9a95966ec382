"""Many runs: here one after the other, or on the workers of a cluster. The record file is the only sign that a run is done.

failures = compute_here(calls, watch)
failures = compute_on(client, calls, profile, workers, watch)        # {call: error}

What ends in a value that cannot be computed (ValueError) stays so. Anything else is tried again: a worker that is lost, a folder that is
away for a while. A full disk stops everything.
"""

import queue
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from companion.calls import Call, on_record, record_of
from companion.experiment.names import named
from companion.experiment.watch import Watch
from companion.profiles import Profile
from paperlib.support.files import DiskFullError
from paperlib.support.progress import listening, say

if TYPE_CHECKING:
    from distributed import Client, Future

ATTEMPTS = 3
SHOWN = 5  # different errors that a message has
NAMED = 3  # runs that it names for each
DIED = "every process that computed it died; often memory is short"
Failures = dict[Call, BaseException]


class FailedRunsError(RuntimeError):
    """Runs that failed while the others were done."""


class LostClusterError(OSError):
    """The scheduler went away."""


def compute_here(calls: Sequence[Call], watch: Watch) -> Failures:
    """In this process and thread."""
    failures: Failures = {}
    for call in calls:
        for attempt in range(1, ATTEMPTS + 1):
            watch.started(call)
            try:
                with listening(partial(watch.started, call)):
                    watch.ended(call, record_of(call).provenance["seconds"])
                break
            except Exception as error:
                if isinstance(error, DiskFullError):
                    raise
                if _is_final(error, attempt):
                    _fail(call, error, failures, watch)
                    break
    return failures


def compute_on(client: "Client", calls: Sequence[Call], profile: Profile, workers: int, watch: Watch) -> Failures:
    """By the client's workers, in this order. workers: runs that share a machine."""
    from companion.experiment.worker import Runs, compute

    plugin = Runs(profile, workers)
    ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
    failures: Failures = {}
    attempts = dict.fromkeys(range(len(calls)), 0)
    waiting: dict[str, tuple[Future, int]] = {}

    def submit(number: int) -> None:
        attempts[number] += 1
        key = f"{plugin.name}-{number}-{attempts[number]}"
        future = client.submit(
            compute, plugin.name, calls[number].run, calls[number].arguments, number, key=key, pure=False, priority=-number
        )
        waiting[key] = future, number
        future.add_done_callback(ended.put)

    def heard(event: tuple[float, tuple[int, str, int, int]]) -> None:
        number, label, done, total = event[1]
        if calls[number] not in watch.done and calls[number] not in watch.failed:
            watch.started(calls[number], label, done, total)

    client.register_plugin(plugin)
    client.subscribe_topic(plugin.name, heard)
    try:
        for number in range(len(calls)):
            submit(number)
        while waiting:
            try:
                future = ended.get(timeout=1.0)
            except queue.Empty:
                watch.show()
                if client.status not in ("running", "connecting"):
                    raise LostClusterError("the scheduler is gone. What is on record stays; the same command goes on from there.") from None
                continue
            _, number = waiting.pop(future.key)
            call = calls[number]
            outcome = _outcome(future, call)
            if not isinstance(outcome, Exception):
                watch.ended(call, outcome)
            elif _is_final(outcome, attempts[number]):
                _fail(call, outcome, failures, watch)
            else:
                watch.lost(call)
                submit(number)
    finally:
        client.cancel([future for future, _ in waiting.values()])
        client.unregister_worker_plugin(plugin.name)
    return failures


def _outcome(future: "Future", call: Call) -> float | Exception:
    """The seconds of a run that is on record, whatever Dask says of it; else what went wrong."""
    from distributed.scheduler import KilledWorker

    try:
        return float(future.result())
    except DiskFullError:
        raise
    except Exception as error:
        record = on_record(call)
        if record is not None:
            return float(record.provenance["seconds"])
        return RuntimeError(DIED) if isinstance(error, KilledWorker) else error


def report(failures: Mapping[Call, BaseException], total: int) -> None:
    """Raise what says which runs failed and why; a run that was alone raises its own error."""
    if not failures:
        return
    first = next(iter(failures.values()))
    if total == 1:
        raise first
    names: dict[str, list[str]] = {}
    for call, error in failures.items():
        names.setdefault(_told(error), []).append(named(call))
    lines = [_together(error, of) for error, of in list(names.items())[:SHOWN]]
    more = [f"  and {len(names) - SHOWN} other errors"] if len(names) > SHOWN else []
    head = f"{len(failures)} of {total} runs failed, the others are on record; the same command tries them again:"
    raise FailedRunsError("\n".join([head, *lines, *more])) from first


def _together(error: str, names: list[str]) -> str:
    """One line for all runs with the same error."""
    if len(names) == 1:
        return f"  {names[0]}: {error}"
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return f"  {len(names)} runs: {error} ({'; '.join([*names[:NAMED], *more])})"


def _fail(call: Call, error: BaseException, failures: Failures, watch: Watch) -> None:
    """Keep the failure. An error that none before had is told at once; one that was alone is raised as it is."""
    if len(watch.missing) > 1 and _told(error) not in map(_told, failures.values()):
        say(f"failed: {named(call)}: {_told(error)}")
    failures[call] = error
    watch.ended(call, None)


def _told(error: BaseException) -> str:
    """In one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _is_final(error: Exception, attempt: int) -> bool:
    return isinstance(error, ValueError) or attempt >= ATTEMPTS
