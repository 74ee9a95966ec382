"""The numbers in README.md, written between its markers from the committed reference records.

python -m paperlib.commands.readme            # a test fails if README.md and the records disagree
"""

import json
import re
from pathlib import Path

import pandas as pd

from paperlib import profiles
from paperlib.experiment import found
from paperlib.records import Record
from paperlib.report import conditioning, diversity, evaluation, hard_samples, image_quality, mining, r_sweep, table1
from paperlib.support.paths import REFERENCE, ROOT

README = ROOT / "README.md"
PAPERS = (table1, r_sweep, hard_samples, conditioning, evaluation, image_quality)


def blocks(profile: str = "digits") -> dict[str, str]:
    """Marker name -> the Markdown that belongs there."""
    runs = found(profiles.load(profile), REFERENCE / profile)
    curve = r_sweep.table(runs)
    curve = curve.assign(BNA=curve["BNA"].map({True: "x", False: ""}))
    return {
        "times": times(),
        "bench": "\n\n".join(bench(path) for path in sorted((REFERENCE / "bench").glob("*.json"))),
        "evaluation": evaluation.table(runs).drop(columns=["images", "features"]).to_markdown(index=False, floatfmt=".4g"),
        "table1": markdown(table1.table(runs)),
        "gap": table1.gap_sentence(runs),
        "sweep": markdown(curve),
        "conditioning": conditioning.table(runs).to_markdown(index=False),
        "diversity": diversity_table(runs),
        "past_b": text(diversity.sentences(runs)),
        "past_a": text(mining.sentences(runs)),
        "findings": text([line for subject in PAPERS for line in subject.sentences(runs)]),
    }


def text(lines: list[str]) -> str:
    return "```text\n" + "\n".join(lines) + "\n```"


def diversity_table(found: list[Record]) -> str:
    """Accuracy, variety and cost of every method past paper B, in one table."""
    table, costs = diversity.table(found), diversity.costs(found)
    cells = {"method": table["method"], "w": [f"{w:g}" for w in table["w"]]}
    for name in ("judge", "variance", "coverage"):
        cells[f"{name} %"] = [f"{mean:.1f} ± {half:.1f}" for mean, half in zip(table[f"{name} %"], table[f"{name} ±"], strict=True)]
    cells |= {
        name: [f"{value:.3g}" if value < 100 else f"{value:.0f}" for value in costs[name]]
        for name in ("seconds to fit", "µs a latent", "µs an image")
    }
    cells |= {"times cheaper": [f"{value:.1f}" for value in costs["times cheaper"]], "n": table["n"]}
    return pd.DataFrame(cells).to_markdown(index=False, disable_numparse=True)


def times() -> str:
    """What `make times` measured."""
    path = REFERENCE / "times.json"
    if not path.exists():
        return "Not measured yet: `make times`."
    found = json.loads(path.read_text())
    reproduce, test = (f"{found[name] / 60:.1f} minutes" for name in ("reproduce", "test"))
    where = f"Measured after the install on {found['cores']} cores ({found['processor']})"
    return f"{where}: `make reproduce` {reproduce} with {found['seeds']} seeds, `make test` {test}."


def bench(path: Path) -> str:
    """One device's table of `make bench`, and what the imagenet10 profile would take there."""
    found = json.loads(path.read_text())
    rows = [
        {
            "task": row["task"],
            "network": row["what"],
            "images a second": f"{row['rate']:.3g}",
            "times upstream": f"{row['ratio']:.2f}" if row["ratio"] else "-",
            "largest error": f"{row['error']:.1e}" if row["error"] else "-",
        }
        for row in found["rows"]
    ]
    device = f"{found['device']}, {found['threads']} threads, batch {found['batch']}, torch {found['torch']}"
    days = found["imagenet10"]["total"] / 86400
    return (
        f"{device}:\n\n{pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)}\n\n"
        f"Generation runs at {100 * found['share_of_matrix_rate']:.0f} % of the measured matrix rate; the whole `imagenet10` profile, one seed, "
        f"would take {days:.1f} days there."
    )


def markdown(table: pd.DataFrame) -> str:
    """The table with mean and interval in one cell, and a dash where the paper gives no number."""
    ours = [f"{mean:.1f} ± {half:.1f}" for mean, half in zip(table["ours"], table["± 95 %"], strict=True)]
    theirs = ["-" if pd.isna(value) else f"{value:.1f}" for value in table["paper"]]
    return table.assign(ours=ours, paper=theirs).drop(columns="± 95 %").to_markdown(index=False)


def render(text: str, contents: dict[str, str]) -> str:
    """`text` with everything between <!-- name --> and <!-- /name --> replaced; KeyError if a marker is missing."""
    for name, content in contents.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        found = re.search(f"{begin}.*?{end}", text, re.DOTALL)
        if found is None:
            raise KeyError(f"README.md lacks the markers {begin} ... {end}")
        text = text[: found.start()] + f"{begin}\n{content}\n{end}" + text[found.end() :]
    return text


if __name__ == "__main__":
    README.write_text(render(README.read_text(), blocks()))
