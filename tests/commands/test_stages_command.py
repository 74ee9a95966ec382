"""`make stages` says what is wrong before it trains anything."""

import pytest

from companion.commands import stages


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--seeds", "0"], "seeds = 0: use an integer from 1 to 100"), (["--seeds", "101"], "seeds = 101"), ([], "holds no CIFAR-10")],
)
def test_bad_input_stops_before_the_trainings(arguments, said, results, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PAPERLIB_CIFAR10", str(tmp_path / "nowhere"))
    monkeypatch.setattr(stages, "train_stages", lambda: pytest.fail("trained"))
    assert stages.main(arguments) == 2
    assert said in capsys.readouterr().err
