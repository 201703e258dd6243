"""What flows amount to: transit revenue, kinds of trip, corridors, emissions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from isthmus.routing import Freight, Routing, co2_kt, corridor_mt, load_freight, solve_routing
from isthmus.routing.measure import transit_territories
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, make_network

#: A - C - B in one line: A's trips to B cross C. E lies beyond A, C has a zone of its own.
LINKS = [
    Link("e", "a", 10, kind="border", territory="AAA"),
    Link("a", "c", 10, kind="border", territory="CCC", fee=2),
    Link("c", "b", 30, kind="border", territory="CCC", mode="rail"),
]
ZONES = [
    Zone("a", {"a": 1.0}, 0, "AAA"),
    Zone("b", {"b": 1.0}, 1, "BBB"),
    Zone("c", {"c": 1.0}, 2, "CCC"),
    Zone("e", {"e": 1.0}, 0, "EEE"),  # an exclave of A's economy
]
DEMAND = {(0, 1): 4e6, (1, 0): 1e6, (0, 2): 8e6, (3, 0): 2e6, (3, 1): 1e6}


@pytest.fixture
def routing() -> Routing:
    network = make_network(Plan(LINKS, ZONES, territory={"a": "AAA", "b": "BBB", "c": "CCC", "e": "EEE"}))
    return solve_routing(replace(network, corridors={"c-b": ("c-b",)}), ("AAA", "BBB", "CCC"), PLAIN)


@pytest.fixture
def freight(routing: Routing) -> Freight:
    demand = np.zeros_like(routing.cost)
    for (o, d), tonnes in DEMAND.items():
        demand[GENERAL, o, d] = tonnes
    return load_freight(routing, demand, ("AAA", "CCC"), np.array([1]), frozenset({"CCC"}))


def test_transit_revenue_counts_trips_without_an_end_in_the_territory(freight: Freight) -> None:
    # Through C: 4 + 1 (A-B) + 1 (E-B) Mt x (10 km + 2 fee + 30 km); through A: E-B, 1 Mt x 10 km
    assert freight.transit_usd_m == pytest.approx([10, 6 * 42])
    assert freight.transit_mt == pytest.approx([1, 6])


def test_kinds_of_trip_add_up_to_the_flow(freight: Freight) -> None:
    # Over a-c: regional is what ends in C (8), the rest is transit; nothing domestic
    assert freight.by_trip[GENERAL, 0] / 1e6 == pytest.approx([0, 8, 6])
    assert freight.by_trip[GENERAL, 0].sum() == pytest.approx(freight.flow[GENERAL, 1].sum())


def test_corridors_and_emissions_follow_the_flow(routing: Routing, freight: Freight) -> None:
    assert corridor_mt(routing.network, freight.flow) == {"c-b": pytest.approx(6)}
    # 1 g per tkm: road 3 Mt x 10 km + 14 Mt x 10 km, rail 6 Mt x 30 km
    assert co2_kt(routing.network, freight.flow) == {"road": pytest.approx(0.17), "rail": pytest.approx(0.18)}


def test_followed_territories_are_those_with_land_crossings(routing: Routing) -> None:
    assert transit_territories(routing.network) == ("AAA", "BBB", "CCC", "EEE")
