"""Routing on the shipped world: bounds against SciPy, denials, threads, the main routes of known pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

import isthmus as ist
from isthmus.routing import RoutingSettings, load_flows, solve_routing
from isthmus.routing.cost import draw_factors, generalised_cost
from isthmus.routing.graph import compile_graph
from isthmus.world import World
from isthmus.world.network import CLASSES, Network

pytestmark = pytest.mark.slow
ONE = RoutingSettings(draws=1)


@pytest.fixture(scope="module")
def world() -> World:
    return ist.load_world("eurasia-2022")


def scipy_least_costs(network: Network, class_index: int) -> np.ndarray:
    """Return (zone, zone) least costs of draw 0."""
    graph = compile_graph(network)
    cost = generalised_cost(network, graph, draw_factors(network, ONE, 0), class_index)
    use = np.flatnonzero(np.isfinite(cost))
    # Zones split in two, so that none is passed through; the cheapest of parallel arcs is kept.
    size = graph.n_nodes + 2 * graph.n_zones
    tail = np.where(graph.tail[use] >= graph.n_nodes, graph.tail[use] + graph.n_zones, graph.tail[use])
    order = np.lexsort((cost[use], graph.head[use], tail))
    key = tail[order].astype(np.int64) * size + graph.head[use][order]
    first = order[np.concatenate([[True], np.diff(key) != 0])]
    matrix = csr_matrix((cost[use][first], (tail[first], graph.head[use][first])), shape=(size, size))
    start = graph.n_nodes + graph.n_zones + np.arange(graph.n_zones)
    out: np.ndarray = dijkstra(matrix, indices=start)[:, graph.n_nodes : graph.n_nodes + graph.n_zones]
    return out


def test_values_lie_between_eta_and_one_times_scipys_least_costs(world: World) -> None:
    free = replace(world.network, denials=())
    cost = solve_routing(free, world.economies, ONE).cost
    apart = ~np.eye(len(free.zones.ids), dtype=bool)
    for w in range(len(CLASSES)):
        wanted = apart & (free.zones.destination_weight[w] > 0)[None, :]
        least = scipy_least_costs(free, w)
        assert (np.isfinite(cost[w]) == np.isfinite(least))[wanted].all()
        known = wanted & np.isfinite(least)
        assert (cost[w][known] <= least[known] * (1 + 1e-12)).all()
        assert (cost[w][known] >= ONE.eta * least[known]).all()


def test_denials_never_lower_least_costs_and_threads_change_nothing(world: World) -> None:
    one, two = (solve_routing(world.network, world.economies, replace(ONE, threads=n)) for n in (1, 3))
    assert np.array_equal(one.cost, two.cost)
    demand = np.where(np.isfinite(one.cost), 1.0, 0.0)
    assert np.array_equal(load_flows(one, demand).flow, load_flows(two, demand).flow)
    free = solve_routing(replace(world.network, denials=()), world.economies, ONE, scale=one.scale)
    assert (np.isfinite(free.cost) >= np.isfinite(one.cost)).all()


def test_a_stopped_cpc_settles_with_full_tankers_and_a_fuller_line_to_samara(world: World) -> None:
    result = ist.solve(world, ist.read_scenario("cpc-outage"))
    rows = result.link_table.set_index("id")
    assert rows.loc["cpc", "after_mt"] == 0.0
    for link in ("uzen-aktau", "atyrau-samara"):
        assert rows.loc[link, "after_mt"] > 1.2 * rows.loc[link, "before_mt"]
    assert (rows["delay_usd_per_t"].dropna() <= 150.0).all()
