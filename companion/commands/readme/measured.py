"""What `make times`, `make bench` and the scripts in bench/ found."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.commands.readme.tables import formatted, with_half_width
from companion.report import sampling_costs
from companion.report.method_names import METHODS
from companion.support.paths import REFERENCE

# of results/reference/bench: those that are no table of speeds
CHECKS = ("bna_shift", "engine", "explorer", "records", "residual_biggan", "rivals", "sampling", "warm_start")


def times() -> str:
    """What `make times` measured."""
    path = REFERENCE / "times.json"
    if not path.exists():
        return "Not measured yet: `make times`."
    found = json.loads(path.read_text())
    minutes = {name: f"{found[name] / 60:.0f} minutes" for name in ("reproduce", "test", "avx2") if name in found}
    told = [
        f"Measured after the install on {found['cores']} cores ({found['processor']}): `make reproduce` {minutes['reproduce']} with {found['seeds']} "
        f"seeds, `make test` {minutes['test']}."
    ]
    if "avx2" in minutes:
        told.append(
            f"With the kernels of an older CPU, on the same machine (`ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2`), `make reproduce` takes "
            f"{minutes['avx2']}: expect that, or more, of a laptop of 2017."
        )
    return " ".join([*told, explorer()])


def explorer() -> str:
    """What bench/explorer.py found."""
    path = REFERENCE / "bench" / "explorer.json"
    if not path.exists():
        return "The explorer is not measured yet: `make bench`."
    views = json.loads(path.read_text())["milliseconds"].values()
    return f"In the explorer, notebook 08, the picture of a moved slider takes {max(view['median'] for view in views):.0f} ms in the slowest view (median)."


def residual_biggan(path: Path = REFERENCE / "bench" / "residual_biggan.json") -> str:
    """What bench/residual_biggan.py found."""
    if not path.exists():
        return "Not measured yet: `python bench/residual_biggan.py`."
    found = json.loads(path.read_text())
    gains = (
        f"with {row['base_channels']} base channels {row['generation_ratio']:.1f} times as fast as its layers, and {row['gradient_ratio']:.1f} times with "
        "the gradient in z"
        for row in found["rows"]
    )
    return f"On one thread ({found['device']}, {found['instructions']}): {'; '.join(gains)}."


def warm_start_check() -> str:
    """What `make check-warm-start` found."""
    path = REFERENCE / "bench" / "warm_start.json"
    if not path.exists():
        return "Not checked yet: `make check-warm-start`."
    found = json.loads(path.read_text())
    shares = [row["teacher"] for row in found["rows"]]
    reached = sum(share >= found["asked"] for share in shares)
    return (
        f"At least {found['asked']} % by the teacher over all draws: {reached} of {len(shares)} seeds; the lowest reaches {min(shares):.2f} %, "
        f"{min(row['worst attribute'] for row in found['rows']):.2f} % in the worst attribute of any."
    )


def bna_shift(path: Path = REFERENCE / "bench" / "bna_shift.json") -> str:
    """What bench/bna_shift.py found: a row a generator, mean over seeds; every seed's gain."""
    if not path.exists():
        return "Not measured yet: `python bench/bna_shift.py`."
    rows = []
    for (data, step), seeds in pd.json_normalize(json.loads(path.read_text())["rows"]).groupby(["data", "step"], sort=False):
        cells = {"data": data, "generator after": f"{step:,} steps"}
        for name, of in (("generated", "generated"), ("as many real", "real, as many")):
            means, variances = seeds[f"{of}.means"].mean(), np.expm1(seeds[f"{of}.variances"].mean())
            cells |= {f"{name}: means": f"{means:.3f}", f"{name}: variances": f"{100 * variances:.1f} %"}
        gains = seeds["accuracy with BNA"] - seeds["accuracy"]
        rows.append(
            cells | {"accuracy %": f"{seeds['accuracy'].mean():.1f}", "BNA adds (each seed)": "/".join(gains.map("{:+.1f}".format))}
        )
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)


def engine() -> str:
    """What bench/engine.py and bench/records.py found."""
    paths = [REFERENCE / "bench" / f"{name}.json" for name in ("engine", "records")]
    if not all(path.exists() for path in paths):
        return "Not measured yet: `make bench`."
    found, read = (json.loads(path.read_text()) for path in paths)
    rows = [
        {"records in the folder": int(name.removeprefix("records_"))} | {f"on {n}": f"{times[f'run_{n}']:.1f} ms" for n in (1, 2, 4)}
        for name, times in found.items()
        if name.startswith("records_")
    ]
    start = max(times[name] for times in found.values() if isinstance(times, dict) for name in times if name.startswith("start"))
    stops = ", ".join(
        f"{name} {found[key]:.1f} s" for name, key in (("Ctrl-C", "ctrl_c"), ("SIGTERM", "sigterm"), ("kill -9 of the parent", "kill_9"))
    )
    return "\n\n".join(
        [
            f"On {found['cores']} cores ({found['processor']}), what a run costs beside the run itself, on 1, 2 and 4 workers:",
            pd.DataFrame(rows).to_markdown(index=False),
            f"Workers are there after {start:.1f} s at most; each imports the library once, in {found['import']:.1f} s. "
            f"From the signal until no process is left: {stops}. "
            f"{read['records']:,} records are read in {read['seconds']:.1f} s; the slowest table takes {read['slowest_table_seconds']:.1f} s, all of them "
            f"{read['tables_seconds']:.1f} s and {read['peak_mib']} MiB.",
        ]
    )


def sampling(path: Path = REFERENCE / "bench" / "sampling.json", speeds: Path = REFERENCE / "bench" / "amd-epyc.json") -> str:
    """What bench/sampling.py found, and what it means for a large generator, whose pass `make bench` timed."""
    if not path.exists():
        return "Not measured yet: `python bench/sampling.py`."
    found = json.loads(path.read_text())
    table = sampling_costs.by_share(found["rows"], METHODS)
    cells = table.assign(
        **{
            "share %": formatted(table["share %"], ".3g"),
            "passes an image": formatted(table["passes an image"], ",.3g"),
            "as asked %": formatted(table["as asked %"], ".1f"),
        },
        **{"ms an image": [with_half_width(ms.mean, ms.half_width, ".2f") for ms in table["ms an image"]]},
        **{name: formatted(table[name], ",.0f") for name in ("pays after (images), by passes", "by seconds")},
    )
    where = f"At w = {found['prior_weight']:g}, on one thread of {found['processor']}, {found['n']} images an attribute."
    return "\n\n".join([where, cells.to_markdown(index=False, disable_numparse=True), *_on_a_large_generator(table, found, speeds)])


def _on_a_large_generator(table: pd.DataFrame, found: Mapping[str, Any], speeds: Path) -> list[str]:
    if not speeds.exists():
        return []
    bench = json.loads(speeds.read_text())
    rate = next(row["rate"] for row in bench["rows"] if (row["task"], row["what"]) == ("generation", "ours, float32"))
    rare = table[table["workload"] == "1 %"].set_index("method")["passes an image"]
    each = "; ".join(f"{method} {passes / rate:.2g} s" for method, passes in rare.items() if np.isfinite(passes))
    if not each:
        return []
    return [
        f"BigGAN-deep-128 makes {rate:.0f} images a second on {bench['threads']} threads of {bench['device']} (float32, `make bench`). By these passes, "
        f"an image of an attribute of 1 % costs there: {each}; and the fit {found['draws'] / rate / 3600:.1f} hours."
    ]


def rivals(path: Path = REFERENCE / "bench" / "rivals.json") -> str:
    """What bench/rivals.py found: a row a candidate; variance and coverage as shares of the truth's; and how long each method was tuned."""
    if not path.exists():
        return "Not measured yet: `python bench/rivals.py`."
    found = json.loads(path.read_text())
    rows = sorted(found["rows"], key=lambda row: row["method"])
    truth = next(row for row in rows if row["config"] == {"kind": "rejection", "prior_weight": 1.0})
    table = [
        {
            "method": row["method"],
            "w": f"{row['w']:g}",
            "setting": ", ".join(
                f"{k} {v:g}"
                for k, v in row["config"].items()
                if k in ("step_size", "steps", "components", "tuned", "labelled", "epochs") and v
            ),
            "judge %": f"{100 * row['judge_accuracy']:.1f}",
            "second judge %": f"{100 * row['second_judge_accuracy']:.1f}",
            **{
                f"{name} %": f"{100 * row[key] / truth[key]:.0f}"
                for name, key in (("variance", "pixel_variance"), ("coverage", "truth_coverage"))
            },
            "passes to fit": f"{row['passes to fit']:,.0f}",
            "passes an image": f"{row['passes an image']:,.0f}",
            "seconds to fit": f"{row['fit_seconds']:.0f}",
        }
        for row in rows
    ]
    spent: dict[str, list[float]] = {}
    for row in rows:
        made = found["per_attribute"] * found["attributes"] * row["image_seconds"]
        spent.setdefault(row["method"], []).append(row["fit_seconds"] + made)
    told = "; ".join(f"{method} {len(s)}, {sum(s) / 60:.0f} minutes" for method, s in spent.items())
    return f"{pd.DataFrame(table).to_markdown(index=False, disable_numparse=True)}\n\nCandidates of each method, and how long all of them took: {told}."


def benches(folder: Path) -> str:
    """The tables of all devices."""
    return "\n\n".join(bench(path) for path in sorted(folder.glob("*.json")) if path.stem not in CHECKS)


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
        f"Generation runs at {100 * found['share_of_matrix_rate']:.0f} % of the speed of a plain matrix product there; the whole `imagenet10` "
        f"profile, one seed, would take {days:.1f} days."
    )
