"""Every part that a run asks for is in its record, and only those; what other parts measured is not found."""

from dataclasses import replace

import pytest
import torch
from conftest import made_record, moved

from companion import calls, profiles, records
from companion.arguments import Count, frozen
from companion.calls import Arguments, Outcome, on_record, record_of, recorded
from companion.experiment import engine, run
from companion.fingerprints import Used, fingerprint_of, is_current
from companion.profiles import Once, OwnMethod
from companion.runs import classifier, conditioning, diversity, hard_samples, image_quality
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.data import Images
from paperlib.generators import from_module, truncated

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE


def next_label(images):
    return Images(images.images, (images.labels + 1) % 10)


def of_paper_b(parts, **changes):
    return replace(parts, paper_b=replace(parts.paper_b, **changes))


def swapped_teacher(parts, name):
    teacher = parts.paper_b.teacher(name)
    return moved(teacher) if name == "mnist" else teacher


SWAPPED = {
    "generator": lambda parts: replace(parts, generator=Once(lambda: moved(parts.generator()))),
    "judge": lambda parts: replace(parts, judge=Once(lambda: moved(parts.judge()))),
    "second judge": lambda parts: replace(parts, second_judge=Once(lambda: moved(parts.judge()))),
    "features": lambda parts: replace(parts, features=Once(lambda: moved(parts.features()))),
    "classifier 4": lambda parts: replace(parts, classifier=lambda width: parts.classifier(width + 1)),
    "teacher mnist": lambda parts: of_paper_b(parts, teacher=lambda name: swapped_teacher(parts, name)),
    "unconditional generator": lambda parts: of_paper_b(parts, generator=Once(lambda: moved(parts.paper_b.generator()))),
    "real images": lambda parts: replace(parts, real_images=Once(lambda: (parts.real_images()[0], next_label(parts.real_images()[1])))),
}


JUDGES = {"judge", "second judge"}
USED = [
    (classifier.call(SMOKE, seed=0, real=True), {"real images", "classifier 4"}),
    (classifier.call(SMOKE, seed=0, hsm=True, r=0.5), {"real images", "classifier 4", "generator"}),
    (hard_samples.call(SMOKE, seed=0), {"generator", "judge", "features", "classifier 4"}),
    (conditioning.call(SMOKE, seed=0, labels="unconditional", teacher="mnist"), {"unconditional generator", "teacher mnist", *JUDGES}),
    (conditioning.call(SMOKE, seed=0, labels="given", teacher="mnist"), {"generator", "teacher mnist", *JUDGES}),
    (
        diversity.call(SMOKE, seed=0, method=SMOKE.diversity.methods[2]),
        {"unconditional generator", "teacher mnist", *JUDGES, "features", "real images"},
    ),
]


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """The smoke profile with the records of USED."""
    profile = replace(SMOKE, paths=Paths(tmp_path_factory.mktemp("results")))
    for call, _ in USED:
        record_of(replace(call, profile=profile))
    return profile


def test_which_runs_use_which_parts(computed):
    for call, parts in USED:
        found = on_record(replace(call, profile=computed)).parts
        assert found == {name: fingerprint_of(SMOKE, name) for name in parts}, call


@pytest.mark.parametrize("part", SWAPPED)
def test_a_swapped_part_leaves_only_the_runs_that_do_not_use_it(computed, part, monkeypatch):
    class AnewError(Exception):
        pass

    def compute(*_):
        raise AnewError

    monkeypatch.setattr(calls, "_computed", compute)
    swapped = replace(computed, parts=SWAPPED[part](computed.parts))
    every = {record.stem: record for record in engine.found(computed)}
    assert set(every) == {call.stem for call, _ in USED}
    users = {call.stem for call, parts in USED if part in parts}
    assert users and users < set(every)
    assert {record.stem for record in engine.found(swapped)} == set(every) - users
    for call, _ in USED:
        if call.stem in users:
            with pytest.raises(AnewError):
                run(replace(call, profile=swapped), progress=False)
        else:
            assert run(replace(call, profile=swapped), progress=False).name == every[call.stem].name


def test_found_leaves_out_other_sizes_and_other_parts(smoke):
    own, point = (made_record(classifier.call(smoke, seed=0, r=r)) for r in (0.0, 0.33))
    for record in (own, point, made_record(classifier.call(smoke, seed=0, epochs=3)), replace(own, profile="tuning")):
        records.save(record, smoke.folder)
    records.save(made_record(classifier.call(smoke, seed=1), parts={"generator": "0" * 64}), smoke.folder)
    records.save(made_record(classifier.call(smoke, seed=2), metrics={}, impossible="never"), smoke.folder)
    assert [record.name for record in engine.found(smoke)] == [own.name, point.name]


def test_a_network_that_an_own_method_brings_is_in_its_identity():
    networks = (SMOKE.parts.judge, lambda: moved(SMOKE.parts.judge()))
    profiles_ = [replace(SMOKE, methods=(OwnMethod("ours", parts=(network,)),)) for network in (*networks, networks[0])]
    found = [fingerprint_of(profile, "method ours") for profile in profiles_]
    assert found[0] == found[2] != found[1]


ASKED = {
    "real images": lambda profile: profile.parts.real_images(),
    "reference images": lambda profile: profile.parts.reference(),
    "generator": lambda profile: profile.parts.with_classes(),
    "judge": lambda profile: profile.parts.judge(),
    "second judge": lambda profile: profile.parts.second_judge(),
    "features": lambda profile: profile.parts.features(),
    "classifier 4": lambda profile: profile.parts.classifier(4),
    "teacher uci": lambda profile: profile.parts.paper_b.teacher("uci"),
    "unconditional generator": lambda profile: profile.parts.paper_b.generator(),
    "fifth generator": lambda profile: profile.parts.paper_b.twins["fifth prior"](),
    "method ours": lambda profile: profile.method("ours"),
}
WITH_EVERYTHING = replace(
    SMOKE, parts=replace(SMOKE.parts, reference=Once(lambda: SMOKE.parts.real_images()[1])), methods=(OwnMethod("ours"),)
)


@pytest.mark.parametrize("part", ASKED)
def test_what_is_asked_for_is_noted(part):
    used = Used(WITH_EVERYTHING)
    assert used.parts == {}
    found = ASKED[part](used.profile)
    assert used.parts == {part: fingerprint_of(replace(WITH_EVERYTHING), part)}
    if part != "classifier 4":  # which is made anew
        assert found is ASKED[part](WITH_EVERYTHING)


def test_what_is_looked_at_alone_is_not_noted():
    used = Used(WITH_EVERYTHING)
    assert used.profile.parts.class_names() == tuple("0123456789")
    assert used.profile.has_paper_b and used.profile.has_yardstick and used.profile.image_sets
    assert used.parts == {}


def test_a_part_of_another_name_is_no_part():
    with pytest.raises(ConfigError, match="part = 'third judge': the profile 'smoke' has none of this name"):
        fingerprint_of(SMOKE, "third judge")
    assert not is_current({"third judge": "0" * 64}, SMOKE)
    assert not is_current({"reference images": "0" * 64}, SMOKE)


@frozen
class Asks(Arguments):
    count: Count


@recorded
def asks(config: Asks, profile, progress=False):
    """Declares nothing."""
    return Outcome({"images": config.count, "classes": len(profile.parts.judge()(profile.parts.reference().images[:1])[0])})


@recorded
def reads(config: Asks, profile, progress=False):
    """Uses nothing itself but the record of another run, and the second judge."""
    profile.parts.second_judge()
    return Outcome(record_of(asks.call(profile, seed=config.seed, count=config.count)).metrics)


@pytest.fixture
def referring(smoke):
    return replace(WITH_EVERYTHING, paths=smoke.paths)


@pytest.mark.parametrize("on_record_before", [False, True])
def test_a_run_rests_on_what_the_record_that_it_reads_rests_on(referring, on_record_before):
    inner = asks.call(referring, seed=0, count=3)
    if on_record_before:
        record_of(inner)
    record = record_of(reads.call(referring, seed=0, count=3))
    assert record.metrics == {"images": 3, "classes": 10}
    assert on_record(inner).parts == {name: fingerprint_of(referring, name) for name in ("judge", "reference images")}
    assert record.parts == on_record(inner).parts | {"second judge": fingerprint_of(referring, "second judge")}
    for changed in (
        replace(referring, parts=SWAPPED["judge"](referring.parts)),
        replace(referring, parts=replace(referring.parts, reference=Once(lambda: next_label(SMOKE.parts.real_images()[1])))),
    ):
        assert on_record(reads.call(changed, seed=0, count=3)) is None
    assert on_record(reads.call(replace(referring, parts=SWAPPED["generator"](referring.parts)), seed=0, count=3)).name == record.name


def test_images_held_against_a_reference_of_the_profiles_own_rest_on_it(referring, smoke):
    own, half = (record_of(image_quality.call(profile, seed=0, image_set="real test")) for profile in (referring, smoke))
    assert set(own.parts) == {"reference images", *half.parts}
    assert "reference images" not in half.parts


def test_a_sampler_of_its_own_is_part_of_a_generator():
    network = SMOKE.parts.generator().module

    def fingerprint(sampler=None, t=1.0):
        generator = from_module(network, latent_dim=32, image_shape=(1, 28, 28), num_classes=10, sample_latents=sampler)
        return fingerprint_of(replace(SMOKE, parts=replace(SMOKE.parts, generator=Once(lambda: truncated(generator, t)))), "generator")

    def uniform(n, rng):
        return torch.rand(n, 32, generator=rng)

    def half(n, rng):
        return torch.randn(n, 32, generator=rng) / 2

    def twice_uniform(n, rng):
        return 2 * torch.rand(n, 32, generator=rng)

    def of_the_global_stream(n, rng):
        return torch.rand(n, 32)

    normal = fingerprint()
    assert normal == fingerprint_of(SMOKE, "generator")
    others = [fingerprint(sampler) for sampler in (uniform, half, twice_uniform)]
    assert len({normal, *others}) == 4
    assert fingerprint(uniform) == others[0]
    assert fingerprint(t=0.5) == others[1]
    found = fingerprint(of_the_global_stream)
    torch.rand(1)
    assert fingerprint(of_the_global_stream) == found
