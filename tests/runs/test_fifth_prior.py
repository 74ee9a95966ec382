"""The generator trained on a fifth of the data: drawn as its twin is, among the parts of its own image set and of no other."""

from dataclasses import replace

import pytest
import torch
from conftest import moved

from companion import profiles
from companion.calls import record_of
from companion.experiment import plans
from companion.experiment.plans import quality_of
from companion.fingerprints import is_current
from companion.profiles import Once
from companion.runs import quality

SMOKE = profiles.SMOKE


def with_paper_b(**changes):
    return replace(SMOKE, parts=replace(SMOKE.parts, paper_b=replace(SMOKE.parts.paper_b, **changes)))


def images_of(image_set, profile):
    return quality.image_set(quality_of(SMOKE, image_set, 0).arguments, profile)


@pytest.mark.slow
def test_its_identity_is_among_the_parts_of_its_own_set_only(smoke):
    parts = {image_set: record_of(quality_of(smoke, image_set, 0)).parts for image_set in smoke.image_sets}
    assert set(parts["fifth prior"]) == {"fifth generator", "judge", "features", "real images"}
    assert [image_set for image_set, used in parts.items() if "fifth generator" in used] == ["fifth prior"]
    other = with_paper_b(twins={"fifth prior": Once(lambda: moved(SMOKE.parts.paper_b.twins["fifth prior"]()))})
    assert [image_set for image_set, used in parts.items() if not is_current(used, other)] == ["fifth prior"]


def test_it_is_drawn_from_the_latents_of_its_twin():
    twins = with_paper_b(twins={"fifth prior": SMOKE.parts.paper_b.generator})
    fifth, whole = "fifth prior", "unconditional prior"
    assert torch.equal(images_of(fifth, twins).images, images_of(whole, twins).images)
    assert not torch.equal(images_of(fifth, SMOKE).images, images_of(whole, SMOKE).images)


def test_who_has_the_set_and_over_how_many_seeds():
    assert "fifth prior" not in with_paper_b(twins={}).image_sets
    assert "fifth prior" not in profiles.IMAGENET10.image_sets
    seeds = {
        image_set: [call.seed for call in plans.qualities(profiles.DIGITS, 10) if call.arguments.image_set == image_set]
        for image_set in ("fifth prior", "unconditional prior")
    }
    assert seeds["fifth prior"] == seeds["unconditional prior"]
    assert len(seeds["fifth prior"]) >= 5
