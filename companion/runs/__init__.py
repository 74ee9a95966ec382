"""The recorded functions, by subject: what is computed of each paper. A new kind of experiment is one function here."""

from companion.runs.mining import hard_samples, mined_space
from companion.runs.paper_a import classifier, control, mined_classifier
from companion.runs.paper_b import conditioning
from companion.runs.paper_b_evaluation import evaluation
from companion.runs.quality import image_quality
from companion.runs.sampling import diversity
from companion.runs.shown import shown_images

__all__ = [
    "classifier",
    "conditioning",
    "control",
    "diversity",
    "evaluation",
    "hard_samples",
    "image_quality",
    "mined_classifier",
    "mined_space",
    "shown_images",
]
