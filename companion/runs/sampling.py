"""Past paper B: what a method of conditioning keeps of each attribute's variety, against the truth and against the real images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from torch import nn

from companion.arguments import frozen
from companion.calls import Arguments, Outcome, recorded
from companion.profiles import Profile, device
from companion.runs import paper_b
from companion.runs.paper_b import ConditioningRun
from companion.runs.shared import View, generate, kept_features, look, tile, variance_by_class
from companion.settings import Langevin, Likelihood, Method, Metropolis, Ode, Posterior, Rejection, Resampling, Trained
from paperlib.conditioner import Conditioner, Latents, NeverProducedError, train_conditioner
from paperlib.data import to_floats
from paperlib.generators import Generator
from paperlib.metrics import frechet_distance_of, manifold, on_manifold
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.gradient_sampling import langevin_sample, ode_sample
from paperlib.samplers.latent_families import FlowConditioner, MixtureConditioner
from paperlib.samplers.latent_posterior import LatentPosterior
from paperlib.samplers.maximum_likelihood import accepted_latents, fit_to_latents
from paperlib.samplers.posterior_sampling import Accepted, metropolis_sample, rejection_draws, rejection_sample, resample
from paperlib.streams import seeded, stream
from paperlib.support.stopwatch import timed
from paperlib.training import predict


@frozen
class DiversityRun(Arguments):
    """Past paper B: what a method of conditioning gives up. per_attribute: latents an attribute, of the method and of the truth."""

    method: Method
    per_attribute: Annotated[int, Field(ge=10)]


FAMILIES: dict[str, Callable[[int, int], Latents]] = {"gaussian": Conditioner, "mixture": MixtureConditioner, "flow": FlowConditioner}
SHOWN = 20
RAREST = 0.001
WIDE = 2.0  # temperature of a chain's candidates; see metropolis_sample


@dataclass(frozen=True)
class Sampled:
    """z: (K, n, d), n latents of each of K attributes. fit_seconds: before the first could be drawn. seconds: (K,) of one latent.

    images_made: drawing them made their images too. acceptance: of methods whose every image the teacher reads, by attribute: the share that was
    kept, the effective sample size of a candidate, the share of repeated latents.
    """

    z: torch.Tensor
    fit_seconds: float
    seconds: list[float]
    images_made: bool = False
    acceptance: dict[str, list[float]] = field(default_factory=dict)


def pair(profile: Profile) -> tuple[Generator, nn.Module]:
    """The frozen generator and teacher of paper B's own setting; a class-conditional generator has its label withheld."""
    parts, own = profile.parts, profile.settings[0]
    assert parts.paper_b is not None
    return paper_b.generator_of(own.labels, parts), parts.paper_b.teacher(own.teacher)


def sample(run: DiversityRun, profile: Profile, progress: bool) -> Sampled:
    """The method's latents, every attribute's own, with what they cost."""
    method, n = run.method, run.per_attribute
    rng = stream(run.seed, "method draws")
    if isinstance(method, Rejection | Metropolis | Resampling):
        return _read(method, run, profile, rng, progress)
    if isinstance(method, Langevin | Ode):
        draw, fit_seconds = _following(method, n, profile, rng), 0.0
    else:
        latents, fit_seconds = trained_before(method, run.seed, profile) or fit(method, run.seed, profile, progress)
        latents.sample(torch.zeros(n, dtype=torch.long, device=device()))  # warms up, outside the run's stream
        draw = partial(_drawn_from, latents, n, rng)
    drawn, seconds = zip(*(timed(partial(draw, a)) for a in range(len(profile.parts.class_names()))), strict=True)
    return Sampled(torch.stack(drawn), fit_seconds, [s / n for s in seconds])


def _drawn_from(latents: Latents, n: int, rng: torch.Generator, attribute: int) -> torch.Tensor:
    return latents.sample(torch.full((n,), attribute, device=device()), rng).detach()


def _following(method: Langevin | Ode, n: int, profile: Profile, rng: torch.Generator) -> Callable[[int], torch.Tensor]:
    """attribute -> latents (n, d), by the gradient of the pair."""
    settings: dict[str, Any] = {"n": n, "steps": method.steps, "prior_weight": method.prior_weight, "rng": rng}
    settings["batch_size"] = profile.parts.generator_batch
    if isinstance(method, Ode):
        return partial(ode_sample, *pair(profile), **settings)
    return partial(langevin_sample, *pair(profile), step_size=method.step_size, adjusted=method.adjusted, **settings)


def _read(
    method: Rejection | Metropolis | Resampling, run: DiversityRun, profile: Profile, rng: torch.Generator, progress: bool
) -> Sampled:
    """Methods whose every image the teacher reads. From the prior all attributes share the images; from a proposal each has its own.

    NeverProducedError for an attribute of which 10,000 draws keep less than RAREST of themselves: n latents take at most about 1,000 n draws.
    """
    attributes, n = range(len(profile.parts.class_names())), run.per_attribute
    batch, fit_seconds = profile.parts.generator_batch, 0.0
    settings: dict[str, Any] = {"prior_weight": method.prior_weight, "rng": rng, "batch_size": batch}
    found: list[Accepted]
    if isinstance(method, Rejection):
        found = rejection_sample(*pair(profile), attributes, n, rarest=RAREST, **settings)
    elif isinstance(method, Resampling):
        found = resample(*pair(profile), attributes, n, pool=method.pool, **settings)
    else:
        fitted, fit_seconds = fit(method.proposal, run.seed, profile, progress)
        assert isinstance(fitted, LatentPosterior)
        found = [metropolis_sample(fitted.at(WIDE), *pair(profile), a, n, passes=method.passes, **settings) for a in attributes]
    acceptance = {"acceptance": [f.rate for f in found], "effective": [f.effective for f in found], "repeated": [f.repeated for f in found]}
    return Sampled(torch.stack([f.z for f in found]), fit_seconds, [f.seconds / f.accepted for f in found], True, acceptance)


def paper_b_run(method: Method, seed: int, profile: Profile) -> ConditioningRun | None:
    """The conditioning run of notebook 04 that trains in just this way; None for any other method."""
    own = profile.settings[0]._replace(warm_start=getattr(method, "warm_start", 0))
    run = paper_b.call_of(own, profile, seed).arguments
    alike = Trained("gaussian", 0.0, run.epochs, run.labels_per_epoch, run.batch_size, run.learning_rate, "sgd", run.warm_start)
    return run if method == alike and run.labels in ("unconditional", "withheld") else None


def trained_before(method: Trained | Posterior | Likelihood, seed: int, profile: Profile) -> tuple[Latents, float] | None:
    """What notebook 04 trained in just this way, and the seconds of its run, validation included; None for any other method."""
    run = paper_b_run(method, seed, profile)
    if run is None:
        return None
    record = paper_b.conditioned(run, profile)
    return paper_b.Recorded(*paper_b.distribution_of(record)), record.provenance["seconds"]


def fit(method: Trained | Posterior | Likelihood, seed: int, profile: Profile, progress: bool) -> tuple[Latents, float]:
    """The method's distribution, and the seconds that it took."""
    fits: dict[type, Callable[..., Latents]] = {Trained: _train, Posterior: _distil, Likelihood: _likelihood}
    return timed(lambda: fits[type(method)](method, seed, profile, progress))


def _train(method: Trained, seed: int, profile: Profile, progress: bool) -> Latents:
    return train_conditioner(
        *pair(profile), len(profile.parts.class_names()), epochs=method.epochs, labels_per_epoch=method.labels_per_epoch,
        batch_size=method.batch_size, learning_rate=method.learning_rate, optimizer=method.optimizer, prior_weight=method.prior_weight,
        family=FAMILIES[method.family], warm_start=method.warm_start, validation_labels=100, seed=seed, progress=progress,
    )[0]  # fmt: skip


def _distil(method: Posterior, seed: int, profile: Profile, progress: bool) -> LatentPosterior:
    return distil_posterior(
        *pair(profile), len(profile.parts.class_names()), draws=method.labelled, epochs=method.epochs, prior_weight=method.prior_weight,
        generator_batch=profile.parts.generator_batch, seed=seed, progress=progress,
    )[0]  # fmt: skip


def _likelihood(method: Likelihood, seed: int, profile: Profile, progress: bool) -> Latents:
    generator, teacher = pair(profile)
    classes, weight = len(profile.parts.class_names()), method.prior_weight
    if method.posterior is None:
        latents = accepted_latents(
            generator, teacher, classes, draws=method.labelled, prior_weight=weight, generator_batch=profile.parts.generator_batch, seed=seed,
            progress=progress,
        )  # fmt: skip
    else:
        posterior, rng = _distil(method.posterior, seed, profile, progress), stream(seed, "accepted latents")
        each = method.labelled // classes
        latents = [posterior.sample(torch.full((each,), a, device=device()), rng) for a in range(classes)]
    with seeded(seed, "conditioner weights"):
        flow = FlowConditioner(classes, generator.latent_dim, components=method.components).to(device())
    flow, _ = fit_to_latents(flow, latents, steps=method.steps, seed=seed, progress=progress)
    if method.tuned:
        flow, _ = train_conditioner(
            generator, teacher, classes, epochs=1, labels_per_epoch=method.tuned, learning_rate=2e-4, optimizer="adam", prior_weight=weight,
            family=lambda *_: flow.train().requires_grad_(True), validation_labels=100, seed=seed, progress=progress,
        )  # fmt: skip
    return flow


def truth(profile: Profile, per_attribute: int) -> dict[int, torch.Tensor]:
    """Features (n, D) of the truth of each attribute that the pair produces: rejection at prior_weight 1, the same draws for every seed.

    An attribute is left out where 10,000 draws of the prior keep less than RAREST of themselves; NeverProducedError where none remains.
    """
    generator, teacher = pair(profile)
    rng, batch = stream(0, "truth"), profile.parts.generator_batch
    attributes = range(len(profile.parts.class_names()))
    found = rejection_draws(generator, teacher, attributes, per_attribute, rng=rng, batch_size=batch, rarest=RAREST)
    latents = {a: f.z for a, f in zip(attributes, found, strict=True) if len(f.z) == per_attribute}
    if not latents:
        raise NeverProducedError(f"each attribute has less than {RAREST:.1%} of the prior draws; there is no truth to compare with.")
    return {a: look(generate(generator, z, None, profile.parts), profile.parts).features for a, z in latents.items()}


def real_features(profile: Profile) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (N, D) and labels (N,) of the real training images: of the profile's own reference, or of all."""
    train = profile.parts.real_images()[0] if profile.parts.reference is None else profile.parts.reference()
    return kept_features(train.images, profile), train.labels


def read_on_real(profile: Profile) -> list[float]:
    """Share of the real test images of each class that the judge reads as it."""
    parts, (_, test) = profile.parts, profile.parts.real_images()
    hits = predict(parts.judge(), test.images, batch_size=parts.forward_batch).argmax(1) == test.labels
    return [hits[test.labels == a].float().mean().item() for a in range(len(parts.class_names()))]


def against(reference: Mapping[int, torch.Tensor], views: Sequence[View]) -> dict[str, float]:
    """Precision, recall, density, coverage and FID of each attribute's features against its reference, mean over the attributes of `reference`."""
    pairs = [(r, views[a].features) for a, r in reference.items()]
    rows = [manifold(r, v)._asdict() | {"fid": frechet_distance_of(r, v)} for r, v in pairs]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


@recorded
def diversity(run: DiversityRun, profile: Profile, progress: bool = False) -> Outcome:
    """Paper B's own training is taken from its record."""
    parts, (generator, teacher) = profile.parts, pair(profile)
    sampled = sample(run, profile, progress)
    classes, n, _ = sampled.z.shape
    images, generation = timed(lambda: generate(generator, sampled.z.flatten(0, 1), None, parts))
    views = [look(part, parts) for part in images.split(n)]
    told = predict(teacher, images, batch_size=parts.forward_batch).argmax(1).view(classes, n)
    asked = torch.arange(classes, device=told.device)[:, None]
    judged = torch.stack([v.judged for v in views]) == asked
    real, labels = real_features(profile)
    near = torch.from_numpy(on_manifold(real, torch.cat([v.features for v in views]))).view(classes, n)
    hits = judged.cpu()
    attribute = asked.expand(classes, n).flatten()
    variance = {
        "pixel": variance_by_class(to_floats(images), attribute, classes),
        "feature": variance_by_class(torch.cat([v.features for v in views]), attribute, classes),
    }
    references = {"truth": truth(profile, n), "real": {a: real[labels == a] for a in range(classes)}}
    without = [a for a in range(classes) if a not in references["truth"]]
    second_opinion = paper_b.second_judge_accuracy(images, attribute, parts)
    metrics: dict[str, Any] = {
        "teacher_accuracy": (told == asked).float().mean().item(),
        "judge_accuracy": judged.float().mean().item(),
        **second_opinion,
        "judge_by_attribute": judged.float().mean(1).tolist(),
        **{f"{name}_variance": float(np.mean(np.array(values, dtype=float))) for name, values in variance.items()},
        **{f"{name}_variance_by_attribute": values for name, values in variance.items()},
        **{f"{name}_{measure}": value for name, sets in references.items() for measure, value in against(sets, views).items()},
        "on_manifold": near.float().mean().item(),
        **sampled.acceptance,
        **({"without_truth": without} if without else {}),
        **({"judge_on_real_by_attribute": read_on_real(profile)} if isinstance(run.method, Rejection) else {}),
    }
    metrics |= {f"judge_{where}_manifold": hits[at].float().mean().item() for where, at in (("on", near), ("off", ~near)) if at.any()}
    one_image = 0.0 if sampled.images_made else generation / len(images)
    costs = {
        "fit_seconds": sampled.fit_seconds,
        "latent_microseconds": [1e6 * s for s in sampled.seconds],
        "image_microseconds": [1e6 * (s + one_image) for s in sampled.seconds],
    }
    shown = torch.cat([v.images[:SHOWN] for v in views])
    return Outcome(metrics, {}, {"samples": tile(shown, min(SHOWN, n))}, costs)
