"""The identity of the parts: SHA-256 of the tensors of the networks and of the images that a run uses, whatever a profile says of them.

fingerprint_of(profile, "generator")             # "3f..."; parts have the names that records give them
used = Used(profile)                             # used.profile is the same profile; used.parts fills with what is asked of it
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import nn

from companion.method_identity import identity_of
from companion.profiles.profile import Parts, Profile
from paperlib.checks import ConfigError
from paperlib.generators import Generator
from paperlib.streams import seeded, stream
from paperlib.support.tensor_cache import checksum


class Used:
    """What a run uses of a profile. profile: to be handed to the run. parts: name and SHA-256 of each part that it has asked for.
    loading: seconds that making and reading them took."""

    def __init__(self, profile: Profile):
        self.outer, self.parts, self.loading = profile, dict[str, str](), 0.0
        self.profile = replace(profile, parts=_watched(profile.parts, self._made), note=self._note)
        object.__setattr__(self.profile, "fingerprints", profile.fingerprints)

    def _made(self, name: str, make: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        made = _make(name, make)
        self._note(name, made)
        self.loading += time.perf_counter() - start
        return made

    def _note(self, name: str, made: Any) -> None:
        known = self.outer.fingerprints
        if name not in known:
            known[name] = made if isinstance(made, str) else _fingerprint(name, made)
        self.parts[name] = known[name]


def fingerprint_of(profile: Profile, name: str) -> str:
    """SHA-256 of a part; ConfigError where the profile has none of this name. Each is looked at once."""
    if name not in profile.fingerprints:
        maker = _maker(profile, name)
        profile.fingerprints[name] = _fingerprint(name, _make(name, maker))
    return profile.fingerprints[name]


def is_current(parts: dict[str, str], profile: Profile) -> bool:
    """Whether these are the profile's parts of today. parts: SHA-256 by name, as a record has them."""
    try:
        return all(fingerprint_of(profile, name) == known for name, known in parts.items())
    except ConfigError:
        return False


def _maker(profile: Profile, name: str) -> Callable[[], Any]:
    parts, (what, _, which) = profile.parts, name.partition(" ")
    makers: dict[str, Callable[[], Any] | None] = {
        "real images": parts.real_images, "reference images": parts.reference, "generator": parts.generator, "judge": parts.judge,
        "second judge": parts.second_judge, "features": parts.features,
        "unconditional generator": parts.paper_b.generator if parts.paper_b else None,
    }  # fmt: skip
    if parts.paper_b is not None:
        makers |= {_twin(image_set): make for image_set, make in parts.paper_b.twins.items()}
        if what == "teacher":
            return lambda: parts.paper_b.teacher(which)  # type: ignore[union-attr]
    if what == "classifier":
        return lambda: parts.classifier(int(which))
    if what == "method":
        return lambda: profile.method(which)
    if (make := makers.get(name)) is None:
        raise ConfigError(f"part = {name!r}: the profile {profile.name!r} has none of this name.")
    return make


def _watched(parts: Parts, made: Callable[[str, Callable[[], Any]], Any]) -> Parts:
    """The same parts; made(name, make) makes each one."""

    def watched(name: str, make: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *which: made(" ".join([name, *map(str, which)]), lambda: make(*which))

    changed: dict[str, Any] = {name: watched(name, getattr(parts, name)) for name in ("judge", "features", "classifier")}
    changed["real_images"] = watched("real images", parts.real_images)
    if parts.reference is not None:
        changed["reference"] = watched("reference images", parts.reference)
    if parts.second_judge is not None:
        changed["second_judge"] = watched("second judge", parts.second_judge)
    if parts.has_generator:
        changed["generator"] = watched("generator", parts.generator)
    if (b := parts.paper_b) is not None:
        generator = watched("unconditional generator", b.generator) if b.has_generator else b.generator
        twins = {name: watched(_twin(name), make) for name, make in b.twins.items()}
        changed["paper_b"] = replace(b, teacher=watched("teacher", b.teacher), twins=twins, generator=generator)
    return replace(parts, **changed)


def _twin(image_set: str) -> str:
    return image_set.replace("prior", "generator")


def _make(name: str, make: Callable[[], Any]) -> Any:
    if name.startswith("classifier "):  # its first weights are the caller's
        return make()
    with seeded(0, "network weights"):  # a network draws its first weights before it is filled
        return make()


def _fingerprint(name: str, made: Any) -> str:
    if name.startswith("method "):
        return identity_of(made, _of_network)
    if name.startswith("classifier "):
        return _of_layout(made)
    if name.endswith("generator"):
        described = [getattr(made, name, None) for name in ("latent_dim", "image_shape", "num_classes")]
        return _joined(repr(described), _of_network(made), *_of_sampler(made))
    if isinstance(made, nn.Module):
        return _of_network(made)
    sets = made if isinstance(made, tuple) and not hasattr(made, "images") else (made,)
    return _joined(*(checksum(images.images, images.labels) for images in sets))


def _of_network(network: nn.Module) -> str:
    """Its tensors, and how it reads an image and names its classes where it says so."""
    state = network.state_dict()
    told = [repr(getattr(network, name)) for name in ("normalisation", "side", "class_names") if hasattr(network, name)]
    return _joined(_of_layout(network), checksum(*state.values()), *told)


def _of_sampler(generator: nn.Module) -> list[str]:
    """A sampler of one's own, by eight latents of a fixed stream; nothing where latents are N(0, I)."""
    if not isinstance(generator, Generator) or generator.draws_normal:
        return []
    with seeded(0, "sampler"):
        return [checksum(generator.sample_latents(8, stream(0, "sampler", generator.device)))]


def _of_layout(network: nn.Module) -> str:
    """Names, shapes and types of the tensors: a classifier that is yet to be trained has no weights of its own."""
    return _joined(*(f"{name} {tuple(value.shape)} {value.dtype}" for name, value in network.state_dict().items()))


def _joined(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
