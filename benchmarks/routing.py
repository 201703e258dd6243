"""CPU time of a full routing pass beside SciPy's Dijkstra alone: `python benchmarks/routing.py`.

A pass is least costs, gates, values, choice probabilities and flows towards every destination, for one
class and one draw on one thread. SciPy gets the same arcs and destinations and finds least costs only.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

import isthmus as ist
from isthmus.routing import Routing, RoutingSettings, kernels, load_flows, solve_routing
from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import select_arcs
from isthmus.world.network import CLASSES, Network
from synthetic import make_synthetic

GENERAL = CLASSES.index("general")
Out = TypeVar("Out")


def main() -> None:
    print(f"machine: {platform.node()} {platform.machine()}, {_processor()}")
    network = make_synthetic()
    report("synthetic", network, tuple(f"E{i}" for i in range(int(network.zones.economy.max()) + 1)))
    world = ist.load_world("eurasia-2022")
    report("eurasia-2022", world.network, world.economies)


def report(name: str, network: Network, economies: tuple[str, ...]) -> None:
    print(f"{name}: {network!r}")
    routing = solve_routing(network, economies, RoutingSettings(draws=1))  # compiles, too
    ours, scipys = Pass(routing), ScipyPass(routing)
    times = [[_cpu(run) for run in (ours, scipys)] for _ in range(7)]
    best = np.min(times, axis=0)
    ratio = np.median([a / b for a, b in times])
    print(
        f"  {len(network.zones.ids)} destinations, one class, draw, thread: pass {best[0]:.3f} s CPU, "
        f"SciPy Dijkstra {best[1]:.3f} s, ratio {best[0] / best[1]:.2f} (median of runs {ratio:.2f})"
    )
    routing = _clocked("all classes, 4 draws: costs", lambda: solve_routing(network, economies, RoutingSettings()))
    demand = np.where(np.isfinite(routing.cost), 1.0, 0.0)
    _clocked("all classes, 4 draws: flows", lambda: load_flows(routing, demand))
    attribute = np.ones((len(CLASSES), len(network.link_ids), 40))
    _clocked("the same with 40 attributes along trips", lambda: load_flows(routing, demand, attribute))


class Pass:
    """Ours."""

    def __init__(self, routing: Routing) -> None:
        graph = routing.graph
        cost = generalised_cost(routing.network, graph, None, GENERAL)
        arcs = select_arcs(graph, np.isfinite(cost))
        self.web = kernels.make_web(
            arcs, graph.n_nodes, graph.n_zones, width=routing.settings.gate, cost=cost[arcs.arc],
            bits=np.zeros(len(arcs.arc), dtype=np.int64), scale=routing.scale[GENERAL],
        )  # fmt: skip
        self.goals = np.arange(graph.n_zones)
        self.demand = np.ones((graph.n_zones, graph.n_zones))
        self.codes = np.zeros((graph.n_zones, graph.n_zones), dtype=np.int64)
        self()

    def __call__(self) -> None:
        desk, arcs, zones = kernels.make_desk(self.web), len(self.web.out_cost), len(self.goals)
        none = np.zeros((arcs, 0))
        expected = np.zeros((zones, zones, 0))
        kernels.all_flows(self.web, desk, self.goals, self.codes, self.demand, none, np.zeros(arcs), expected)


class ScipyPass:
    """SciPy's least costs to the same destinations."""

    def __init__(self, routing: Routing) -> None:
        graph = routing.graph
        cost = generalised_cost(routing.network, graph, None, GENERAL)
        use = np.isfinite(cost) & (graph.tail < graph.n_nodes)
        size = graph.n_nodes + graph.n_zones
        # coo sums duplicates: parallel arcs are a handful and do not matter for a timing
        self.matrix = csr_matrix((cost[use], (graph.head[use], graph.tail[use])), shape=(size, size))
        self.goals = graph.n_nodes + np.arange(graph.n_zones)
        self()

    def __call__(self) -> None:
        dijkstra(self.matrix, indices=self.goals)


def _cpu(run: Callable[[], None]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _clocked(label: str, run: Callable[[], Out]) -> Out:
    wall, cpu = time.perf_counter(), time.process_time()
    out = run()
    print(f"  {label}: wall {time.perf_counter() - wall:.2f} s, CPU {time.process_time() - cpu:.2f} s")
    return out


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    main()
