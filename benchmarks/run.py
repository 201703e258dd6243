"""Wall and CPU seconds and peak memory of `isthmus run tripp`: first run (empty cache), warm run, load alone.

Usage: python benchmarks/run.py [WORLD]. The warm run is compared with the first in the same run.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time


def measure(words: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Return wall and CPU seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(words, env=env, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    world = sys.argv[1] if len(sys.argv) > 1 else "eurasia-2022"
    run = [sys.executable, "-m", "isthmus.cli", "run", "tripp", "--quiet", "--world", world]
    load = [sys.executable, "-c", f"import isthmus as ist; ist.load_world({world!r})"]
    about = (
        f"{platform.node()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    print(f"machine: {about}")
    with tempfile.TemporaryDirectory() as cache:
        env = os.environ | {"ISTHMUS_CACHE": cache, "OPENBLAS_NUM_THREADS": "1"}
        first, _ = measure(run, env)
        print(f"first run (empty cache): {first:.1f} s wall")
        warm = [measure(run, env) for _ in range(3)]
        wall, cpu = sorted(w for w, _ in warm)[1], sorted(c for _, c in warm)[1]
        print(f"warm run, median of 3: {wall:.1f} s wall, {cpu:.1f} s CPU; first / warm {first / wall:.2f}")
        loads = sorted(measure(load, env)[0] for _ in range(3))[1]
        print(f"import and load, median of 3: {loads:.2f} s wall")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"peak memory: {peak:.2f} GB")


if __name__ == "__main__":
    main()
