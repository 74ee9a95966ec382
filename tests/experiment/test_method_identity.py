"""A record of a method of one's own is never taken for one of a method that has changed in anything that it uses."""

import importlib
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from companion import records
from companion.fingerprints import fingerprint_of
from companion.profiles import SMOKE, OwnMethod, load
from companion.support.paths import REFERENCE
from paperlib.checks import ConfigError

HELPERS = """
SCALE = {scale}

def helped(images):
    return images * SCALE
"""
METHOD = """
import torch
from helping_module import helped, SCALE
from companion.profiles import OwnMethod

SHARE = {share}
TABLE = torch.tensor([{number}])

def make(rounds={rounds}, *, warm={warm}):
    kept = {kept}
    def source(fill, n, rng, rounds=rounds):
        def images_of(epoch, classifier):
            return helped(fill(int(SHARE * n), None)), kept, TABLE
        return images_of
    return OwnMethod("ours", source=source)
"""
VALUES = {"scale": "2", "share": "0.5", "number": "1.0", "rounds": "3", "warm": "False", "kept": "(1, 2.0, 'a')"}


def identity(method):
    return fingerprint_of(replace(SMOKE, methods=(method,)), f"method {method.name}")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """written(name=value, ...) -> the identity of METHOD's method with these values in its text."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # its cache goes by time in seconds and size

    def write(**changes):
        for name, text in (("helping_module", HELPERS), ("written_method", METHOD)):
            (tmp_path / f"{name}.py").write_text(text.format(**VALUES | changes))
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return identity(importlib.import_module("written_method").make())

    return write


CHANGES = {"scale": "3", "share": "0.6", "number": "1.5", "rounds": "4", "kept": "(1, 2.0, 'b')"}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_it_uses_is_in_its_identity(written, name):
    first = written()
    assert written() == first
    assert written(**{name: CHANGES[name]}) != first


def made(kept, default=1):
    def source(fill, n, rng, default=default):
        return lambda epoch, classifier: (kept, default)

    return OwnMethod("ours", source=source)


def test_values_in_closures_and_defaults_count():
    found = [identity(made(*values)) for values in ((1,), (1.5,), ("1",), ([1, 2],), ({"a": 1},), ({"a": 2},), (1, 2), (len,), (max,))]
    assert len(set(found)) == len(found)
    assert identity(made({"a": 1})) == found[4]


def test_networks_in_closures_count():
    judge = SMOKE.parts.judge()
    assert identity(made(judge)) == identity(made(judge)) != identity(made(SMOKE.parts.generator()))


def test_what_has_no_identity_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"method 'ours': made\.<locals>\.source keeps kept = .*parts="):
        identity(made(iter([1])))


def test_a_function_without_a_file_is_known_by_its_code():
    found = []
    for text in ("fill(n, None)", "fill(n - 1, None)", "fill(n, None)"):
        names = {"__name__": "__main__"}
        exec(f"def source(fill, n, rng):\n    return lambda epoch, classifier: {text}", names)
        found.append(identity(OwnMethod("ours", source=names["source"])))
    assert found[0] == found[2] != found[1]


def test_it_is_the_same_in_another_process(tmp_path):
    text = f"{HELPERS}\n{METHOD}".format(**VALUES).replace("from helping_module import helped, SCALE\n", "")
    (tmp_path / "one_file.py").write_text(text)
    code = (
        "from dataclasses import replace; from companion.profiles import SMOKE; from companion.fingerprints import fingerprint_of\n"
        "from one_file import make; print(fingerprint_of(replace(SMOKE, methods=(make(),)), 'method ours'))"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    assert printed[0].stdout == printed[1].stdout


@pytest.mark.parametrize("name", ["cifar10_small", "cifar10_tuning"])
def test_the_committed_records_are_of_the_methods_of_today(name):
    profile, parts = load(name), {}
    for record in records.find(REFERENCE / name, set_aside=False):
        parts |= {part: value for part, value in record.parts.items() if part.startswith("method ")}
    assert parts
    assert parts == {part: fingerprint_of(profile, part) for part in parts}
