"""Weight files from elsewhere: whatever they hold ends in one CheckpointError, and nothing of them runs or fills the memory."""

import io
import json
import os
import random
import zipfile

import pytest
import torch
from conftest import published_biggan
from torch import nn

from paperlib.generators import load_residual_biggan
from paperlib.support.weights import CheckpointError, check_fit, load_pretrained, read_tensors


class Stranger:
    """What an unpickler would build and a weights-only one must not."""


def saved(path, state, **options):
    torch.save(state, path, **options)
    return path


def written(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content", [b"hello", b"\x80\x02.", b"\x80\x02}q\x00h\x05.", b"\x80\x02X", b"\x80\x02\x85.", b"\x80\x02Nb.", b"\x80\x02c__main__\nX\n.", b"PK\x03\x04abc", b""]
)  # fmt: skip
def test_corrupt_pickles(content, tmp_path):
    with pytest.raises(CheckpointError, match=r"bytes\) cannot be read as weights: it is cut off or damaged, or holds more than tensors"):
        read_tensors(written(tmp_path / "G.pth", content))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("zipped", [True, False])
def test_changed_bytes_give_tensors_or_the_same_error(zipped, tmp_path):
    rng, buffer = random.Random(0), io.BytesIO()
    torch.save({"a": torch.zeros(4), "b": torch.ones(2, 3)}, buffer, _use_new_zipfile_serialization=zipped)
    refused = 0
    for _ in range(100):
        content = bytearray(buffer.getvalue())
        for _ in range(4):
            content[rng.randrange(len(content))] = rng.randrange(256)
        try:
            read_tensors(written(tmp_path / "G.pth", content))
        except CheckpointError:
            refused += 1
    assert refused > 5


@pytest.mark.filterwarnings("ignore:.*TorchScript", "ignore::DeprecationWarning")
def test_no_message_tells_to_load_unsafely(tmp_path):
    paths = [saved(tmp_path / "stranger.pth", {"a": Stranger()}), written(tmp_path / "call.pth", b"\x80\x02K\x01K\x02R.")]
    torch.jit.script(nn.Linear(1, 1)).save(tmp_path / "script.pth")
    for path in [*paths, tmp_path / "script.pth"]:
        with pytest.raises(CheckpointError, match=r"whoever made it saves model.state_dict\(\) in its place") as caught:
            read_tensors(path)
        assert "weights_only" not in str(caught.value)
        assert "trust" not in str(caught.value)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "state",
    [
        {1: torch.zeros(1)}, {None: torch.zeros(1)}, {"a": torch.zeros(3).to_sparse()}, {"a": torch.zeros(3, device="meta")}, {"a": 5},
        {"a": torch.zeros(1).expand(10**12)},
    ],
    ids=["integer", "none", "sparse", "meta", "number", "one number for a terabyte"],
)  # fmt: skip
def test_no_state_dict(state, tmp_path):
    path = saved(tmp_path / "G.pth", state)
    for load in (read_tensors, load_residual_biggan):
        with pytest.raises(CheckpointError, match="holds a dict that is no state dict of names and dense tensors; give another file"):
            load(path)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.int64, torch.bool])
def test_numbers_of_another_kind(dtype, tmp_path):
    with pytest.raises(CheckpointError, match="1 of another type: weight"):
        check_fit({"weight": torch.zeros(3, dtype=dtype)}, {"weight": torch.zeros(3)}, tmp_path)


@pytest.mark.parametrize("shape", [(), (8,), (8, 0), (8, 0, 3, 3)])
def test_misshapen_sizes(shape, tmp_path):
    with pytest.raises(CheckpointError, match=r"missing or misshapen|another shape"):
        load_residual_biggan(saved(tmp_path / "G.pth", published_biggan() | {"blocks.0.0.conv1.weight": torch.zeros(shape)}))


def test_a_zip_bomb_is_refused_by_its_sizes(tmp_path, monkeypatch):
    whole, bomb = zipfile.ZipFile(saved(tmp_path / "G.pth", {"a": torch.zeros(4)})), tmp_path / "bomb.pth"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            archive.writestr(name, bytes(10**6) if name.endswith("data/0") else whole.read(name))
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(
        CheckpointError, match=r"would unpack to 1,00\d,\d{3}; weights are stored unpacked\. Save it again with torch\.save"
    ):
        read_tensors(bomb)


def test_paths_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.pth")
    os.symlink("loop.pth", tmp_path / "loop.pth")
    for name in ("nothing.pth", "pipe.pth", "loop.pth", "."):
        with pytest.raises(CheckpointError, match="is no file; give the path of a state dict"):
            read_tensors(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": {}}, "no sha256 of a"), ({"a": {"sha256": 5}}, "no sha256 of a"), ({"a": []}, "no sha256 of a"),
        ([], "it holds a list in place of entries"), (None, "it holds a NoneType in place of entries"),
    ],
)  # fmt: skip
def test_manifest_without_checksums(content, message, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=rf"manifest\.json cannot be read: {message}; restore it with `git checkout"):
        load_pretrained(nn.Linear(2, 2), "a", tmp_path)
