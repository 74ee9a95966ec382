"""Every part that a run uses is in its record's key, and only those; what other parts measured is not found."""

from dataclasses import replace

import pytest
from conftest import made_record, moved

from companion import profiles, records
from companion.experiment import engine, one_run, plans, run
from companion.experiment.fingerprints import Fingerprints
from companion.profiles import Once, OwnMethod
from companion.support.paths import Paths
from paperlib.data import Images

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE
RENEWED = SMOKE.classifier_run(0, hsm=True, r=0.5)
HARD = SMOKE.hard_samples_run(0)
CONDITIONING = SMOKE.conditioning_run(0)
OWN = SMOKE.diversity_runs(0)[2]


def next_label(images):
    return Images(images.images, (images.labels + 1) % 10)


SWAPPED = {
    "generator": lambda parts: replace(parts, generator=Once(lambda: moved(parts.generator()))),
    "judge": lambda parts: replace(parts, judge=Once(lambda: moved(parts.judge()))),
    "features": lambda parts: replace(parts, features=Once(lambda: moved(parts.features()))),
    "classifier 4": lambda parts: replace(parts, classifier=lambda width: parts.classifier(width + 1)),
    "teacher mnist": lambda parts: of_paper_b(parts, teacher=lambda name: swapped_teacher(parts, name)),
    "unconditional generator": lambda parts: of_paper_b(parts, generator=Once(lambda: moved(parts.paper_b.generator()))),
    "real images": lambda parts: replace(parts, real_images=Once(lambda: (parts.real_images()[0], next_label(parts.real_images()[1])))),
}


def of_paper_b(parts, **changes):
    return replace(parts, paper_b=replace(parts.paper_b, **changes))


def swapped_teacher(parts, name):
    teacher = parts.paper_b.teacher(name)
    return moved(teacher) if name == "mnist" else teacher


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The smoke profile with a made-up record of every run of its plan."""
    profile = replace(SMOKE, paths=Paths(tmp_path_factory.mktemp("results")))
    for config in dict.fromkeys(plans.everything(profile, 1)):
        records.save(made_record(config, profile), profile.folder)
    return profile


@pytest.mark.parametrize("part", SWAPPED)
def test_a_swapped_part_leaves_only_the_runs_that_do_not_use_it(recorded, part, monkeypatch):
    class AnewError(Exception):
        pass

    def compute(*_):
        raise AnewError

    monkeypatch.setattr(one_run, "_compute", compute)
    swapped, known = replace(recorded, parts=SWAPPED[part](recorded.parts)), Fingerprints(recorded)
    every = {record.config for record in engine.found(recorded)}
    assert every == set(plans.everything(recorded, 1))
    users = {config for config in every if part in known.of(config)}
    assert users and users < every
    assert {record.config for record in engine.found(swapped)} == every - users
    for config in every:
        if config in users:
            with pytest.raises(AnewError):
                run(config, swapped, progress=False)
        else:
            assert run(config, swapped, progress=False).config == config


def test_which_runs_use_which_parts():
    known, classifier = Fingerprints(SMOKE), {"real images", "classifier 4"}
    assert set(known.of(SMOKE.classifier_run(0, real=True))) == classifier
    assert set(known.of(RENEWED)) == classifier | {"generator"}
    assert set(known.of(HARD)) == {"generator", "judge", "features", "classifier 4"}
    assert set(known.of(CONDITIONING)) == {"unconditional generator", "teacher mnist", "judge", "second judge"}
    assert set(known.of(replace(CONDITIONING, labels="given"))) == {"generator", "teacher mnist", "judge", "second judge"}
    assert set(known.of(OWN)) == {"unconditional generator", "teacher mnist", "judge", "second judge", "features", "real images"}


def test_found_leaves_out_other_sizes_and_other_parts(smoke):
    own, point = smoke.classifier_run(0), smoke.classifier_run(0, r=0.33)
    for config in (own, point, replace(own, epochs=3), replace(own, profile="tuning")):
        records.save(made_record(config, smoke), smoke.folder)
    records.save(made_record(smoke.classifier_run(1), smoke, parts={"generator": "0" * 64}), smoke.folder)
    records.save(made_record(smoke.classifier_run(2), smoke, metrics={}, impossible="never"), smoke.folder)
    assert [record.config for record in engine.found(smoke)] == [own, point]


def test_a_network_that_an_own_method_brings_is_in_its_identity():
    networks = (SMOKE.parts.judge, lambda: moved(SMOKE.parts.judge()))
    profiles_ = [replace(SMOKE, methods=(OwnMethod("ours", parts=(network,)),)) for network in (*networks, networks[0])]
    found = [Fingerprints(profile).of(next(iter(plans.own_methods(profile, 1))))["method ours"] for profile in profiles_]
    assert found[0] == found[2] != found[1]
