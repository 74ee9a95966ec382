"""Tables past the papers from records made up here, with known answers."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from paperlib import compare, past_figures, past_findings, past_papers
from paperlib.records import Record

GAUSSIAN = {"family": "gaussian", "prior_weight": 0.0, "epochs": 1}
POSTERIOR = {"prior_weight": 0.01, "labelled": 100, "epochs": 1}


def made(method, seed, judge, variance, coverage, latent, image, acceptance=None):
    metrics = {
        "teacher_accuracy": 1.0, "judge_accuracy": judge, "judge_by_attribute": [judge, judge], "pixel_variance": variance,
        "feature_variance": 2 * variance, "on_manifold": 0.8, "judge_on_manifold": 0.95, "judge_off_manifold": None if seed else 0.5,
    } | {f"{r}_{m}": coverage for r in ("truth", "real") for m in ("precision", "recall", "density", "coverage", "fid")}  # fmt: skip
    if acceptance:
        metrics["acceptance"] = acceptance
    costs = {"fit_seconds": 3.0, "latent_microseconds": [latent, 2 * latent], "image_microseconds": [image, 2 * image]}
    picture = np.zeros((2 * 4, 20 * 4))
    return Record("diversity", {"method": method, "profile": "x"}, seed, metrics, pictures={"samples": picture}, provenance=costs)


@pytest.fixture
def found():
    rows = []
    for seed in (0, 1, 2):
        shift = 0.01 * (seed - 1)
        rows += [
            made({"prior_weight": 1.0, "proposal": None}, seed, 0.90, 0.10, 0.96, 5000, 5000, [0.12, 0.08]),
            made({"prior_weight": 0.01, "proposal": None}, seed, 0.98, 0.095, 0.94, 7000, 7000, [0.1, 0.06]),
            made(GAUSSIAN, seed, 0.95 + shift, 0.02, 0.12, 2, 100),
            made(POSTERIOR, seed, 0.995, 0.092, 0.90, 60, 200),
            made({"prior_weight": 0.01, "proposal": POSTERIOR}, seed, 0.993, 0.08, 0.93, 900, 900, [0.5, 0.5]),
            made({"steps": 5, "step_size": 0.1}, seed, 0.7, 0.11, 0.9, 9000, 9100),
        ]
    return rows


def test_shares_are_of_the_truth_of_the_same_seed(found):
    table = past_papers.diversity(found).set_index(["method", "w"])
    assert table.loc[("Gaussian", 0.0), "variance %"] == pytest.approx(20)
    assert table.loc[("Gaussian", 0.0), "coverage %"] == pytest.approx(12.5)
    assert table.loc[("Gaussian", 0.0), "judge ±"] == pytest.approx(4.303 * 1 / 3**0.5, abs=0.01)
    assert table.loc[(past_papers.REJECTION, 1.0), "coverage %"] == 100
    assert list(dict.fromkeys(table.index.get_level_values(0))) == [
        "Gaussian", "posterior on latents", past_papers.PROPOSED, past_papers.REJECTION, "Langevin",
    ]  # fmt: skip
    assert (table["n"] == 3).all()


def test_costs_are_of_the_rarest_attribute(found):
    table = past_papers.diversity_costs(found).set_index(["method", "w"])
    assert (table["attribute"] == 1).all()
    posterior = table.loc[("posterior on latents", 0.01)]
    assert posterior["µs an image"] == 400
    assert posterior["times cheaper"] == pytest.approx(25)
    assert posterior["at the same w"] == pytest.approx(35)
    assert table.loc[(past_papers.PROPOSED, 0.01), "kept %"] == pytest.approx(50)
    assert np.isnan(table.loc[("Gaussian", 0.0), "kept %"])


def test_where_the_judge_errs_leaves_out_who_had_no_image_there(found):
    table = past_papers.diversity_manifold(found)
    assert (table["judge outside %"] == 50).all()
    assert (table["inside %"] == 80).all()


def test_the_aim_is_met_by_those_who_meet_all_of_it(found):
    lines = past_findings.diversity(found)
    assert any(line.startswith("Aim, judge >= 99 %: posterior on latents (0.01), posterior, checked (0.01)") for line in lines)
    assert any(line.startswith("Aim, cheaper >= 20: Gaussian (0), posterior on latents (0.01).") for line in lines)
    assert "All four together: holds: posterior on latents at w = 0.01." in lines
    assert "All four together: does not hold." in past_findings.diversity([r for r in found if "labelled" not in r.config["method"]])
    assert "Variety and accuracy together: holds: posterior on latents at w = 0.01." in lines
    assert any("the best that looks at each image: posterior, checked" in line for line in lines)
    assert any("25.0 times cheaper than the truth's (35.0 times" in line and "the latent alone 83 times" in line for line in lines)
    assert past_findings.diversity(found[2:3]) == ["The findings need the truth on record: rejection at w = 1."]


def test_the_nearest_to_the_real_images_is_named(found):
    assert any(
        "the truth 1 and 0.96; nearest, Gaussian at w = 0, 0 and 0.12; paper B's form 0 and 0.12." in line
        for line in past_findings.diversity(found)
    )


def test_the_misses_outside_are_counted(found):
    assert any("100 % of the judge's misses are out there" in line for line in past_findings.diversity(found))


def test_the_bound_is_the_generators_own_pass(found):
    lines = past_findings.diversity(found)
    assert any("nothing can be more than 50 times cheaper" in line for line in lines)


def mined():
    grid = [
        {"step_size": 0.0, "steps": 0, "distance": 1.0, "precision": 0.98, "judge": 1.0, "classifier": 0.97},
        {"step_size": 0.1, "steps": 5, "distance": 1.2, "precision": 0.9, "judge": 0.96, "classifier": 0.6},
        {"step_size": 3.0, "steps": 5, "distance": 1.7, "precision": 0.7, "judge": 0.7, "classifier": 0.1},
    ]
    runs = [Record("mined-space", {}, seed, {"grid": grid}) for seed in (0, 1)]
    for seed in (0, 1, 2):
        for kind, size, accuracy in (
            ("classifier", None, 0.91),
            ("classifier", 0.1, 0.93),
            ("mined-classifier", 1.0, 0.92),
            ("mined-classifier", 3.0, 0.88),
        ):
            inner = {"real": False, "hsm": size is not None, "r": 0.0, "epochs": 20, "images": 100, "step_size": size or 0.1}
            if kind == "mined-classifier" and seed == 2:
                continue
            config = inner if kind == "classifier" else {"classifier": inner}
            runs.append(Record(kind, config, seed, {"accuracy": accuracy, "accuracy_bna": accuracy + 0.01}))
    return runs


def test_mining_turns_harmful_where_it_is_worse_than_none():
    table = past_papers.mined_classifiers(mined())
    assert table["eta"].tolist() == [0, 0, 0.1, 0.1, 1, 1, 3, 3]
    assert table["ours"].tolist() == pytest.approx([91, 92, 93, 94, 92, 93, 88, 89])
    assert (table["n"] == 2).all()
    lines = past_findings.mining(mined())
    assert "Mining is harmful from eta = 3 on: there the classifier is worse than without, in the mean." in lines
    assert "5 steps of 0.1/3: distance 1.20/1.70 times the random images', the judge reads 96/70 %." in lines
    assert any("5 steps of 3, at distance 1.70" in line for line in lines)
    assert past_papers.mined_space(mined()).iloc[1]["judge agrees %"] == 96
    assert "    Mining at that step size adds, paired by seed: +2.0 ± 0.0 at 0.1, +1.0 ± 0.0 at 1, -3.0 ± 0.0 at 3 points." in lines
    alone = past_findings.mining([r for r in mined() if r.seed == 0])
    assert "    Mining at that step size adds, paired by seed: +2.0 at 0.1, +1.0 at 1, -3.0 at 3 points." in alone
    assert past_findings.mining([]) == []
    assert past_papers.mined_classifiers([]).empty


def test_figures_are_drawn_from_records_alone(found):
    for figure, axes in (
        (past_figures.diversity_figure(found), 3),
        (past_figures.diversity_samples_figure(found, 1), 6),
        (past_figures.mining_figure(mined()), 3),
    ):
        assert len(figure.axes) == axes
        figure.canvas.draw()
        plt.close(figure)


def test_the_comparison_has_a_line_for_each(found):
    table = compare.table(found + mined(), found).set_index("item")["verdict"]
    assert table["Diversity: Gaussian, w = 0, judge"] == "identical"
    assert table["Diversity: posterior on latents, w = 0.01, coverage"] == "identical"
    assert table["HSM at eta = 3"] == "no reference"
