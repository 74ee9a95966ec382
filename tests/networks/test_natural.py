"""The judges whose features FID and IS are measured in."""

import pytest
import torch

from paperlib.networks.classifiers import Judge
from paperlib.networks.features import extract, probabilities
from paperlib.networks.natural import NaturalJudge
from paperlib.networks.vgg_face import small_classifier


@pytest.mark.parametrize(
    ("judge", "shape"),
    [
        (Judge(), (1, 28, 28)),
        (NaturalJudge(width=4), (3, 32, 32)),
        (small_classifier("wide", "race", ("a", "b", "c"), width=4), (3, 32, 32)),
    ],
)
def test_the_inception_score_reads_the_judges_own_probabilities(judge, shape):
    images = torch.rand(5, *shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert torch.allclose(extract(judge, images).probabilities, probabilities(judge, images))


def test_logits_are_an_eighth_of_the_last_layers():
    judge = NaturalJudge(width=4).eval()
    features = torch.randn(3, 32)
    assert torch.equal(8 * judge.output(features), torch.nn.functional.linear(features, judge.output.weight, judge.output.bias))
