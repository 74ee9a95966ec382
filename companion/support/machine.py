"""What a run was computed on."""

import platform
from pathlib import Path


def processor_name() -> str:
    """The processor's model, as the system names it."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0] if names else platform.processor() or platform.machine()
