"""What `make reproduce` runs: missing records, then every notebook, then the report and the comparison.

python -m companion.commands.reproduce --profile digits --seeds 3

Ctrl-C is answered from the start, before the imports, which take seconds. Worker processes import this file too; what they do not need is
imported where it is used.
"""

from paperlib.support import stopping

if __name__ == "__main__":
    stopping.at_once("What is on record stays; the same command goes on from there.")
elif __name__ == "__mp_main__":
    stopping.leave_to_parent()

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from companion import profiles
from companion.experiment import found, plans, run_all
from companion.experiment.together import FailedRunsError
from companion.runs.paper_b import generator_of
from companion.support.paths import REFERENCE, ROOT, Paths
from paperlib.checks import ConfigError, check_number
from paperlib.data.imagenet import DataError
from paperlib.support.files import replacing
from paperlib.support.weights import CheckpointError

NOTEBOOKS = ROOT / "notebooks"
ORDER = ("00_start_here", *plans.PLANS)
PRETRAIN = "appendix_pretrain_digits"
APPENDICES = ("appendix_pretrain_cifar10", PRETRAIN, "appendix_train_attribute_classifier")


def execute(name: str, output: Path, parameters: dict[str, Any]) -> str:
    """Run one notebook -> "name: seconds". `output` appears only when it is whole; a failed one is kept beside it as *.failed.ipynb."""
    import nbformat
    import papermill

    start = time.perf_counter()
    with replacing(output) as temporary:
        try:
            papermill.execute_notebook(NOTEBOOKS / f"{name}.ipynb", temporary, parameters, kernel_name="python3", progress_bar=False)
        except papermill.PapermillExecutionError as error:
            failed = temporary.replace(output.with_suffix(".failed.ipynb"))
            error.add_note(f"notebook {name}, kept as {os.path.relpath(failed)}")
            raise
        notebook = nbformat.read(temporary, as_version=4)
        notebook.metadata.pop("papermill", None)
        for cell in notebook.cells:
            cell.metadata.pop("papermill", None)
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, temporary)
    output.with_suffix(".failed.ipynb").unlink(missing_ok=True)
    return f"{name}: {time.perf_counter() - start:.0f} s"


def check_parts(profile: profiles.Profile) -> None:
    """Load every image and every network once: what is missing or broken stops here, before any run."""
    parts = profile.parts
    parts.real_images()
    profile.check_generator()
    profile.check_images()
    parts.features()
    _ = parts.judges
    if parts.paper_b and profile.has_paper_b:
        for setting in profile.settings:
            generator_of(setting.labels, parts)
            parts.paper_b.teacher(setting.teacher)
        for twin in parts.paper_b.twins.values():
            twin()


def reproduce(profile: profiles.Profile, source: str, seeds: int, names: tuple[str, ...], parameters: dict[str, Any]) -> None:
    """Compute what is missing for the whole profile, then execute the notebooks `names`, two at a time: they load what they show.

    source: the name or path that the profile was loaded by.
    """
    folder = profile.paths.writable(profile.name)
    check_parts(profile)
    if names == plans.notebooks(profile):
        for line in profile.left_out.values():
            print(line, flush=True)
        run_all(plans.everything(profile, seeds), label="missing runs")
    parameters = {"profile": source, "seeds": seeds} | parameters
    os.environ |= profile.paths.to_environment() | {"OMP_NUM_THREADS": "1"}  # of the kernels: the same bits on any number of cores
    executed: list[str] = []
    with stopping.saying(lambda: f"{len(executed)} of {len(names)} notebooks are done"), ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(execute, name, folder / "notebooks" / f"{name}.ipynb", parameters) for name in names]
        for future in as_completed(futures):
            executed.append(future.result())
            print(executed[-1], flush=True)


def conclude(profile: profiles.Profile) -> None:
    """Tables of the claims and of the comparison, report.html, and a summary of both in print, ten lines at most.

    With fewer than five seeds the page and the print compare the effects with the reference's, instead of calling every claim inconclusive.
    """
    from companion.claims import CLAIMS
    from companion.quantities import by_seed, frames_of, measured
    from companion.report.files import save_table
    from companion.report.pages import write_report
    from companion.results import claim_table, comparison, quick_run

    folder, committed = profile.paths.writable(profile.name), REFERENCE / profile.name
    records = found(profile)
    ours, reference = (measured(frames_of(runs)) for runs in (records, found(profile, committed)))
    results, expected = (claim_table.judge_claims(CLAIMS, by_seed(numbers), profile.papers_without) for numbers in (ours, reference))
    quick = quick_run.compared(CLAIMS, results, expected, committed)
    claims, frame = claim_table.rows(CLAIMS, results), comparison.table(ours, reference)
    save_table(claims, folder, "claims")
    save_table(claim_table.tests(CLAIMS, results), folder, "claim_tests")
    save_table(frame, folder, "comparison")
    write_report(folder, [folder / "notebooks" / f"{name}.ipynb" for name in ORDER], records, claims, frame, quick)
    print(quick.sentence(os.path.relpath(quick.verdicts)) if quick else claim_table.counts(claims))
    print("\n".join(comparison.summary(frame)))
    print(f"Report: {os.path.relpath(folder / 'report.html')}")


def exit_status(command: Callable[[], None]) -> int:
    """Of a command that runs notebooks: 0, or 1 where a run or a notebook failed and 2 where it could not begin, with one line on why."""
    from papermill import PapermillExecutionError

    try:
        command()
    except (ConfigError, CheckpointError, DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FailedRunsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except PapermillExecutionError as error:
        print(f"error: {'; '.join(error.__notes__)}: {error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="digits", help=f"{', '.join(profiles.PROFILES)}, or the path of a Python file with PROFILE")
    parser.add_argument("--seeds", type=int, help="seeds of every run; default: the profile's")
    parser.add_argument("--cluster", help="where runs are computed: slurm, or a Dask scheduler's tls:// or tcp:// address; default: here")
    parser.add_argument("--only", choices=ORDER, help="this notebook alone")
    parser.add_argument("--r", type=float, help="with --only 02_r_sweep: this point alone")
    parser.add_argument("--report-only", action="store_true", help="no notebook, the report from what is there")
    parser.add_argument("--clean", action="store_true", help="delete the profile's results")
    parser.add_argument("--pretrain", action="store_true", help="train the shipped weights again")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _command(options))


def _command(options: argparse.Namespace) -> None:
    start = time.perf_counter()
    source = str(Path(options.profile).expanduser().absolute()) if options.profile.endswith(".py") else options.profile
    paths = Paths.from_environment()
    profile = profiles.load(source, replace(paths, cluster=options.cluster or paths.cluster))
    if options.clean:
        shutil.rmtree(profile.folder, ignore_errors=True)
        print(f"Deleted {profile.folder}.")
        return
    seeds = len(plans.seeds_of(profile.seeds if options.seeds is None else options.seeds))
    if options.pretrain:
        execute(PRETRAIN, profile.paths.writable(profile.name) / "notebooks" / f"{PRETRAIN}.ipynb", {"keep": True})
        return
    if not options.report_only:
        parameters = {} if options.r is None else {"r": options.r}
        for value in parameters.values():
            check_number("r", value, 0, 1)
        reproduce(profile, source, seeds, (options.only,) if options.only else plans.notebooks(profile), parameters)
    conclude(profile)
    print(f"Took {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
