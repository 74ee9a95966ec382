"""Paper B's own model, as its author's code keeps it: one state dict of the generator, the classifier and the input generator.

model = load_author_model("cGAN_state.pt")
images = model.generator(model.conditioner.sample(attribute), attribute)        # the author gives the generator the attribute, too
logits = model.classifier(images)

The author's file is a pickled module, which can run any code when it is loaded. Here it is refused; its owner extracts the state dict.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from paperlib.conditioner import Conditioner
from paperlib.data.utkface import RACES
from paperlib.generators import Generator
from paperlib.generators.residual_biggan import residual_biggan
from paperlib.networks.vgg_face import FaceAttributeClassifier, author_classifier
from paperlib.support.weights import CheckpointError, check_fit, read_tensors

PARTS = {"generator": "G.", "classifier": "classifier.", "conditioner": "input_generator.fc."}
EXTRACT = """\
If it is the pickled model of paper B's author, whoever trained it extracts the weights, on their own machine and in the folder of that code:
  model = torch.load("cGAN_best_model.pt", map_location="cpu", weights_only=False)["model"]
  torch.save(model.state_dict(), "cGAN_state.pt")"""


@dataclass(frozen=True)
class AuthorModel:
    """Its three parts, in eval mode and without gradients."""

    generator: Generator
    classifier: FaceAttributeClassifier
    conditioner: Conditioner


def load_author_model(path: str | Path) -> AuthorModel:
    """The three parts of the state dict of the author's module.

    Args:
        path: file of names -> tensors: `G.*` in the layout of Brock's code, `classifier.*` in VGG-Face's, `input_generator.fc.*`.

    Returns:
        generator: (N, d) latents, (N,) labels -> (N, 3, 32, 32) images in [-1, 1]. classifier: images -> (N, K) logits. conditioner:
        (N,) attributes in [0, K) -> (N, d) latents.

    Raises:
        CheckpointError: the file is missing or no state dict (the message says how its owner makes one), or a part does not fit.
    """
    path = Path(path).expanduser()
    try:
        state = read_tensors(path)
    except CheckpointError as error:
        raise CheckpointError(f"{error}\n{EXTRACT}" if path.is_file() else str(error)) from None
    parts = {part: {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)} for part, prefix in PARTS.items()}
    foreign = sorted(name for name in state if not name.startswith(tuple(PARTS.values())))
    missing = [PARTS[part] + "*" for part, tensors in parts.items() if not tensors]
    if foreign or missing:
        found = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(foreign[:3])}"
        raise CheckpointError(
            f"{path} {found}; the author's module has {', '.join(f'{prefix}*' for prefix in PARTS.values())} and nothing else."
        )
    model = AuthorModel(
        residual_biggan(parts["generator"], path),
        author_classifier(parts["classifier"], RACES, path),
        _conditioner(parts["conditioner"], path),
    )
    asked, made = model.conditioner.num_attributes, model.conditioner.latent_dim
    if (asked, made) != (model.generator.num_classes, model.generator.latent_dim) or asked != len(RACES):
        raise CheckpointError(
            f"{path}: the input generator turns {asked} attributes into {made} latents; the generator takes {model.generator.num_classes} classes and "
            f"{model.generator.latent_dim} latents, the classifier knows {len(RACES)} groups. They are not parts of one model."
        )
    return model


def _conditioner(state: dict[str, torch.Tensor], path: Path) -> Conditioner:
    """The input generator, of the sizes that its first and last layer have."""
    try:
        attributes, latents = state["0.weight"].shape[1], state["4.weight"].shape[0] // 2
    except (KeyError, IndexError) as error:
        raise CheckpointError(f"{path} has no input generator of three layers: {error} is missing or misshapen.") from error
    conditioner = Conditioner(attributes, latents)
    check_fit(state, conditioner.mlp.state_dict(), path)
    conditioner.mlp.load_state_dict(state)
    return conditioner.eval().requires_grad_(False)
