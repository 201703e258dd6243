"""Route choice on networks small enough to work out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from isthmus.routing import Routing, RoutingSettings, load_flows, solve_routing
from isthmus.routing.choice import node_scales
from isthmus.routing.cost import draw_factors, lowest_cost
from isthmus.routing.graph import compile_graph
from isthmus.world.network import CLASSES, Denial, Network
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, economies_of, make_network

A, B = Zone("a", {"p": 1.0}, economy=0, territory="AAA"), Zone("b", {"q": 1.0}, economy=1, territory="BBB")


def solved(plan: Plan, settings: RoutingSettings = PLAIN) -> Routing:
    network = make_network(plan)
    return solve_routing(network, economies_of(network), settings)


def cost(routing: Routing, origin: int = 0, destination: int = 1) -> float:
    return float(routing.cost[GENERAL, origin, destination])


def demand(routing: Routing, tonnes: dict[tuple[int, int], float]) -> np.ndarray:
    out = np.zeros_like(routing.cost)
    for (o, d), t in tonnes.items():
        out[GENERAL, o, d] = t
    return out


def test_a_single_line_costs_the_sum_of_its_parts() -> None:
    # 1 (connector) + 10 km + 2 h wait + 3 fee + 1 (connector); the value of time and the rate are 1
    routing = solved(Plan([Link("p", "q", 10, wait=(2, 5), fee=3)], [A, B]))
    assert cost(routing) == pytest.approx(17)
    assert cost(routing, 1, 0) == pytest.approx(20)  # 5 h backward
    assert (np.diagonal(routing.cost, axis1=1, axis2=2) < np.inf).all()


def test_two_equal_routes_share_alike_and_cost_less_than_either_by_the_logsum() -> None:
    links = [Link("p", "x", 5), Link("x", "q", 5), Link("p", "y", 5), Link("y", "q", 5)]
    routing = solved(Plan(links, [A, B], scale_cap=0.5))
    # At p: 2 exp(-(10 - V)/mu) = 1, mu = min(0.5, ...) = 0.5, and one way each from x and y
    assert cost(routing) == pytest.approx(12 - 0.5 * math.log(2), abs=1e-12)
    flow = load_flows(routing, demand(routing, {(0, 1): 8.0})).flow[GENERAL]
    assert flow[:, 0] == pytest.approx([4, 4, 4, 4])
    assert flow[:, 1] == pytest.approx(0)


def test_a_dearer_route_has_the_logit_share() -> None:
    links = [Link("p", "x", 5), Link("x", "q", 5), Link("p", "y", 5), Link("y", "q", 5.3)]
    routing = solved(Plan(links, [A, B], scale_cap=0.5))
    share = 1 / (1 + math.exp(0.3 / 0.5))
    flow = load_flows(routing, demand(routing, {(0, 1): 1.0})).flow[GENERAL]
    assert flow[2, 0] == pytest.approx(share, rel=1e-12)


def test_one_way_links_are_used_forward_only() -> None:
    links = [Link("p", "q", 1, one_way=True), Link("q", "x", 5), Link("x", "p", 5)]
    routing = solved(Plan(links, [A, B], scale_cap=0.01))
    assert cost(routing) == pytest.approx(3, abs=1e-6)
    assert cost(routing, 1, 0) == pytest.approx(12, abs=1e-6)


def test_no_trip_passes_through_a_zone() -> None:
    middle = Zone("m", {"x": 0.5, "y": 0.5}, economy=1, territory="BBB")
    links = [Link("p", "x"), Link("y", "q")]
    routing = solved(Plan(links, [A, B, middle]))
    assert cost(routing) == math.inf
    assert cost(routing, 0, 2) == pytest.approx(2.5)
    assert cost(routing, 2, 1) == pytest.approx(2.5)


def test_closed_links_and_barred_classes_have_no_route() -> None:
    network = make_network(Plan([Link("p", "q", open=False)], [A, B]))
    assert np.isinf(solve_routing(network, ("AAA", "BBB"), PLAIN).cost[:, 0, 1]).all()
    fee = np.zeros((1, len(CLASSES)))
    fee[0, GENERAL] = np.inf
    barred = replace(network, open=np.array([True]), fee_usd_per_t=fee)
    got = solve_routing(barred, ("AAA", "BBB"), PLAIN).cost[:, 0, 1]
    assert np.isinf(got[GENERAL])
    assert np.isfinite(np.delete(got, GENERAL)).all()


def denial_plan(*denials: Denial) -> Plan:
    """Return a network where C lies on the short way from A to B, and D on the long way."""
    return Plan(
        [
            Link("p", "c", 2, territory="CCC"),
            Link("c", "q", 2, territory="CCC"),
            Link("p", "d", 9, territory="DDD"),
            Link("d", "q", 9, territory="DDD"),
        ],
        [A, B, Zone("c", {"c": 1.0}, economy=2, territory="CCC"), Zone("e", {"p": 1.0}, economy=3, territory="EEE")],
        list(denials),
        territory={"q": "BBB", "c": "CCC", "d": "DDD"},
        scale_cap=0.01,
    )


def test_a_denial_binds_trips_of_its_target_and_no_others() -> None:
    routing = solved(denial_plan(Denial("CCC", "AAA")))
    assert cost(routing, 0, 1) == pytest.approx(20, abs=1e-6)  # A to B goes round
    assert cost(routing, 1, 0) == pytest.approx(20, abs=1e-6)
    assert cost(routing, 3, 1) == pytest.approx(6, abs=1e-6)  # E to B passes through C
    assert cost(routing, 0, 2) == pytest.approx(4, abs=1e-6)  # A to C itself is allowed


def test_a_denial_of_one_mode_leaves_the_others() -> None:
    by_rail = solved(denial_plan(Denial("CCC", "AAA", modes=("rail",))))
    assert cost(by_rail) == pytest.approx(6, abs=1e-6)
    assert cost(solved(denial_plan(Denial("CCC", "AAA", modes=("rail", "road"))))) == pytest.approx(20, abs=1e-6)


def test_denied_flows_keep_off_the_territory() -> None:
    routing = solved(denial_plan(Denial("CCC", "AAA")))
    flow = load_flows(routing, demand(routing, {(0, 1): 5.0, (3, 1): 7.0})).flow[GENERAL, :, 0]
    assert flow == pytest.approx([7, 7, 5, 5], abs=1e-9)


def test_expected_attributes_are_flows_per_tonne() -> None:
    links = [Link("p", "x", 5), Link("x", "q", 5), Link("p", "y", 5), Link("y", "q", 5.3)]
    routing = solved(Plan(links, [A, B], scale_cap=0.5))
    one_each = np.tile(np.eye(4), (len(CLASSES), 1, 1))
    loaded = load_flows(routing, demand(routing, {(0, 1): 3.0}), one_each)
    assert 3.0 * loaded.expected[GENERAL, 0, 1] == pytest.approx(loaded.flow[GENERAL, :, 0], abs=1e-12)


Arc = tuple[int, int, float]


def every_arc(network: Network) -> list[Arc]:
    """Return (tail, head, cost) of all links and connectors, both ways; zone z is node count + z."""
    nodes, zones = len(network.node_ids), network.zones
    ends = zip(network.from_node, network.to_node, network.length_km, strict=True)
    joins = zip(zones.connector_zone + nodes, zones.connector_node, zones.connector_cost[:, 0], strict=True)
    one_way = [(int(a), int(b), float(usd)) for pairs in (ends, joins) for a, b, usd in pairs]
    return one_way + [(b, a, usd) for a, b, usd in one_way]


def gated_arcs(arcs: list[Arc], nodes: int, goal: int, width: float) -> dict[int, list[tuple[int, float, float]]]:
    """Return by tail the (head, cost, gate) of arcs whose gate is open, from least costs by Bellman-Ford."""
    least = {goal: 0.0}
    usable = [arc for arc in arcs if arc[1] < nodes or arc[1] == goal]
    for _ in range(nodes + 2):
        for start, end, usd in usable:
            least[start] = min(least.get(start, math.inf), usd + least.get(end, math.inf))
    out: dict[int, list[tuple[int, float, float]]] = {}
    for start, end, usd in usable:
        x = min((least[start] - least[end]) / (width * usd), 1.0)
        if x > 0:
            out.setdefault(start, []).append((end, usd, x * x * (3 - 2 * x)))
    return out


def paths(network: Network, routing: Routing) -> list[tuple[float, float]]:
    """Return (cost, log of the gates' product) of every gated path from zone 0 to zone 1, by enumeration."""
    nodes = len(network.node_ids)
    arcs = gated_arcs(every_arc(network), nodes, nodes + 1, routing.settings.gate)
    out, stack = [], [(nodes, 0.0, 0.0)]
    while stack:
        node, usd, log_gate = stack.pop()
        if node == nodes + 1:
            out.append((usd, log_gate))
        stack += [(end, usd + more, log_gate + math.log(gate)) for end, more, gate in arcs.get(node, [])]
    return out


@pytest.mark.parametrize("seed", range(6))
def test_the_value_is_the_logsum_over_all_gated_paths(seed: int) -> None:
    """With one scale everywhere the recursion is the logsum of paths (Fosgerau, Frejinger, Karlstrom 2013)."""
    rng = np.random.default_rng(seed)
    names = "pqrstuv"
    links = [
        Link(a, b, float(rng.uniform(4, 8)))
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if (a, b) != ("p", "q") and rng.random() < 0.6
    ]
    links += [Link("p", "r", 5, id="extra-1"), Link("r", "q", 5, id="extra-2")]
    mu = 0.3
    network = make_network(Plan(links, [A, B], scale_cap=mu))
    routing = solve_routing(network, ("AAA", "BBB"), PLAIN, scale=np.full((6, len(network.node_ids) + 2), mu))
    every = paths(network, routing)
    assert len(every) > 1
    low = min(usd for usd, _ in every)
    expected = low - mu * math.log(sum(math.exp(log_gate - (usd - low) / mu) for usd, log_gate in every))
    assert cost(routing) == pytest.approx(expected, rel=1e-12)


def test_node_scales_solve_their_equation() -> None:
    links = [Link("p", "q", 2), Link("p", "x", 3), Link("x", "q", 4)]
    network = make_network(Plan(links, [A, B], scale_cap=50.0))
    graph = compile_graph(network)
    mu = node_scales(graph, lowest_cost(network, graph, PLAIN), network, PLAIN)[GENERAL]
    p = network.node_ids.index("p")
    assert sum(math.exp(-0.5 * c / mu[p]) for c in (2.0, 3.0, 1.0)) == pytest.approx(1.0, abs=1e-9)
    assert mu[graph.n_nodes] == 50.0  # one connector only: the cap


def test_taste_draws_belong_to_names() -> None:
    settings = RoutingSettings(draws=2)
    links = [Link("p", "x", kind="border"), Link("x", "q", territory="BBB", mode="rail")]
    small = make_network(Plan(links, [A, B]))
    large = make_network(Plan([Link("p", "new", kind="border", territory="NEW"), *links], [A, B]))
    for draw in range(2):
        before, after = draw_factors(small, settings, draw), draw_factors(large, settings, draw)
        for part in ("haul", "wait", "fee"):
            assert np.array_equal(before[part], after[part][1:])


def test_an_endless_chain_of_cheap_links_stays_finite() -> None:
    links = [Link(f"n{i:03}", f"n{i + 1:03}", 0.0) for i in range(300)]
    zones = [Zone("a", {"n000": 0.0}), Zone("b", {"n300": 0.0}, economy=1)]
    got = cost(solved(Plan(links, zones)))
    assert 0 < got < 1  # 302 arcs at the least cost of 0.001
