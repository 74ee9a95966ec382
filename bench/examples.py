"""What the two examples print, into results/reference/examples.json; `make readme` writes it beside the calls.

python bench/examples.py
"""

import importlib.util
import json
import time
from pathlib import Path

import torch

from companion.commands.doctor import device_name
from companion.support.paths import REFERENCE, ROOT
from paperlib.support.files import replacing

NAMES = {
    "paper_a": ("paper_a accuracy", "paper_a accuracy with BNA"),
    "paper_b": ("paper_b teacher", "paper_b judge"),
}


def run(path: Path) -> tuple[float, ...]:
    """What main() of an example returns."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main()


def main() -> None:
    accuracy: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for example, names in NAMES.items():
        start = time.perf_counter()
        accuracy |= dict(zip(names, run(ROOT / "examples" / f"{example}.py"), strict=True))
        seconds[example] = round(time.perf_counter() - start, 1)
    found = {
        "accuracy": accuracy,
        "seconds": seconds,
        "device": device_name(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    with replacing(REFERENCE / "examples.json") as path:
        path.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
