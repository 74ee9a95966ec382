"""A notebook's parameters are checked before any work."""

import pytest

from companion.support.notebooks import check_notebook_parameters
from paperlib.checks import ConfigError


def test_notebook_parameters():
    good = {"r": 1, "seeds": 2, "In": ["", "r: float = 0.5", "# Parameters\nr = 1\nseeds = 2\n"]}
    check_notebook_parameters(good, r=float, seeds=int)
    with pytest.raises(ConfigError, match="'rr': this notebook has no such parameter; it takes r, seeds"):
        check_notebook_parameters(good | {"In": ["# Parameters\nrr = 1\n"]}, r=float, seeds=int)
    with pytest.raises(ConfigError, match="r = 'half'"):
        check_notebook_parameters(good | {"r": "half"}, r=float, seeds=int)
    with pytest.raises(ConfigError, match="seeds = True"):
        check_notebook_parameters(good | {"seeds": True}, r=float, seeds=int)
    check_notebook_parameters({"r": None}, r=float | None)
