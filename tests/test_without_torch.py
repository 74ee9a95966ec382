"""Records are read, and tables and figures drawn, without torch: none of these modules imports it, however deep."""

import json
import subprocess
import sys

from companion.support.paths import ROOT

READERS = ["records", "frames", "stats", "claims", "verdicts", "quantities", "printed_numbers", "results", "report"]
IMPORT_ALL = """
import importlib, json, pkgutil, sys

read = []
for name in sys.argv[1:]:
    module = importlib.import_module(f"companion.{name}")
    inside = [f"{module.__name__}.{found.name}" for found in pkgutil.iter_modules(getattr(module, "__path__", []))]
    read += [module.__name__, *(importlib.import_module(inner).__name__ for inner in inside)]
print(json.dumps([read, [name for name in ("torch", "torchvision") if name in sys.modules]]))
"""


def test_what_reads_records_imports_no_torch():
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL, *READERS], cwd=ROOT, capture_output=True, text=True, check=True)
    read, needless = json.loads(done.stdout)
    assert {"companion.results.table1", "companion.report.pages", "companion.quantities"} <= set(read)
    assert needless == []
