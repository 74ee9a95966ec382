"""The two papers' own numbers, in one place. Accuracies in percent.

Paper A: Besnier et al. 2019, "This dataset does not exist", Table 1 (the method marks rebuilt from the gains of section 4) and
Fig. 4, of which only r = 0 and r = 0.5 are given as numbers. Paper B: Mekonnen, arXiv 2405.20687.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of Table 1. accuracy: the paper's top-1 on 500 real images. method: of a column that is not the paper's."""

    name: str
    hsm: bool
    ds: bool
    bna: bool
    accuracy: float
    long: bool = False
    real: bool = False
    method: str = ""


TABLE1 = (
    Column("baseline", False, False, False, 70.6),
    Column("hsm", True, False, False, 73.6),
    Column("bna", False, False, True, 76.4),
    Column("hsm+bna", True, False, True, 78.2),
    Column("ds", False, True, False, 78.6),
    Column("ds+hsm", True, True, False, 81.8),
    Column("ds+bna", False, True, True, 84.2),
    Column("ds+hsm+bna", True, True, True, 85.6),
    Column("long (ds+bna)", False, True, True, 88.8, long=True),
    Column("real images", False, False, False, 88.4, real=True),
)
TABLE1_R = 0.5
TEST_IMAGES = 500

FIG4_R = (0.0, 0.1, 0.2, 0.33, 0.5, 1.0)
FIG4_KNOWN = {(0.0, False): 70.6, (0.0, True): 76.4, (0.5, False): 78.6, (0.5, True): 84.2}

CONDITIONING_ACCURACY = 100.0
CONDITIONING_EPOCHS = 8
CONDITIONING_LABELS = 20_000  # labels an epoch, from the author's published code
EVALUATION_DRAWS = (
    64_000  # images behind the classification report: 1,000 batches of 64, from the author's evaluation script (eval_cGAN.py)
)
