"""Past paper A: does mining stay near what the generator makes? Distances in feature space for every number of steps and step size."""

import torch

from companion.config import MinedSpaceRun
from companion.experiment.hard_samples import train_on_fixed_set
from companion.experiment.outcome import Outcome, agreement, balanced_labels, generate, look
from companion.profiles import Profile, device
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.metrics import neighbour_distance, on_manifold
from paperlib.streams import stream
from paperlib.training import predict


def compute(config: MinedSpaceRun, profile: Profile, progress: bool) -> Outcome:
    """metrics["grid"]: a row for the random images themselves (no steps), and one for each step size and number of steps.

    distance: mean distance to the 5th nearest of the generator's own samples, over that of the random images. precision: share inside
    the manifold of these samples. judge, classifier: share in which each reads the class.
    """
    parts, generator = profile.parts, profile.parts.with_classes()
    model = train_on_fixed_set(config, profile, config.epochs, None, progress)
    y = balanced_labels(generator.num_classes * config.per_class, generator.num_classes, device())
    z = generator.sample_latents(len(y), stream(config.seed, "mined latents", device()))
    own = balanced_labels(generator.num_classes * config.natural, generator.num_classes, device())
    z_own = generator.sample_latents(len(own), stream(config.seed, "natural latents", device()))
    natural = look(generate(generator, z_own, own, parts), parts).features

    def row(latents: torch.Tensor) -> dict[str, float]:
        view = look(generate(generator, latents, y, parts), parts)
        return {
            "distance": float(neighbour_distance(natural, view.features).mean()),
            "precision": float(on_manifold(natural, view.features).mean()),
            "judge": (view.judged == y).float().mean().item(),
            "classifier": agreement(predict(model, view.images, batch_size=parts.forward_batch), y),
        }

    random = row(z)
    grid = [{"step_size": 0.0, "steps": 0} | random]
    for step_size in config.step_sizes:
        for steps in config.steps:
            mined = mine_hard_latents(generator, model, z, y, steps=steps, step_size=step_size, batch_size=parts.generator_batch)
            grid.append({"step_size": step_size, "steps": steps} | row(mined))
    return Outcome({"grid": [found | {"distance": found["distance"] / random["distance"]} for found in grid]})
