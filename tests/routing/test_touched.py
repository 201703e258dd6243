"""What few changes touch is solved again: costs, flows and transit are those of a full solve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus as ist
from isthmus.routing import (
    RoutingSettings,
    Touched,
    hold_passes,
    load_freight,
    load_touched,
    solve_routing,
    touch,
    touched,
)
from isthmus.routing.choice import node_scales
from isthmus.routing.cost import Delay, lowest_cost
from isthmus.routing.graph import compile_graph
from isthmus.scenario.changes import CloseLink
from isthmus.solve import Settings, Warm
from isthmus.world.network import Denial, Network
from routing.small_networks import PLAIN, Link, Plan, Zone, make_network

PLACES = ("AAA", "BBB", "CCC", "DDD")
TASTES = RoutingSettings(draws=2, threads=1)


@st.composite
def states(draw: st.DrawFn) -> tuple[Network, Network]:
    """Return a network with bridges, islands and denials, and the same with one to four links changed."""
    size = draw(st.integers(4, 12))
    names = [f"n{i}" for i in range(size)]
    place = {name: draw(st.sampled_from(PLACES)) for name in names}
    km = st.floats(0.5, 20)
    often = st.sampled_from((True, True, True, False))

    def link(a: str, b: str, name: str) -> Link:
        wait = (draw(st.floats(0, 5)), draw(st.floats(0, 5)))
        mode = draw(st.sampled_from(("road", "rail")))
        return Link(a, b, draw(km), name, mode, territory=place[a], wait=wait, open=draw(often))

    links = [link(names[draw(st.integers(0, i - 1))], names[i], f"tree{i}") for i in range(1, size)]
    for i in range(draw(st.integers(1, 14))):
        a, b = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
        links.append(link(a, b, f"more{i}"))
    ends = st.integers(0, size - 1)
    zones = [
        Zone(code, {names[draw(ends)]: 1.0, names[i]: 2.0}, economy=i, territory=code) for i, code in enumerate(PLACES)
    ]
    denials = [Denial("DDD", "AAA"), Denial("BBB", "CCC", ("road",))] if draw(st.booleans()) else []
    before = make_network(Plan(links, zones, denials, place, scale_cap=draw(st.floats(0.5, 10))))
    opened, fee = before.open.copy(), before.fee_usd_per_t.copy()
    for i in draw(st.lists(st.integers(0, len(links) - 1), min_size=1, max_size=4, unique=True)):
        what = draw(st.sampled_from(("switch", "switch", "dearer", "cheaper")))
        if what == "switch":
            opened[i] = ~opened[i]
        else:
            fee[i] = draw(st.floats(0.01, 20)) if what == "dearer" else -draw(st.floats(0.01, 0.3)) * links[i].km
    return before, replace(before, open=opened, fee_usd_per_t=fee)


def scale_of(network: Network, tastes: RoutingSettings) -> np.ndarray:
    graph = compile_graph(network)
    return node_scales(graph, lowest_cost(network, graph, tastes), network, tastes)


def demand_of(network: Network, seed: int) -> np.ndarray:
    zones = len(network.zones.ids)
    draws = np.random.default_rng(seed).uniform(-20.0, 100.0, (6, zones, zones))
    return np.maximum(draws, 0.0)


@pytest.fixture(autouse=True)
def _however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touched, "MOST_CHANGED", 1.0)  # four links are many in networks this small


def close_to(part: np.ndarray, whole: np.ndarray, tolerance: float, size: float | None = None) -> None:
    assert np.abs(part - whole).max(initial=0.0) <= tolerance * (
        np.abs(whole).max(initial=0.0) if size is None else size
    )


@settings(max_examples=25, deadline=None)
@given(states(), st.integers(0, 100), st.booleans())
def test_touched_is_a_full_solve(pair: tuple[Network, Network], seed: int, queues: bool) -> None:
    before, after = pair
    scale = scale_of(before, TASTES)
    late = np.random.default_rng(seed).uniform(0.0, 2.0, (2, len(before.link_ids))) * queues
    delay = Delay(late[0], late[1])
    base = solve_routing(before, PLACES, TASTES, scale=scale, delay=delay)
    full = solve_routing(after, PLACES, TASTES, scale=scale, delay=delay)
    found = touch(hold_passes(base), after)
    assert isinstance(found, Touched)
    cost = found.routing.cost
    reached = np.isfinite(full.cost)
    assert (np.isfinite(cost) == reached).all()
    np.testing.assert_allclose(cost[reached], full.cost[reached], rtol=1e-9)
    q0 = demand_of(before, seed)
    q1 = np.where(np.random.default_rng(seed).random(q0.shape) < 0.5, q0, demand_of(before, seed + 1))
    opened = np.flatnonzero(after.open & ~before.open)
    near = frozenset({"AAA"})
    freight = load_freight(base, q0, PLACES[:3], np.zeros(0, dtype=np.int64), frozenset())
    part = load_touched(found, freight, (q0, q1), opened, near)
    whole = load_freight(full, q1, PLACES[:3], opened, near)
    most = float(whole.flow.max(initial=0.0))
    close_to(part.flow, whole.flow, 1e-6)
    close_to(part.by_trip, whole.by_trip, 1e-6, most)
    close_to(part.transit_mt, whole.transit_mt, 1e-6, most / 1e6)
    close_to(part.transit_usd_m, whole.transit_usd_m, 1e-6, 40 * most / 1e6)
    assert (part.flow[:, ~after.open] == 0.0).all()


def ladder(**changes: bool) -> Network:
    """Return two ways from A to B, one by a bridge, and a zone C that only the bridge reaches."""
    links = [
        Link("a", "m", 2.0, "near"),
        Link("m", "b", 2.0, "bridge", open=changes.get("bridge", True)),
        Link("a", "b", 5.0, "far", territory="BBB"),
        Link("m", "c", 1.0, "spur", open=changes.get("spur", True)),
    ]
    zones = [Zone("A", {"a": 0.5}, 0, "AAA"), Zone("B", {"b": 0.5}, 1, "BBB"), Zone("C", {"c": 0.5}, 2, "CCC")]
    return make_network(Plan(links, zones))


def test_zone_cut_off_and_joined_again() -> None:
    whole, cut = ladder(), ladder(spur=False)
    scale = scale_of(whole, PLAIN)
    shut = touch(hold_passes(solve_routing(whole, PLACES[:3], PLAIN, scale=scale)), replace(whole, open=cut.open))
    assert shut is not None
    assert np.isinf(shut.routing.cost[1, 0, 2])
    base = solve_routing(cut, PLACES[:3], PLAIN, scale=scale)
    joined = touch(hold_passes(base), replace(cut, open=whole.open))
    assert joined is not None
    np.testing.assert_array_equal(joined.routing.cost, solve_routing(whole, PLACES[:3], PLAIN, scale=scale).cost)


def test_nothing_changed_is_the_base_to_the_last_digit() -> None:
    network = ladder()
    base = solve_routing(network, PLACES[:3], PLAIN)
    found = touch(hold_passes(base), replace(network))
    assert found is not None
    assert found.share == 0.0
    np.testing.assert_array_equal(found.routing.cost, base.cost)


def test_what_is_beyond_touching_asks_for_a_full_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    network = ladder()
    store = hold_passes(solve_routing(network, PLACES[:3], PLAIN))
    assert touch(store, replace(network, denials=(Denial("BBB", "AAA"),))) is None
    monkeypatch.setattr(touched, "MOST_CHANGED", 0.0)
    assert touch(store, replace(network, open=ladder(bridge=False).open)) is None


def test_result_does_not_depend_on_threads(toy: ist.World) -> None:
    net = toy.network
    shut = np.flatnonzero(net.open)[:3]
    opened = net.open.copy()
    opened[shut] = False
    costs = []
    for threads in (1, 3):
        tastes = RoutingSettings(draws=2, threads=threads)
        found = touch(hold_passes(solve_routing(net, toy.economies, tastes)), replace(net, open=opened))
        assert found is not None
        costs.append(found.routing.cost)
    np.testing.assert_array_equal(costs[0], costs[1])


def same_results(quick: ist.Result, full: ist.Result) -> None:
    np.testing.assert_allclose(quick.real_income_change, full.real_income_change, atol=1e-8)
    np.testing.assert_allclose(quick.flows.after_t, full.flows.after_t, atol=1e-6 * full.flows.after_t.max())
    for column in ("after_usd_m", "after_mt"):
        expected = full.transit_table[column].to_numpy()
        np.testing.assert_allclose(quick.transit_table[column], expected, atol=1e-6 * expected.max())
    for line, other in zip(quick.new_lines, full.new_lines, strict=True):
        np.testing.assert_allclose(line.mt, other.mt, atol=1e-6 * full.flows.after_t.max() / 1e6)


def test_solve_of_the_toy_world_is_the_same_warm(toy: ist.World) -> None:
    link = toy.network.link_ids[int(np.flatnonzero(toy.network.open)[0])]
    scenario = ist.Scenario(name="one", title="One link closed", changes=(CloseLink(links=(link,)),))
    terms, warm, told = Settings(queues="held"), Warm(), []
    for _ in range(2):
        quick = ist.solve(toy, scenario, settings=terms, warm=warm, progress=told.append)
    same_results(quick, ist.solve(toy, scenario, settings=terms))
    assert told.count("holding the base in memory") == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tripp", "cpc-outage", "lars-closed"])
def test_shipped_world_is_the_same_warm(eurasia: ist.World, name: str, warm: Warm) -> None:
    scenario, terms = ist.read_scenario(name), Settings(queues="held")
    same_results(ist.solve(eurasia, scenario, settings=terms, warm=warm), ist.solve(eurasia, scenario, settings=terms))


@pytest.fixture(scope="module")
def warm() -> Warm:
    return Warm()
