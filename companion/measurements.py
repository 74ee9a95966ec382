"""What each kind of run measures: names, types and ranges. A record that holds anything else is no record.

check_metrics(config, {"accuracy": 0.91, "accuracy_bna": 0.92, "accuracy_bna_momentum": 0.92, "test_images": 1000})
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    Count,
    Count0,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    MinedClassifierRun,
    MinedSpaceRun,
    ShownImagesRun,
    checked,
)

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(ge=0)]


class Classifier(TypedDict):
    """accuracy, accuracy_bna: top-1 on the real test images, without and with BNA; accuracy_bna_momentum: with BNA by eq. 5."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    accuracy: Share
    accuracy_bna: Share
    accuracy_bna_momentum: Share
    test_images: Count


class MinedForm(TypedDict):
    """form: of eq. 3. norm_change: mean of |z| / |z_0| - 1. distance: as in MinedPoint. judge: share in which the judge reads the class;
    judge_where_wrong: among the latents whose first image the classifier read as another class; absent where there is none."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    stage: Count
    step_size: Positive
    form: Literal["paper", "not rescaled", "along y"]
    norm_change: float
    distance: Positive
    judge: Share
    judge_where_wrong: NotRequired[Share]
    classifier: Share


class HardSamples(TypedDict):
    """One value a stage, in the order of the config's stages.

    transfer: how four classifiers read the images, in this order: the one that they are mined against at the first and the second stage,
    another one at both. transfer_accuracy: rows are the random images, those mined at the first stage, at the second; transfer_score_drop:
    rows are the two mined sets; how far the logit of the k* that was mined along falls; transfer_effect: the same in standard deviations
    of that logit over the random images. forms: a row for each stage, step size and form.
    """

    __pydantic_config__ = STRICT  # type: ignore[misc]
    judge_agreement_random: Share
    score_drop: list[float]
    accuracy_before: list[Share]
    accuracy_after: list[Share]
    judge_agreement: list[Share]
    norm_error: list[Positive]
    transfer_accuracy: list[list[Share]]
    transfer_score_drop: list[list[float]]
    transfer_effect: list[list[float]]
    forms: list[MinedForm]


class MinedPoint(TypedDict):
    """distance: to the generator's own samples, random images = 1; the others are shares of the images."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    step_size: Positive
    steps: Count0
    distance: Positive
    precision: Share
    judge: Share
    classifier: Share


class MinedSpace(TypedDict):
    """grid: first the random images, then a row for each step size and number of steps."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    grid: list[MinedPoint]


class Calibration(TypedDict):
    """metrics.Calibration; one value a bin that is not empty."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    ece: Share
    confidence: list[Share]
    accuracy: list[Share]
    share: list[Share]


class Conditioning(TypedDict):
    """After the last epoch. mu, sigma: (K, d) of the latent; variances are of pixels in [-1, 1], within an attribute. What a second judge
    reads is absent where the profile has none, here and below."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    accuracy: Share
    judge_accuracy: Share
    second_judge_accuracy: NotRequired[Share]
    variance: Positive
    variance_by_attribute: list[Positive]
    prior_variance: Positive
    prior_share: list[Share]
    teacher_calibration: Calibration
    judge_calibration: Calibration
    mu: list[list[float]]
    sigma: list[list[float]]


class ImageQuality(TypedDict):
    """Against the reference half of the real training images. images_by_class says which variances are of no image at all."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    feature_space: str
    feature_dimensions: Count
    samples: Count
    reference_samples: Count
    inception_score: Annotated[float, Field(ge=0.999)]
    fid: float
    kid: float
    precision: Share
    recall: Share
    density: Positive
    coverage: Share
    judge_agreement: Share
    pixel_variance: Positive
    feature_variance: Positive
    images_by_class: list[Count0]
    pixel_variance_by_class: list[Positive]
    feature_variance_by_class: list[Positive]


class ShownAtSize(TypedDict):
    """Of this many of the images."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    images: Count
    precision: Share
    recall: Share
    density: Positive
    coverage: Share
    pixel_variance: Positive
    feature_variance: Positive


class ShownImages(TypedDict):
    """Against the reference half of the real training images. different_images: seen in the whole training. sizes: of as many images as the
    data set has at a time, then of all that are measured."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    feature_space: str
    reference_samples: Count
    different_images: Count
    sizes: Annotated[list[ShownAtSize], Field(min_length=2, max_length=2)]


class Evaluation(ImageQuality):
    """Confusion counts (K, K): a row an attribute asked for, a column a class read. teacher_alone: share of each attribute's images that the
    teacher reads as asked and no judge does."""

    teacher_confusion: list[list[Count0]]
    judge_confusion: list[list[Count0]]
    second_judge_confusion: NotRequired[list[list[Count0]]]
    teacher_alone: list[Share]
    real_pixel_variance_by_class: list[Positive]


class Diversity(TypedDict):
    """Against the truth (truth_*) and the real images (real_*), mean over attributes. judge_on_manifold is absent where no image lies there.

    without_truth: attributes that the pair produces too rarely for the truth to be drawn; truth_* are means over the others, every other
    metric over all. Absent where there is none. judge_on_real_by_attribute: of the real test images; only beside rejection.
    """

    __pydantic_config__ = STRICT  # type: ignore[misc]
    teacher_accuracy: Share
    judge_accuracy: Share
    second_judge_accuracy: NotRequired[Share]
    judge_by_attribute: list[Share]
    pixel_variance: Positive
    feature_variance: Positive
    pixel_variance_by_attribute: list[Positive]
    feature_variance_by_attribute: list[Positive]
    truth_precision: Share
    truth_recall: Share
    truth_density: Positive
    truth_coverage: Share
    truth_fid: float
    real_precision: Share
    real_recall: Share
    real_density: Positive
    real_coverage: Share
    real_fid: float
    on_manifold: Share
    judge_on_manifold: NotRequired[Share]
    judge_off_manifold: NotRequired[Share]
    acceptance: NotRequired[list[Share]]
    effective: NotRequired[list[Share]]
    repeated: NotRequired[list[Share]]
    without_truth: NotRequired[list[Count0]]
    judge_on_real_by_attribute: NotRequired[list[Share]]


METRICS: dict[type[Config], TypeAdapter[Any]] = {
    ClassifierRun: TypeAdapter(Classifier),
    MinedClassifierRun: TypeAdapter(Classifier),
    ControlRun: TypeAdapter(Classifier),
    ShownImagesRun: TypeAdapter(ShownImages),
    HardSamplesRun: TypeAdapter(HardSamples),
    MinedSpaceRun: TypeAdapter(MinedSpace),
    ConditioningRun: TypeAdapter(Conditioning),
    ImageQualityRun: TypeAdapter(ImageQuality),
    EvaluationRun: TypeAdapter(Evaluation),
    DiversityRun: TypeAdapter(Diversity),
}


def check_metrics(config: Config, metrics: Mapping[str, Any]) -> None:
    """Raise ConfigError, naming the first that is missing, foreign, of another type, out of range, NaN or infinite."""
    checked(lambda: METRICS[type(config)].validate_python(metrics))
