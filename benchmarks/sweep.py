"""What a sweep costs beyond its solves: overhead per draw, two workers against one, draws of `tripp`.

Usage: python benchmarks/sweep.py [--tripp DRAWS]. Ratios are medians of pairs measured in turn.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import sweep_loads
from isthmus.trust.sweep import Ask, LocalEngine, Plan, SolveUnit, create_store, make_plan, run_sweep
from isthmus.trust.sweep.unit import solve_unit


def clock(plan: Plan, unit: SolveUnit, workers: int) -> tuple[float, float]:
    """Return wall and CPU seconds (workers included) of a whole sweep in a fresh store."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(create_store(Path(folder) / "sweep", plan), LocalEngine(workers), unit)
    wall, own = time.perf_counter() - started, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, own + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--tripp", type=int, default=4, help="draws of tripp that are solved")
    asked = words.parse_args()
    print(f"machine: {platform.node()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} of 1 minute")
    toy = make_plan(Ask(scenarios=("tripp",), world="toy", draws=1999, batch=50))
    small = dataclasses.replace(toy, draws=49)

    clock(small, sweep_loads.nothing, 1)  # what is read from disk for the first time
    base, base_cpu = clock(small, sweep_loads.nothing, 1)
    wall, cpu = clock(toy, sweep_loads.nothing, 1)
    extra = 2000 - 50
    print(
        f"overhead per draw (2,000 draws in batches of 50, one worker, start of the pool taken out): "
        f"{1e3 * (wall - base) / extra:.2f} ms wall, {1e3 * (cpu - base_cpu) / extra:.2f} ms CPU"
    )

    busy = dataclasses.replace(toy, draws=399, batch=10)
    ratios = []
    for turn in range(3):
        one, two = clock(busy, sweep_loads.spin, 1)[0], clock(busy, sweep_loads.spin, 2)[0]
        ratios.append(one / two)
        print(f"400 draws of 60 ms, pair {turn + 1}: one worker {one:.1f} s, two {two:.1f} s, "
              f"ratio {one / two:.2f}, load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
    print(f"two workers against one, median of pairs: {statistics.median(ratios):.2f}")

    plan = make_plan(Ask(scenarios=("tripp",), draws=asked.tripp, batch=1, route_draws=2))
    wall, cpu = clock(plan, solve_unit, 2)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    n = asked.tripp + 1
    print(
        f"tripp, long horizon, 2 route draws: {n} draws on two workers in {wall:.0f} s wall, "
        f"{cpu / n:.1f} s CPU a draw (start of workers included), {peak:.2f} GB largest worker"
    )
    if n < 1000:
        print(f"1,000 draws on two quiet cores, extrapolated from CPU per draw: {1000 * cpu / n / 2 / 60:.0f} minutes")


if __name__ == "__main__":
    sys.exit(main())
