"""`make readme`: the pages repeat the saved tables, and these what they are made from."""

import importlib
import json

import numpy as np
import pandas as pd
import pytest

from companion import profiles, records
from companion.commands import overview, readme, strip
from companion.records import Record
from companion.report.files import markdown
from companion.runs import hard_samples
from companion.runs.paper_b import call_of
from companion.settings import Setting
from companion.support.paths import REFERENCE, ROOT
from recipes import face_parts

PAGE = "# A page\n\n<!-- include: a.md -->\nold\n\nlines\n<!-- /include -->\n\nprose stays\n\n<!-- include: b.md -->\n<!-- /include -->\n"
BENCHES = {"speed": "amd-epyc"} | {
    name: name for name in ("bna_shift", "engine", "explorer", "records", "residual_biggan", "rivals", "sampling", "warm_start")
}


def test_pages_and_examples_repeat_what_is_saved():
    for path, text in readme.written().items():
        assert path.read_text() == text, f"{path}: run `make readme`"


def test_includes_are_replaced_and_nothing_else(tmp_path):
    for name, text in (("a.md", "1\\2\n"), ("b.md", "b\n")):
        (tmp_path / name).write_text(text)
    new = readme.with_includes(PAGE, tmp_path)
    assert new == PAGE.replace("old\n\nlines", "1\\2").replace("b.md -->\n", "b.md -->\nb\n")
    assert readme.with_includes(new, tmp_path) == new


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (PAGE, "includes b.md, which is not there"),
        (PAGE.replace("<!-- /include -->\n\nprose", "prose"), "the include of a.md has no end"),
        (PAGE.removesuffix("<!-- /include -->\n").replace("b.md", "a.md"), "the include of a.md has no end"),
    ],
)
def test_an_include_of_nothing_or_without_an_end_is_one_error(page, message, tmp_path):
    (tmp_path / "a.md").write_text("a\n")
    with pytest.raises(ValueError, match=message):
        readme.with_includes(page, tmp_path)


def test_expected_lines_of_an_example_are_replaced():
    example = "run()  # expected (run): old\nother()  # expected (other): kept\n# expected: no name\n"
    new = readme.with_expected(example, {"run": "92.5 %"})
    assert new == example.replace("old", "92.5 %")
    assert readme.with_expected(new, {"run": "92.5 %"}) == new


def test_every_saved_table_is_made_from_its_csv():
    for path in REFERENCE.glob("*/tables/*.csv"):
        assert path.with_suffix(".md").read_text() == markdown(pd.read_csv(path)) + "\n", path


def test_what_stands_beside_the_tables_is_made_from_committed_files():
    for name, text in overview.texts().items():
        assert (REFERENCE / name).read_text() == text + "\n", f"{name}: run `make readme`"


@pytest.mark.parametrize("script", ["times", *BENCHES])
def test_what_a_bench_says_is_made_from_what_it_found(script, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    path = REFERENCE / "times" if script == "times" else REFERENCE / "bench" / BENCHES[script]
    text = importlib.import_module(script).text(json.loads(path.with_suffix(".json").read_text()))
    assert path.with_suffix(".md").read_text() == text + "\n"


def test_an_older_cpu_is_told_where_it_was_measured(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    times = importlib.import_module("times")
    found = {"reproduce": 1080, "test": 780, "seeds": 3, "cores": 2, "processor": "a processor"}
    assert "AVX2" not in times.text(found)
    text = times.text(found | {"avx2_reproduce": 1800, "avx2_processor": "an older one"})
    assert text.startswith(times.text(found))
    assert "On a CPU without AVX-512 (an older one)" in text and text.endswith("ONEDNN_MAX_CPU_ISA=AVX2`: 30 minutes.")


def test_no_photograph_is_committed():
    """CIFAR-10 is not ours to give: notebook 00, which shows real images, stays out of the reference, and so does the page that embeds it."""
    folder = REFERENCE / "cifar10_small"
    assert not [*folder.glob("figures/parts.*"), *folder.glob("notebooks/00_*")]
    report = folder / "report.html"
    assert not report.exists() or "The real images" not in report.read_text()


def test_no_face_and_no_weights_of_faces_are_committed():
    """What is shown of faces is generated: samples of the generators, and figures and pictures of conditioned images."""
    folder = REFERENCE / "faces"
    assert {path.stem for path in (folder / "parts").glob("*.png")} <= {name for name in face_parts.PARTS if "generator" in name}
    kept = [path for path in folder.rglob("*") if "features" not in path.parts]  # a cache, which is ignored
    assert not [path for path in kept if path.suffix in (".safetensors", ".pth", ".pt", ".jpg")]
    shown = [run for run in records.find(folder, set_aside=False) if run.pictures]
    assert not [record for record in shown if record.arguments.get("image_set", "").startswith("real")]


def test_the_strip_has_a_labelled_row_of_each_kind():
    hard = hard_samples.call(profiles.DIGITS, seed=0)
    own, given = (call_of(setting, profiles.DIGITS, 0) for setting in (profiles.DIGITS.settings[0], Setting("given", "mnist")))
    tiles = np.linspace(-1, 1, 10).repeat(28)[:, None] * np.ones(28)
    of_hard = {"random": tiles, f"epoch {hard.arguments.stages[-1]}": -tiles}
    pictures = [(hard, of_hard), (given, {"samples": np.zeros((280, 280))}), (own, {"samples": np.tile(tiles, 10)})]
    found = [Record(call.run.name, "digits", call.stored, {}, {}, pictures=shown) for call, shown in pictures]
    rows = strip.rows(found)
    assert list(rows) == ["real", "generated", "mined", "conditioned"]
    assert all(images.shape == (10, 28, 28) and np.abs(images).max() <= 1 for images in rows.values())
    assert (rows["generated"] == -rows["mined"]).all()
    assert (rows["conditioned"] == rows["generated"]).all()
    assert [ax.get_ylabel() for ax in strip.draw(rows).axes] == list(rows)
