"""The numbers in README.md, written between its markers from the committed reference records.

python -m paperlib.readme            # a test fails if README.md and the records disagree
"""

import re

from paperlib import records, report

README = records.ROOT / "README.md"


def blocks(profile: str = "digits") -> dict[str, str]:
    """Marker name -> the Markdown that belongs there."""
    found = records.find(profile, folder=records.REFERENCE / profile)
    table = report.table1(found)
    shown = table.assign(ours=[f"{m:.1f} ± {h:.1f}" for m, h in zip(table["ours"], table["± 95 %"], strict=True)]).drop(columns=["± 95 %"])
    curve = report.sweep(found)
    curve = curve.assign(ours=[f"{m:.1f} ± {h:.1f}" for m, h in zip(curve["ours"], curve["± 95 %"], strict=True)]).drop(columns=["± 95 %"])
    curve = curve.assign(
        paper=["-" if p != p or p is None else f"{p}" for p in curve["paper"]], BNA=["x" if b else "" for b in curve["BNA"]]
    )
    return {
        "table1": shown.to_markdown(index=False),
        "gap": f"The long column closes {report.gap_closed(found):.0f} % of the gap between the baseline and real images.",
        "sweep": curve.to_markdown(index=False),
        "conditioning": report.conditioning(found).to_markdown(index=False),
    }


def render(text: str, contents: dict[str, str]) -> str:
    """`text` with everything between <!-- name --> and <!-- /name --> replaced; KeyError if a marker is missing."""
    for name, content in contents.items():
        pattern = re.compile(rf"(<!-- {name} -->).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise KeyError(f"README.md has no marker <!-- {name} -->")
        text = pattern.sub(lambda m, c=content: f"{m[1]}\n{c}\n{m[2]}", text)
    return text


if __name__ == "__main__":
    README.write_text(render(README.read_text(), blocks()))
