"""The routes of a pair, and the cut that parts two zones."""

from __future__ import annotations

import numpy as np
import pytest

from isthmus.errors import NoRoute, QueryError
from isthmus.routing import Routing, find_routes, find_zone, load_flows, solve_routing
from isthmus.routing.routes import class_named
from isthmus.world.network import Denial
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, economies_of, make_network

ZONES = [Zone("aaa-town", {"p": 1.0}), Zone("bbb-city", {"q": 2.0}, economy=1, territory="BBB")]


def solved(plan: Plan) -> Routing:
    network = make_network(plan)
    return solve_routing(network, economies_of(network), PLAIN)


def two_ways() -> Routing:
    links = [
        Link("p", "x", 5),
        Link("x", "q", 5, id="north", kind="border", territory="CCC", wait=(3, 0)),
        Link("p", "y", 6, mode="rail", fee=1),
        Link("y", "q", 6, id="ferry", kind="ferry", mode="ferry", territory=""),
    ]
    return solved(Plan(links, ZONES, scale_cap=2.0))


def test_routes_carry_the_shares_that_flows_have() -> None:
    routing = two_ways()
    first, second = find_routes(routing, 0, 1, GENERAL)
    assert first.share + second.share == pytest.approx(1)
    demand = np.zeros_like(routing.cost)
    demand[GENERAL, 0, 1] = 1
    flow = load_flows(routing, demand).flow[GENERAL, :, 0]
    by_mode = {route.legs[0].mode: route for route in (first, second)}
    assert by_mode["road"].share == pytest.approx(flow[0])
    assert by_mode["rail"].share == pytest.approx(flow[2])


def test_a_route_tells_its_legs_and_the_parts_of_its_cost() -> None:
    road = next(route for route in find_routes(two_ways(), 0, 1, GENERAL) if route.legs[0].mode == "road")
    assert [(leg.mode, leg.start, leg.end, leg.territory) for leg in road.legs] == [
        ("road", "P", "X", "AAA"),
        ("road", "X", "Q", "CCC"),
    ]
    assert road.territories == ("AAA", "CCC")
    assert (road.km, road.hours) == (10, 3)
    assert road.cost_parts == {
        "haul": 10,
        "running": 0,
        "waiting": 3,
        "fees": 0,
        "premia": 0,
        "calibrated": 0,
        "access": 3,
    }
    assert road.cost_usd_per_t == 16
    assert road.legs[1].links == ("north",)
    rail = next(route for route in find_routes(two_ways(), 0, 1, GENERAL) if route.legs[0].mode == "rail")
    assert rail.territories == ("AAA",)
    assert rail.cost_parts["fees"] == 1


def test_a_route_back_runs_its_legs_backward() -> None:
    road = next(route for route in find_routes(two_ways(), 1, 0, GENERAL) if route.legs[-1].mode == "road")
    assert [(leg.start, leg.end) for leg in road.legs] == [("Q", "X"), ("X", "P")]
    assert road.cost_parts["waiting"] == 0


def test_legs_of_one_mode_and_territory_are_one() -> None:
    links = [Link("p", "x", 5), Link("x", "y", 5), Link("y", "q", 5)]
    (route,) = find_routes(solved(Plan(links, ZONES)), 0, 1, GENERAL)
    assert len(route.legs) == 1
    assert route.legs[0].km == 15


def test_an_unreachable_pair_names_the_closed_links_that_part_it() -> None:
    links = [
        Link("p", "x"),
        Link("x", "q", id="bridge", open=False),
        Link("p", "q", id="tunnel", open=False),
        Link("p", "far", id="far", open=False),
        Link("far", "q", id="farther", open=False),
    ]
    with pytest.raises(NoRoute, match="No open route for general from aaa-town to bbb-city") as caught:
        find_routes(solved(Plan(links, ZONES)), 0, 1, GENERAL)
    assert caught.value.cut == ("bridge", "tunnel")


def test_an_unreachable_pair_names_who_denies_it() -> None:
    links = [Link("p", "c", territory="CCC"), Link("c", "q", territory="CCC")]
    plan = Plan(links, ZONES, [Denial("CCC", "BBB")], territory={"c": "CCC"})
    with pytest.raises(NoRoute) as caught:
        find_routes(solved(plan), 0, 1, GENERAL)
    assert caught.value.cut == ("CCC denies BBB",)


def test_islands_have_no_cut() -> None:
    plan = Plan([Link("p", "x"), Link("y", "q")], ZONES)
    with pytest.raises(NoRoute, match="no link of the network, open or closed, joins them") as caught:
        find_routes(solved(plan), 0, 1, GENERAL)
    assert caught.value.cut == ()


def test_zones_go_by_id_place_or_economy() -> None:
    network = two_ways().network
    economies = ("AAA", "BBB")
    assert find_zone(network, economies, "AAA-town") == 0
    assert find_zone(network, economies, "bbb") == 1
    with pytest.raises(QueryError, match=r"'bbb-citty' is no zone.*Nearest: 'Bbb-City'"):
        find_zone(network, economies, "bbb-citty")
    with pytest.raises(QueryError, match="give two zones"):
        find_routes(two_ways(), 0, 0, GENERAL)
    with pytest.raises(QueryError, match="'coal' is no freight class"):
        class_named("coal")
    assert class_named("general") == GENERAL
