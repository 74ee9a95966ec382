"""Every notebook runs at the smoke profile, is stored clean, and stops at a bad parameter before any work."""

import ast
import re
import subprocess
import sys

import nbformat
import papermill
import pytest
from conftest import check_executed, reproduced

from companion import profiles, records
from companion.commands import reproduce
from companion.experiment import plans
from companion.support.paths import ROOT
from paperlib.checks import ConfigError
from paperlib.support import weights

pytestmark = pytest.mark.slow

PATHS = sorted(reproduce.NOTEBOOKS.glob("*.ipynb"))
NAMES = [path.stem for path in PATHS]
APART = ("07_when_do_they_help", "08_explore")  # not part of make reproduce


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """`make reproduce PROFILE=smoke`, into a folder of its own."""
    tracked = {path: path.read_bytes() for path in PATHS}
    with reproduced("smoke", tmp_path_factory, {}) as folder:
        assert all(path.read_bytes() == before for path, before in tracked.items())
        yield folder


def test_all_of_the_design_are_there():
    assert [*reproduce.ORDER, *APART, *reproduce.APPENDICES] == NAMES


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_stored_clean_and_short(path):
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert len(code) <= 10
    assert code[0].metadata.tags == ["parameters"]
    assert all(isinstance(node, ast.AnnAssign) for node in ast.parse(code[0].source).body)
    assert not re.search(r"^\s*(def|class) ", "\n".join(cell.source for cell in code), re.MULTILINE)


@pytest.mark.parametrize("name", reproduce.ORDER)
def test_executed(executed, name):
    notebook = check_executed(executed / "notebooks" / f"{name}.ipynb")
    assert "papermill" not in notebook.metadata


def test_outputs_are_complete(executed):
    for kind, suffixes in (("figures", (".png",)), ("tables", (".csv", ".md"))):
        stems = {path.stem for path in (executed / kind).iterdir()}
        assert len(stems) >= 6
        assert all((executed / kind / f"{stem}{suffix}").stat().st_size > 100 for stem in stems for suffix in suffixes)
    tiny_run_of_the_first_notebook = 1
    assert len(records.find(executed)) == len(set(plans.everything(profiles.SMOKE, 2))) + tiny_run_of_the_first_notebook


def test_a_second_call_computes_nothing(executed, capsys):
    before = {path: path.stat().st_mtime_ns for path in (executed / "records").glob("*.json")}
    assert reproduce.main(["--profile", "smoke", "--only", "01_table1"]) == 0
    assert {path: path.stat().st_mtime_ns for path in (executed / "records").glob("*.json")} == before
    printed = capsys.readouterr().out
    assert re.search(r"^2 seeds decide no claim; five are needed", printed, re.MULTILINE)
    assert re.search(r"^Comparison with the reference, \d+ numbers: \d+ no reference", printed, re.MULTILINE)


@pytest.mark.parametrize("profile", ["smoke", str(ROOT / "examples" / "own_parts.py")], ids=["smoke", "own parts"])
def test_without_a_browser_the_explorer_has_a_still_of_each_view(results, tmp_path, profile):
    output = tmp_path / "explored.ipynb"
    papermill.execute_notebook(
        reproduce.NOTEBOOKS / "08_explore.ipynb", output, {"profile": profile, "labels": 200}, engine_name="in process", progress_bar=False
    )
    outputs = [output for cell in nbformat.read(output, as_version=4).cells for output in cell.get("outputs", [])]
    stills = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert len(stills) == 5
    assert not any(output.output_type == "error" for output in outputs)
    assert all("<img" in still or "<svg" in still or "<p>0 of " in still for still in stills)


def test_report_needs_no_network(executed):
    page = (executed / "report.html").read_text()
    assert all(f'id="{name}"' in page for name in reproduce.ORDER)
    assert page.count("data:image/png;base64") >= 8
    assert 'href="#01_table1"' in page
    assert '.ipynb"' not in page
    assert "<math" in page
    assert not re.search(r"<(script|link|iframe)\b", page)
    assert not re.search(r"""(src|href)=["']https?:""", page)


def test_one_point_of_the_sweep_keeps_its_record_and_its_progress_is_one_output(executed, tmp_path):
    papermill.execute_notebook(
        reproduce.NOTEBOOKS / "02_r_sweep.ipynb",
        tmp_path / "out.ipynb",
        {"r": 0.7, "profile": "smoke", "seeds": 1},
        engine_name="nbclient",
        kernel_name="python3",
        progress_bar=False,
    )
    assert [r.seed for r in records.find(executed) if r.arguments.get("r") == 0.7] == [0]
    assert "0.7," in (executed / "tables" / "r_sweep.csv").read_text()
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    (cell,) = [c for c in cells if "run_all(" in c.source and c.cell_type == "code"]
    assert len(cell.outputs) == 1
    assert "1/1" in cell.outputs[0].data["text/plain"]


def test_two_at_once_leave_whole_results(results):
    program = (
        "import sys; sys.path.insert(0, 'tests'); from conftest import *; "
        "papermill.execute_notebook = partial(papermill.execute_notebook, engine_name='in process'); "
        "sys.exit(reproduce.main(['--profile', 'smoke', '--seeds', '1', '--only', '00_start_here']))"
    )
    command = [sys.executable, "-c", program]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(p.communicate()[1], p.returncode)[1] for p in both] == [0, 0]
    assert len(records.find(results / "smoke")) == 1
    nbformat.validate(nbformat.read(results / "smoke" / "notebooks" / "00_start_here.ipynb", as_version=4))
    assert (results / "smoke" / "report.html").read_text().rstrip().endswith("</html>")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("02_r_sweep", {"rr": 0.3}, "'rr': this notebook has no such parameter"),
        ("02_r_sweep", {"r": 1.5}, "r = 1.5: it must be less than or equal to 1"),
        ("01_table1", {"seeds": 0}, "seeds = 0"),
        ("04_conditioning", {"profile": "nobody"}, "use one of 'digits'"),
        ("04_conditioning", {"profile": "imagenet10"}, "no unconditional generator"),
        ("06_diversity", {"profile": "cifar10"}, "compares no methods of conditioning"),
        ("06_diversity", {"attribute": 10}, "attribute = 10: use one of 0, 1"),
    ],
)
def test_bad_parameters_stop_before_any_work(results, name, parameters, message):
    first, *rest = (
        cell.source for cell in nbformat.read(reproduce.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells if cell.cell_type == "code"
    )
    injected = "\n".join(["# Parameters", *(f"{key} = {value!r}" for key, value in parameters.items())])
    namespace = {"In": [first, injected]}
    with pytest.raises(ConfigError, match=message):
        for source in (first, injected, *rest):
            exec(source, namespace)
    assert not list(results.rglob("*.json"))


def test_papermill_stops_at_an_unknown_parameter(results, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="no such parameter"):
        papermill.execute_notebook(
            reproduce.NOTEBOOKS / "02_r_sweep.ipynb", tmp_path / "out.ipynb", {"rr": 0.3}, engine_name="in process", progress_bar=False
        )
    assert not list(results.rglob("*.json"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--profile", "nothing"], "profile = 'nothing'"), (["--seeds", "0"], "seeds = 0"), (["--only", "02_r_sweep", "--r", "2"], "r = 2.0")],
)
def test_the_command_refuses_with_one_line(results, capsys, arguments, message):
    assert reproduce.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_appendix_trains_all_parts(results, tmp_path):
    papermill.execute_notebook(
        reproduce.NOTEBOOKS / "appendix_pretrain_digits.ipynb",
        tmp_path / "out.ipynb",
        {"scale": 0.001},
        engine_name="in process",
        progress_bar=False,
    )
    made = {path.stem for path in (results / "appendix" / "pretrained").glob("*.safetensors")}
    assert made == {name for name in weights.manifest() if not name.startswith("cifar10")}
