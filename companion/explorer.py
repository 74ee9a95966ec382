"""Notebook 08: look at one image, one latent, one attribute at a time, on any profile.

explorer = Explorer(setup)
explore(explorer.mined_path, seed=(0, 50), digit=..., eta=..., J=...)       # sliders, or one still where there is no browser

Each view is a function of what its sliders say; it returns HTML with the pictures inside.
"""

import base64
import html
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from companion.experiment.demonstration import Demonstration, prepared
from companion.profiles import Profile
from companion.runs.sampling import pair
from paperlib.conditioner import Conditioner, train_conditioner
from paperlib.data import to_bytes
from paperlib.generators import Generator, generate_in_batches
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.networks.features import probabilities
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.latent_posterior import LatentPosterior
from paperlib.streams import stream

SIDE = 64  # pixels of a picture on the screen
SHOWN = 10
SURE = 0.9
Range = tuple[float, float] | tuple[int, int] | Sequence[str]


def live() -> bool:
    """Whether a browser is connected: a Jupyter server names the session of its kernels, papermill has none."""
    return "JPY_SESSION_NAME" in os.environ


def explore(view: Callable[..., str], interactive: bool | None = None, **values: tuple[Any, Range]) -> None:
    """Show a view with a slider or a list for each argument, or as a still.

    values: name -> (where it starts, its range); a range of two numbers is a slider, of texts a list. interactive: None is `live()`.
    """
    from IPython.display import HTML, display

    if not (live() if interactive is None else interactive):
        display(HTML(view(**{name: start for name, (start, _) in values.items()})))
        return
    import ipywidgets

    controls = {name: _control(ipywidgets, name, start, of) for name, (start, of) in values.items()}
    shown = ipywidgets.HTML()

    def draw(*_: object) -> None:
        shown.value = view(**{name: control.value for name, control in controls.items()})

    for control in controls.values():
        control.observe(draw, "value")
    draw()
    display(ipywidgets.VBox([ipywidgets.HBox(list(controls.values()), layout={"flex_flow": "row wrap"}), shown]))


def _control(ipywidgets: Any, name: str, start: Any, of: Range) -> Any:
    if isinstance(start, str):
        return ipywidgets.Dropdown(value=start, options=list(of), description=name)
    low, high = of
    if isinstance(start, int):
        return ipywidgets.IntSlider(value=start, min=low, max=high, description=name)
    return ipywidgets.FloatSlider(value=start, min=low, max=high, step=0.01, description=name)


@dataclass(frozen=True)
class Pool:
    """Draws of the prior, read by teacher and judge. z: (N, d). images: (N, C, H, W) bytes. teacher, judge: (N, K) probabilities."""

    z: torch.Tensor
    images: torch.Tensor
    teacher: torch.Tensor
    judge: torch.Tensor


class Explorer:
    """The views. labels: what paper B's input generators are trained with here, an epoch each of a quarter; the paper's budget is 200,000.
    draws: of the pool."""

    def __init__(self, profile: Profile, *, labels: int = 8000, draws: int = 4000):
        self.profile, self.labels, self.draws = profile, labels, draws
        self.names = profile.parts.class_names()

    @cached_property
    def shown(self) -> Demonstration:
        """Paper A's generator, and a classifier that was trained for a moment."""
        return prepared(self.profile)

    @property
    def readers(self) -> dict[str, nn.Module]:
        """Who reads an image: the classifier, the teacher where the profile has paper B, the judge."""
        paper_b = self.profile.parts.paper_b if self.profile.has_paper_b else None
        teacher = {"teacher": paper_b.teacher(self.profile.settings[0].teacher)} if paper_b else {}
        trained = {"classifier": self.shown.classifier} if self.profile.has_paper_a else {}
        return {**trained, **teacher, "judge": self.profile.parts.judge()}

    def mined_path(self, label: str, seed: int, eta: float, steps: int) -> str:
        """HSM step by step: the image after each, and what classifier, teacher and judge read in it."""
        generator, y = self.shown.generator, self._label(label)
        z = generator.sample_latents(1, stream(seed, "shown images", generator.device))
        path = [z]
        mine_hard_latents(generator, self.shown.classifier, z, y, steps=steps, step_size=eta, on_step=path.append)
        latents = torch.cat(path)
        with torch.no_grad():
            images = generator(latents, y.expand(len(latents)))
        return self._table(images, [f"step {j}" for j in range(len(path))], {"norm": [f"{n:.2f}" for n in latents.norm(dim=1)]})

    def walk(self, label: str, first: int, second: int) -> str:
        """From one latent to another along the sphere, of one class."""
        generator, y = self.shown.generator, self._label(label)
        a, b = (generator.sample_latents(1, stream(seed, "shown images", generator.device)) for seed in (first, second))
        angle = torch.arccos((torch.cosine_similarity(a, b)).clamp(-1 + 1e-6, 1 - 1e-6))
        at = torch.linspace(0, 1, SHOWN, device=a.device)[:, None]
        latents = (torch.sin((1 - at) * angle) * a + torch.sin(at * angle) * b) / torch.sin(angle)
        with torch.no_grad():
            images = generator(latents, y.expand(SHOWN))
        return self._table(images, [f"{share:.0%}" for share in at[:, 0].tolist()])

    def renewal(self, r: float, epochs: int) -> str:
        """How often DS shows an image: the share of all images by the number of epochs that each is in the data set."""
        times = np.arange(1, epochs + 1)
        share = np.array([_lifetimes(r, epochs, int(t)) for t in times])
        total = 1 + r * (epochs - 1)
        bars = "".join(
            f'<rect x="{8 + 36 * i}" y="{108 - 100 * s / total:.1f}" width="28" height="{100 * s / total:.1f}" fill="#1b6ca8"></rect>'
            f'<text x="{22 + 36 * i}" y="122" text-anchor="middle" font-size="11" fill="currentColor">{t}</text>'
            for i, (t, s) in enumerate(zip(times, share, strict=True))
        )
        once = share[0] / total
        what = f"At r = {r:g} over {epochs} epochs: {total:.2f} N different images; {once:.0%} of them are seen once."
        drawn = f'<svg width="{16 + 36 * epochs}" height="130" role="img" aria-label="{what}">{bars}</svg>'
        return f"<p>{what}</p>{drawn}<p>Share of the images by the number of epochs in which they are seen.</p>"

    def conditioned(self, label: str, w: float) -> str:
        """Ten images of an attribute: by paper B, with a warm start, by the posterior on latents, and the truth, both at weight w."""
        attribute = torch.full((SHOWN,), self.names.index(label), device=self.generator.device)
        rng = stream(0, "shown images", self.generator.device)
        latents = {name: conditioner.sample(attribute, rng) for name, conditioner in self.conditioners.items()}
        a = int(attribute[0])
        for name, z, log_kept in (
            ("posterior on latents", self._posterior.draws, self._posterior.log_kept(self._posterior.draws)[:, a]),
            ("truth", self.pool.z, self.pool.teacher[:, a].log()),
        ):
            kept = z[torch.rand(len(z), generator=stream(0, "method draws")).log().to(z.device) < log_kept / w]
            latents[f"{name}, {len(kept)} of {len(z):,} draws"] = kept[:SHOWN]
        rows = []
        for name, z in latents.items():
            with torch.no_grad():
                images = self.generator(z, None) if len(z) else z
            pictures = "".join(f"<td>{_picture(image, name)}</td>" for image in images)
            rows.append(f'<tr><th style="text-align:left;line-height:1.2">{html.escape(name)}</th>{pictures}</tr>')
        return f"<table>{''.join(rows)}</table>"

    def disagreement(self, label: str, believer: str) -> str:
        """Images that only the teacher, or only the judge, is sure to be of this attribute, and what the other reads."""
        a = self.names.index(label)
        sure, other, who = (
            (self.pool.teacher, self.pool.judge, "judge") if believer == "teacher" else (self.pool.judge, self.pool.teacher, "teacher")
        )
        found = ((sure[:, a] > SURE) & (other.argmax(1) != a)).nonzero()[:, 0]
        what = f"{len(found)} of {self.draws:,} draws: the {believer} is surer than {SURE:.0%} of {label}, the {who} reads another class."
        if not len(found):
            return f"<p>{what}</p>"
        chosen = found[sure[found, a].argsort(descending=True)][:SHOWN]
        reads = [self.names[k] for k in other[chosen].argmax(1).tolist()]
        pictures = "".join(
            f"<td>{_picture(image, read)}<br>{html.escape(read)}</td>" for image, read in zip(self.pool.images[chosen], reads, strict=True)
        )
        return f"<p>{what}</p><table><tr>{pictures}</tr></table>"

    @cached_property
    def _pair(self) -> tuple[Generator, nn.Module]:
        return pair(self.profile)

    @property
    def generator(self) -> Generator:
        """Paper B's."""
        return self._pair[0]

    @cached_property
    def pool(self) -> Pool:
        z = self.generator.sample_latents(self.draws, stream(0, "shown images", self.generator.device))
        images = generate_in_batches(self.generator, z, None, self.profile.parts.generator_batch, store_bytes=True)
        batch = self.profile.parts.forward_batch
        teacher, judge = (probabilities(reader, images, batch_size=batch) for reader in (self._pair[1], self.profile.parts.judge()))
        return Pool(z, images, teacher, judge)

    @cached_property
    def conditioners(self) -> Mapping[str, Conditioner]:
        """Paper B's input generator and its warm start, on a small part of the paper's labels."""
        few = {"epochs": 4, "labels_per_epoch": max(64, self.labels // 4), "validation_labels": 100, "progress": False}
        return {
            name: train_conditioner(*self._pair, len(self.names), warm_start=warm_start, **few)[0]  # type: ignore[arg-type]
            for name, warm_start in (("paper B", 0), ("warm start", min(5000, self.labels)))
        }

    @cached_property
    def _posterior(self) -> LatentPosterior:
        return distil_posterior(
            *self._pair, len(self.names), draws=max(20, self.labels), epochs=10, prior_weight=1.0, hidden=128, progress=False
        )[0].at(1.0)

    def _label(self, label: str) -> torch.Tensor:
        return torch.tensor([self.names.index(label)], device=self.shown.generator.device)

    def _table(self, images: torch.Tensor, titles: Sequence[str], more: Mapping[str, Sequence[str]] | None = None) -> str:
        """A column an image: its title, the picture, and what each reader says of it."""
        rows = {"": [_picture(image, title) for image, title in zip(images, titles, strict=True)], **(more or {})}
        for name, reader in self.readers.items():
            found = probabilities(reader, images).max(1)
            rows[name] = [
                f"{html.escape(self.names[k])} {p:.0%}" for p, k in zip(found.values.tolist(), found.indices.tolist(), strict=True)
            ]
        head = "".join(f"<th>{title}</th>" for title in ("", *titles))
        body = "".join(f"<tr><th>{name}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for name, cells in rows.items())
        return f"<table><tr>{head}</tr>{body}</table>"


def _lifetimes(r: float, epochs: int, times: int) -> float:
    """Images, in units of N, that are seen `times` times: those renewed after so many epochs, and those that are still there at the end."""
    begun = [1.0] + [r] * (epochs - 1)
    ended = sum(begun[start] * (1 - r) ** (times - 1) * r for start in range(epochs - times))
    return ended + begun[epochs - times] * (1 - r) ** (times - 1)


def _picture(image: torch.Tensor, text: str) -> str:
    """An <img> with the image inside."""
    pixels = to_bytes(image[None].float())[0] if image.is_floating_point() else image
    array = pixels.permute(1, 2, 0).squeeze(2).cpu().numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img width="{SIDE}" height="{SIDE}" style="image-rendering:pixelated" alt="{html.escape(text)}" src="data:image/png;base64,{data}">'
