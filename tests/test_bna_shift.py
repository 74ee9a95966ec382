"""The distance of BatchNorm statistics that bench/bna_shift.py measures, on networks whose statistics are known."""

import copy
import math

import pytest
import torch
from torch import nn

from bench.bna_shift import between


def test_distance_in_standard_deviations_and_log_variances():
    real = nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))
    real[0].running_var.fill_(4.0)
    generated = copy.deepcopy(real)
    assert between(generated, real) == {"means": 0, "variances": 0}
    generated[0].running_mean.copy_(torch.tensor([2.0, -2.0]))
    generated[2].running_var.fill_(math.e)
    assert between(generated, real) == pytest.approx({"means": 0.5, "variances": 0.5})
