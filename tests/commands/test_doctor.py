"""The doctor counts the work that runs really do, names what is lacking with its remedy, and estimates from measured steps."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from conftest import arrange_imagenet, classifier_record, moved, outcome

from companion import profiles, records
from companion.commands import doctor
from companion.commands.workload import Work, measure, work
from companion.config import DiversityRun, Langevin, Likelihood, Metropolis, Ode, Posterior, Rejection, Resampling, Trained
from companion.experiment import plans
from companion.profiles import OwnMethod

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE
RUNS = {
    "fixed": SMOKE.classifier_run(0),
    "hsm": SMOKE.classifier_run(0, hsm=True),
    "ds": SMOKE.classifier_run(0, r=0.5),
    "ds+hsm": SMOKE.classifier_run(0, hsm=True, r=0.33),
    "real": SMOKE.classifier_run(0, real=True),
    "long": SMOKE.classifier_run(0, r=0.5, long=True),
    "hard": SMOKE.hard_samples_run(0),
    "prior": SMOKE.image_quality_run(0, "prior"),
    "mined": SMOKE.image_quality_run(0, "mined"),
    "real test": SMOKE.image_quality_run(0, "real test"),
    "evaluation": SMOKE.evaluation_run(0, None),
    "mined space": SMOKE.mined_space_run(0),
    "mined classifier": SMOKE.mined_classifier_runs(0)[0],
    "shown real": SMOKE.shown_images_run(0, real=True),
    "shown hsm": SMOKE.shown_images_run(0, hsm=True),
    "shown ds": SMOKE.shown_images_run(0, r=0.5),
    "shown ds+hsm": SMOKE.shown_images_run(0, hsm=True, r=0.5),
    "all real images": SMOKE.control_run(0, "all real images"),
    "long without DS": SMOKE.control_run(0, "long without DS"),
}


def test_the_work_of_an_own_method_is_what_it_says():
    profile = replace(SMOKE, methods=(OwnMethod("ours", made=3, mined=0.5),))
    config = profile.classifier_run(0, method="ours")
    n, plain = config.images, work(SMOKE.classifier_run(0), SMOKE, 100)
    assert work(config, profile, 100) == plain + Work(generated=2 * n, mined=n // 2 * config.mining_steps)


@pytest.mark.parametrize("name", RUNS)
def test_work_is_what_a_run_does(name, smoke):
    counted = {"generator": 0, "trained": 0}
    generator = SMOKE.parts.generator()
    handle = generator.register_forward_hook(lambda module, inputs, output: counted.update(generator=counted["generator"] + len(output)))

    def classifier(width):
        model = profiles.DIGITS.parts.classifier(width)
        model.register_forward_hook(
            lambda module, inputs, output: counted.update(trained=counted["trained"] + len(output) * module.training)
        )
        return model

    profile = replace(smoke, parts=replace(SMOKE.parts, classifier=classifier))
    try:
        outcome(RUNS[name], profile)
    finally:
        handle.remove()
    expected = work(RUNS[name], profile, real_images=len(SMOKE.parts.real_images()[0]))
    assert counted == {"generator": expected.generated + expected.mined, "trained": expected.trained}


LEARNED = Posterior(prior_weight=1.0, labelled=2000, epochs=1)
METHODS = {
    "trained": Trained("flow", prior_weight=1.0, epochs=2, labels_per_epoch=640, batch_size=64, learning_rate=0.01, optimizer="adam"),
    "posterior": LEARNED,
    "likelihood": Likelihood(1.0, labelled=2000, components=1, steps=5, tuned=640),
    "flow of the posterior": Likelihood(1.0, labelled=2000, components=1, steps=5, posterior=LEARNED),
    "rejection": Rejection(1.0),
    "metropolis": Metropolis(1.0, passes=2, proposal=LEARNED),
    "resampling": Resampling(1.0, pool=1000),
    "langevin": Langevin(prior_weight=1.0, steps=2, step_size=0.05),
    "ode": Ode(1.0, steps=2),
}


@pytest.mark.parametrize("name", METHODS)
def test_the_work_past_paper_b_is_of_the_right_size(name, smoke):
    config = DiversityRun(profile="smoke", seed=3, method=METHODS[name], per_attribute=40)
    networks = {"generated": SMOKE.parts.paper_b.generator(), "read": SMOKE.parts.paper_b.teacher(SMOKE.settings[0].teacher)}
    counted = dict.fromkeys(networks, 0)

    def count(name, output):
        counted[name] += len(output)

    handles = [n.register_forward_hook(lambda module, inputs, output, name=name: count(name, output)) for name, n in networks.items()]
    try:
        outcome(config, smoke)
    finally:
        for handle in handles:
            handle.remove()
    expected = work(config, SMOKE, real_images=len(SMOKE.parts.real_images()[0]))
    for unit, images in counted.items():
        assert 0.5 < images / (getattr(expected, unit) + expected.conditioned) < 2, unit


def test_seconds_are_counts_times_speeds():
    one, two = Work(generated=10, trained=5), Work(generated=1, mined=2)
    assert (one + two) == Work(generated=11, mined=2, trained=5)
    assert (one + two).seconds(Work(generated=0.5, mined=1, trained=2)) == pytest.approx(5.5 + 2 + 10)


def test_every_speed_is_measured():
    speeds = asdict(measure(SMOKE, SMOKE.parts, batches=1))
    assert all(0 < seconds < 1 for seconds in speeds.values())


def test_a_profile_that_ships_whole_is_ready(results, capsys):
    path = results / "estimate.json"
    assert doctor.main(["--profile", "smoke", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "has       everything" in printed
    assert "Ready: make reproduce PROFILE=smoke" in printed
    estimate = json.loads(path.read_text())
    assert set(estimate["notebooks"]) == set(plans.notebooks(SMOKE))
    assert estimate["total"] == pytest.approx(sum(estimate["notebooks"].values()))
    assert estimate["stand_ins"] == []


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(doctor, "timed_together", lambda profile, workers: (Work(generated=0.1, mined=0.3, trained=0.02), 1.0))


def test_each_lack_comes_with_its_remedy(results, tmp_path, quick, monkeypatch, capsys):
    monkeypatch.setenv("PAPERLIB_IMAGENET", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PAPERLIB_INCEPTION", str(tmp_path / "inception.pth"))
    monkeypatch.setenv("PAPERLIB_JUDGE", str(tmp_path / "judge.pth"))
    monkeypatch.delenv("PAPERLIB_BIGGAN", raising=False)
    assert doctor.main(["--profile", "imagenet10"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("LACKS") == 4
    assert all(
        remedy in printed for remedy in ("set PAPERLIB_IMAGENET", "set PAPERLIB_BIGGAN", "set PAPERLIB_INCEPTION", "set PAPERLIB_JUDGE")
    )
    assert "random stand-ins were timed in the place of: ImageNet's ten classes, BigGAN-deep-128" in printed
    assert "609 MiB for the data set" in printed
    assert not list(tmp_path.rglob("*.pth"))


def test_nothing_is_lacking_where_all_is_there(results, quick, outside_files, monkeypatch, capsys):
    for name, value in outside_files.items():
        monkeypatch.setenv(name, value)
    assert doctor.main(["--profile", "imagenet10_smoke"]) == 0
    printed = capsys.readouterr().out
    assert "LACKS" not in printed
    assert "Ready: make reproduce PROFILE=imagenet10_smoke" in printed


def test_what_is_there_but_broken_is_one_line(results, quick, outside_files, monkeypatch, capsys, tmp_path):
    for name, value in outside_files.items():
        monkeypatch.setenv(name, value)
    broken = arrange_imagenet(tmp_path / "imagenet")
    next((broken / "val").glob("*/*.JPEG")).write_bytes(b"")
    monkeypatch.setenv("PAPERLIB_IMAGENET", str(broken))
    assert doctor.main(["--profile", "imagenet10_smoke"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_stand_ins_have_the_true_shapes():
    parts = profiles.IMAGENET10.parts.stand_ins()
    generator = parts.generator()
    with torch.no_grad():
        images = generator(generator.sample_latents(1), torch.zeros(1, dtype=torch.long))
        assert images.shape == (1, 3, 128, 128)
        assert parts.features().features(images).shape == (1, 2048)
        assert parts.judge()(images).shape == (1, 10)
    assert parts.real_images()[0].images.shape[1:] == (3, 128, 128)


def test_what_is_on_record_costs_nothing(smoke, quick):
    before = doctor.estimate(smoke, 1)
    for config in plans.table1_and_controls(smoke, 1):
        records.save(classifier_record(config, smoke), smoke.folder)
    after = doctor.estimate(smoke, 1)
    assert after.notebooks["01_table1"] == doctor.STARTING < before.notebooks["01_table1"]
    assert after.total < before.total
    generator = moved(SMOKE.parts.generator())
    other = replace(smoke, parts=replace(SMOKE.parts, generator=lambda: generator))
    assert doctor.estimate(other, 1).notebooks["01_table1"] > doctor.STARTING


@pytest.mark.parametrize(("seconds", "text"), [(30, "30 seconds"), (600, "10.0 minutes"), (3 * 3600, "3.0 hours"), (3 * 86400, "3.0 days")])
def test_durations(seconds, text):
    assert doctor.duration(seconds) == text


def test_bad_arguments_are_one_line(capsys):
    assert doctor.main(["--profile", "nothing"]) == 2
    assert "profile = 'nothing'" in capsys.readouterr().err
