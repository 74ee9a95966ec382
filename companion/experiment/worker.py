"""What a Dask worker knows and does: one run at a time, whose record it writes itself."""

import pickle
import sys
import threading
import time
from uuid import uuid4

import cloudpickle
from distributed import Worker, WorkerPlugin, get_worker

from companion.calls import Arguments, Call, Run, record_of
from companion.profiles import Profile
from paperlib.support.progress import listening

EVERY = 1.0  # seconds between two reports of a run
ALONE = threading.Lock()  # random states belong to the process: a worker of several threads takes one run at a time too


class WithdrawnError(RuntimeError):
    """Nobody waits for the run any more."""


class Runs(WorkerPlugin):  # type: ignore[misc]
    """Brings the profile to every worker, once, and to those that come later. workers: the runs that share a machine."""

    def __init__(self, profile: Profile, workers: int):
        self.name = f"paperlib-{uuid4().hex}"
        self.workers, self.folders, self.pickled = workers, [folder for folder in sys.path if folder], cloudpickle.dumps(profile)

    def setup(self, worker: Worker) -> None:
        sys.path.extend(folder for folder in self.folders if folder not in sys.path)
        self.profile = pickle.loads(self.pickled)
        self.worker = worker

    def compute(self, run: Run, arguments: Arguments, number: int) -> float:
        """The seconds of the run."""
        key, said = self.worker.get_current_task(), 0.0

        def report(label: str, done: int, total: int) -> None:
            nonlocal said
            task = self.worker.state.tasks.get(key)
            if task is None or task.state == "cancelled":
                raise WithdrawnError
            if time.monotonic() - said >= EVERY:
                said = time.monotonic()
                self.worker.log_event(self.name, [number, label, done, total])

        with ALONE, listening(report):
            report("", 0, 0)
            return float(record_of(Call(run, self.profile, arguments), workers=self.workers).provenance["seconds"])


def compute(name: str, run: Run, arguments: Arguments, number: int) -> float:
    """The task: the plugin of this name computes the call."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, Runs)
    return plugin.compute(run, arguments, number)
