"""Networks: images (N, C, H, W) in [-1, 1] -> logits (N, K).

`resnet18` is paper A's classifier. The others serve the `digits` profile and share no design: paper B's frozen attribute
classifiers (plain convolutions with dropout, or one linear layer) and the judge (residual, batch normalised), who never takes
part in training what it judges.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import skip_init

from paperlib.networks._torchvision import torchvision
from paperlib.networks.image_convolution import ImageConvolution

ONEDNN_BLOCK = 16  # channels


class HalvingConvolution(nn.Conv2d):
    """A 1x1 convolution of stride 2: nn.Conv2d's values, by another kernel.

    With fewer than ONEDNN_BLOCK input channels, images in channels_last and several threads, the backward pass of nn.Conv2d writes outside
    its memory in PyTorch 2.13 (github.com/uxlfoundation/oneDNN/issues/6035).
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x[:, :, ::2, ::2], self.weight, self.bias)


def resnet18(num_classes: int, *, in_channels: int = 3, width: int = 64, stem: str = "imagenet") -> nn.Module:
    """torchvision's ResNet-18, randomly initialised, with a first width and a stem that fit the image size.

    width: channels of the first stage (64 in the paper; the later stages have 2, 4 and 8 times as many).
    stem: "imagenet" is 7x7 stride 2 and a 3x3 max-pool; "small" is 3x3 stride 2 without pooling, for 28x28 images; "full" is 3x3 stride 1
    without pooling: of 32x32 images the first stage sees what it sees of 128x128 ones behind "imagenet".
    """
    if stem not in ("imagenet", "small", "full"):
        raise ValueError(f"stem is {stem!r}; use 'imagenet' (128x128 and up), 'small' (28x28) or 'full' (32x32).")
    model = torchvision.models.resnet18(num_classes=num_classes)
    block = torchvision.models.resnet.BasicBlock
    model.inplanes = width
    for i, stride in enumerate((1, 2, 2, 2)):
        setattr(model, f"layer{i + 1}", model._make_layer(block, width * 2**i, 2, stride=stride))
    kernel = 7 if stem == "imagenet" else 3
    model.conv1 = nn.Conv2d(in_channels, width, kernel, stride=1 if stem == "full" else 2, padding=kernel // 2, bias=False)
    model.bn1 = nn.BatchNorm2d(width)
    if stem != "imagenet":
        model.maxpool = nn.Identity()
    model.fc = nn.Linear(8 * width, num_classes)
    for layer in (model.layer2, model.layer3, model.layer4):
        shortcut = layer[0].downsample
        if shortcut[0].in_channels < ONEDNN_BLOCK:
            shortcut[0] = skip_init(HalvingConvolution, shortcut[0].in_channels, shortcut[0].out_channels, 1, stride=2, bias=False)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


class AttributeClassifier(nn.Module):
    """Paper B's frozen classifier at 28x28: two convolutions, two linear layers, dropout; no normalisation."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = ImageConvolution(1, 16, 5)
        self.conv2 = nn.Conv2d(16, 32, 5, padding=2)
        self.hidden = nn.Linear(32 * 7 * 7, 128)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(128, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.relu(F.max_pool2d(self.conv1(x), 2))
        h = F.relu(F.max_pool2d(self.conv2(h), 2))
        return self.output(self.dropout(F.relu(self.hidden(h.flatten(1)))))


class LinearClassifier(nn.Module):
    """Paper B's weakest frozen classifier: one linear layer on the values of an image in [-1, 1]; 28x28 grey ones unless `values` says."""

    def __init__(self, num_classes: int = 10, *, values: int = 28 * 28):
        super().__init__()
        self.output = nn.Linear(values, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(x.flatten(1))


class Judge(nn.Module):
    """An independent digit classifier; `features` (N, 128) are the space of digit-FID, KID and precision / recall."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24))
        self.down1 = nn.Sequential(nn.Conv2d(24, 48, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(48))
        self.same1 = nn.Sequential(nn.Conv2d(48, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48))
        self.down2 = nn.Sequential(nn.Conv2d(48, 96, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(96))
        self.same2 = nn.Sequential(nn.Conv2d(96, 96, 3, padding=1, bias=False), nn.BatchNorm2d(96))
        self.embed = nn.Conv2d(96, 128, 3, padding=1)
        self.output = nn.Linear(128, num_classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        h = F.relu(self.down1(F.relu(self.stem(x))))
        h = F.relu(h + self.same1(h))
        h = F.relu(self.down2(h))
        h = F.relu(h + self.same2(h))
        return F.relu(self.embed(h)).mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.features(x))
