"""What runs are called: short, and no two of a plan alike."""

import pytest

from companion.experiment import plans
from companion.experiment.names import named
from companion.profiles import DIGITS, SMOKE, Profile
from companion.profiles.cifar10 import CIFAR10_SMALL
from companion.profiles.faces import FACES
from companion.runs import classifier, control, diversity, hard_samples, mined_classifier, mined_space, shown_images
from companion.runs.paper_b import call_of
from companion.settings import Rejection

OWN, WARM = DIGITS.settings[:2]
HSM = classifier.call(DIGITS, seed=0, hsm=True)


@pytest.mark.parametrize("profile", [DIGITS, SMOKE, FACES, CIFAR10_SMALL], ids=lambda profile: profile.name)
def test_no_two_runs_of_a_plan_have_one_name(profile: Profile):
    calls = plans.everything(profile, 10)
    assert len({named(call) for call in calls}) == len(calls)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (classifier.call(DIGITS, seed=3), "baseline, seed 3"),
        (classifier.call(DIGITS, seed=0, hsm=True, r=0.5), "ds+hsm, seed 0"),
        (classifier.call(DIGITS, seed=0, r=0.33), "r = 0.33, seed 0"),
        (classifier.call(DIGITS, seed=0, r=1.0, hsm=True), "r = 1, hsm, seed 0"),
        (classifier.call(DIGITS, seed=0, r=0.5, long_factor=10), "long (ds), seed 0"),
        (classifier.call(DIGITS, seed=0, real=True), "real images, seed 0"),
        (classifier.call(DIGITS, seed=0, method="mixup"), "mixup, seed 0"),
        (control.call(DIGITS, seed=0, real=True, long_factor=10), "all real images, long, seed 0"),
        (control.call(DIGITS, seed=0, long_factor=10), "long without DS, seed 0"),
        (control.call(DIGITS, seed=0, r=0.5), "DS for the cost of DS+HSM, seed 0"),
        (mined_classifier.call(DIGITS, seed=0, hsm=True, step_size=0.3), "hsm, step size 0.3, seed 0"),
        (hard_samples.call(DIGITS, seed=0), "hard samples, seed 0"),
        (mined_space.call(DIGITS, seed=0), "mined space, seed 0"),
        (shown_images.call(DIGITS, seed=0, classifier=HSM.arguments), "shown images, hsm, seed 0"),
        (call_of(OWN, DIGITS, 0), "conditioning unconditional, teacher mnist, seed 0"),
        (call_of(WARM, DIGITS, 0), "conditioning unconditional, teacher mnist, warm start 5000, seed 0"),
        (plans.evaluated(DIGITS, WARM, 1), "evaluation unconditional, teacher mnist, warm start 5000, seed 1"),
        (plans.evaluated(DIGITS, None, 1), "evaluation of the generator trained with labels, seed 1"),
        (plans.quality_of(DIGITS, "real train", 0), "image quality, real train, seed 0"),
        (diversity.call(DIGITS, seed=0, method=Rejection(0.001)), "rejection at w = 0.001, seed 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.run.name,
)
def test_names(call, name):
    assert named(call) == name
