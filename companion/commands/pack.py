"""The last step of `make reference`: finished results become what is committed, for reading and comparing.

python -m companion.commands.pack --profile digits          # in the results folder that PAPERLIB_RESULTS names

Records become one file of JSON lines. Of pictures, those that the README's strip is made of stay, for figures show the others; of executed
notebooks, those of the digits; no report.html.
"""

import argparse
import shutil
from pathlib import Path

from companion import profiles, records
from companion.profiles import DIGITS
from companion.support.paths import Paths

PICTURES_OF = ("conditioning", "hard_samples")


def pack(folder: Path, keep_notebooks: bool) -> None:
    """folder: a profile's results folder."""
    if (folder / "records").is_dir():
        records.pack(folder, PICTURES_OF)
    (folder / "report.html").unlink(missing_ok=True)
    if not keep_notebooks:
        shutil.rmtree(folder / "notebooks", ignore_errors=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", required=True)
    profile = profiles.load(parser.parse_args(arguments).profile, Paths.from_environment())
    pack(profile.folder, keep_notebooks=profile.name == DIGITS.name)
    size = sum(path.stat().st_size for path in profile.folder.rglob("*") if path.is_file())
    print(f"{profile.folder}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
