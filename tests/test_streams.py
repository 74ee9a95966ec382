"""No two uses of random numbers share draws, and no module has a way round the streams."""

import ast
import io
import tokenize
from functools import cache

import numpy as np
import pytest
import torch

from companion.support.paths import ROOT
from paperlib.streams import PURPOSES, seeded, state_of, stream

SEEDS = range(200)
PACKAGES = [ROOT / name for name in ("paperlib", "companion", "recipes")]


def test_no_two_purposes_and_seeds_share_a_state():
    """torch's generator on a CPU takes the lower 32 bits."""
    states = [state_of(seed, purpose) % 2**32 for purpose in PURPOSES for seed in SEEDS]
    assert len(set(states)) == len(PURPOSES) * len(SEEDS)
    seeds_to_come = [state_of(seed, purpose) % 2**32 for purpose in PURPOSES for seed in range(1000)]
    assert len(set(seeds_to_come)) == len(PURPOSES) * 1000


def test_no_two_purposes_and_seeds_share_a_draw():
    draws = torch.cat([torch.rand(8, generator=stream(s, p), dtype=torch.float64) for p in PURPOSES for s in SEEDS])
    assert len(np.unique(draws.numpy().view(np.uint64))) == 8 * len(PURPOSES) * len(SEEDS)


def test_a_stream_is_the_same_each_time():
    one, other = (torch.rand(8, generator=stream(2**63 - 1, "truth")) for _ in range(2))
    assert torch.equal(one, other)
    with seeded(5, "truth"):
        assert torch.equal(torch.rand(8), torch.rand(8, generator=stream(5, "truth")))


def test_unknown_purposes_and_bad_seeds_are_refused():
    for make in (state_of, stream, lambda seed, purpose: seeded(seed, purpose).__enter__()):
        with pytest.raises(ValueError, match="purpose = 'truths': use one of classifier weights, training order"):
            make(0, "truths")
        for seed in (-1, 2**63):
            with pytest.raises(ValueError, match=f"seed = {seed}: use an integer from 0"):
                make(seed, "truth")


def test_the_global_state_is_left_alone():
    before = torch.get_rng_state()
    torch.randn(3, generator=stream(0, "truth"))
    assert torch.equal(torch.get_rng_state(), before)
    with seeded(0, "truth"):
        torch.randn(3)
        assert not torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(KeyError), seeded(0, "truth"):
        torch.randn(3)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)


def test_a_stream_is_on_the_device_that_is_asked_for():
    assert stream(0, "truth").device == stream(0, "truth", torch.device("cpu")).device == torch.device("cpu")
    if torch.cuda.is_available():
        assert torch.rand(1, device="cuda", generator=stream(0, "truth", "cuda")).is_cuda


@cache
def modules():
    return {str(path.relative_to(ROOT)): path.read_text() for package in PACKAGES for path in package.rglob("*.py")}


def using(*names):
    """The modules whose code, not their text, has one of these names."""
    tokens = {module: tokenize.generate_tokens(io.StringIO(text).readline) for module, text in modules().items()}
    return {module for module, found in tokens.items() if any(token.type == tokenize.NAME and token.string in names for token in found)}


def nodes(kind):
    return [(module, node) for module, text in modules().items() for node in ast.walk(ast.parse(text)) if isinstance(node, kind)]


TRAINING_OF_SHIPPED_WEIGHTS = {
    f"recipes/{name}.py" for name in ("digits", "faces", "checkpoints", "cifar10", "natural_classifier", "natural_gan", "face_parts")
}
STAND_INS_AND_TRIALS = {"paperlib/generators/biggan.py", "paperlib/generators/generator.py", "companion/profiles/imagenet10.py"}


def test_no_run_seeds_beside_the_streams():
    assert using("manual_seed", "manual_seed_all") == {"paperlib/streams.py"} | TRAINING_OF_SHIPPED_WEIGHTS | STAND_INS_AND_TRIALS
    assert using("SeedSequence") <= {"paperlib/streams.py"} | TRAINING_OF_SHIPPED_WEIGHTS
    assert not using("set_rng_state", "default_rng", "RandomState")


def test_no_seed_is_made_of_another_by_arithmetic():
    sides = [(module, node, side) for module, node in nodes(ast.BinOp) for side in (node.left, node.right)]
    named = [
        f"{module}: {ast.unparse(node)}" for module, node, side in sides if (getattr(side, "id", "") or getattr(side, "attr", "")) == "seed"
    ]
    assert not named


def test_the_environment_is_read_where_paths_are_made():
    """And where workers start: each gets its GPU, and what Dask leaves behind is taken away; and the explorer asks whether a browser is there."""
    assert using("environ", "getenv", "putenv") == {
        f"companion/{name}.py" for name in ("support/paths", "commands/reproduce", "experiment/cluster", "explorer")
    }


def test_threads_are_set_in_one_place():
    assert using("set_num_threads", "get_num_threads") == {"paperlib/support/threads.py"}


CACHES = ("cache", "lru_cache")


def test_what_is_kept_for_a_process_are_files_that_ship():
    """And packed records, by the file's time. A profile's parts are kept by the profile, what an object computes once by the object
    (cached_property)."""
    kept = {module for module, node in nodes(ast.ImportFrom) if node.module == "functools" for name in node.names if name.name in CACHES}
    assert kept == {"paperlib/data/digits.py", "paperlib/support/weights.py", "companion/records.py"}
    assert not nodes(ast.Global)
    assert not any(name.name == "functools" for _, node in nodes(ast.Import) for name in node.names)
