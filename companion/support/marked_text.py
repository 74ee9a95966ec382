"""Text files with parts that a program writes: blocks of Markdown, and expected values in Python files.

render("<!-- n -->\\nold\\n<!-- /n -->", {"n": "new"})         # the markers stay, what is between them is new
"""

import re
from collections.abc import Mapping
from pathlib import Path


def block_names(text: str) -> list[str]:
    """The names of a page's blocks. ValueError if a block has no end, or an end has no beginning."""
    begins, ends = re.findall(r"<!-- (\w+) -->", text), re.findall(r"<!-- /(\w+) -->", text)
    if begins != ends:
        raise ValueError(f"the blocks begin with {begins} and end with {ends}; give each <!-- name --> its <!-- /name -->.")
    return begins


def render(text: str, contents: Mapping[str, str]) -> str:
    """`text` with new contents in all of its blocks. ValueError if a block has no contents."""
    if unknown := set(block_names(text)) - set(contents):
        raise ValueError(f"block {', '.join(sorted(unknown))} is unknown; use one of {', '.join(sorted(contents))}.")
    return re.sub(r"<!-- (\w+) -->.*?<!-- /\1 -->", lambda m: f"<!-- {m[1]} -->\n{contents[m[1]]}\n<!-- /{m[1]} -->", text, flags=re.DOTALL)


def expected_lines(path: Path, values: Mapping[str, str]) -> str:
    """The text of an example with new values in its lines `# expected (name): ...`; a name without a value is left as it is."""
    line = re.compile(r"# expected \(([^)\n]+)\):[^\n]*")
    return line.sub(lambda m: f"# expected ({m[1]}): {values[m[1]]}" if m[1] in values else m[0], path.read_text())
