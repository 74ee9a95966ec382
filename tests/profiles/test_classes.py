"""The classes of the generator in paper A's place: refused before any run where it has none, or others than the names and the real images."""

import sys
from dataclasses import replace

import pytest

from companion import profiles
from companion.commands import doctor, reproduce
from companion.experiment import plans, run
from companion.experiment.demonstration import prepared
from companion.runs import classifier, control, mined_classifier, shown_images
from companion.runs.paper_b import call_of
from companion.settings import Setting
from paperlib.checks import ConfigError
from paperlib.generators import Generator

FILE = """
from dataclasses import replace

import torch

from paperlib.data import Images
from companion.profiles import SMOKE, PaperB, Parts
from companion.profiles.profile import Requirement

BASE = SMOKE.parts
PLAIN = BASE.paper_b.generator


def pairs_of_digits():
    return tuple(Images(part.images, part.labels // 2) for part in BASE.real_images())


PROFILE = replace(SMOKE, name="{name}", parts=replace(BASE, {parts}))
{more}
"""
WITHOUT_CLASSES = (
    "num_classes of Parts(generator=...) = 0: paper A needs a class-conditional generator; "
    "leave out Profile(classifier=...) and give the generator as PaperB(generator=...) instead of Parts(generator=...)."
)
TEN = "give real images of each of them, labelled 0 to 9."
REFUSED = {
    "without_classes": ("generator=PLAIN", "", WITHOUT_CLASSES),
    "other_names": (
        "class_names=lambda: ('cat', 'dog', 'fox', 'owl')",
        "",
        "num_classes of Parts(generator=...) = 10: paper A needs a class for each of the 4 names of Parts(class_names=...); "
        "give as many of one as of the other.",
    ),
    "other_images": (
        "real_images=pairs_of_digits",
        "",
        f"labels of the real training images = [0, 1, 2, 3, 4]: the generator has 10 classes; {TEN}",
    ),
    "other_test_images": (
        "real_images=lambda: (BASE.real_images()[0], Images(BASE.real_images()[1].images, BASE.real_images()[1].labels + 5))",
        "",
        f"labels of the real test images = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]: the generator has 10 classes; {TEN}",
    ),
    "few_images": (
        "real_images=lambda: tuple(part.subset(torch.arange(0, len(part), 10)) for part in BASE.real_images())",
        "",
        "images of Profile(classifier=...) = 100: there are 50 real training images, and a column of Table 1 takes as many; "
        "use at most that many.",
    ),
    "yardstick": (
        "generator=PLAIN",
        "PROFILE = replace(PROFILE, classifier=None)",
        WITHOUT_CLASSES.replace("paper A", "PaperB(yardstick=True)"),
    ),
    "withheld": (
        "generator=PLAIN, paper_b=replace(BASE.paper_b, settings=(('withheld', 'mnist'),), yardstick=False)",
        "PROFILE = replace(PROFILE, classifier=None)",
        WITHOUT_CLASSES.replace("paper A", "the setting 'withheld'"),
    ),
}
SEEN_AT_LOADING = ("without_classes", "other_names", "yardstick", "withheld")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """written(name, parts, more) -> the path of a file whose profile has the smoke profile's parts, changed."""
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path / "results"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    paths = []

    def write(name, parts, more=""):
        paths.append(tmp_path / f"{name}.py")
        paths[-1].write_text(FILE.format(name=name, parts=parts, more=more))
        return str(paths[-1])

    yield write
    for path in paths:
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_line_before_any_run(written, tmp_path, capsys, name):
    parts, more, message = REFUSED[name]
    path = written(name, parts, more)
    for command in (reproduce, doctor):
        assert command.main(["--profile", path, "--seeds", "1"]) == 2
        assert capsys.readouterr().err == f"error: {message}\n"
    assert not list(tmp_path.rglob("*.json"))
    if name in SEEN_AT_LOADING:
        with pytest.raises(ConfigError) as refused:
            profiles.load(path)
        assert str(refused.value) == message


def test_what_the_line_says_to_do_helps(written):
    without = (
        "parts = {f: getattr(BASE, f) for f in ('real_images', 'judge', 'features', 'feature_space', 'class_names', 'classifier')}\n"
        "paper_b = PaperB(BASE.paper_b.teacher, (('unconditional', 'mnist'),), generator=PLAIN)\n"
        "PROFILE = replace(PROFILE, classifier=None, parts=Parts(**parts, paper_b=paper_b))\n"
    )
    profile = profiles.load(written("mended", "generator=PLAIN", without))
    reproduce.check_parts(profile)
    assert plans.notebooks(profile) == ("04_conditioning", "06_diversity")
    assert all(call.arguments.conditioning for call in plans.evaluations(profile, 1))


def test_loading_a_file_waits_for_what_is_missing(written, capsys):
    more = (
        "def never():\n    raise AssertionError\n"
        "lacks = lambda: [Requirement('weights', None, 'Fetch them.')]\n"
        "PROFILE = replace(PROFILE, parts=replace(BASE, generator=never, requirements=lacks))\n"
    )
    path = written("fetched_later", "", more)
    assert profiles.load(path).left_out == {}
    assert doctor.main(["--profile", path]) == 1
    assert "LACKS     weights\n            Fetch them." in capsys.readouterr().out


def test_loading_a_shipped_profile_loads_no_network(monkeypatch):
    def never(*_):
        raise AssertionError("a network was loaded")

    monkeypatch.setattr(Generator, "__init__", never)
    for name in profiles.PROFILES:
        profiles.load(name)


# Runs of paper A -> the calls of a profile.
RUNS = {
    "fixed": lambda profile: classifier.call(profile, seed=0),
    "ds+hsm": lambda profile: classifier.call(profile, seed=0, hsm=True, r=0.5),
    "hard_samples": lambda profile: plans.fig3(profile, 1)[0],
    "mined_space": lambda profile: plans.fig3(profile, 1)[1],
    "mined_classifier": lambda profile: mined_classifier.call(profile, seed=0, hsm=True, step_size=1.0),
    "control": lambda profile: control.call(profile, seed=0, long_factor=2),
    "shown_images": lambda profile: shown_images.call(profile, seed=0, classifier=classifier.call(profile, seed=0).arguments),
    "prior": lambda profile: plans.quality_of(profile, "prior", 0),
    "mined": lambda profile: plans.quality_of(profile, "mined", 0),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_refused_too(smoke, name):
    profile = replace(smoke, parts=replace(smoke.parts, generator=smoke.parts.paper_b.generator))
    with pytest.raises(ConfigError) as refused:
        run(RUNS[name](profile), progress=False)
    assert str(refused.value) == WITHOUT_CLASSES
    assert not list(profile.folder.rglob("*.json"))


def test_runs_of_paper_b_are_refused_too(smoke):
    profile = replace(smoke, parts=replace(smoke.parts, generator=smoke.parts.paper_b.generator))
    with pytest.raises(ConfigError, match=r"PaperB\(yardstick=True\) needs a class-conditional generator"):
        run(plans.evaluated(profile, None, 0), progress=False)
    for labels in ("withheld", "given", "shuffled"):
        with pytest.raises(ConfigError, match=f"the setting '{labels}' needs a class-conditional generator"):
            run(call_of(Setting(labels, "mnist"), profile, 0), progress=False)
    with pytest.raises(ConfigError, match="paper A needs a class-conditional generator"):
        prepared(profile)
