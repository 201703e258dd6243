"""CPU seconds of a draw of `tripp` by part: drawing the world, its base, the changed network, trade, freight.

Usage: python benchmarks/draw.py [--draws N] [--queues held|off|solved]. The central base is solved first, if it is not
in the cache, and told apart. A base at held delays is told whole, and its passes and freight again.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import isthmus as ist
from isthmus.cache import scratch_cache
from isthmus.routing import base, held_base
from isthmus.solve import QUEUES, Settings, Warm, coupling, joint, prepare, solve_whole, warm
from isthmus.trust.draws import make_draw

#: (module, function, what it is told as); a function is timed wherever the module calls it.
PARTS = (
    (coupling, "find_base", "base with queues or none"),
    (base, "congest", "  of it the equilibrium"),
    (warm, "hold_base", "base at held delays"),
    (held_base, "hold_passes", "  of it the passes"),
    (held_base, "load_held", "  of it the freight"),
    (warm, "touch", "changed network from the passes"),
    (coupling, "reroute", "changed network, whole"),
    (coupling, "solve_trade", "trade"),
    (joint, "load_settled", "freight of the scenario"),
    (joint, "make_result", "tables"),
)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--draws", type=int, default=3)
    words.add_argument("--queues", choices=QUEUES, default="held")
    words.add_argument("--world", default="eurasia-2022")
    words.add_argument("--scenario", default="tripp")
    asked = words.parse_args()
    print(f"machine: {platform.node()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, queues {asked.queues}")
    world, scenario = ist.load_world(asked.world), ist.read_scenario(asked.scenario)
    tastes = ist.RoutingSettings(draws=2, threads=1)
    settings = Settings(routing=tastes, compare_closures=False, compare_chokes=False, queues=asked.queues)
    started = time.process_time()
    central = prepare(world, scenario, settings=settings, horizon="long").base
    print(f"central base, once: {time.process_time() - started:.1f} s CPU", flush=True)
    spent: dict[str, float] = defaultdict(float)
    for module, name, told in PARTS:
        setattr(module, name, timed(getattr(module, name), told, spent))
    for number in range(1, asked.draws + 1):
        spent.clear()
        with scratch_cache():
            started = time.process_time()
            drawn = make_draw(world, settings, horizon="long", number=number, seed=0)
            spent["drawing the world"] = time.process_time() - started
            shared = None if asked.queues == "solved" else Warm(central)
            solve_whole(drawn.world, scenario, settings=drawn.settings, horizon="long", warm=shared)
        parts = "; ".join(f"{told.strip()} {seconds:.2f}" for told, seconds in spent.items())
        print(f"draw {number}: {time.process_time() - started:.1f} s CPU: {parts}", flush=True)


def timed(function: Callable[..., Any], told: str, spent: dict[str, float]) -> Callable[..., Any]:
    """Return the function with its CPU seconds added up under a name."""

    def run(*words: Any, **more: Any) -> Any:
        started = time.process_time()
        try:
            return function(*words, **more)
        finally:
            spent[told] += time.process_time() - started

    return run


if __name__ == "__main__":
    sys.exit(main())
