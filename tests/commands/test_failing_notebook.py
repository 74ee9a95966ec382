"""The message of a notebook that fails names it, and the file to look at."""

import papermill
import pytest

from companion.commands import reproduce


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(["--only", "02_r_sweep"], "02_r_sweep"), (["--only", "06_diversity"], "06_diversity"), (["--pretrain"], reproduce.PRETRAIN)],
)
def test_the_message_names_the_notebook(results, monkeypatch, capsys, arguments, name):
    def fail(source, target, *_, **__):
        target.write_text("as far as it came")
        raise papermill.PapermillExecutionError(3, 2, "1 / 0", "ZeroDivisionError", "division by zero", [])

    monkeypatch.setattr(papermill, "execute_notebook", fail)
    monkeypatch.setattr(reproduce, "check_parts", lambda profile: None)
    monkeypatch.chdir(results)
    assert reproduce.main(["--profile", "smoke", *arguments]) == 1
    kept = f"smoke/notebooks/{name}.failed.ipynb"
    assert capsys.readouterr().err == f"error: notebook {name}, kept as {kept}: ZeroDivisionError: division by zero\n"
    assert (results / kept).read_text() == "as far as it came"
