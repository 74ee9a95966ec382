import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder of this test's own."""
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path))
    return tmp_path
