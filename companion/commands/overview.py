"""What the pages include beside the tables of the notebooks, written from committed files: the short tables, the cards, the strip of pictures.

python -m companion.commands.overview          # part of make readme
"""

from companion.commands import strip, weight_cards
from companion.experiment import found
from companion.profiles import DIGITS
from companion.report.files import save_markdown
from companion.results import overview
from companion.support.paths import REFERENCE


def texts() -> dict[str, str]:
    """Path in results/reference -> Markdown."""
    return {**overview.texts(REFERENCE), "overview/weights.md": weight_cards.cards()}


if __name__ == "__main__":
    for name, text in texts().items():
        save_markdown(text, REFERENCE / name)
    strip.write(found(DIGITS, REFERENCE / "digits"), REFERENCE / "digits" / "figures" / "strip.png")
