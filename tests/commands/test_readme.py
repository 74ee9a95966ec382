"""`make readme`: blocks of pages and expected lines of examples come from the committed records."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from companion import profiles, records
from companion.commands import readme, strip
from companion.commands.readme import faces_page, measured, tables
from companion.records import Record
from companion.support.marked_text import block_names, expected_lines, render
from recipes import face_parts

PAGE = "# A page\n\n<!-- one -->\nold\n\nlines\n<!-- /one -->\n\nprose stays\n\n<!-- two -->\n<!-- /two -->\n"


def test_the_statistics_that_bna_corrects(tmp_path):
    path = tmp_path / "bna_shift.json"
    assert measured.bna_shift(path) == "Not measured yet: `python bench/bna_shift.py`."
    of = {"generated": {"means": 0.0141, "variances": np.log(1.05)}, "real, as many": {"means": 0.004, "variances": np.log(1.002)}}
    made = [{"data": "digits", "step": 1500, **of, "accuracy": 71.94 + s, "accuracy with BNA": 72.6} for s in (-1, 1)]
    path.write_text(json.dumps({"rows": made}))
    row = [cell.strip() for cell in measured.bna_shift(path).splitlines()[-1].strip("|").split("|")]
    assert row == ["digits", "1,500 steps", "0.014", "5.0 %", "0.004", "0.2 %", "71.9", "+1.7/-0.3"]


def test_pages_and_examples_repeat_the_committed_records():
    for path, text in readme.written().items():
        assert path.read_text() == text, f"{path}: run `make readme`"


def test_render_replaces_blocks_and_nothing_else():
    new = render(PAGE, {"one": "1\\2", "two": "b", "of another page": "c"})
    assert new == "# A page\n\n<!-- one -->\n1\\2\n<!-- /one -->\n\nprose stays\n\n<!-- two -->\nb\n<!-- /two -->\n"
    assert render(new, {"one": "1\\2", "two": "b"}) == new


def test_a_block_without_contents_or_end_is_named():
    with pytest.raises(ValueError, match=r"block two is unknown; use one of one\."):
        render(PAGE, {"one": ""})
    with pytest.raises(ValueError, match=r"give each <!-- name --> its <!-- /name -->"):
        block_names(PAGE.replace("<!-- /one -->", ""))


def test_photographs_come_in_the_order_of_the_plan():
    """conditioning.settings takes the first setting for paper B's own."""
    found = readme.records_of("cifar10_small")
    own = next(run.config.setting for run in found if run.kind == "conditioning")
    assert own == profiles.CIFAR10_SMALL.settings[0]
    known = {run.config for run in found}
    left_out = [run.config for run in records.find(readme.REFERENCE / "cifar10_small", set_aside=False) if run.config not in known]
    assert all(config.images != profiles.CIFAR10_SMALL.paper_a.images for config in left_out), "left out at the profile's own sizes"


def test_no_photograph_is_committed():
    """CIFAR-10 is not ours to give: notebook 00, which shows real images, stays out of the reference, and so does the page that embeds it."""
    folder = readme.REFERENCE / "cifar10_small"
    assert not [*folder.glob("figures/parts.*"), *folder.glob("notebooks/00_*")]
    report = folder / "report.html"
    assert not report.exists() or "The real images" not in report.read_text()


def test_no_face_and_no_weights_of_faces_are_committed():
    """What is shown of faces is generated: samples of the generators, and figures and pictures of conditioned images."""
    folder = readme.REFERENCE / "faces"
    assert {path.stem for path in (folder / "parts").glob("*.png")} <= {name for name in face_parts.PARTS if "generator" in name}
    kept = [path for path in folder.rglob("*") if "features" not in path.parts]  # a cache, which is ignored
    assert not [path for path in kept if path.suffix in (".safetensors", ".pth", ".pt", ".jpg")]
    shown = [run for run in records.find(folder, set_aside=False) if run.pictures]
    assert not [run for run in shown if getattr(run.config, "image_set", "").startswith("real")]


def test_the_price_of_an_attribute_by_its_share(tmp_path):
    path = tmp_path / "sampling.json"
    assert measured.sampling(path) == "Not measured yet: `python bench/sampling.py`."
    fit = {"passes": 1000, "microseconds": 2e6}
    posterior = {"passes": 1, "microseconds": 500.0, "as asked": 0.75}
    chain = {"passes": 2, "microseconds": 1000.0, "as asked": 0.9, "burn-in passes": 100, "burn-in microseconds": 1e5}

    def row(workload, seed, passes, microseconds, share):
        rejection = {"passes": passes, "microseconds": microseconds, "as asked": 1.0} if passes else None
        return {
            "workload": workload,
            "seed": seed,
            "fit": fit,
            "share": share,
            "rejection": rejection,
            "posterior": posterior,
            "metropolis": chain,
        }

    rows = [
        row("1 %", 0, 100, 4000.0, 0.01),
        row("1 %", 1, 120, 5000.0, 0.02),
        row("0.1 %", 0, None, None, None),
        row("evenly", 0, 0.5, 100.0, 0.1),
    ]
    path.write_text(json.dumps({"processor": "a processor", "prior_weight": 0.01, "n": 5, "draws": 7200, "rows": rows}))
    speeds = tmp_path / "speeds.json"
    told = measured.sampling(path, speeds)
    cells = {
        tuple(line[:3:2]): line[1:2] + line[3:]
        for line in ([c.strip() for c in line.strip("|").split("|")] for line in told.splitlines()[4:])
    }
    assert cells["1 %", "rejection"] == ["1.5", "110", "4.50 ± 6.35", "100.0", "-", "-", "2"]
    assert cells["1 %", "posterior on latents"] == ["1.5", "1", "0.50 ± 0.00", "75.0", f"{1000 / 109:.0f}", "500", "2"]
    assert cells["1 %", "posterior, Metropolis"] == ["1.5", "2", "1.00 ± 0.00", "90.0", f"{1100 / 108:.0f}", "600", "2"]
    assert cells["0.1 %", "rejection"] == ["-", "-", "-", "-", "-", "-", "0"]
    assert cells["0.1 %", "posterior on latents"][-3:-1] == ["-", "-"]
    assert cells["evenly", "posterior on latents"][-3:-1] == ["never", "never"]
    rate = {"task": "generation", "what": "ours, float32", "rate": 20.0}
    speeds.write_text(json.dumps({"device": "a processor", "threads": 2, "rows": [rate]}))
    last = measured.sampling(path, speeds).splitlines()[-1]
    assert last.endswith("rejection 5.5 s; posterior on latents 0.05 s; posterior, Metropolis 0.1 s; and the fit 0.1 hours.")


def test_candidates_of_the_rivals_are_told_against_the_truth(tmp_path):
    path = tmp_path / "rivals.json"
    assert measured.rivals(path) == "Not measured yet: `python bench/rivals.py`."
    shared = {
        "judge_accuracy": 0.9,
        "second_judge_accuracy": 0.8,
        "pixel_variance": 0.2,
        "truth_coverage": 0.5,
        "passes to fit": 0,
        "passes an image": 301,
        "fit_seconds": 0,
        "image_seconds": 0.6,
    }
    truth = {"method": "rejection", "w": 1.0, "config": {"kind": "rejection", "prior_weight": 1.0}, **shared}
    mala = {
        "method": "MALA",
        "w": 0.1,
        "config": {"kind": "langevin", "steps": 100, "step_size": 0.02, "adjusted": True},
        **shared,
        "pixel_variance": 0.1,
    }
    path.write_text(json.dumps({"per_attribute": 50, "attributes": 2, "rows": [truth, mala, mala | {"fit_seconds": 60}]}))
    assert measured.rivals(path).splitlines()[-1].endswith("MALA 2, 3 minutes; rejection 1, 1 minutes.")
    first = [cell.strip() for cell in measured.rivals(path).splitlines()[2].strip("|").split("|")]
    assert first == ["MALA", "0.1", "steps 100, step_size 0.02", "90.0", "80.0", "50", "100", "0", "301", "0"]


def test_face_classifiers_tell_accuracy_and_support_by_class(tmp_path):
    assert "make pretrained PROFILE=faces" in faces_page.face_classifiers(tmp_path)
    rows = {"male": (0.9, 600), "female": (0.8, 1400), "mean": (0.85, 2000), "weighted mean": (0.83, 2000)}
    pd.DataFrame(rows, index=["recall", "support"]).T.astype({"support": int}).to_csv(tmp_path / "gender_plain.csv")
    line = faces_page.face_classifiers(tmp_path).splitlines()[-1]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == ["gender, teacher (plain)", "83.0", "male 90.0 (600), female 80.0 (1,400)"]


def test_page_of_faces_judges_the_claims_of_paper_b_alone():
    told = faces_page.faces([run for run in readme.reference() if run.kind != "diversity"])
    assert "Image quality:" in told and "| B6 " in told
    assert "| A1 " not in told and "rare groups" not in told


def test_expected_lines_of_an_example_are_replaced(tmp_path):
    path = tmp_path / "example.py"
    path.write_text("run()  # expected (run): old\nother()  # expected (other): kept\n# expected: no name\n")
    new = expected_lines(path, {"run": "92.5 %"})
    assert new == "run()  # expected (run): 92.5 %\nother()  # expected (other): kept\n# expected: no name\n"
    path.write_text(new)
    assert expected_lines(path, {"run": "92.5 %"}) == new


def test_short_tables():
    values = {"low": 90.5, "high": 91.5, "ours": 91.0, "n": 3}
    columns = [("baseline", 70.6), ("bna", 76.4), ("ds+hsm", 81.8), ("ds+hsm+bna", 85.6), ("long (ds+bna)", 88.8), ("real images", 88.4)]
    table = pd.DataFrame([{"column": name, "paper": paper, **values} for name, paper in columns])
    none, other = table.assign(n=0), table.assign(n=[1, 1, 0, 0, 0, 0], ours=[50.0, 51.0, *[np.nan] * 4], low=np.nan, high=np.nan)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables.short_table1(table, none).splitlines()]
    assert lines[0] == ["training", "paper", "paper, with BNA", "digits (n = 3)", "digits (n = 3), with BNA"]
    assert lines[2:] == [
        ["baseline", "70.6", "76.4", "91.0 ± 0.5", "91.0 ± 0.5"],
        ["ds+hsm", "81.8", "85.6", "91.0 ± 0.5", "91.0 ± 0.5"],
        ["long (ds)", "-", "88.8", "-", "91.0 ± 0.5"],
        ["real images", "88.4", "-", "91.0 ± 0.5", "-"],
    ]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables.short_table1(table, other).splitlines()]
    assert lines[0][5:] == ["CIFAR-10 (n = 1)", "CIFAR-10 (n = 1), with BNA"]
    assert [line[5:] for line in lines[2:4]] == [["50.0", "51.0"], ["-", "-"]]
    own = pd.concat([other, pd.DataFrame([{"column": "mine, bna", "ours": 57.0, "low": 55.0, "high": 59.0, "n": 5}])])
    last = tables.short_table1(table, own).splitlines()[-1]
    assert [cell.strip() for cell in last.strip("|").split("|")] == ["long, ours (n = 5)", *["-"] * 5, "57.0 ± 2.0"]
    curve = pd.DataFrame(
        [
            {"r": r, "BNA": bna, "paper": paper, **values}
            for r, bna, paper in ((0.0, False, 70.6), (0.33, False, np.nan), (0.33, True, np.nan))
        ]
    )
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables.short_sweep(curve).splitlines()]
    assert lines[0] == ["r =", "0", "0.33"]
    assert lines[2:] == [
        ["paper", "70.6", "-"],
        ["paper, with BNA", "-", "-"],
        ["ours", *["91.0 ± 0.5"] * 2],
        ["ours, with BNA", "-", "91.0 ± 0.5"],
    ]


def test_a_method_of_the_users_own_has_a_dash_for_the_papers_number():
    table = pd.DataFrame(
        {"column": ["ds", "mine"], "paper": [78.6, np.nan], "ours": [91.0, 90.0], "low": [90.5, 89.9], "high": [91.5, 90.1], "n": [3, 3]}
    )
    cells = [cell.strip() for cell in tables.markdown(table).splitlines()[-1].strip("|").split("|")]
    assert {"mine", "-", "90.0 ± 0.1"} <= set(cells)


def test_contended_costs_are_named():
    names = ("passes to fit", "passes an image", "evenly", "times cheaper", "evenly, times cheaper", "seconds to fit")
    table = pd.DataFrame(
        {"method": ["flow"], "w": [0.1], "labels an epoch": [3000], "n": [3], "judge %": [99.0], "judge low": [95.0], "judge high": [100.0]}
        | {f"{m} {s}": [1.0] for m in ("variance", "coverage") for s in "%±"}
        | {f"of the target's {m} %": [np.nan] for m in ("variance", "coverage")}
    )
    costs = pd.DataFrame({name: [5.0] for name in names} | {"pays after": [np.inf], "runs at a time": [2]})
    drawn, cost = tables.diversity_table(table, costs).split("\n\nWhat it costs:\n\n")
    drawn, cost = (
        dict(zip(*(map(str.strip, line.strip("|").split("|")) for line in part.splitlines()[::2]), strict=True)) for part in (drawn, cost)
    )
    assert (drawn["method"], drawn["judge %"], drawn["of the target's variance %"]) == ("flow", "99.0 (95.0 to 100.0)", "-")
    assert (cost["method"], cost["labels an epoch"], cost["runs at a time"]) == ("flow", "3,000", "2")
    assert (cost["pays after"], cost["passes to fit"]) == ("never", "5")


def test_a_share_of_the_gap_stands_beside_its_size():
    for path in readme.PAGES:
        for sentence in re.findall(r"[^.\n]*% of (?:the|that|a) gap[^\n]*", path.read_text()):
            assert re.search(r"gap of \d+\.\d points", sentence), f"{path}: {sentence}"


def test_the_strip_has_a_labelled_row_of_each_kind():
    hard, conditioning = profiles.DIGITS.hard_samples_run(0), profiles.DIGITS.conditioning_run(0)
    tiles = np.linspace(-1, 1, 10).repeat(28)[:, None] * np.ones(28)
    found = [
        Record(hard, {}, {}, pictures={"random": tiles, f"epoch {hard.stages[-1]}": -tiles}),
        Record(replace(conditioning, labels="given"), {}, {}, pictures={"samples": np.zeros((280, 280))}),
        Record(conditioning, {}, {}, pictures={"samples": np.tile(tiles, 10)}),
    ]
    rows = strip.rows(found)
    assert list(rows) == ["real", "generated", "mined", "conditioned"]
    assert all(images.shape == (10, 28, 28) and np.abs(images).max() <= 1 for images in rows.values())
    assert (rows["generated"] == -rows["mined"]).all()
    assert (rows["conditioned"] == rows["generated"]).all()
    assert [ax.get_ylabel() for ax in strip.draw(rows).axes] == list(rows)


def test_what_a_fused_checkpoint_gains(tmp_path):
    path = tmp_path / "residual_biggan.json"
    assert measured.residual_biggan(path) == "Not measured yet: `python bench/residual_biggan.py`."
    rows = [
        {"base_channels": 6, "generation_ratio": 2.96, "gradient_ratio": 1.84},
        {"base_channels": 64, "generation_ratio": 2.1, "gradient_ratio": 1.7},
    ]
    path.write_text(json.dumps({"device": "a processor", "instructions": "AVX2", "rows": rows}))
    assert measured.residual_biggan(path) == (
        "On one thread (a processor, AVX2): with 6 base channels 3.0 times as fast as its layers, and 1.8 times with the gradient in z; "
        "with 64 base channels 2.1 times as fast as its layers, and 1.7 times with the gradient in z."
    )
