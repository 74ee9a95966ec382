"""The commit of a record: this checkout's own, or unknown."""

import subprocess

import pytest

from companion import calls


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, and the commit's name."""

    def git(*arguments):
        command = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "inside").mkdir()
    (tmp_path / "file").touch()
    git("add", "file")
    git("commit", "--quiet", "--message", "first")
    return tmp_path, git("rev-parse", "--short", "HEAD")


def commit(root, monkeypatch):
    monkeypatch.setattr(calls, "ROOT", root)
    return calls._provenance(1.0, workers=1)["commit"]


def test_a_checkout_names_its_commit_and_whether_it_was_changed(repository, monkeypatch):
    root, name = repository
    assert commit(root, monkeypatch) == name
    (root / "file").write_text("changed")
    assert commit(root, monkeypatch) == f"{name}-dirty"


def test_a_folder_inside_another_repository_has_no_commit(repository, monkeypatch):
    assert commit(repository[0] / "inside", monkeypatch) == "unknown"


def test_without_git_the_commit_is_unknown(repository, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    assert commit(repository[0], monkeypatch) == "unknown"
