"""The loss of an epoch is that of the images used; training that diverges stops in the epoch where it does."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from paperlib.data import Images
from paperlib.training import predict, sgd, train, train_epoch


def images(n, scale=1.0):
    rng = torch.Generator().manual_seed(0)
    return Images(scale * (2 * torch.rand(n, 1, 4, 4, generator=rng) - 1), torch.randint(3, (n,), generator=rng))


def network(hidden=8):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(16, hidden), nn.ReLU(), nn.Linear(hidden, 3))


@pytest.mark.parametrize(
    ("count", "batch_size", "used"),
    [(6, 3, 6), (8, 3, 8), (7, 3, 6), (5, 100, 5), (9, 2, 8)],
    ids=["whole batches", "a smaller last one", "a last one of one", "one batch", "pairs and one"],
)
def test_the_mean_is_over_the_images_used(count, batch_size, used):
    model, data = network(), images(count)
    still = sgd(model, 0.0, 0.0, 0.0)
    loss, accuracy = train_epoch(model, data, still, batch_size=batch_size, rng=torch.Generator().manual_seed(3))
    index = torch.randperm(count, generator=torch.Generator().manual_seed(3))[:used]
    scores, labels = predict(model, data.images[index]), data.labels[index]
    assert loss == pytest.approx(F.cross_entropy(scores, labels).item(), rel=1e-5)
    assert accuracy == pytest.approx((scores.argmax(1) == labels).double().mean().item())


def test_a_mean_of_batch_means_would_be_another_number():
    model, data = network(), images(8)
    losses = F.cross_entropy(predict(model, data.images), data.labels, reduction="none")
    assert torch.stack([part.mean() for part in losses.split(3)]).mean().item() != pytest.approx(losses.mean().item(), rel=1e-3)


def test_one_image_is_no_batch():
    with pytest.raises(ValueError, match="1 images in batches of 5: no batch has the two images"):
        train(network(), lambda epoch, model: images(1), epochs=1, batch_size=5, learning_rate=0.1, progress=False)


def stopped(source, epochs=6, learning_rate=0.1, model=None):
    """The epochs that ended before training stopped, and the message."""
    ended = []
    with pytest.raises(ValueError, match="epoch") as caught:
        train(
            model or network(), source, epochs=epochs, batch_size=10, learning_rate=learning_rate,
            on_epoch=lambda epoch, model: ended.append(epoch + 1), progress=False,
        )  # fmt: skip
    return ended, str(caught.value)


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
@pytest.mark.parametrize("epoch", [2, 4])
def test_an_image_that_is_not_finite_stops_its_epoch(epoch, bad):
    good, spoilt = images(20), images(20)
    spoilt.images[7, 0, 1, 1] = bad
    ended, message = stopped(lambda e, model: spoilt if e + 1 == epoch else good)
    assert ended == list(range(1, epoch))
    assert message == f"the image set of epoch {epoch} contains NaN or infinity; remove or repair those images first."


def test_too_large_a_learning_rate_stops_in_the_epoch_where_the_weights_are_lost():
    seen = []

    def source(epoch, model):
        seen.append(all(value.isfinite().all() for value in model.state_dict().values()))
        return images(20)

    deep = nn.Sequential(network(64), *(layer for _ in range(6) for layer in (nn.ReLU(), nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 3))))
    ended, message = stopped(source, epochs=50, learning_rate=1e3, model=deep)
    assert f"diverged in epoch {len(ended) + 1}: " in message
    assert message.endswith("use a learning_rate below 1000.0.")
    assert all(seen)
    assert len(seen) == len(ended) + 1


class Steep(nn.Module):
    """Its first scores are finite, its first step is not."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 3))

    def forward(self, x):
        return x + 1e37 * self.weight


def test_the_last_step_of_the_last_epoch_counts():
    steep = nn.Sequential(network(), Steep())
    ended, message = stopped(lambda epoch, model: images(10), epochs=1, learning_rate=1e3, model=steep)
    assert ended == []
    assert "diverged in epoch 1: " in message
