"""A BigGAN config with sizes that no BigGAN-deep has is refused before a network is built."""

import json

import pytest
from pytorch_pretrained_biggan import BigGANConfig

from paperlib.generators.biggan import load_biggan, read_config
from paperlib.support.weights import CheckpointError

DEFAULT = BigGANConfig().to_dict()
LAYERS = [list(layer) for layer in DEFAULT["layers"]]


def changed(i, layer):
    return [*LAYERS[:i], layer, *LAYERS[i + 1 :]]


def test_the_published_configs_are_read(tmp_path):
    """256 and 512 have a layer or two more at the same ends."""
    tail = [[False, 2, 2], [True, 2, 1]]
    for side, layers in (
        (128, LAYERS),
        (256, [*LAYERS[:5], [True, 8, 8], *LAYERS[4:]]),
        (512, [*LAYERS[:5], [True, 8, 8], *LAYERS[4:-2], *tail, [True, 1, 1]]),
    ):
        (tmp_path / "config.json").write_text(json.dumps(DEFAULT | {"layers": layers, "output_dim": side, "model_type": "biggan"}))
        assert read_config(tmp_path / "config.json").layers == layers


@pytest.mark.parametrize("name", ["z_dim", "class_embed_dim", "channel_width", "num_classes", "n_stats"])
@pytest.mark.parametrize("value", [None, -1, 0, 10**12, 16.0, "16", True])
def test_sizes(name, value, tmp_path):
    refused(tmp_path, {name: value}, f"{name} = {value!r}: use an integer from .* to 65,536; give a folder")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layers": [[True, 16, 16]] * 1000}, "layers = 'a list of 1,000': use a list of 1 to 32"),
        ({"layers": []}, "layers = 'a list of 0': use a list"),
        ({"layers": None}, "layers = None: use a list"),
        ({"layers": "abc"}, "layers = 'abc': use a list"),
        ({"layers": [1]}, r"layers\[0\] = 1: use \[whether it doubles the side, its channels, the channels that it makes\]"),
        ({"layers": changed(2, [True, 16])}, r"layers\[2\] = \[True, 16\]: use"),
        ({"layers": changed(2, ["yes", 16, 16])}, r"layers\[2\] = .*: use"),
        ({"layers": changed(2, [False, 8, 16])}, r"layers\[2\]\[1\] = 8: use 16, what the layer before it makes"),
        ({"layers": changed(3, [True, 16, 3])}, r"layers\[3\]\[2\] = 3: use 16 or half of it"),
        ({"layers": changed(3, [True, 16, 8.0])}, r"layers\[3\] = \[True, 16, 8\.0\]"),
        ({"layers": LAYERS[:-1]}, r"layers\[8\]\[2\] = 2: use 1, what the last norm takes"),
        ({"output_dim": 64}, "output_dim = 64: use 128, the side that these layers make"),
        ({"output_dim": None}, "output_dim = None"),
        ({"attention_layer_position": 99}, "attention_layer_position = 99: use an integer from 0 to 9"),
        ({"eps": float("nan")}, r"eps = nan: use a number in \(0, 1\]"),
        ({"eps": None}, "eps = None"),
    ],
)  # fmt: skip
def test_other_values(values, message, tmp_path):
    refused(tmp_path, values, message)


def refused(folder, values, message):
    (folder / "config.json").write_text(json.dumps(DEFAULT | values))
    (folder / "pytorch_model.bin").write_bytes(b"not read")
    with pytest.raises(CheckpointError, match=rf"config\.json is not the config of a BigGAN-deep: {message}"):
        load_biggan(folder)


@pytest.mark.parametrize("content", [b"null", b"[]", b"5", b"{}", b"\xff\xfe\x00", b"[" * 100_000, b"{"])
def test_other_files(content, tmp_path):
    (tmp_path / "config.json").write_bytes(content)
    (tmp_path / "pytorch_model.bin").write_bytes(b"not read")
    with pytest.raises(CheckpointError, match=r"config\.json is not the config of a BigGAN-deep"):
        load_biggan(tmp_path)
