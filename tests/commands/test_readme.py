"""README.md against the committed records."""

from paperlib.commands import readme


def test_readme_repeats_the_committed_records():
    text = readme.README.read_text()
    assert readme.render(text, readme.blocks()) == text
