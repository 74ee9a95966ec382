"""The identity of the parts: SHA-256 of the tensors of the networks and of the images that a run uses, whatever a profile says of them.

parts = Fingerprints(profile).of(config)             # {"generator": "3f...", "judge": "a0...", ...}
"""

import hashlib
from typing import cast

from torch import nn

from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    ImageSet,
    MinedClassifierRun,
    MinedSpaceRun,
    ShownImagesRun,
)
from companion.experiment.method_identity import identity_of
from companion.profiles import Profile
from paperlib.streams import seeded
from paperlib.support.tensor_cache import checksum


class Fingerprints:
    """The parts of one profile; each is hashed once, when a config first asks for it."""

    def __init__(self, profile: Profile):
        self.profile = profile
        self._known: dict[str, str] = {}

    def of(self, config: Config) -> dict[str, str]:
        """Name and SHA-256 of every part that the run uses."""
        return {name: self.part(name) for name in sorted(self._names(config))}

    def _names(self, config: Config) -> set[str]:  # noqa: PLR0911 -- a return a kind
        match config:
            case MinedClassifierRun() | ControlRun():
                return self._names(config.classifier)
            case ClassifierRun():
                own = {f"method {config.method}"} if config.method else set()
                return {"real images", _classifier(config.width), *own} | (set() if config.real else {"generator"})
            case HardSamplesRun() | MinedSpaceRun():
                return {"generator", "judge", "features", _classifier(config.width)}
            case ConditioningRun():
                return {_conditioned(config), f"teacher {config.teacher}", *self._judges}
            case EvaluationRun():
                yardstick = {"generator", f"teacher {self.profile.settings[0].teacher}", *self._judges}
                return (self._names(config.conditioning) if config.conditioning else yardstick) | {"features", "real images"}
            case ImageQualityRun():
                return self._set_names(config) | {"judge", "features", "real images"}
            case ShownImagesRun():
                return self._names(config.classifier) | {"features"}
            case DiversityRun():
                return self._names(self.profile.conditioning_run(config.seed)) | {"features", "real images"}
        raise TypeError(f"the parts of a {type(config).__name__} are not known")

    @property
    def _judges(self) -> set[str]:
        """Those that read conditioned images."""
        return {"judge"} | ({"second judge"} if self.profile.parts.second_judge else set())

    def _set_names(self, config: ImageQualityRun) -> set[str]:
        if config.hard is not None:
            return self._names(config.hard)
        if config.conditioning is not None:
            return self._names(config.conditioning)
        drawn = {"prior": "generator"} | {f"{which} prior": f"{which} generator" for which in ("unconditional", "fifth", "long")}
        return {drawn[config.image_set]} if config.image_set in drawn else set()

    def part(self, name: str) -> str:
        """Its SHA-256; name: as in a record."""
        if name not in self._known:
            with seeded(0, "network weights"):  # a network draws its first weights before it is filled
                self._known[name] = self._look(name)
        return self._known[name]

    def _look(self, name: str) -> str:  # noqa: PLR0911 -- a return a part
        parts, (what, _, which) = self.profile.parts, name.partition(" ")
        match what:
            case "real":
                return _joined(*(checksum(images.images, images.labels) for images in parts.real_images()))
            case "generator":
                return _of_generator(parts.generator())
            case "unconditional":
                assert parts.paper_b is not None
                return _of_generator(parts.paper_b.generator())
            case "fifth" | "long":
                assert parts.paper_b is not None
                return _of_generator(parts.paper_b.twins[cast(ImageSet, f"{what} prior")]())
            case "judge":
                return _of_network(parts.judge())
            case "second":
                assert parts.second_judge is not None
                return _of_network(parts.second_judge())
            case "features":
                return _of_network(parts.features())  # type: ignore[arg-type]
            case "teacher":
                assert parts.paper_b is not None
                return _of_network(parts.paper_b.teacher(which))
            case "classifier":
                return _of_layout(parts.classifier(int(which)))
            case "method":
                return identity_of(self.profile.method(which), _of_network)
        raise KeyError(name)


def _classifier(width: int) -> str:
    return f"classifier {width}"


def _conditioned(config: ConditioningRun) -> str:
    return "unconditional generator" if config.labels == "unconditional" else "generator"


def _of_network(network: nn.Module) -> str:
    """Its tensors, and how it reads an image and names its classes where it says so."""
    state = network.state_dict()
    told = [repr(getattr(network, name)) for name in ("normalisation", "side", "class_names") if hasattr(network, name)]
    return _joined(_of_layout(network), checksum(*state.values()), *told)


def _of_generator(generator: nn.Module) -> str:
    described = [getattr(generator, name, None) for name in ("latent_dim", "image_shape", "num_classes")]
    return _joined(repr(described), _of_network(generator))


def _of_layout(network: nn.Module) -> str:
    """Names, shapes and types of the tensors: a classifier that is yet to be trained has no weights of its own."""
    return _joined(*(f"{name} {tuple(value.shape)} {value.dtype}" for name, value in network.state_dict().items()))


def _joined(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
