"""Which calls a notebook needs, and how they are computed: here, on all cores, or on a cluster."""

from companion.experiment.engine import found, on_record, run, run_all, worker_count

__all__ = ["found", "on_record", "run", "run_all", "worker_count"]
