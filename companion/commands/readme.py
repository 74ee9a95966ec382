"""The pages include saved tables, and the examples say what to expect.

make readme

What stands between <!-- include: results/reference/digits/tables/table1.md --> and <!-- /include --> is replaced by that file; in an example,
what stands after `# expected (name):` by the number that bench/examples.py recorded. Nothing is computed. A test fails where a page disagrees.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from companion.support.paths import REFERENCE, ROOT
from paperlib.support.files import replacing

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), REFERENCE / "digits" / "README.md")
EXAMPLES = tuple(sorted((ROOT / "examples").glob("*.py")))
EXPECTED = re.compile(r"# expected \(([^)\n]+)\):[^\n]*")


def with_includes(page: str, root: Path = ROOT) -> str:
    """The text of a page with what it includes. ValueError for a file that is not under root, and for an include without its end."""
    text, *includes = re.split(r"<!-- include: (\S+) -->\n", page)
    for name, rest in zip(includes[::2], includes[1::2], strict=True):
        if not (root / name).is_file():
            raise ValueError(f"a page includes {name}, which is not there; write the file, or correct the name.")
        _, end, after = rest.partition("<!-- /include -->")
        if not end:
            raise ValueError(f"the include of {name} has no end; write <!-- /include --> below it.")
        text += f"<!-- include: {name} -->\n{(root / name).read_text().strip()}\n{end}{after}"
    return text


def with_expected(example: str, values: Mapping[str, str]) -> str:
    """The text of an example with new values in its lines `# expected (name): ...`; a name without a value is left as it is."""
    return EXPECTED.sub(lambda line: f"# expected ({line[1]}): {values[line[1]]}" if line[1] in values else line[0], example)


def written() -> dict[Path, str]:
    """Every page and example -> what it should hold."""
    accuracy = json.loads((REFERENCE / "examples.json").read_text())["accuracy"]
    values = {name: f"{share:.1%}" for name, share in accuracy.items()}
    return {page: with_includes(page.read_text()) for page in PAGES} | {path: with_expected(path.read_text(), values) for path in EXAMPLES}


def main() -> int:
    try:
        texts = written()
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for path, text in texts.items():
        with replacing(path) as temporary:
            temporary.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
