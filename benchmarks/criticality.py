"""CPU time of N-1 and N-2 per class and draw beside full solves of the same closures, and the largest difference.

Usage: python benchmarks/criticality.py [WORLD] [--class general] [--sample 40] [--destinations 0] [--among 300]
    [--parts links,pairs]

The full solve of one closure is the costs from all zones on the network without the link: it is run for a
sample of the closures and counted for all of them. Only its compiled passes are timed; graph, costs and
tastes are laid out once. Differences are relative to the extra cost, at least USD 100 a year: below that the
rounding of the full solves shows. Both sides run on one thread, towards all destinations or the same random ones.
Pairs are those of the dearest points, which are always closed first.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from typing import Literal

import numpy as np

import isthmus as ist
from isthmus.routing import (
    CLOSURE_KINDS,
    POINTS,
    Closures,
    Criticality,
    Routing,
    compute_criticality,
    find_base,
    kernels,
    list_closures,
    pick_closures,
)
from isthmus.routing.choice import solve_routing
from isthmus.routing.cost import draw_factors, generalised_cost
from isthmus.routing.graph import arc_masks, compile_graph, select_arcs, zone_masks
from isthmus.world.network import CLASSES, Network


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("world", nargs="?", default="eurasia-2022")
    parser.add_argument("--class", dest="klass", default="general")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--destinations", type=int, default=0, help="random ones; 0: all")
    parser.add_argument("--among", type=int, default=300, help="points whose pairs are closed")
    parser.add_argument("--parts", default="links,pairs", help="what to print beside the points")
    words = parser.parse_args()
    parts = words.parts.split(",")
    world = ist.load_world(words.world)
    base = find_base(world, ist.RoutingSettings(), print)
    settings = ist.RoutingSettings(draws=1, threads=1)
    klass = CLASSES.index(words.klass)
    goals = np.flatnonzero((base.demand[klass] > 0).any(axis=0))
    if 0 < words.destinations < goals.size:
        goals = np.random.default_rng(0).choice(goals, words.destinations, replace=False)
    network = only(world.network, klass, goals)
    graph = compile_graph(network)
    cost = solve_routing(network, world.economies, settings, scale=base.scale, delay=base.delay).cost
    routing = Routing(network, world.economies, graph, settings, base.scale, cost, base.delay)
    demand = np.zeros_like(base.demand)
    demand[klass][:, goals] = base.demand[klass][:, goals]
    print(
        f"{words.world}, {words.klass}, one draw, one thread, {goals.size} destinations, "
        f"{(demand > 0).sum():,} pairs with freight"
    )
    compute_criticality(routing, demand, list_closures(network, ["ferry"]), order=2)  # compiles
    compute_criticality(routing, demand, list_closures(network, ["ferry"]))
    points = list_closures(network, POINTS)
    alone = report("points", routing, demand, points, words.sample)
    if "links" in parts:
        report("all links", routing, demand, list_closures(network, CLOSURE_KINDS), words.sample)
    if "pairs" in parts:
        dearest = np.argsort(-alone.of(None)[:, :, 0].sum(axis=0))[: words.among]
        report("pairs of points", routing, demand, pick_closures(points, dearest.tolist()), words.sample, order=2)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def report(
    label: str, routing: Routing, demand: np.ndarray, closures: Closures, sample: int, order: Literal[1, 2] = 1
) -> Criticality:
    """Print times, ratio and the largest relative difference over a sample."""
    start = time.process_time()

    def tell(done: int, batches: int) -> None:
        if batches > 1 and done % max(1, batches // 10) == 0:
            print(f"  {label}: {done} of {batches} batches, {time.process_time() - start:.0f} s CPU", flush=True)

    found = compute_criticality(routing, demand, closures, order=order, tell=tell)
    ours = time.process_time() - start
    cost = found.of(None)[:, :, 0].sum(axis=0)
    rng = np.random.default_rng(0)
    chosen = np.unique(np.concatenate([np.argsort(-cost)[:5], rng.choice(len(cost), min(sample, len(cost)), False)]))
    worst, naive, full_solve = 0.0, 0.0, FullSolve(routing, demand)
    for row in chosen:
        after, seconds = full_solve(np.isin(closures.of_link, found.sets[row]))
        naive += seconds
        kept = np.isfinite(after) & np.isfinite(routing.cost) & (demand > 0)
        usd = float((demand[kept] * (after[kept] - routing.cost[kept])).sum())
        worst = max(worst, abs(usd - cost[row]) / max(abs(usd), 100.0))
    full = naive / len(chosen) * len(cost)
    print(
        f"{label}: {len(cost):,} closures, {ours:.1f} s CPU, full solves {full:,.0f} s CPU "
        f"({naive:.1f} s for {len(chosen)}), ratio {full / ours:.1f}; largest relative difference {worst:.1e}; "
        f"{found.outcome}",
        flush=True,
    )
    return found


class FullSolve:
    """Costs to the destinations of one class with some links shut, by the passes of `solve_routing`."""

    def __init__(self, routing: Routing, demand: np.ndarray) -> None:
        network, graph, settings = routing.network, routing.graph, routing.settings
        self.klass = int(demand.sum(axis=(1, 2)).argmax())
        factors, delay = draw_factors(network, settings, 0), routing.delay
        cost, gate = (generalised_cost(network, graph, factors, self.klass, delay=d) for d in (delay.now, delay.gate))
        self.arcs = select_arcs(graph, np.isfinite(cost))
        self.web = kernels.make_web(
            self.arcs, graph.n_nodes, graph.n_zones, width=settings.gate, cost=cost[self.arcs.arc],
            gate_cost=gate[self.arcs.arc], bits=arc_masks(network, graph)[self.arcs.arc],
            scale=routing.scale[self.klass],
        )  # fmt: skip
        self.codes = zone_masks(network, routing.economies)
        self.goals = np.flatnonzero((demand[self.klass] > 0).any(axis=0))
        self.link = graph.link[self.arcs.arc]
        self.shape = demand.shape
        self(np.zeros(len(network.link_ids), dtype=bool))  # compiles

    def __call__(self, shut: np.ndarray) -> tuple[np.ndarray, float]:
        """Return (class, zone, zone) costs without the links of a mask, and CPU seconds."""
        gone = (self.link >= 0) & shut[self.link]
        web = self.web._replace(
            out_gate=np.where(gone, 0.0, self.web.out_gate),
            in_cost=np.where(gone[self.arcs.in_arc], np.inf, self.web.in_cost),
        )
        desk, out = kernels.make_desk(web), np.full((self.shape[1], self.goals.size), np.inf)
        start = time.process_time()
        kernels.all_costs(web, desk, self.goals, self.codes, out)
        seconds = time.process_time() - start
        cost = np.full(self.shape, np.inf)
        cost[self.klass][:, self.goals] = out
        return cost, seconds


def only(network: Network, klass: int, goals: np.ndarray) -> Network:
    """Return the network where only some zones receive one class: nothing else costs time to solve."""
    weight = np.zeros_like(network.zones.destination_weight)
    weight[klass, goals] = network.zones.destination_weight[klass, goals]
    return replace(network, zones=replace(network.zones, destination_weight=weight))


if __name__ == "__main__":
    main()
