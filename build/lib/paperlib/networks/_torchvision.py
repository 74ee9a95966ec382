"""Make torchvision's Python part importable beside a torch whose compiled operators do not match.

PyPI's torchvision is built against a CUDA torch. Beside a CPU-only torch its compiled operators cannot
load, and `import torchvision` stops at `operator torchvision::nms does not exist`. Models, transforms and
data sets are plain Python and need none of them: declaring the two schemas is enough. Where the real
operators load, nothing is declared.
"""

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in SCHEMAS:
        library.define(schema)
    import torchvision

__all__ = ["torchvision"]
