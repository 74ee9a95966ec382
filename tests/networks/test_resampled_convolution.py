import torch
import torch.nn.functional as F

from paperlib.networks.resampled_convolution import convolve_and_halve, double_and_convolve


def test_both_are_the_same_function_and_have_the_same_gradients():
    torch.manual_seed(0)
    h = torch.randn(2, 3, 6, 8, dtype=torch.double, requires_grad=True)
    w, b = torch.randn(5, 3, 3, 3, dtype=torch.double, requires_grad=True), torch.randn(5, dtype=torch.double, requires_grad=True)
    pairs = (
        (convolve_and_halve(h, w, b), F.avg_pool2d(F.conv2d(h, w, b, padding=1), 2)),
        (double_and_convolve(h, w, b), F.conv2d(F.interpolate(h, scale_factor=2), w, b, padding=1)),
    )
    for ours, plain in pairs:
        torch.testing.assert_close(ours, plain)
        weights = torch.randn_like(plain)
        for a, c in zip(*(torch.autograd.grad((x * weights).sum(), (h, w, b), retain_graph=True) for x in (ours, plain)), strict=True):
            torch.testing.assert_close(a, c)
