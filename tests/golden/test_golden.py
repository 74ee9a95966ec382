"""Temporary, for the move to two packages: every committed table comes out of the committed records, as the same text.

    OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests/golden -q

The records of results/reference are copied, and each table is computed again as its writer does it: the statements of a notebook that lead to
a saved table, in the notebook's own words, and what `make report` writes after them. Nothing is trained, and no image or network is read: the
parts of a run are taken from the records (that they are the shipped ones is a test of its own). All names of the code under test are in
`code_under_test`, NOTEBOOKS and SAVES; a rename is followed there and nowhere else. To be deleted when the move is done.
"""

import ast
import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from companion import records

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"
NOTEBOOKS = ROOT / "notebooks"
FROZEN = Path(__file__).parent  # <folder>/<name>.csv where results/reference has records but no tables: written by the code before the move
DATA = ROOT.parent / "shared" / "data"
SAVES = {"save_table"}  # what a notebook calls to write a table


def code_under_test() -> SimpleNamespace:
    """Everything that this test knows of the package.

    load(name): the profile, with the paths of the environment. conclude(profile): the tables that no notebook writes. found(profile): its
    records. frames(found): of profiles without notebooks. fingerprint(profile, name): of a part as it is here. patches(recorded): what keeps
    the code from looking at parts and from computing runs, as (object, name, replacement).
    """
    from companion import calls, fingerprints, profiles
    from companion.commands.reproduce import conclude
    from companion.experiment import engine, stages
    from companion.frames import frame
    from companion.report import pages
    from companion.results import controls, table1
    from companion.support.paths import Paths

    def patches(recorded: Callable[[str, str], str]) -> list[tuple[Any, str, Any]]:
        def no_run(call: Any, *_: Any, **__: Any) -> None:
            raise AssertionError(f"not on record: {call}")

        def fingerprint_of(profile: Any, name: str) -> str:
            return recorded(profile.name, name)

        return [
            (fingerprints, "fingerprint_of", fingerprint_of),
            (stages, "fingerprint_of", fingerprint_of),
            (calls, "_computed", no_run),
            (pages, "write_report", lambda *_: None),
        ]

    return SimpleNamespace(
        load=lambda name: profiles.load(name, Paths.from_environment()),
        conclude=conclude,
        found=engine.found,
        frames={
            "table1": lambda found: table1.table(frame(found, "classifier")),
            "controls": lambda found: controls.table(frame(found, "classifier"), frame(found, "control")),
        },
        fingerprint=fingerprints.fingerprint_of,
        patches=patches,
    )


@dataclass(frozen=True)
class Writer:
    """Who writes the tables of a folder of results/reference. seeds: as many as it was computed with. concludes: it is a profile, and
    `make report` writes some of its tables."""

    notebooks: tuple[str, ...] = ()
    seeds: int = 0
    concludes: bool = True


PAPER_A = ("01_table1", "02_r_sweep", "03_hard_samples")
PAPER_B = ("04_conditioning", "06_diversity")
WRITERS = {
    "digits": Writer((*PAPER_A, *PAPER_B, "05_image_quality"), 10),
    "cifar10_small": Writer((*PAPER_A, *PAPER_B, "05_image_quality"), 5),
    "faces": Writer(PAPER_B, 5),
    "stages": Writer(("07_when_do_they_help",), 3, concludes=False),
    "pretraining": Writer(("appendix_pretrain_cifar10",), concludes=False),
    "cifar10_tuning": Writer(concludes=False),
}
# Committed csv files that are no tables of records, and why.
LEFT_OUT = dict.fromkeys(
    REFERENCE.glob("faces/parts/*.csv"),
    "written when a network was trained, from its answers; neither the network nor a record of them ships",
)


def committed(folder: str) -> dict[str, Path]:
    """The tables that have to come out, by name."""
    tables = REFERENCE / folder / "tables"
    return {path.stem: path for path in sorted((tables if tables.is_dir() else FROZEN / folder).glob("*.csv"))}


# ---- what a notebook does to write a table


def statements_to_tables(path: Path) -> tuple[str, str]:
    """Its parameters, and those statements of its other cells that a saved table needs: no demonstration, figure or sentence."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    is_parameters = ["parameters" in cell.metadata.get("tags", []) for cell in cells]
    parameters, others = (
        "\n".join(cell.source for cell, own in zip(cells, is_parameters, strict=True) if own is wanted) for wanted in (True, False)
    )
    kept: list[ast.stmt] = []
    needed: set[str] = set()
    for statement in reversed(ast.parse(others).body):
        calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
        if any(ast.unparse(call).rpartition(".")[2] in SAVES for call in calls) or changed_by(statement) & needed:
            kept.append(statement)
            needed |= names_in(statement)
    return parameters, ast.unparse(ast.Module(kept[::-1], []))


def changed_by(statement: ast.stmt) -> set[str]:
    """The names that it binds, and those whose value it may change: x = 1, import x, def x(), x[0] = 1, x.y = 1, x.append(1)."""
    changed: set[str] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                changed.add(name)
            case ast.alias(name=name, asname=other):
                changed.add((other or name).partition(".")[0])
            case ast.Subscript(value=value, ctx=ast.Store()) | ast.Attribute(value=value, ctx=ast.Store()):
                changed |= names_in(value)
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=value))):
            changed |= names_in(value)
    return changed


def names_in(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


# ---- the tables, computed again


def copied(target: Path) -> Path:
    """results/reference without its tables and figures; pictures of records are linked."""
    for path in REFERENCE.iterdir():
        if path.is_dir():
            shutil.copytree(
                path, target / path.name, ignore=shutil.ignore_patterns("tables", "figures", "notebooks", "pictures", "*.html", "*.lock")
            )
    for path in REFERENCE.rglob("pictures"):
        (target / path.relative_to(REFERENCE)).symlink_to(path)
    return target


@contextmanager
def nothing_but_records(root: Path) -> Iterator[SimpleNamespace]:
    """The code under test, its results in `root`: parts are those that the records name, and a run that is not on record fails."""

    @cache
    def parts(profile: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for record in records.find(root / profile, set_aside=False):
            for name, value in record.parts.items():
                assert found.setdefault(name, value) == value, f"{record.name}: the records of {profile} rest on two parts called {name}"
        return found

    code = code_under_test()
    with pytest.MonkeyPatch.context() as patch:
        for variable in [name for name in os.environ if name.startswith("PAPERLIB_")]:
            patch.delenv(variable)
        patch.setenv("PAPERLIB_RESULTS", str(root))
        for target, name, replacement in code.patches(lambda profile, part: parts(profile)[part]):
            patch.setattr(target, name, replacement)
        yield code


def run_notebook(name: str, parameters: dict[str, Any]) -> None:
    """In this process: what its tables need, with those of the parameters that it has."""
    own, rest = statements_to_tables(NOTEBOOKS / f"{name}.ipynb")
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(own, f"{name}, parameters", "exec"), namespace)
    namespace |= {key: value for key, value in parameters.items() if key in namespace}
    exec(compile(rest, f"{name}, what its tables need:\n{rest}\n", "exec"), namespace)


def records_in(folder: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes() for path in sorted([*folder.rglob("records/*"), *folder.rglob(records.PACKED)]) if path.suffix != ".lock"
    }


def recompute(folder: str, root: Path) -> tuple[dict[str, str], str]:
    """The tables of results/reference/<folder> from the records in `root`, name -> csv; and the errors of what writes them."""
    writer, before, errors = WRITERS[folder], records_in(root), []
    parameters = {"seeds": writer.seeds, "profile": folder} if writer.concludes else {"seeds": writer.seeds, "folder": str(root / folder)}
    with nothing_but_records(root) as code:
        steps: dict[str, Callable[[], None]] = {name: partial(run_notebook, name, parameters) for name in writer.notebooks}
        if writer.concludes:
            steps["conclude"] = lambda: code.conclude(code.load(folder))
        if not writer.notebooks:
            steps["frames"] = lambda: write_frames(code, folder, root)
        for name, step in steps.items():
            try:
                step()
            except Exception:
                errors.append(f"{name}:\n{traceback.format_exc()}")
    if records_in(root) != before:
        errors.append("a run was computed, or a record was set aside")
    return {path.stem: path.read_text() for path in (root / folder / "tables").glob("*.csv")}, "\n".join(errors)


def write_frames(code: SimpleNamespace, folder: str, root: Path) -> None:
    """The tables of a profile that no notebook has been executed for."""
    found = code.found(code.load(folder))
    (root / folder / "tables").mkdir(exist_ok=True)
    for name, table in code.frames.items():
        (root / folder / "tables" / f"{name}.csv").write_text(table(found).to_csv(index=False))


def difference(name: str, expected: str, text: str) -> str:
    """Nothing where they are equal, else the first line that is not."""
    if text == expected:
        return ""
    old, new = expected.splitlines(), text.splitlines()
    n = next((i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new)))
    lines = [lines[n] if n < len(lines) else "(no such line)" for lines in (old, new)]
    where = f"{name}, line {n + 1} of {len(old)} committed and {len(new)} computed"
    return f"{where}:\n  header:    {old[0]}\n  committed: {lines[0]}\n  computed:  {lines[1]}"


# ---- the tests


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[dict[str, str], str]]:
    """tables(folder) -> the csv texts and the errors, computed once."""
    root = copied(tmp_path_factory.mktemp("golden") / "results")
    return cache(lambda folder: recompute(folder, root))


@pytest.mark.parametrize(("folder", "name"), [(folder, name) for folder in WRITERS for name in committed(folder)])
def test_a_table_comes_out_of_its_records(tables, folder, name):
    path, (found, errors) = committed(folder)[name], tables(folder)
    assert name in found, f"{path} is not written. {errors}"
    different = difference(str(path.relative_to(ROOT)), path.read_text(), found[name])
    assert not different, different


@pytest.mark.parametrize("folder", WRITERS)
def test_all_tables_and_no_others_are_written(tables, folder):
    found, errors = tables(folder)
    assert not errors, errors
    assert found.keys() == committed(folder).keys() != set()


def test_every_committed_csv_is_looked_at():
    known = {path for folder in WRITERS for path in committed(folder).values()} | LEFT_OUT.keys()
    assert set(REFERENCE.rglob("*.csv")) <= known


PARTS_OUTSIDE = {"cifar10_small": ("PAPERLIB_CIFAR10", DATA / "cifar10-jpeg.zip")}


@pytest.mark.parametrize("folder", ["digits", *PARTS_OUTSIDE])
def test_shipped_parts_are_those_on_record(monkeypatch, tmp_path, folder):
    """So that `make reproduce` finds the committed records. The parts of faces do not ship."""
    if folder in PARTS_OUTSIDE:
        variable, path = PARTS_OUTSIDE[folder]
        if not path.exists():
            pytest.skip(f"needs {path}, the images that the committed records are of")
        monkeypatch.setenv(variable, str(path))
        monkeypatch.setenv("PAPERLIB_CACHE", str(tmp_path))
    recorded = {}
    for record in records.find(REFERENCE / folder, set_aside=False):
        recorded |= record.parts
    code = code_under_test()
    profile = code.load(folder)
    assert {name: code.fingerprint(profile, name) for name in recorded} == recorded


def test_a_number_that_moves_is_seen(tmp_path):
    """One metric of one record of the digits, by one image in a thousand: Table 1 and what else rests on it are named with the line."""
    root = copied(tmp_path / "results")
    plain = {"seed": 0, "real": False, "hsm": False, "r": 0.0, "long_factor": 1}
    found = records.find(root / "digits")
    for record in found:
        if record.run == "classifier" and plain.items() <= record.arguments.items():
            record.metrics["accuracy"] -= 0.001
    (root / "digits" / records.PACKED).write_text("".join(records.line_of(record) + "\n" for record in found))
    with nothing_but_records(root) as code:
        run_notebook("01_table1", {"profile": "digits", "seeds": 10})
        code.conclude(code.load("digits"))
    tables = {path.stem: path.read_text() for path in (root / "digits" / "tables").glob("*.csv")}
    old = {name: committed("digits")[name].read_text() for name in tables}
    told = {name for name, text in tables.items() if difference(name, old[name], text)}
    assert told >= {"table1", "gains", "claims", "claim_tests", "comparison"}
    text = difference("table1", old["table1"], tables["table1"])
    assert text.startswith("table1, line 2 of 11 committed and 11 computed:\n") and "\n  committed: baseline,,,,70.6,91.26," in text, text
    assert tables["table1"].splitlines()[2:] == old["table1"].splitlines()[2:], "only the baseline's line rests on that record"
