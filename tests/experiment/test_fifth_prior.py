"""The generator trained on a fifth of the data: drawn as its twin is, in the key of its own image set and of no other."""

from dataclasses import replace

import pytest
import torch
from conftest import moved

from companion import profiles
from companion.experiment import image_quality, plans
from companion.experiment.fingerprints import Fingerprints
from companion.profiles import Once

SMOKE = profiles.SMOKE
FIFTH, WHOLE = (SMOKE.image_quality_run(0, image_set) for image_set in ("fifth prior", "unconditional prior"))


def with_paper_b(**changes):
    return replace(SMOKE, parts=replace(SMOKE.parts, paper_b=replace(SMOKE.parts.paper_b, **changes)))


def images_of(config, profile):
    return image_quality.image_set(config, profile, lambda _: pytest.fail("no other record is needed"))


def test_its_identity_is_in_the_key_of_its_own_set_only():
    names = {s: set(Fingerprints(SMOKE).of(SMOKE.image_quality_run(0, s))) for s in SMOKE.image_sets}
    assert names["fifth prior"] == {"fifth generator", "judge", "features", "real images"}
    assert [s for s, used in names.items() if "fifth generator" in used] == ["fifth prior"]
    other = with_paper_b(twins={"fifth prior": Once(lambda: moved(SMOKE.parts.paper_b.twins["fifth prior"]()))})
    assert Fingerprints(other).of(FIFTH) != Fingerprints(SMOKE).of(FIFTH)
    assert Fingerprints(other).of(WHOLE) == Fingerprints(SMOKE).of(WHOLE)


def test_it_is_drawn_from_the_latents_of_its_twin():
    twins = with_paper_b(twins={"fifth prior": SMOKE.parts.paper_b.generator})
    assert torch.equal(images_of(FIFTH, twins).images, images_of(WHOLE, twins).images)
    assert not torch.equal(images_of(FIFTH, SMOKE).images, images_of(WHOLE, SMOKE).images)


def test_who_has_the_set_and_over_how_many_seeds():
    assert "fifth prior" not in with_paper_b(twins={}).image_sets
    assert "fifth prior" not in profiles.IMAGENET10.image_sets
    seeds = [run.seed for run in plans.image_quality(profiles.DIGITS, 10) if run.image_set == "fifth prior"]
    assert seeds == [run.seed for run in plans.image_quality(profiles.DIGITS, 10) if run.image_set == "unconditional prior"]
    assert len(seeds) >= 5
