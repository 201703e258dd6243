"""Routing on the shipped world: bounds against SciPy, denials, threads, the main routes of known pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

import isthmus as ist
from isthmus.routing import MOST_DELAY, RoutingSettings, class_tonnes, find_base, load_flows, solve_routing
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


@pytest.fixture(scope="module")
def stopped(world: World) -> ist.Result:
    return ist.solve(world, ist.read_scenario("cpc-outage"), settings=ist.Settings(routing=ONE))


def net_outflow(flow: np.ndarray, network: Network, territory: str) -> np.ndarray:
    """Return (link,) Mt a year of liquids that links carry out of a territory, less what they carry into it."""
    inside = np.array([place == territory for place in network.node_territory])
    sign = inside[network.from_node].astype(int) - inside[network.to_node].astype(int)
    liquid = flow[CLASSES.index("liquid")] / 1e6
    out: np.ndarray = sign * (liquid[:, 0] - liquid[:, 1])
    return out


def net_exports(world: World, quantity_change: np.ndarray | float, economy: str) -> float:
    """Return Mt a year of liquids that an economy sells abroad, less what it buys there."""
    tonnes = class_tonnes(world.accounts.tonnes * quantity_change, world.sectors)[CLASSES.index("liquid")] / 1e6
    own = world.economies.index(economy)
    return float(tonnes[own].sum() - tonnes[:, own].sum())


def test_what_a_stopped_cpc_carried_leaves_by_other_ways_or_is_not_sold(world: World, stopped: ist.Result) -> None:
    before, after = (
        net_outflow(flow, world.network, "KAZ") for flow in (stopped.flows.before_t, stopped.flows.after_t)
    )
    cpc = np.array([name.split("~")[0] == "cpc" for name in world.network.link_ids])
    lost = before[cpc].sum()
    assert lost > 0 and np.abs(after[cpc]).max() == 0.0
    sold = net_exports(world, 1.0, "KAZ"), net_exports(world, stopped.quantity_change, "KAZ")
    assert before.sum() == pytest.approx(sold[0], rel=1e-3)
    elsewhere = (after - before)[~cpc].sum()
    assert elsewhere > 0
    assert elsewhere + sold[0] - sold[1] == pytest.approx(lost, rel=1e-3)


def test_a_stopped_cpc_fills_no_way_beyond_its_delay_curve(world: World, stopped: ist.Result) -> None:
    base = find_base(world, ONE, print)
    curves = base.curves.at_traffic(base.traffic)
    traffic, delay = curves.through(stopped.flows.after_t), stopped.link_table.set_index("id")["delay_usd_per_t"]
    rows = [(f, name) for f, name in enumerate(curves.names) if name in delay.index and np.isfinite(delay[name])]
    assert len(rows) > 10
    for f, name in rows:
        beyond = delay[name] - curves.relief[f]  # the table tells the whole delay
        full = curves.traffic(np.full(curves.size, beyond))[f]
        if beyond < MOST_DELAY - 1e-6:
            assert traffic[f] <= full + 0.01 * curves.capacity[f], name
        else:  # more than the model follows, which it has to say
            assert any(" full: " in line for line in stopped.warnings), name


def test_a_stopped_cpc_sends_no_crude_back_from_china(world: World, stopped: ist.Result) -> None:
    """The line to China runs east, and takes more unless it is full already."""
    row = world.network.link_ids.index("kcp-atasu-alashankou")
    before, after = (
        flow[CLASSES.index("liquid"), row] / 1e6 for flow in (stopped.flows.before_t, stopped.flows.after_t)
    )
    assert before[0] > before[1] and after[0] > after[1]
    assert after[0] > before[0] or before[0] > 0.8 * world.network.capacity_mt[row]
