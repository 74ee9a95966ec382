"""What every method asks of a network that it uses but does not own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check_count
from paperlib.data import to_floats
from paperlib.support.progress import progress_bar


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """The model in eval mode, each submodule's own mode restored afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, mode in modes:
            module.training = mode


def ask(
    generator: Callable[..., torch.Tensor],
    classifier: nn.Module,
    z: torch.Tensor,
    y: torch.Tensor | None = None,
    image_size: int | None = None,
) -> torch.Tensor:
    """C(upsample(G(z, y))): the classifier's logits (N, K) of the images; image_size: its input side in pixels (nearest), None leaves them."""
    images = generator(z, y)
    if image_size is not None:
        images = F.interpolate(images, size=(image_size, image_size), mode="nearest")
    return classifier(images)


@torch.no_grad()
def read_latents(
    generator: Callable[..., torch.Tensor], classifier: nn.Module, z: torch.Tensor, num_attributes: int, batch_size: int, name: str,
    progress: bool, image_size: int | None = None,
) -> torch.Tensor:  # fmt: skip
    """log p(a | G(z)) of every latent and attribute, (N, num_attributes), in eval mode; name: of the progress bar. ValueError on bad logits."""
    found, bar = [], progress_bar(len(z), name, enabled=progress)
    with evaluating(classifier):
        for part in z.split(batch_size):
            scores = ask(generator, classifier, part, image_size=image_size)
            check_logits(scores, len(part), num_attributes)
            found.append(scores.log_softmax(1))
            bar.update(len(part))
    bar.close()
    return torch.cat(found)


def check_counts(**counts: int) -> None:
    """Raise ConfigError, naming it, unless each is an integer of at least 1."""
    for name, value in counts.items():
        check_count(name, value)


def check_finite(epoch: int, learning_rate: float, *values: torch.Tensor) -> None:
    """Raise ValueError where training diverged. epoch: counted from 0."""
    if not all(torch.isfinite(value).all() for value in values):
        raise ValueError(
            f"training diverged in epoch {epoch + 1}: the loss or a weight is NaN or infinite; use a learning_rate below {learning_rate}."
        )


@torch.no_grad()
def first_scores(classifier: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """What the classifier says of the first two images, in eval mode; ValueError where it cannot read them."""
    floats = to_floats(images[:2])
    with evaluating(classifier):
        try:
            return classifier(floats)
        except RuntimeError as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise ValueError(
                f"the classifier cannot read {images.dtype} images of shape {tuple(images.shape[1:])}: {reason}. "
                "Give images of the classifier's own size and type: most take float32 (images.float()) or bytes."
            ) from error


def check_logits(scores: torch.Tensor, n: int, num_classes: int) -> None:
    """Raise ValueError unless scores is finite and (n, K), with K = num_classes where that is not 0."""
    if scores.ndim != 2 or len(scores) != n or (num_classes and scores.shape[1] != num_classes):
        expected = f"({n}, {num_classes or 'K'})"
        raise ValueError(f"the classifier returned logits of shape {tuple(scores.shape)}; expected {expected}: one score for each class.")
    if not torch.isfinite(scores).all():
        raise ValueError("the classifier returned NaN or infinity; check its weights and the range of the images, [-1, 1].")
