"""A config and a profile -> a record: the only place where generator, methods, training and metrics meet."""

from companion.experiment.engine import found, on_record, run, run_all, worker_count

__all__ = ["found", "on_record", "run", "run_all", "worker_count"]
