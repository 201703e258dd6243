"""Least-cost ways and min-cost flow: worked by hand, against brute force, and with networkx-free small cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus as ist
from isthmus.routing import solve_routing
from isthmus.routing.cost import RoutingSettings
from isthmus.routing.least import LeastWays
from isthmus.routing.mincost import LEFT_BEHIND, Shipment, ship
from isthmus.world.network import CLASSES, KINDS

BULK = CLASSES.index("bulk")


@pytest.fixture(scope="module")
def ways(toy: ist.World) -> LeastWays:
    return LeastWays(toy.network, toy.economies)


def zones_of(world: ist.World, economy: str, klass: int, *, sells: bool) -> list[int]:
    zones = world.network.zones
    weight = (zones.origin_weight if sells else zones.destination_weight)[klass]
    return [z for z, e in enumerate(zones.economy) if world.economies[e] == economy and weight[z] > 0]


def capped(world: ist.World, link: str, mt: float) -> LeastWays:
    capacity = world.network.capacity_mt.copy()
    capacity[world.network.link_ids.index(link)] = mt
    return LeastWays(replace(world.network, capacity_mt=capacity), world.economies)


def test_least_costs_are_the_router_s_in_the_limit(toy: ist.World, ways: LeastWays) -> None:
    """With no spread of tastes the route choice model's values lie at or below the least cost, above half of it."""
    flat = RoutingSettings(
        draws=1, spread_mode=0, spread_territory=0, spread_time=0, spread_border=0, spread_transfer=0
    )
    value = solve_routing(toy.network, toy.economies, flat).cost
    for klass in range(len(CLASSES)):
        for origin in range(len(toy.network.zones.ids)):
            least = np.full(len(toy.network.zones.ids), np.inf)
            bits = ways.zone_bits[origin]
            for denied in np.unique(bits):
                found, _ = ways.search(klass, [origin], denied=int(denied))
                least[bits == denied] = ways.zone_costs(found)[bits == denied]
            other = np.arange(least.size) != origin
            both = np.isfinite(least) & np.isfinite(value[klass, origin]) & other
            # The router leaves out zones that take nothing of the class.
            assert np.isfinite(least[np.isfinite(value[klass, origin]) & other]).all()
            assert (value[klass, origin][both] <= least[both] + 1e-6).all()
            assert (value[klass, origin][both] >= 0.5 * least[both] - 1e-6).all()


def test_forward_and_backward_searches_agree(toy: ist.World, ways: LeastWays) -> None:
    origin, destination = 0, len(toy.network.zones.ids) - 1
    denied = int(ways.zone_bits[origin, destination])
    there, _ = ways.search(BULK, [origin], denied=denied)
    back, ends = ways.search(BULK, [destination], denied=denied, backward=True)
    assert ways.zone_costs(there)[destination] == pytest.approx(ways.zone_costs(back, backward=True)[origin])
    path = ways.path_to(ends, origin)
    assert sum(ways.cost[BULK][arc] for arc in path) == pytest.approx(ways.zone_costs(there)[destination])


def test_a_way_around_a_territory_does_not_touch_it_and_costs_more(toy: ist.World, ways: LeastWays) -> None:
    (origin,), destination = zones_of(toy, "AAA", BULK, sells=True)[:1], zones_of(toy, "EEE", BULK, sells=False)
    free = ways.way(BULK, origin, destination)
    assert free is not None
    through = [place for place in free.territories if place not in ("AAA", "EEE")]
    assert through
    around = ways.way(BULK, origin, destination, avoid=through[:1])
    if around is not None:
        assert through[0] not in around.territories
        assert around.cost_usd_per_t > free.cost_usd_per_t
    everything = [place for place in ways.places if place != "AAA"]
    assert ways.way(BULK, origin, destination, avoid=everything) is None


def test_crossed_territories_are_those_of_the_way(toy: ist.World, ways: LeastWays) -> None:
    origin = zones_of(toy, "CCC", BULK, sells=True)[0]
    bits = ways.zone_bits[origin]
    found, ends = ways.search(BULK, [origin], denied=int(bits[-1]))
    touched = ways.crossings(ends)
    for destination in np.flatnonzero(bits == bits[-1]):
        if destination == origin or not np.isfinite(ways.zone_costs(found)[destination]):
            continue
        way = ways.way(BULK, origin, [int(destination)])
        assert way is not None
        assert {ways.places[p] for p in np.flatnonzero(touched[destination])} == set(way.territories)


def test_without_limits_all_arrives_at_least_cost(toy: ist.World, ways: LeastWays) -> None:
    origins, sinks = zones_of(toy, "AAA", BULK, sells=True), zones_of(toy, "EEE", BULK, sells=False)
    shipped = ship(ways, [Shipment(z, BULK, 1e-3) for z in origins], sinks)
    least = []
    for origin in origins:
        way = ways.way(BULK, origin, sinks)
        assert way is not None
        least.append(way.cost_usd_per_t)
    assert not shipped.programme
    assert shipped.delivered_mt.sum() == pytest.approx(1e-3 * len(origins))
    assert shipped.cost_usd_per_t == pytest.approx(np.mean(least))


def test_the_programme_finds_what_the_least_paths_find_where_they_fit(toy: ist.World) -> None:
    """Room for 1 Mt on a link that 0.4 Mt takes is no limit, but just below 0.4 is; costs meet there."""
    origin = zones_of(toy, "AAA", BULK, sells=True)[0]
    sinks = zones_of(toy, "EEE", BULK, sells=False)
    ways = LeastWays(toy.network, toy.economies)
    way = ways.way(BULK, origin, sinks)
    assert way is not None
    link = next(name for name in way.named if name in toy.network.link_ids)
    wide = ship(capped(toy, link, 0.4), [Shipment(origin, BULK, 0.4)], sinks)
    tight = ship(capped(toy, link, 0.4 - 1e-9), [Shipment(origin, BULK, 0.4)], sinks)
    assert not wide.programme and link in wide.full
    assert tight.programme
    assert tight.cost_usd_per_t == pytest.approx(wide.cost_usd_per_t, rel=1e-6)


@settings(max_examples=8)
@given(st.floats(0.05, 0.95))
def test_what_does_not_fit_goes_round_or_stays(toy: ist.World, room: float) -> None:
    """A link with a part of the room: the programme's cost is that of both ways, mixed."""
    origin = zones_of(toy, "AAA", BULK, sells=True)[0]
    sinks = zones_of(toy, "EEE", BULK, sells=False)
    ways = LeastWays(toy.network, toy.economies)
    first = ways.way(BULK, origin, sinks)
    assert first is not None
    link = next(name for name in first.named if name in toy.network.link_ids)
    at = toy.network.link_ids.index(link)
    opened = toy.network.open.copy()
    opened[at] = False
    second = LeastWays(replace(toy.network, open=opened), toy.economies).way(BULK, origin, sinks)
    shipped = ship(capped(toy, link, room), [Shipment(origin, BULK, 1.0)], sinks)
    if second is None:
        assert shipped.delivered_mt.sum() == pytest.approx(room)
        assert shipped.cost_usd_per_t == pytest.approx(first.cost_usd_per_t)
    else:
        assert shipped.delivered_mt.sum() == pytest.approx(1.0)
        mixed = room * first.cost_usd_per_t + (1 - room) * second.cost_usd_per_t
        assert shipped.cost_usd_per_t <= mixed + 1e-6
        assert shipped.cost_usd_per_t >= first.cost_usd_per_t
    assert link in shipped.full


def test_freight_of_today_takes_room(toy: ist.World, ways: LeastWays) -> None:
    origin = zones_of(toy, "AAA", BULK, sells=True)[0]
    sinks = zones_of(toy, "ROW", BULK, sells=False)
    limited = capped(toy, "strait", 2.0)
    used = np.zeros(len(toy.network.link_ids))
    used[toy.network.link_ids.index("strait")] = 1.5
    shipped = ship(limited, [Shipment(origin, BULK, 1.0)], sinks, used_mt=used)
    free = ship(limited, [Shipment(origin, BULK, 1.0)], sinks)
    assert free.delivered_mt.sum() == pytest.approx(1.0)
    assert shipped.delivered_mt.sum() <= 0.5 + 1e-9 or "strait" not in shipped.full


def test_leaving_behind_is_dearer_than_any_way(ways: LeastWays) -> None:
    finite = [float(cost[np.isfinite(cost)].sum()) for cost in ways.cost.values()]
    assert max(finite) < LEFT_BEHIND * len(KINDS)
