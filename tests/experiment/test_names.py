"""What runs are called: short, and no two of a plan alike."""

from dataclasses import replace

import pytest

from companion.experiment import plans
from companion.experiment.names import named
from companion.profiles import DIGITS, SMOKE, Profile
from companion.profiles.cifar10 import CIFAR10_SMALL
from companion.profiles.faces import FACES

OWN, WARM = DIGITS.settings[:2]


@pytest.mark.parametrize("profile", [DIGITS, SMOKE, FACES, CIFAR10_SMALL], ids=lambda profile: profile.name)
def test_no_two_runs_of_a_plan_have_one_name(profile: Profile):
    runs = plans.everything(profile, 10)
    assert len({named(run) for run in runs}) == len(runs)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (DIGITS.classifier_run(3), "baseline, seed 3"),
        (DIGITS.classifier_run(0, hsm=True, r=0.5), "ds+hsm, seed 0"),
        (DIGITS.classifier_run(0, r=0.33), "r = 0.33, seed 0"),
        (DIGITS.classifier_run(0, r=1.0, hsm=True), "r = 1, hsm, seed 0"),
        (DIGITS.classifier_run(0, r=0.5, long=True), "long (ds), seed 0"),
        (DIGITS.classifier_run(0, real=True), "real images, seed 0"),
        (replace(DIGITS.classifier_run(0), method="mixup"), "mixup, seed 0"),
        (DIGITS.control_run(0, "all real images, long"), "all real images, long, seed 0"),
        (DIGITS.control_run(0, "long without DS"), "long without DS, seed 0"),
        (DIGITS.control_run(0, "DS for the cost of DS+HSM"), "DS for the cost of DS+HSM, seed 0"),
        (DIGITS.mined_classifier_runs(0)[0], "hsm, step size 0.3, seed 0"),
        (DIGITS.hard_samples_run(0), "hard samples, seed 0"),
        (DIGITS.shown_images_run(0, hsm=True), "shown images, hsm, seed 0"),
        (DIGITS.conditioning_run(0), "conditioning unconditional, teacher mnist, seed 0"),
        (DIGITS.conditioning_run(0, warm_start=5000), "conditioning unconditional, teacher mnist, warm start 5000, seed 0"),
        (DIGITS.evaluation_run(1, WARM), "evaluation unconditional, teacher mnist, warm start 5000, seed 1"),
        (DIGITS.evaluation_run(1, None), "evaluation of the generator trained with labels, seed 1"),
        (DIGITS.image_quality_run(0, "real train"), "image quality, real train, seed 0"),
        (DIGITS.diversity_runs(0)[3], "rejection at w = 0.001, seed 0"),
    ],
    ids=str,
)
def test_names(config, name):
    assert named(config) == name
