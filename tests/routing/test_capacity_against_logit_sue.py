"""Congestion equilibrium against stochastic user equilibria of the oracle `logit_sue` (30-digit roots).

`markovian_logit_assignment_cyclic` lets trips run in circles without congestion: `CyclicLogit` covers it.
The gated model leaves cycles out, so it cannot and need not reproduce that case.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isthmus.routing import Routing
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import solve_delays
from isthmus.routing.choice import solve_routing
from isthmus.routing.congestion import Gated, Loads, gate_passes
from isthmus.routing.cyclic import CyclicLogit, Roads
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, economies_of, make_network

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles/logit_sue/cases.json").read_text())


def scaled(plan: Plan, mu: float, gate: float = 0.5) -> Routing:
    """Return the routing of a plan with one scale at all nodes."""
    from dataclasses import replace

    network = make_network(plan)
    scale = np.full((6, len(network.node_ids) + len(network.zones.ids)), mu)
    return solve_routing(network, economies_of(network), replace(PLAIN, gate=gate), scale=scale)


def curves(capacity: list[float], height: list[float], beta: float) -> Bottlenecks:
    n = len(capacity)
    zero = np.zeros(n)
    return Bottlenecks(
        tuple(map(str, range(n))), tuple((i,) for i in range(n)), np.array(capacity), zero, np.array(height),
        np.full(n, beta), zero.copy(), zero.copy(),
    )  # fmt: skip


def equilibrium(routing: Routing, own: Bottlenecks, pairs: dict[tuple[int, int], float]) -> tuple[np.ndarray, Gated]:
    """Return link traffic with gates at their own delays: both found in turn until they stay."""
    demand = np.zeros_like(routing.cost)
    for (o, d), mt in pairs.items():
        demand[GENERAL, o, d] = mt * 1e6
    delay, traffic = np.zeros(own.size), np.zeros(own.size)
    for _ in range(30):
        gated = gate_passes(routing, own, delay)
        found = solve_delays(Loads(gated, demand), own, traffic, tolerance=1e-12)
        moved = np.abs(found.delay - delay).max()
        delay, traffic = found.delay, found.traffic
        if moved < 1e-12:
            break
    return traffic, gated


def test_parallel_routes_with_bpr_delays() -> None:
    case = CASES["parallel_routes_bpr_logit"]
    given, expected = case["inputs"], case["expected"]
    links = [Link("p", "q", t0, id=f"route-{i}", one_way=True) for i, t0 in enumerate(given["t0"])]
    routing = scaled(Plan(links, [Zone("a", {"p": 0.0}), Zone("b", {"q": 0.0}, economy=1)]), 1 / given["theta"])
    own = curves(given["capacity"], [0.15 * t0 for t0 in given["t0"]], 4.0)
    traffic, _ = equilibrium(routing, own, {(0, 1): given["demand"]})
    assert traffic == pytest.approx(expected["flows"], rel=1e-8)
    assert np.array(given["t0"]) + own.beyond(traffic) == pytest.approx(expected["costs"], rel=1e-8)


@pytest.mark.parametrize("case", CASES["braess_logit_sue"]["expected"], ids=lambda case: f"theta {case['theta']}")
def test_braess_with_linear_delays(case: dict[str, Any]) -> None:
    ends = {"l13": ("1", "3", 0.0, 10.0), "l32": ("3", "2", 50.0, 1.0), "l14": ("1", "4", 50.0, 1.0)}
    ends |= {"l42": ("4", "2", 0.0, 10.0), "l34": ("3", "4", 10.0, 1.0)}
    links = [Link(a, b, km, id=name, one_way=True) for name, (a, b, km, _) in ends.items()]
    # All gates open: a gate ever so narrow is open on every arc that leads downhill at the congested costs.
    routing = scaled(
        Plan(links, [Zone("a", {"1": 0.0}), Zone("b", {"2": 0.0}, economy=1)]), 1 / case["theta"], gate=1e-6
    )
    own = curves([1.0] * 5, [slope for *_, slope in ends.values()], 1.0)
    traffic, _ = equilibrium(routing, own, {(0, 1): CASES["braess_logit_sue"]["inputs"]["demand"]})
    # Costs of 0 are raised to the least cost of an arc, 0.001: hence not to the oracle's 1e-8.
    assert traffic == pytest.approx([case["link_flows"][name] for name in ends], rel=2e-5)


def test_nguyen_dupuis_over_the_arcs_that_lead_downhill() -> None:
    """All 25 simple paths lead downhill here at the congested costs, so the gated model holds them all."""
    case = CASES["nguyen_dupuis_logit_sue"]
    given, expected = case["inputs"], case["expected"]
    links = [
        Link(str(e["i"]), str(e["j"]), float(e["t0"]), id=f"{e['i']}-{e['j']}", one_way=True) for e in given["links"]
    ]
    zones = [Zone(str(n), {str(n): 0.0}, economy=i) for i, n in enumerate((1, 4, 2, 3))]
    routing = scaled(Plan(links, zones), 1 / given["theta"], gate=1e-9)
    t0 = [float(e["t0"]) for e in given["links"]]
    own = curves([e["cap"] for e in given["links"]], [0.15 * t for t in t0], 4.0)
    index = {1: 0, 4: 1, 2: 2, 3: 3}
    pairs = {(index[e["o"]], index[e["d"]]): e["q"] for e in given["demand"]}
    traffic, _ = equilibrium(routing, own, pairs)
    assert traffic == pytest.approx(expected["link_flows"], rel=1e-8)


def test_markovian_assignment_with_cycles() -> None:
    case = CASES["markovian_logit_assignment_cyclic"]
    given, expected = case["inputs"], case["expected"]
    arcs, d = given["arcs"], given["destination"]
    demand = np.zeros((5, 5))
    for o, q in given["demand"].items():
        demand[int(o), d] = q
    roads = Roads(
        np.array([a["i"] for a in arcs]), np.array([a["j"] for a in arcs]), np.array([a["cost"] for a in arcs]), demand,
        np.ones(5, dtype=bool),
    )  # fmt: skip
    model = CyclicLogit(roads, np.arange(len(arcs)), 1 / given["theta"])
    flow, value, _ = model.load(np.zeros(len(arcs)))
    assert flow == pytest.approx([a["flow"] for a in expected["arc_flow"]], rel=1e-8)
    assert value == pytest.approx(demand[:, d] @ np.array(expected["expected_min_cost"]), rel=1e-10)
