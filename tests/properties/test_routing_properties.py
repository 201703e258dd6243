"""What must hold for every network: bounds, gradients, closures, conservation, linearity, threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.routing import Routing, RoutingSettings, kernels, load_flows, solve_routing
from isthmus.routing.choice import node_scales
from isthmus.routing.cost import generalised_cost, lowest_cost
from isthmus.routing.graph import compile_graph, select_arcs
from isthmus.world.network import CLASSES, Denial, Network
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, make_network

ECONOMIES = ("AAA", "BBB", "CCC")
TASTES = RoutingSettings(draws=2, threads=1)


@st.composite
def networks(draw: st.DrawFn, most_nodes: int = 9, most_links: int = 12) -> Network:
    """Return a connected network of 4 nodes or more, random links beyond its tree, and three zones."""
    size = draw(st.integers(4, most_nodes))
    names = [f"n{i}" for i in range(size)]
    km = st.floats(0.5, 20)
    links = [Link(names[draw(st.integers(0, i - 1))], names[i], draw(km), id=f"tree{i}") for i in range(1, size)]
    for i in range(draw(st.integers(1, most_links))):
        a, b = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
        wait = (draw(st.floats(0, 5)), draw(st.floats(0, 5)))
        kind = draw(st.sampled_from(("line", "border")))
        links.append(Link(a, b, draw(km), f"more{i}", draw(st.sampled_from(("road", "rail"))), kind, "AAA", wait))
    zones = [
        Zone(code, {names[draw(st.integers(0, size - 1))]: 1.0, names[i]: 2.0}, economy=i, territory=code)
        for i, code in enumerate(ECONOMIES)
    ]
    return make_network(Plan(links, zones, scale_cap=draw(st.floats(0.5, 10))))


def superset_scale(network: Network, tastes: RoutingSettings) -> np.ndarray:
    graph = compile_graph(network)
    return node_scales(graph, lowest_cost(network, graph, tastes), network, tastes)


class Fixed:
    """One class and one destination with its gates held, costs free."""

    def __init__(self, routing: Routing, zone: int) -> None:
        self.routing, graph = routing, routing.graph
        cost = generalised_cost(routing.network, graph, None, GENERAL)
        self.arcs = select_arcs(graph, np.isfinite(cost))
        self.cost, self.goal = cost[self.arcs.arc], graph.n_nodes + zone
        self.web = kernels.make_web(
            self.arcs, graph.n_nodes, graph.n_zones, width=routing.settings.gate, cost=self.cost,
            bits=np.zeros(len(self.cost), dtype=np.int64), scale=routing.scale[GENERAL],
        )  # fmt: skip
        self.desk = kernels.make_desk(self.web)
        self.settled = kernels.least_cost(self.web, self.desk, self.goal, 0)

    def values(self, cost: np.ndarray) -> np.ndarray:
        """Return V (node + zone,) at other costs and the same gates."""
        web = self.web._replace(out_cost=cost)
        kernels.values(web, self.desk, self.goal, 0, self.settled)
        out = np.full(len(self.desk.V), np.inf)
        reached = self.desk.order[: self.settled]
        out[reached] = self.desk.V[reached]
        return out

    def passages(self, origin: int) -> np.ndarray:
        """Return (arc,) expected passages of a trip from a node or zone."""
        self.values(self.cost)
        self.desk.x[origin] = 1.0
        flow = np.zeros(len(self.cost))
        kernels.load(self.web, self.desk, self.goal, self.settled, flow)
        return flow


def least_costs(network: Network, zone: int) -> np.ndarray:
    """Return (node + zone,) least costs to a zone at mean tastes, by Bellman-Ford."""
    graph = compile_graph(network)
    cost = generalised_cost(network, graph, None, GENERAL)
    use = (graph.head < graph.n_nodes) | (graph.head == graph.n_nodes + zone)
    tail, head, cost = graph.tail[use], graph.head[use], cost[use]
    pi = np.full(graph.n_nodes + graph.n_zones, np.inf)
    pi[graph.n_nodes + zone] = 0
    for _ in range(len(pi)):
        np.minimum.at(pi, tail, cost + pi[head])
    return pi


@settings(deadline=None, max_examples=60)
@given(network=networks(), data=st.data())
def test_the_value_lies_between_eta_and_one_times_the_least_cost(network: Network, data: st.DataObject) -> None:
    scale = superset_scale(network, PLAIN)
    links = len(network.link_ids)
    dearer = data.draw(st.lists(st.floats(1, 5), min_size=links, max_size=links))
    opened = data.draw(st.lists(st.booleans(), min_size=links, max_size=links))
    changed = replace(network, length_km=network.length_km * dearer, open=np.array(opened))
    routing = solve_routing(changed, ECONOMIES, PLAIN, scale=scale)
    for zone in range(3):
        pi = least_costs(changed, zone)[-3:]
        value = routing.cost[GENERAL, :, zone]
        other = np.arange(3) != zone
        assert (np.isfinite(value) == np.isfinite(pi))[other].all()
        known = other & np.isfinite(pi)
        assert (value[known] <= pi[known] * (1 + 1e-12)).all()
        assert (value[known] >= PLAIN.eta * pi[known] * (1 - 1e-9)).all()


@settings(deadline=None, max_examples=40)
@given(network=networks(), zone=st.integers(0, 2))
def test_least_costs_agree_with_bellman_ford(network: Network, zone: int) -> None:
    fixed = Fixed(solve_routing(network, ECONOMIES, PLAIN), zone)
    pi = least_costs(network, zone)
    assert np.allclose(fixed.desk.pi, pi, rtol=1e-12)
    order = fixed.desk.order[: fixed.settled]
    assert (np.diff(fixed.desk.pi[order]) >= 0).all()
    assert len(set(order.tolist())) == fixed.settled == np.isfinite(pi).sum()


@settings(deadline=None, max_examples=40)
@given(network=networks(), zone=st.integers(0, 2), data=st.data())
def test_the_gradient_of_the_value_is_the_expected_passages(network: Network, zone: int, data: st.DataObject) -> None:
    fixed = Fixed(solve_routing(network, ECONOMIES, PLAIN), zone)
    origin = data.draw(st.sampled_from(fixed.desk.order[1 : fixed.settled].tolist()))
    arc = data.draw(st.integers(0, len(fixed.cost) - 1))
    passages = fixed.passages(origin)
    step = np.zeros(len(fixed.cost))
    step[arc] = 1e-5
    slope = (fixed.values(fixed.cost + step)[origin] - fixed.values(fixed.cost - step)[origin]) / 2e-5
    assert abs(slope - passages[arc]) < 1e-6


@settings(deadline=None, max_examples=40)
@given(network=networks(), zone=st.integers(0, 2), data=st.data())
def test_closing_never_lowers_least_costs_nor_values_at_fixed_gates(
    network: Network, zone: int, data: st.DataObject
) -> None:
    link = data.draw(st.integers(0, len(network.link_ids) - 1))
    shut = replace(network, open=np.arange(len(network.link_ids)) != link)
    assert (least_costs(shut, zone) >= least_costs(network, zone) - 1e-12).all()
    routing = solve_routing(network, ECONOMIES, PLAIN)
    fixed = Fixed(routing, zone)
    of_link = routing.graph.link[fixed.arcs.arc] == link
    before, after = fixed.values(fixed.cost), fixed.values(np.where(of_link, 1e5, fixed.cost))
    reached = np.isfinite(before)
    assert (after[reached] >= before[reached] - 1e-9).all()


@settings(deadline=None, max_examples=40)
@given(network=networks(), data=st.data())
def test_flow_is_conserved_at_every_node(network: Network, data: st.DataObject) -> None:
    routing = solve_routing(network, ECONOMIES, TASTES)
    tonnes = np.zeros_like(routing.cost)
    tonnes[GENERAL] = np.reshape(data.draw(st.lists(st.floats(0, 100), min_size=9, max_size=9)), (3, 3))
    flow = load_flows(routing, tonnes).flow[GENERAL]
    net = np.zeros(len(network.node_ids))
    np.add.at(net, network.from_node, flow[:, 0] - flow[:, 1])
    np.add.at(net, network.to_node, flow[:, 1] - flow[:, 0])
    np.fill_diagonal(tonnes[GENERAL], 0)
    joined = {int(node) for node in network.zones.connector_node}
    inner = [node for node in range(len(net)) if node not in joined]
    assert np.abs(net[inner]).max(initial=0) < 1e-9
    assert abs(net.sum()) < 1e-9
    assert np.abs(net[net > 0]).sum() <= tonnes.sum() + 1e-9
    assert (flow >= 0).all()


@settings(deadline=None, max_examples=20)
@given(network=networks(), factor=st.floats(0, 10))
def test_flows_are_linear_in_demand(network: Network, factor: float) -> None:
    routing = solve_routing(network, ECONOMIES, TASTES)
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 9, (2, *routing.cost.shape))
    both = load_flows(routing, first + factor * second).flow
    assert np.allclose(both, load_flows(routing, first).flow + factor * load_flows(routing, second).flow, atol=1e-9)


@settings(deadline=None, max_examples=15)
@given(network=networks())
def test_threads_and_repetition_change_no_bit(network: Network) -> None:
    one, many = (solve_routing(network, ECONOMIES, replace(TASTES, threads=n)) for n in (1, 5))
    assert np.array_equal(one.cost, many.cost)
    assert np.array_equal(one.cost, solve_routing(network, ECONOMIES, TASTES, scale=one.scale).cost)
    tonnes = np.ones_like(one.cost)
    assert np.array_equal(load_flows(one, tonnes).flow, load_flows(many, tonnes).flow)


@settings(deadline=None, max_examples=30)
@given(network=networks(), denied=st.lists(st.sampled_from(range(8)), min_size=1, unique=True))
def test_a_denial_equals_closing_the_territory_for_the_trips_it_binds(network: Network, denied: list[int]) -> None:
    """The pass shared by trips that a denial cannot touch gives the same as solving without the territory."""
    there = np.isin(np.arange(len(network.link_ids)), denied)
    place = tuple("DDD" if x else "AAA" for x in there)
    barred = replace(network, territory=place, denials=(Denial("DDD", "BBB"),))
    scale = superset_scale(barred, TASTES)
    got = solve_routing(barred, ECONOMIES, TASTES, scale=scale).cost
    free = solve_routing(replace(barred, denials=()), ECONOMIES, TASTES, scale=scale).cost
    shut = solve_routing(replace(barred, denials=(), open=~there), ECONOMIES, TASTES, scale=scale).cost
    b = ECONOMIES.index("BBB")
    bound = np.zeros((3, 3), dtype=bool)
    bound[b, :] = bound[:, b] = True
    assert np.array_equal(np.isfinite(got), np.isfinite(np.where(bound, shut, free)))
    finite = np.isfinite(got)
    assert np.allclose(got[finite], np.where(bound, shut, free)[finite], rtol=1e-12)


def test_every_class_is_solved_alike() -> None:
    links = [Link("p", "q", 3), Link("p", "x", 2), Link("x", "q", 2)]
    network = make_network(Plan(links, [Zone("a", {"p": 1.0}), Zone("b", {"q": 1.0}, economy=1)]))
    cost = solve_routing(network, ("AAA", "BBB"), PLAIN).cost
    assert cost.shape == (len(CLASSES), 2, 2)
    assert np.array_equal(cost, np.broadcast_to(cost[:1], cost.shape))
