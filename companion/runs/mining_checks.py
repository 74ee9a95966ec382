"""Two claims of paper A about mining, tested: hard samples are specific to the classifier and its stage; eq. 3 has the right form."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from companion.profiles import Parts, Profile, device
from companion.runs.shared import agreement, balanced_labels, generate, look
from paperlib.generators import truncated
from paperlib.hard_sample_mining import Along, mine_hard_latents
from paperlib.metrics import neighbour_distance
from paperlib.streams import stream
from paperlib.training import predict

if TYPE_CHECKING:
    from companion.runs.mining import HardSamplesRun

FORMS: dict[str, tuple[bool, Along]] = {
    "paper": (True, "first choice"),
    "not rescaled": (False, "first choice"),
    "along y": (True, "label"),
}


def transfer(
    scorers: Sequence[nn.Module],
    random: torch.Tensor,
    mined: Sequence[torch.Tensor],
    k_stars: Sequence[torch.Tensor],
    y: torch.Tensor,
    parts: Parts,
) -> dict[str, Any]:
    """How each scorer reads random images and those that were mined from them along k_stars."""
    scores = [[predict(scorer, images, batch_size=parts.forward_batch) for scorer in scorers] for images in (random, *mined)]
    drop, effect = [], []
    for row, k_star in zip(scores[1:], k_stars, strict=True):
        before, after = ([s.gather(1, k_star[:, None]).squeeze(1) for s in sets] for sets in (scores[0], row))
        falls = [(b - a).mean().item() for b, a in zip(before, after, strict=True)]
        drop.append(falls)
        effect.append([fall / max(b.std().item(), 1e-12) for fall, b in zip(falls, before, strict=True)])
    return {
        "transfer_accuracy": [[agreement(s, y) for s in row] for row in scores],
        "transfer_score_drop": drop,
        "transfer_effect": effect,
    }


def forms(
    run: "HardSamplesRun", profile: Profile, classifiers: Sequence[nn.Module], z: torch.Tensor, y: torch.Tensor
) -> list[dict[str, Any]]:
    """A row for each stage, step size and form of eq. 3. classifiers: one a stage."""
    parts, generator = profile.parts, truncated(profile.parts.with_classes(), run.truncation)
    own = balanced_labels(generator.num_classes * run.natural, generator.num_classes, device())
    z_own = generator.sample_latents(len(own), stream(run.seed, "natural latents", device()))
    natural = look(generate(generator, z_own, own, parts), parts).features
    random = look(generate(generator, z, y, parts), parts)
    unmoved = neighbour_distance(natural, random.features).mean()
    rows = []
    for stage, classifier in zip(run.stages, classifiers, strict=True):
        wrong = predict(classifier, random.images, batch_size=parts.forward_batch).argmax(1) != y
        for step_size in run.form_step_sizes:
            for form, (rescale, along) in FORMS.items():
                mined = mine_hard_latents(
                    generator, classifier, z, y, steps=run.mining_steps, step_size=step_size,
                    batch_size=parts.generator_batch, rescale=rescale, along=along,
                )  # fmt: skip
                view = look(generate(generator, mined, y, parts), parts)
                read = (view.judged == y).float()
                rows.append(
                    {
                        "stage": stage, "step_size": step_size, "form": form,
                        "norm_change": (mined.norm(dim=1) / z.norm(dim=1) - 1).mean().item(),
                        "distance": float(neighbour_distance(natural, view.features).mean() / unmoved),
                        "judge": read.mean().item(),
                        "classifier": agreement(predict(classifier, view.images, batch_size=parts.forward_batch), y),
                    }
                    | ({"judge_where_wrong": read[wrong].mean().item()} if wrong.any() else {})
                )  # fmt: skip
    return rows
