"""How the second judge of the digits is made: scikit-learn fits the kernel ridge on the 1,000 test digits, and folds of them tell its quality.

judge = fit_kernel_judge(digits()[1], KernelTraining())
cross_validated_accuracy(digits()[1], KernelTraining())         # in [0, 1]
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import StratifiedKFold

from paperlib.data import Images, to_bytes, to_floats
from paperlib.networks.kernel_judge import DEGREE, KernelJudge, descriptors
from paperlib.training import accuracy


@dataclass(frozen=True)
class KernelTraining:
    """ridge: the weight of the squared norm. folds: of the cross-validation, drawn with `seed`; the fit itself is not random.

    Ridge and descriptors were chosen by cross-validation on the same digits, which makes its accuracy slightly too good.
    """

    ridge: float = 0.03
    folds: int = 5
    seed: int = 0


def kernel_ridge(train: Images, ridge: float) -> KernelRidge:
    """scikit-learn's regression of one-hot labels on descriptors."""
    model = KernelRidge(kernel="poly", degree=DEGREE, gamma=1.0, coef0=0.0, alpha=ridge)
    return model.fit(descriptors(to_floats(train.images)).double().numpy(), F.one_hot(train.labels, 10).double().numpy())


def fit_kernel_judge(train: Images, settings: KernelTraining) -> KernelJudge:
    """train: the images that the judge keeps. In eval mode."""
    judge = KernelJudge(support=len(train))
    judge.images.copy_(to_bytes(to_floats(train.images)))
    judge.coefficients.copy_(torch.from_numpy(kernel_ridge(train, settings.ridge).dual_coef_))
    return judge.eval()


def cross_validated_accuracy(data: Images, settings: KernelTraining) -> float:
    """The share of all images that a judge of the other folds reads rightly."""
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=settings.seed).split(data.labels, data.labels)
    parts = [(data.subset(torch.from_numpy(rest)), data.subset(torch.from_numpy(fold))) for rest, fold in folds]
    return sum(len(fold) * accuracy(fit_kernel_judge(rest, settings), fold) for rest, fold in parts) / len(data)
