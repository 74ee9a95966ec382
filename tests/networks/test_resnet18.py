"""Paper A's classifier at small widths: torchvision's network, and safe to train on several threads."""

import subprocess
import sys
import textwrap

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from paperlib.networks.classifiers import HalvingConvolution, resnet18

TRAINING = """
    import torch
    import torch.nn.functional as F
    from paperlib.networks.classifiers import resnet18

    torch.set_num_threads(2)
    model = resnet18(10, in_channels=1, width=12, stem="small").to(memory_format=torch.channels_last)
    for _ in range(100):
        loss = F.cross_entropy(model(torch.randn(25, 1, 28, 28)), torch.randint(10, (25,)))
        loss.backward()
    print("trained")
"""


def test_a_narrow_network_trains_on_two_threads():
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(TRAINING)], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_halving_is_what_pytorch_computes(layout):
    torch.manual_seed(0)
    ours, theirs = HalvingConvolution(12, 24, 1, stride=2, bias=False), nn.Conv2d(12, 24, 1, stride=2, bias=False)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(8, 12, 14, 13).contiguous(memory_format=layout).requires_grad_()
    weight = torch.randn(8, 24, 7, 7)
    found = [torch.autograd.grad((F.relu(layer(x)) * weight).sum(), [x, layer.weight]) for layer in (ours, theirs)]
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_only_narrow_shortcuts_are_replaced():
    counts = {width: sum(isinstance(m, HalvingConvolution) for m in resnet18(10, width=width).modules()) for width in (4, 12, 16, 64)}
    assert counts == {4: 2, 12: 1, 16: 0, 64: 0}
