import pytest
import torch

import paperlib._torchvision  # noqa: F401  (pytorch-fid imports torchvision by itself)

torch.set_num_threads(1)


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder of this test's own."""
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path))
    return tmp_path
