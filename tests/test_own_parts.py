"""Bring your own: the whole experiment on the example's parts, from a file that ships with nothing."""

import re
import subprocess
import sys
from dataclasses import asdict, replace
from functools import partial

import pandas as pd
import papermill
import pytest
from conftest import check_executed
from papermill.iorw import papermill_io

from companion import profiles, records
from companion.commands import doctor, reproduce
from companion.experiment import engine, plans, run, run_all
from companion.runs import classifier
from companion.runs.paper_b import call_of
from companion.settings import Rejection, Setting
from companion.support.paths import ROOT, Paths

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "own_parts.py"
SMALL = """
PROFILE = replace(
    PROFILE, name="{name}", side_seeds=1, quality_samples=40, classifier=SMOKE.classifier, mining=SMOKE.mining,
    diversity=replace(SMOKE.diversity, per_attribute=12), conditioning=SMOKE.conditioning,
)
"""
NAMED_A_METHOD = """
from paperlib.config import Rejection

PROFILE = replace(PROFILE, diversity=replace(PROFILE.diversity, methods=(Rejection(1.0),), few=None, judged=(), rivals=()))
"""
NEVER_A_STAR = """
class NeverAStar(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x) - torch.tensor([0.0, 0.0, 0.0, 50.0])

PAPER_B = replace(PROFILE.parts.paper_b, teacher=lambda name: NeverAStar(trained_classifier(name)).eval())
PROFILE = replace(PROFILE, parts=replace(PROFILE.parts, paper_b=PAPER_B))
"""


@pytest.fixture
def caller(tmp_path, monkeypatch):
    """A folder of somebody's own, with a results folder, a cache and modules of its own. Runs and notebooks are in this process."""
    monkeypatch.setattr(engine, "worker_count", lambda: 1)
    monkeypatch.setattr(papermill, "execute_notebook", partial(papermill.execute_notebook, engine_name="in process"))
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = set(sys.modules)
    (tmp_path / "caller").mkdir()
    monkeypatch.chdir(tmp_path / "caller")
    monkeypatch.setattr(papermill_io.get_handler("local"), "_cwd", None)  # two notebooks at a time may leave another caller's folder there
    yield tmp_path / "caller"
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def copied(folder, name, more=""):
    """The example with small sizes, as <name>.py, whose profile has that name."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(EXAMPLE.read_text() + SMALL.format(name=name) + more)
    return folder / f"{name}.py"


def table(results, name):
    return pd.read_csv(results / "tables" / f"{name}.csv")


def test_a_whole_experiment_from_the_folder_of_the_caller(caller, tmp_path, capfd):
    def changed():
        return subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False).stdout

    copied(tmp_path / "parts", "somebodys")
    before = changed()
    assert reproduce.main(["--profile", "../parts/somebodys.py", "--seeds", "1"]) == 0
    assert changed() == before
    results = tmp_path / "results" / "somebodys"
    for name in reproduce.ORDER:
        check_executed(results / "notebooks" / f"{name}.ipynb")
    assert (results / "report.html").read_text().rstrip().endswith("</html>")
    assert "all hard" in table(results, "table1").to_string()
    assert {"diamond", "disc", "square", "star"} <= set(table(results, "evaluation_report")["attribute"])
    assert "unconditional G, teacher second" in set(table(results, "conditioning")["setting"])
    profile = profiles.load("../parts/somebodys.py")
    assert len(records.find(results)) == len(set(plans.everything(profile, 1))) + 1
    assert [*profile.left_out] == ["the controls beside Table 1", "the second judge", "the same generator trained otherwise"]
    assert [line for line in capfd.readouterr().out.splitlines() if "left out" in line] == [*profile.left_out.values()]


def test_workers_find_the_parts_and_compute_the_same(caller, tmp_path):
    profile = profiles.load(str(copied(caller, "worked")))
    second = Setting("unconditional", "second")
    here, there = (replace(profile, paths=Paths(results=tmp_path / where)) for where in ("here", "there"))
    one, two = ([classifier.call(at, seed=0, method="all hard"), call_of(second, at, 0)] for at in (here, there))
    expected = [run(call, progress=False) for call in one]
    found = run_all(two, workers=2, progress=False)
    assert [r.provenance["workers"] for r in found] == [2, 2]
    assert [(r.parts, r.metrics) for r in found] == [(r.parts, r.metrics) for r in expected]


def test_a_generator_without_classes_alone_is_enough(caller, tmp_path, capfd):
    more = """
ALONE = PaperB(trained_classifier, (("unconditional", "first"),), lambda: UNCONDITIONAL)
GIVEN = {name: getattr(PARTS, name) for name in ("real_images", "judge", "features", "feature_space", "class_names")}
SIZES = replace(PROFILE.diversity, methods=PROFILE.diversity.methods[:3])
PROFILE = replace(PROFILE, parts=Parts(**GIVEN, paper_b=ALONE), classifier=None, mining=None, methods=(), diversity=SIZES)
"""
    path = str(copied(caller, "without_classes", more))
    assert reproduce.main(["--profile", path, "--seeds", "1"]) == 0
    printed = capfd.readouterr().out
    assert "left out: paper A (Profile(classifier=...), Parts(classifier=...), Parts(generator=...) are not given)\n" in printed
    results = tmp_path / "results" / "without_classes"
    assert {path.stem for path in (results / "notebooks").iterdir()} == {"04_conditioning", "06_diversity"}
    shown = "".join(
        o.get("text", "") for c in check_executed(results / "notebooks" / "04_conditioning.ipynb").cells for o in c.get("outputs", [])
    )
    for what in ("the second judge (Parts(second_judge=...)", "the generator trained with labels (Parts(generator=...)"):
        assert f"left out: {what} is not given)\n" in shown
    assert "left out: the warm start (no setting differs from paper B's own in its start alone)\n" in shown
    assert set(table(results, "evaluation")["setting"]) == {"unconditional G (paper B)"}
    assert doctor.main(["--profile", path, "--seeds", "1"]) == 0


def test_an_attribute_that_is_never_produced_ends_the_methods_that_draw_it(caller):
    path = str(copied(caller, "starless", NEVER_A_STAR))
    profile = profiles.load(path, Paths.from_environment())
    reproduce.reproduce(profile, path, 1, ("04_conditioning", "06_diversity"), {})
    reproduce.conclude(profile)
    found = [r for r in records.find(profile.folder) if r.run == "diversity"]
    assert len(found) == len(profile.diversity.methods)
    impossible = [r for r in found if r.impossible]
    drawn = [r.arguments["method"] for r in impossible]
    assert all(asdict(Rejection(weight)) in drawn for weight in (1.0, 0.1))
    assert all("attribute 3" in r.impossible and "\n" not in r.impossible for r in impossible)
    measured = [r for r in found if not r.impossible]
    assert {r.arguments["method"]["kind"] for r in measured} >= {"trained", "langevin"}
    assert all(r.metrics["without_truth"] == [3] and len(r.metrics["judge_by_attribute"]) == 4 for r in measured)
    assert max(r.provenance["seconds"] for r in found) < 30
    notebook = check_executed(profile.folder / "notebooks" / "06_diversity.ipynb")
    printed = "".join(o.get("text", "") for c in notebook.cells if c.cell_type == "code" for o in c.outputs)
    assert len(re.findall("^left out: .*attribute 3", printed, re.MULTILINE)) == len(impossible)
    shown = table(profile.folder, "diversity_distances")
    assert "rejection" not in set(shown["method"])
    assert shown["coverage, truth"].notna().all()


def test_a_generator_with_classes_alone_is_enough(caller):
    more = 'PAPER_B = PaperB(trained_classifier, (("withheld", "first"), ("given", "first")))\n'
    path = copied(caller, "with_classes", more + "PROFILE = replace(PROFILE, parts=replace(PROFILE.parts, paper_b=PAPER_B))\n")
    assert "unconditional prior" not in profiles.load(str(path)).image_sets
    assert reproduce.main(["--profile", "with_classes.py", "--seeds", "1", "--only", "00_start_here"]) == 0
    assert doctor.main(["--profile", "with_classes.py", "--seeds", "1"]) == 0


REFUSED = {
    "shipped.py": (SMALL.format(name="digits"), "PROFILE.name = 'digits': a shipped profile has this name"),
    "committed.py": (SMALL.format(name="reference"), "PROFILE.name = 'reference': the committed results have this name"),
    "dotted.py": (SMALL.format(name="../mine"), "PROFILE.name = '../mine': it names a folder"),
    "json.py": ("PROFILE = 1\n", "another module is called 'json'; rename the file"),
    "my-parts.py": ("PROFILE = 1\n", "it is imported as a module; use letters, digits and _ in the file's name"),
    "empty.py": ("", "it has no PROFILE of class companion.profiles.Profile"),
    "failing.py": ("x = 1\ny = [][0]\n", "failing.py, line 2: IndexError: list index out of range"),
    "broken.py": ("x = 1\n\nif x\n", "broken.py, line 3: SyntaxError: expected ':'"),
    "lacking.py": ("import no_such_library\n", "lacking.py, line 1: ModuleNotFoundError: No module named 'no_such_library'"),
    "old_parts.py": (
        "from companion.profiles import Parts\n\nPARTS = Parts(\n    stand_ins=list,\n)\n",
        "old_parts.py, line 3: TypeError: Parts.__init__() got an unexpected keyword argument 'stand_ins'; see docs/own_parts.md",
    ),
    "old_method.py": (
        "from companion.profiles import OwnMethod\n\nMETHOD = OwnMethod('ours', made=2.0)\n",
        "old_method.py, line 3: TypeError: OwnMethod.__init__() got an unexpected keyword argument 'made'; see docs/own_parts.md",
    ),
    "old_module.py": (
        "from companion.config import Rejection\n",
        "old_module.py, line 1: ModuleNotFoundError: No module named 'companion.config'; see docs/own_parts.md",
    ),
    "older_module.py": (
        "from paperlib.config import ClassifierRun\n",
        "older_module.py, line 1: ImportError: ClassifierRun of paperlib.config is gone with version 0.4; docs/own_parts.md shows",
    ),
    "old_run.py": (
        "from companion.profiles import DIGITS\n\nRUN = DIGITS.classifier_run(0)\n",
        "old_run.py, line 3: AttributeError: 'Profile' object has no attribute 'classifier_run'; see docs/own_parts.md",
    ),
    "missing.py": (None, "there is no such file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_line(caller, capsys, name):
    content, message = REFUSED[name]
    if content is not None:
        (caller / name).write_text((EXAMPLE.read_text() if "replace(" in content else "") + content)
    for command in (reproduce, doctor):
        assert command.main(["--profile", name]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        (line,) = printed.err.splitlines()
        assert line.startswith("error: ")
        assert message in line


def test_a_file_of_version_0_3_0_runs(caller):
    """By the module names of that version."""
    text = EXAMPLE.read_text().replace("from companion.runs import classifier\n", "").partition("if __name__")[0]
    text = text.replace("from companion.", "from paperlib.") + SMALL.format(name="former") + NAMED_A_METHOD
    (caller / "former.py").write_text(text)
    with pytest.warns(DeprecationWarning, match=r"paperlib\.profiles is now companion\.profiles"):
        sys.modules.pop("paperlib.profiles", None)
        profile = profiles.load("former.py", Paths.from_environment())
    assert profile.diversity.methods == (Rejection(1.0),)
    assert run(classifier.call(profile, seed=0, method="all hard"), progress=False).metrics["test_images"] == 200


def test_clean_deletes_the_results_of_the_file(caller, tmp_path, capsys):
    copied(caller, "cleaned")
    other = tmp_path / "results" / "other"
    for folder in (tmp_path / "results" / "cleaned" / "records", other):
        folder.mkdir(parents=True)
    assert reproduce.main(["--profile", "cleaned.py", "--clean"]) == 0
    assert not (tmp_path / "results" / "cleaned").exists()
    assert other.is_dir()


@pytest.mark.parametrize("target", ["reproduce", "doctor", "clean-results"])
def test_make_takes_a_path_from_where_the_caller_stands(caller, monkeypatch, target):
    (caller / "parts.py").write_text("")
    monkeypatch.setenv("PWD", str(caller))
    for path, expected in (("parts.py", caller / "parts.py"), ("/abs/parts.py", "/abs/parts.py"), ("examples/own_parts.py", EXAMPLE)):
        made = subprocess.run(
            ["make", "-n", "-C", str(ROOT), target, f"PROFILE={path}", "CONDA_ENV=any"], capture_output=True, text=True, check=True
        ).stdout
        assert f"--profile '{expected}'" in made
