"""CPU time of N-1 per class and draw beside full solves of the same closures, and the largest difference.

Usage: python benchmarks/criticality.py [WORLD] [--class general] [--sample 40]

The full solve of one closure is the costs between all zones on the network without the link: it is run
for a sample of the closures and counted for all of them. Both sides run on one thread.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace

import numpy as np

import isthmus as ist
from isthmus.routing import CLOSURE_KINDS, POINTS, Closures, Routing, compute_criticality, find_base, list_closures
from isthmus.routing.choice import solve_routing
from isthmus.routing.graph import compile_graph
from isthmus.world.network import CLASSES, Network


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("world", nargs="?", default="eurasia-2022")
    parser.add_argument("--class", dest="klass", default="general")
    parser.add_argument("--sample", type=int, default=40)
    words = parser.parse_args()
    world = ist.load_world(words.world)
    base = find_base(world, ist.RoutingSettings(), print)
    settings = ist.RoutingSettings(draws=1, threads=1)
    network = only_class(world.network, CLASSES.index(words.klass))
    graph = compile_graph(network)
    cost = solve_routing(network, world.economies, settings, scale=base.scale).cost
    routing = Routing(network, world.economies, graph, settings, base.scale, cost)
    demand = np.zeros_like(base.demand)
    demand[CLASSES.index(words.klass)] = base.demand[CLASSES.index(words.klass)]
    print(f"{words.world}, {words.klass}, one draw, one thread, {(demand > 0).sum():,} pairs with freight")
    compute_criticality(routing, demand, list_closures(network, ["ferry"]))  # compiles
    for label, kinds in (("points", POINTS), ("all links", CLOSURE_KINDS)):
        report(label, routing, demand, list_closures(network, kinds), words.sample)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def report(label: str, routing: Routing, demand: np.ndarray, closures: Closures, sample: int) -> None:
    """Print times, ratio and the largest relative difference over a sample."""
    start = time.process_time()
    found = compute_criticality(routing, demand, closures)
    ours = time.process_time() - start
    cost = found.of(None)[:, :, 0].sum(axis=0)
    rng = np.random.default_rng(0)
    chosen = np.unique(np.concatenate([np.argsort(-cost)[:5], rng.choice(len(cost), min(sample, len(cost)), False)]))
    worst, naive = 0.0, 0.0
    for c in chosen:
        start = time.process_time()
        after = solve_without(routing, closures, int(c))
        naive += time.process_time() - start
        kept = np.isfinite(after) & np.isfinite(routing.cost) & (demand > 0)
        usd = float((demand[kept] * (after[kept] - routing.cost[kept])).sum())
        worst = max(worst, abs(usd - cost[c]) / max(abs(usd), 1.0))
    full = naive / len(chosen) * len(cost)
    print(
        f"{label}: {len(cost):,} closures, N-1 {ours:.1f} s CPU, full solves {full:,.0f} s CPU "
        f"({naive:.1f} s for {len(chosen)}), ratio {full / ours:.0f}; largest relative difference {worst:.1e}"
    )


def solve_without(routing: Routing, closures: Closures, closure: int) -> np.ndarray:
    """Return costs (class, zone, zone) of the network without a closure's links."""
    shut = replace(routing.network, open=routing.network.open & (closures.of_link != closure))
    return solve_routing(shut, routing.economies, routing.settings, scale=routing.scale).cost


def only_class(network: Network, klass: int) -> Network:
    """Return the network with zones that receive one class alone: other classes cost nothing to solve."""
    weight = np.zeros_like(network.zones.destination_weight)
    weight[klass] = network.zones.destination_weight[klass]
    return replace(network, zones=replace(network.zones, destination_weight=weight))


if __name__ == "__main__":
    main()
