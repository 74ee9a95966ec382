"""Every number by seed, from frames made up here, with known answers."""

import numpy as np
import pandas as pd
import pytest
from drawn import CHAIN, POSTERIOR, drawn
from paper_a_runs import LONG, classifiers, controls, trained, twice

from companion.quantities import by_seed, measured
from companion.settings import Rejection


def values(kind, rows):
    """Column -> value by seed."""
    return {name: column.dropna().to_dict() for name, column in by_seed(measured({kind: pd.DataFrame(rows)})).items()}


def conditioned(seed, curve, labels="unconditional", teacher="mnist", warm_start=0):
    setting = {"labels": labels, "teacher": teacher, "warm_start": warm_start}
    read = {
        "accuracy": curve[-1],
        "judge_accuracy": curve[-1] - 0.1,
        "variance": 0.1,
        "prior_variance": 0.2,
        "teacher_calibration.ece": 0.03,
    }
    return {"seed": seed} | setting | read | {"history.accuracy": curve}


def evaluated(seed, right, labels=None, **setting):
    """Ten draws of each of two classes, of which the judge reads `right` as asked."""
    source = {f"source.{name}": value for name, value in {"labels": labels, "teacher": "mnist", "warm_start": 0}.items()} | setting
    confusion = {"teacher_confusion": [[10, 0], [0, 10]], "judge_confusion": [[right, 10 - right], [10 - right, right]]}
    return (
        {"seed": seed, "feature_space": "digit", "fid": 9.0, "inception_score": 2.0} | confusion | (source if labels else {"source": None})
    )


def test_table_1_and_fig_4():
    found = values("classifier", classifiers())
    assert found["Table 1: ds+hsm+bna"] == pytest.approx({0: 85, 1: 86, 2: 87})
    assert found["Table 1: real images"] == pytest.approx({0: 89, 1: 90, 2: 91})
    assert found["Table 1: mine"] == pytest.approx({0: 76, 1: 77, 2: 78})
    assert found["Fig. 4: r = 0.5 with BNA"] == found["Table 1: ds+bna"]
    assert found["Fig. 4: r = 1.0"] == pytest.approx(dict.fromkeys(range(3), 82))
    assert found["seconds at r = 0.0"] == dict.fromkeys(range(3), 2.0)
    assert "Fig. 4: r = 0.3" not in found, "HSM is no point of the figure"
    assert values("control", controls())["all real images"] == pytest.approx({0: 95, 1: 96})


def test_the_papers_numbers_and_what_is_compared():
    numbers = measured({"classifier": pd.concat([classifiers(), pd.DataFrame([trained(0, 0.8, 0.8, r=0.4)])])})
    numbers = numbers.drop_duplicates("quantity").set_index("quantity")
    assert numbers.loc[["Table 1: ds", "Fig. 4: r = 0.5 with BNA"], "paper"].tolist() == [78.6, 84.2]
    assert numbers.loc[["Table 1: mine", "Fig. 4: r = 1.0"], "paper"].isna().all()
    assert numbers.loc[["Table 1: mine", "Fig. 4: r = 0.4", "seconds at r = 0.0"], "compared"].tolist() == ["accuracy", "", ""]


@pytest.mark.parametrize(("methods", "there"), [(["mine"], True), (["mine", "another"], False), ([], False)])
def test_of_several_long_trainings_none_is_ours(methods, there):
    rows = [trained(0, 0.8, 0.8), *(trained(0, 0.9, 0.9, method=name, long_factor=LONG) for name in methods)]
    assert ("our long training" in values("classifier", rows)) == there


def test_paper_b_s_own_setting_is_the_first_and_its_first_eight_epochs_count():
    found = values(
        "conditioning",
        [
            conditioned(0, [0.5] * 7 + [0.9, 1.0]),
            conditioned(1, [1.0, 0.8]),
            conditioned(0, [0.6], warm_start=5000),
            conditioned(0, [0.7], teacher="uci"),
            conditioned(0, [0.8], "given"),
        ],
    )
    assert found["paper B: best accuracy"] == pytest.approx({0: 90, 1: 100})
    assert found["paper B: judge"] == found["B: unconditional G (paper B), judge"] == pytest.approx({0: 90, 1: 70})
    assert found["paper B: calibration error"] == pytest.approx({0: 3, 1: 3})
    assert found["paper B, teacher uci: judge"] == found["B: unconditional G, teacher uci, judge"] == pytest.approx({0: 60})
    assert {"B: unconditional G, warm start 5,000, teacher", "B: class-conditional G, label given, teacher"} <= found.keys()


def test_evaluations():
    found = values("evaluation", [evaluated(0, 7, "unconditional"), evaluated(1, 9, "unconditional"), evaluated(0, 10)])
    assert found["paper B, all draws: judge"] == found["B, all draws: unconditional G (paper B), judge"] == pytest.approx({0: 70, 1: 90})
    assert found["with labels, all draws: judge"] == found["B, all draws: class-conditional G, trained with labels, judge"] == {0: 100}
    assert found["B, digit-FID: unconditional G (paper B)"] == found["paper B, all draws: FID"] == {0: 9, 1: 9}
    assert "with labels, all draws: IS" in values("evaluation", [evaluated(0, 10)]), "where no other one is on record yet"


def test_ways_to_draw_against_the_truth_and_the_target():
    rows = [
        *(drawn(Rejection(w), seed, 0.99, 0.18, coverage) for seed in (0, 1) for w, coverage in ((1.0, 0.9), (0.1, 0.8))),
        *(drawn(method, seed, 0.95, 0.17, 0.72) for seed in (0, 2) for method in (POSTERIOR, CHAIN)),
    ]
    found = values("diversity", rows)
    assert found["Diversity: posterior on latents, w = 0.01, coverage"] == pytest.approx({0: 80}), "of the same seed's truth"
    assert found["Diversity: posterior, Metropolis, w = 0.01, judge"] == pytest.approx({0: 95, 2: 95})
    assert found["rejection: coverage"] == pytest.approx({0: 0.8, 1: 0.8}), "at its smallest weight"
    assert "posterior: judge" not in found and "rejection: second judge" not in found
    at_target = values("diversity", [*rows, drawn(Rejection(0.01), 0, second_judge_accuracy=0.9)])
    assert at_target["posterior: variance"] == pytest.approx({0: 0.17, 2: 0.17})
    assert at_target["rejection: second judge"] == pytest.approx({0: 90})
    assert "posterior: judge" not in values("diversity", rows[4:]), "without rejection there is no target"


def test_hard_samples():
    """Fall of k*: rows are mined at the first and second stage; columns, read by this classifier at both stages, by another one at both."""
    forms = [
        {"form": "paper", "distance": 1.1, "judge_where_wrong": 0.9}, {"form": "paper", "distance": 1.3},
        {"form": "not rescaled", "distance": 1.5}, {"form": "along y", "distance": 1.2, "judge_where_wrong": 0.7},
    ]  # fmt: skip
    fall = [[2.0, 1.0, 0.5, 0.4], [0.5, 1.5, 0.3, 1.4]]
    found = values("hard_samples", [{"seed": 3, "transfer_effect": fall, "forms": forms}])
    assert found["fall of k*, the other stage"][3] == pytest.approx(((1 - 2) + (0.5 - 1.5)) / 2)
    assert found["fall of k*, another classifier"][3] == pytest.approx(((0.5 - 2) + (1.4 - 1.5)) / 2)
    assert found["mined, paper: distance"] == pytest.approx({3: 1.2})
    assert found["mined, paper: judge"] == pytest.approx({3: 90})
    assert "mined, not rescaled: judge" not in found


def test_images_of_a_training_and_sets_of_images():
    def sizes(first, all_of_them):
        return [{"recall": value, "coverage": value, "pixel_variance": value} for value in (first, all_of_them)]

    trainings = {"real": (True, 0.0, False), "random": (False, 0.0, False), "ds": (False, 0.5, False), "ds+hsm": (False, 0.5, True)}
    shown = [
        {"seed": 0, "classifier.real": real, "classifier.r": r, "classifier.hsm": hsm, "sizes": sizes(0.1, 0.2 + i)}
        for i, (real, r, hsm) in enumerate(trainings.values())
    ]
    found = values("shown_images", shown)
    assert [found[f"seen, {name}: variance"][0] for name in trainings] == pytest.approx([0.2, 1.2, 2.2, 3.2])
    sets = [
        {"seed": 0, "image_set": name, "feature_space": "digit", "fid": fid, "inception_score": 8.0, "recall": 0.5, "pixel_variance": 0.1}
        for name, fid in (("conditioned", 9.0), ("mined", 5.0), ("prior", 3.0))
    ]
    found = values("image_quality", sets)
    assert [name for name in found if "digit-FID" in name] == ["digit-FID: prior", "digit-FID: mined", "digit-FID: conditioned"]
    assert (found["prior: recall"], found["mined: FID"]) == ({0: 50}, {0: 5})


def test_a_seed_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="Table 1: baseline: seed 0 stands twice"):
        by_seed(measured({"classifier": twice(classifiers())}))


def test_nothing_on_record():
    assert by_seed(measured({})).empty and by_seed(measured({"classifier": pd.DataFrame()})).empty


def test_a_machine_is_its_device_processor_and_packages():
    here = {"device": "cpu", "processor": "one", "packages.torch": "2"}
    others = [{}, {"processor": "two"}, {"packages.torch": "3"}, {"processor": np.nan}]
    rows = [trained(seed, 0.9, 0.9) | here | other for seed, other in enumerate(others)]
    machines = measured({"classifier": pd.DataFrame(rows)}).query("quantity == 'Table 1: baseline'")["machine"].tolist()
    assert pd.isna(machines[3]) and len(set(machines)) == 4
