"""N-1 against a full solve of every closed network, on random and on hand-made networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.cache import Shelf
from isthmus.errors import QueryError
from isthmus.routing import Routing, RoutingSettings, criticality_bench, load_flows, solve_routing
from isthmus.routing.closures import CLOSURE_KINDS, Closures, list_closures
from isthmus.routing.cost import Delay
from isthmus.routing.criticality import Criticality, compute_criticality
from isthmus.world.network import CLASSES, Denial, Network
from properties.test_routing_properties import ECONOMIES, TASTES, networks, superset_scale
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, economies_of, make_network

LAST = len(CLASSES) - 1


def naive(routing: Routing, demand: np.ndarray, closures: Closures) -> Callable[..., np.ndarray]:
    """Return a function of closures shut together that solves the whole network without their links.

    It gives (class, 3) extra USD, tonne-hours and stranded tonnes.
    """
    network = routing.network
    had = np.isfinite(routing.cost) & ~np.eye(len(network.zones.ids), dtype=bool)
    hours = _hours(routing, demand)

    def solve(*shut: int) -> np.ndarray:
        left = replace(network, open=network.open & ~np.isin(closures.of_link, shut))
        solved_left = solve_routing(left, routing.economies, routing.settings, scale=routing.scale, delay=routing.delay)
        kept = had & np.isfinite(solved_left.cost)
        change = np.zeros_like(routing.cost)
        change[kept] = solved_left.cost[kept] - routing.cost[kept]
        more = _hours(solved_left, np.where(kept, demand, 0.0)) - np.where(kept, hours, 0.0)
        parts = (demand * change, more, demand * (had & ~kept))
        return np.stack([part.sum(axis=(1, 2)) for part in parts], axis=1)

    return solve


def _hours(routing: Routing, demand: np.ndarray) -> np.ndarray:
    """Return (class, zone, zone) tonne-hours."""
    hours = routing.network.hours[:, None] + routing.network.wait_hours
    attribute = np.broadcast_to(hours[None, :, :, None], (len(CLASSES), *hours.shape, 1))
    out: np.ndarray = load_flows(routing, demand, attribute).expected[:, :, :, 0] * demand
    return out


def compare(routing: Routing, demand: np.ndarray, closures: Closures) -> Criticality:
    """Check every closure against the naive solve."""
    solve = naive(routing, demand, closures)
    for order in (2, 1):
        found = compute_criticality(routing, demand, closures, order=order)
        for row, shut in enumerate(found.sets):
            expected = solve(*shut)
            assert np.allclose(found.of(None)[:, row], expected, rtol=1e-6, atol=1e-8 * demand.sum()), shut
    return found


def solved(plan: Plan, tastes: RoutingSettings = PLAIN) -> Routing:
    network = make_network(plan)
    return solve_routing(network, economies_of(network), tastes)


def two_classes(network: Network) -> Network:
    """Return the network where two classes alone are received: on a random network all six cost the same."""
    weight = network.zones.destination_weight * np.isin(np.arange(len(CLASSES)), (GENERAL, LAST))[:, None]
    return replace(network, zones=replace(network.zones, destination_weight=weight))


def all_pairs(routing: Routing) -> np.ndarray:
    """Return (class, zone, zone) a tonne between all zones, of every class that these receive."""
    zones = routing.network.zones
    return (1.0 - np.eye(len(zones.ids))) * (zones.destination_weight > 0)[:, None, :]


SMALL = networks(most_nodes=7, most_links=6)


@settings(deadline=None, max_examples=25)
@given(network=SMALL, denied=st.lists(st.sampled_from(range(4)), unique=True), data=st.data())
def test_every_closure_costs_what_a_full_solve_of_the_closed_network_says(
    network: Network, denied: list[int], data: st.DataObject
) -> None:
    there = np.isin(np.arange(len(network.link_ids)), denied)
    place = tuple("DDD" if x else "AAA" for x in there)
    barred = replace(two_classes(network), territory=place, denials=(Denial("DDD", "BBB"),))
    together = data.draw(st.lists(st.integers(-1, 3), min_size=len(there), max_size=len(there)))
    queues = st.lists(st.sampled_from([0.0, 0.5, 3.0]), min_size=len(there), max_size=len(there))
    delay = Delay(np.array(data.draw(queues)), np.array(data.draw(queues)))
    for of_link in (np.arange(len(there)), np.array(together)):
        ids = tuple(str(i) for i in range(int(of_link.max(initial=0)) + 1))
        closures = Closures(ids, ids, ("road",) * len(ids), of_link)
        routing = solve_routing(barred, ECONOMIES, TASTES, scale=superset_scale(barred, TASTES), delay=delay)
        demand = all_pairs(routing)
        demand[LAST] *= [[0.0, 1.0, 2.0], [3.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
        compare(routing, demand, closures)


def test_a_bridge_strands_what_it_joins_and_tells_the_largest_pair() -> None:
    links = [Link("p", "x", 5), Link("x", "q", 5, id="bridge", kind="border"), Link("p", "x", 6, id="slow")]
    zones = [Zone("aaa-town", {"p": 1.0}), Zone("bbb-city", {"q": 2.0}, economy=1, territory="BBB")]
    routing = solved(Plan(links, zones))
    demand = all_pairs(routing) * np.array([[1.0, 3.0], [2.0, 1.0]])
    found = compare(routing, demand, list_closures(routing.network, CLOSURE_KINDS))
    at = found.closures.ids.index("bridge")
    assert found.closures.kinds[at] == "crossing"
    assert found.of(None)[GENERAL, at].tolist() == [0, 0, 5]
    assert found.of("BBB")[GENERAL, at, 2] == 5
    assert found.worst[GENERAL, at].tolist() == [3, 0, 1]
    assert found.traffic[GENERAL, at] == pytest.approx(5)


def test_an_island_closes_without_a_word() -> None:
    links = [Link("p", "x"), Link("x", "q"), Link("far", "away", id="island")]
    zones = [Zone("a", {"p": 1.0}), Zone("b", {"q": 1.0}, economy=1, territory="BBB"), Zone("c", {"far": 1.0}, 1)]
    routing = solved(Plan(links, zones))
    found = compare(routing, all_pairs(routing), list_closures(routing.network, CLOSURE_KINDS))
    assert not found.of(None)[:, found.closures.ids.index("island")].any()


def test_a_detour_costs_its_extra_hours() -> None:
    links = [Link("p", "q", 5, id="short"), Link("p", "q", 5, id="long", wait=(50.0, 50.0))]
    zones = [Zone("a", {"p": 1.0}), Zone("b", {"q": 1.0}, economy=1, territory="BBB")]
    routing = solved(Plan(links, zones, scale_cap=0.01))
    found = compare(routing, all_pairs(routing), list_closures(routing.network, CLOSURE_KINDS))
    short = found.closures.ids.index("short")
    assert found.of(None)[GENERAL, short] == pytest.approx([2 * 50, 2 * 50, 0])
    # A trip between two economies counts for both of them.
    assert found.of("AAA")[GENERAL, short] == pytest.approx([100, 100, 0])
    assert found.of("BBB")[GENERAL, short] == pytest.approx([100, 100, 0])


def test_pieces_of_a_line_close_as_one_and_closed_links_are_left_out() -> None:
    links = [
        Link("p", "x", id="pipe"),
        Link("x", "q", id="pipe~2"),
        Link("p", "q", 9),
        Link("p", "q", 1, id="shut", open=False),
        Link("p", "q", 9, id="odd~1"),
    ]
    zones = [Zone("a", {"p": 1.0}), Zone("b", {"q": 1.0}, economy=1, territory="BBB")]
    routing = solved(Plan(links, zones))
    closures = list_closures(routing.network, CLOSURE_KINDS)
    assert closures.ids == ("pipe", "p-q", "odd~1")
    assert closures.links(0).tolist() == [0, 1]
    found = compare(routing, all_pairs(routing), closures)
    assert found.traffic[GENERAL, 0] <= 2
    with pytest.raises(QueryError, match=r"'ferri' is no kind of link.*Nearest: 'ferry'"):
        list_closures(routing.network, ["ferri"])


def test_an_interrupted_computation_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path))
    links = [Link("p", "q", 5, id="short"), Link("p", "q", 7, id="long")]
    zones = [Zone("a", {"p": 1.0}), Zone("b", {"q": 1.0}, economy=1, territory="BBB")]
    routing = solved(Plan(links, zones), TASTES)
    demand, closures = all_pairs(routing), list_closures(routing.network, CLOSURE_KINDS)
    whole = compute_criticality(routing, demand, closures)
    seen: list[int] = []

    def stop_at_eight(done: int, _: int) -> None:
        seen.append(done)
        if done == 8:
            raise KeyboardInterrupt

    shelf = Shelf("closures", "key")
    with pytest.raises(KeyboardInterrupt):
        compute_criticality(routing, demand, closures, shelf=shelf, tell=stop_at_eight)
    assert len(list(shelf.folder.glob("*.npz"))) >= 4
    again: list[str] = []
    run = criticality_bench.Bench.run
    monkeypatch.setattr(criticality_bench.Bench, "run", lambda *a: (again.append(a[1].name), run(*a))[1])
    resumed = compute_criticality(routing, demand, closures, shelf=shelf)
    assert 0 < len(again) < 12
    assert np.array_equal(resumed.extra, whole.extra) and np.array_equal(resumed.worst, whole.worst)
    again.clear()
    stored = compute_criticality(routing, demand, closures, shelf=shelf)
    assert not again and np.array_equal(stored.extra, whole.extra)


def test_the_number_of_threads_changes_nothing() -> None:
    links = [Link("p", "x", 2), Link("x", "q", 2), Link("p", "q", 5), Link("q", "r", 1), Link("x", "r", 2)]
    zones = [Zone(c, {n: 1.0}, i, c.upper() * 3) for i, (c, n) in enumerate(zip("abc", "pqr", strict=True))]
    one, two = (solved(Plan(links, zones), replace(TASTES, threads=n)) for n in (1, 2))
    closures = list_closures(one.network, CLOSURE_KINDS)
    found = [compute_criticality(routing, all_pairs(one), closures) for routing in (one, two)]
    assert np.array_equal(found[0].extra, found[1].extra)
