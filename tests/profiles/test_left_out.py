"""What a profile lacks is left out of its plan, with one line each."""

from dataclasses import replace

import pytest

from companion import profiles
from companion.experiment import plans
from companion.profiles import SMOKE, PaperB, Parts
from companion.records import Record

PAPER_A = ("00_start_here", "01_table1", "02_r_sweep", "03_hard_samples", "05_image_quality")
PAPER_B = ("04_conditioning", "06_diversity")
WITHHELD = (("withheld", "mnist"), ("given", "mnist"))
BOTH = ("00_start_here", *plans.PLANS)
BASE = SMOKE.parts


def parts_without(*names):
    """The smoke profile's, without some of them."""
    needed = ("real_images", "generator", "judge", "features", "feature_space", "class_names", "classifier", "paper_b", "second_judge")
    return Parts(**{name: getattr(BASE, name) for name in needed if name not in names})


def paper_b(settings=BASE.paper_b.settings, **more):
    return replace(SMOKE, parts=replace(BASE, paper_b=PaperB(BASE.paper_b.teacher, settings, **more)))


def of(call):
    """A record of the call, empty."""
    return Record(call.run.name, call.profile.name, call.stored, {}, {})


# What is missing: the profile, the notebooks that are left, what the lines say.
MISSING = {
    "nothing": (SMOKE, BOTH, ()),
    "mining": (replace(SMOKE, mining=None), BOTH, ("how far mining leads (Profile(mining=...) is not given)",)),
    "controls": (replace(SMOKE, controls=None), BOTH, ("the controls beside Table 1 (Profile(controls=...) is not given)",)),
    "diversity": (
        replace(SMOKE, diversity=None),
        tuple(name for name in BOTH if name != "06_diversity"),
        ("methods of conditioning past paper B (Profile(diversity=...) is not given)",),
    ),
    "conditioning": (replace(SMOKE, conditioning=None), PAPER_A, ("paper B (Profile(conditioning=...) is not given)",)),
    "classifier": (replace(SMOKE, classifier=None), PAPER_B, ("paper A (Profile(classifier=...) is not given)",)),
    "both papers": (
        replace(SMOKE, classifier=None, conditioning=None, parts=replace(BASE, paper_b=None)),
        (),
        ("paper A (Profile(classifier=...) is not given)", "paper B (Profile(conditioning=...), Parts(paper_b=...) are not given)"),
    ),
    "second_judge": (
        replace(SMOKE, parts=replace(BASE, second_judge=None)), BOTH, ("the second judge (Parts(second_judge=...) is not given)",),
    ),
    "reference": (replace(SMOKE, parts=replace(BASE, reference=None)), BOTH, ()),
    "methods": (replace(SMOKE, methods=()), BOTH, ()),
    "paper_b": (replace(SMOKE, parts=parts_without("paper_b")), PAPER_A, ("paper B (Parts(paper_b=...) is not given)",)),
    "the classifier of paper A": (
        replace(SMOKE, parts=parts_without("classifier")), PAPER_B, ("paper A (Parts(classifier=...) is not given)",),
    ),
    "twins": (
        paper_b(generator=BASE.paper_b.generator), BOTH, ("the same generator trained otherwise (PaperB(twins=...) is not given)",),
    ),
    "the generator without classes": (
        paper_b(WITHHELD), BOTH, ("images of a generator without classes (PaperB(generator=...) is not given)",),
    ),
    "the generator of paper B's own setting": (paper_b(), PAPER_A, ("paper B (PaperB(generator=...) is not given)",)),
    "the generator of another setting": (
        paper_b((*WITHHELD, ("unconditional", "uci"))),
        BOTH,
        (
            "images of a generator without classes (PaperB(generator=...) is not given)",
            "setting ('unconditional', 'uci', 0) (PaperB(generator=...) is not given)",
        ),
    ),
    "the generator with classes": (
        replace(SMOKE, parts=parts_without("generator")),
        PAPER_B,
        (
            "paper A (Parts(generator=...) is not given)",
            "the generator trained with labels (Parts(generator=...) is not given)",
            *(f"setting ('{labels}', 'mnist', 0) (Parts(generator=...) is not given)" for labels in ("given", "withheld", "shuffled")),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_is_left_out_of_the_plans(missing):
    profile, notebooks, told = MISSING[missing]
    assert plans.notebooks(profile) == notebooks
    assert [*profile.left_out.values()] == [f"left out: {line}" for line in told]
    for side_seeds in (1, 5):
        several = replace(profile, side_seeds=side_seeds)
        own = plans.Own(several)
        for seeds in (1, 3, 10):
            for name in set(notebooks) & set(plans.PLANS):
                assert plans.PLANS[name](several, seeds)
            assert all(of(call) in own for call in plans.everything(several, seeds))


def test_only_what_is_missing_is_left_out():
    runs = {call.run.name for call in plans.everything(SMOKE, 1)}
    for missing, gone in (("mining", {"mined_space", "mined_classifier"}), ("controls", {"control"}), ("diversity", {"diversity"})):
        assert {call.run.name for call in plans.everything(MISSING[missing][0], 1)} == runs - gone
    for missing, gone in (("twins", {"fifth prior"}), ("the generator without classes", {"fifth prior", "unconditional prior"})):
        assert set(MISSING[missing][0].image_sets) == set(SMOKE.image_sets) - gone
    profile = MISSING["the generator with classes"][0]
    conditioned = [call.arguments.conditioning for call in plans.evaluations(profile, 1)]
    assert {run and run.labels for run in conditioned} == {"unconditional"}
    assert {setting.labels for setting in MISSING["the generator of another setting"][0].settings} == {"withheld", "given"}


def test_shipped_profiles_say_what_they_have_not():
    assert not profiles.DIGITS.left_out
    assert [*profiles.IMAGENET10.left_out] == ["paper B", "the controls beside Table 1"]
    assert next(iter(profiles.FACES.left_out)) == "paper A"
