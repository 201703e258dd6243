"""A scenario that touches few links, from the base in memory, against a full solve of the same in the same run.

    python benchmarks/resolve.py [SCENARIO ...]

Prints wall and CPU seconds of both, of their routing and loading alone, how many nodes were valued anew, the largest
differences of cost, flow, transit and real income, and the memory that all of it took. Delays are held at the base's.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

import isthmus as ist
from isthmus.solve import Settings, Warm, load_settled, prepare, settle

R = TypeVar("R")
SCENARIOS = ("tripp", "lars-closed", "cpc-outage", "suez-closed")


def timed(run: Callable[[], R]) -> tuple[R, float, float]:
    """Return what `run` returns, its wall and its CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = run()
    return out, time.perf_counter() - wall, time.process_time() - cpu


def quiet(_: str) -> None:
    """Tell nobody."""


def largest(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference over the largest value."""
    return float(np.abs(a - b).max(initial=0.0) / max(np.abs(a).max(initial=0.0), 1e-300))


def compare(world: ist.World, name: str, settings: Settings, warm: Warm) -> None:
    """Print one scenario both ways."""
    scenario = ist.read_scenario(name)
    full, wall, cpu = timed(lambda: ist.solve(world, scenario, settings=settings))
    quick, wall_2, cpu_2 = timed(lambda: ist.solve(world, scenario, settings=settings, warm=warm))
    print(f"{name:20} full    {wall:6.2f} s wall {cpu:6.2f} s CPU")
    print(f"{'':20} touched {wall_2:6.2f} s wall {cpu_2:6.2f} s CPU: {cpu / cpu_2:.1f} times less")
    states = []
    for kept in (None, warm):
        coupling = prepare(world, scenario, settings=settings, warm=kept)
        settled, _, cpu = timed(lambda c=coupling: settle(c, quiet))
        freight, _, cpu_2 = timed(lambda c=coupling, s=settled: load_settled(c, s))
        states.append((settled, freight))
        print(f"{'':20} routing and trade {cpu:5.2f} s CPU, loading {cpu_2:5.2f} s CPU")
    (a, freight_a), (b, freight_b) = states
    reached = np.isfinite(a.routing.cost)
    assert (reached == np.isfinite(b.routing.cost)).all()
    cost = np.abs(a.routing.cost[reached] / np.maximum(b.routing.cost[reached], 1e-9) - 1.0)
    cost = cost[a.routing.cost[reached] > 0]
    print(
        f"{'':20} nodes valued anew {100 * b.touched.share:.2f} %" if b.touched else f"{'':20} not touched: full",
        f"differences: cost {cost.max():.1e} relative, flow {largest(freight_a.flow, freight_b.flow):.1e},"
        f" transit {largest(freight_a.transit_usd_m, freight_b.transit_usd_m):.1e} (USD)"
        f" {largest(freight_a.transit_mt, freight_b.transit_mt):.1e} (t), new lines"
        f" {largest(freight_a.by_trip, freight_b.by_trip):.1e} of the largest,"
        f" real income {np.abs(full.real_income_change - quick.real_income_change).max():.1e}",
    )


def main() -> None:
    world, warm = ist.load_world("eurasia-2022"), Warm()
    settings = Settings(queues="held")
    first = ist.read_scenario("lars-closed")
    ist.solve(world, first, settings=settings, progress=print)
    _, wall, cpu = timed(lambda: ist.solve(world, first, settings=settings, warm=warm))
    print(f"first solve, which holds {warm.megabytes:.0f} MB of passes: {wall:.1f} s wall, {cpu:.1f} s CPU")
    for name in sys.argv[1:] or SCENARIOS:
        compare(world, name, settings, warm)
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
