"""What the pages include beside the tables of the notebooks, written from committed files: the short tables, the cards, the strip of pictures.

python -m companion.commands.overview          # part of make readme
"""

import subprocess

from companion.commands import strip, weight_cards
from companion.experiment import found
from companion.profiles import DIGITS
from companion.report.files import save_markdown
from companion.results import overview
from companion.support.paths import REFERENCE, ROOT


def clone() -> str:
    """What `git clone --depth 1` brings, to five megabytes."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sizes = {name: (ROOT / name).lstat().st_size / 1e6 for name in listed.split("\0") if (ROOT / name).is_file()}

    def megabytes(folder: str) -> int:
        return 5 * round(sum(size for name, size in sizes.items() if name.startswith(folder)) / 5)

    return (
        f"`git clone --depth 1` leaves out the history. The checkout has {megabytes('')} MB: {megabytes('results/')} MB of committed results, "
        f"{megabytes('paperlib/pretrained/')} MB of weights."
    )


def texts() -> dict[str, str]:
    """Path in results/reference -> Markdown."""
    return {**overview.texts(REFERENCE), "overview/weights.md": weight_cards.cards(), "overview/clone.md": clone()}


if __name__ == "__main__":
    for name, text in texts().items():
        save_markdown(text, REFERENCE / name)
    strip.write(found(DIGITS, REFERENCE / "digits"), REFERENCE / "digits" / "figures" / "strip.png")
