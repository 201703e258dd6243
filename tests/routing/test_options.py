"""What a pair does not use and why; the way over a link; networks with parts left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.errors import NoRoute, QueryError
from isthmus.routing import find_options, find_routes, find_way_by, limit_network, solve_routing
from isthmus.routing.choice import Routing
from isthmus.world.network import Denial, Network
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, economies_of, make_network

ZONES = [Zone("aaa-town", {"p": 1.0}), Zone("bbb-city", {"q": 2.0}, economy=1, territory="BBB")]
LINKS = [
    Link("p", "x", 5),
    Link("x", "q", 5, id="north", kind="border", wait=(3, 0)),
    Link("p", "q", 4, id="shut", open=False),
    Link("p", "z", 1, territory="CCC"),
    Link("z", "q", 1, id="south", territory="CCC", mode="rail"),
    Link("p", "u", 1, id="half", open=False, kind="project"),
    Link("u", "q", 1, id="other-half", open=False, kind="project"),
    Link("p", "y", 20),
    Link("y", "q", 20, id="long"),
]


def routed(network: Network) -> Routing:
    return solve_routing(network, economies_of(network), PLAIN)


def network(*denials: Denial) -> Network:
    made = make_network(Plan(LINKS, ZONES, list(denials), territory={"z": "CCC"}, scale_cap=0.1))
    return replace(made, corridors={"far": ("long",), "used": ("north",)}, projects={"line": ("half", "other-half")})


def test_what_is_not_used_is_told_with_its_price() -> None:
    options = {option.id: option for option in find_options(routed(network(Denial("CCC", "BBB"))), 0, 1, GENERAL)}
    assert options["shut"].dearer_usd_per_t == pytest.approx(4 - 13)
    assert options["line"].dearer_usd_per_t == pytest.approx(2 - 13)
    assert options["CCC denies BBB"].dearer_usd_per_t == pytest.approx(2 - 13)
    assert "used" not in options and "far" not in options  # the one in use; one at three times the cost
    assert [options[name].what for name in ("shut", "line", "CCC denies BBB")] == ["closed link", "project", "denial"]


def test_a_dearer_corridor_tells_by_how_much_and_its_premium() -> None:
    made = network()
    premium = made.premium.copy()
    premium[1] = 2.0
    options = {o.id: o for o in find_options(routed(replace(made, premium=premium)), 0, 1, GENERAL)}
    assert "used" not in options  # 15 + 3 against 2 + 3: more than twice the best
    near = limit_network(replace(made, premium=premium), avoid=("south", "shut"))
    longer = replace(near, corridors={"far": ("long",)}, length_km=near.length_km / 2)
    (option,) = (o for o in find_options(routed(longer), 0, 1, GENERAL) if o.what == "corridor")
    assert option.dearer_usd_per_t == pytest.approx(20 - 10)
    assert option.why.startswith("dearer by 10.0 USD/t")


def test_the_way_over_a_link_is_the_cheapest_and_opens_it() -> None:
    route, dearer = find_way_by(routed(network(Denial("CCC", "BBB"))), 0, 1, GENERAL, "shut")
    assert [leg.links for leg in route.legs] == [("shut",)]
    assert (route.cost_usd_per_t, dearer) == (pytest.approx(7), pytest.approx(-9))
    route, dearer = find_way_by(routed(network()), 1, 0, GENERAL, "north")
    assert route.legs[0].links == ("north", "p-x") and dearer == pytest.approx(8)
    route, dearer = find_way_by(routed(network()), 0, 1, GENERAL, "line")
    assert [leg.links for leg in route.legs] == [("half", "other-half")] and dearer == pytest.approx(0)
    with pytest.raises(NoRoute, match="no open links join it"):
        find_way_by(routed(network()), 0, 1, GENERAL, "half")
    with pytest.raises(QueryError, match=r"--via: 'nort' is no link, project or corridor.*Nearest: 'north'"):
        find_way_by(routed(network()), 0, 1, GENERAL, "nort")
    with pytest.raises(NoRoute, match="CCC denies BBB"):
        find_way_by(routed(network(Denial("CCC", "BBB"))), 0, 1, GENERAL, "south")


def test_waits_and_gauge_changes_are_told() -> None:
    links = [Link("p", "x", 5, mode="rail"), Link("x", "q", 1, id="post", mode="rail", kind="border", wait=(30, 30))]
    made = make_network(Plan(links, ZONES, territory={"p": "ARM", "x": "ARM", "q": "TUR"}))
    (route,) = find_routes(routed(made), 0, 1, GENERAL)
    assert route.waits == (("post", 30.0),) and route.gauge_changes == ("post",)


def test_territories_links_and_modes_can_be_left_out() -> None:
    made = network()
    closed = limit_network(made, avoid=("CCC", "north"))
    names = [name for name, before, after in zip(made.link_ids, made.open, closed.open, strict=True) if before != after]
    assert names == ["north", "p-z", "south"]
    assert limit_network(made, modes=("rail",)).open.sum() == 1
    with pytest.raises(QueryError, match=r"--avoid: 'CCD' is no territory or link.*Nearest: 'CCC'"):
        limit_network(made, avoid=("CCD",))
    with pytest.raises(QueryError, match=r"--mode: 'rale' is no mode.*Nearest: 'rail'"):
        limit_network(made, modes=("rale",))
