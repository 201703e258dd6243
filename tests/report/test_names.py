"""Results and routes are told by the names that people read."""

from __future__ import annotations

import isthmus as ist
from isthmus.report.names import with_names
from isthmus.report.routes import tell_route
from isthmus.routing import Leg, Route
from isthmus.scenario.changes import OpenLink
from isthmus.world.names import names_of


def test_a_result_is_told_by_these_names_and_keeps_its_identifiers(toy: ist.World) -> None:
    result = ist.solve(toy, ist.Scenario("line", "Line", (OpenLink(links=("new-line",)),)))
    told = with_names(result)
    assert told.link_table["id"].tolist() == result.link_table["id"].tolist()
    assert told.link_table["name"].tolist() == [names_of(toy).of(link, "") for link in result.link_table["id"]]


def test_routes_are_told_by_these_names(eurasia: ist.World) -> None:
    net = eurasia.network
    link = net.link_ids.index("road:hopa--sarpi-sarp|TUR")
    start, end = (net.node_names[node[link]] for node in (net.from_node, net.to_node))
    leg = Leg("road", start, end, "TUR", 15.0, 0.3, 0.0, 2.0, (net.link_ids[link],))
    crossing = net.link_names[net.link_ids.index("x-road-HRV-MNE-42.48-18.47~2")]
    route = Route(1.0, 2.0, {}, 15.0, 0.3, ("TUR",), (leg,), ((crossing, 4.0),), ())
    told = tell_route(eurasia, route)
    assert (told.legs[0].start, told.legs[0].end) == ("Hopa", "Sarpi / Sarp")
    assert told.legs[0].links == leg.links
    assert told.waits == (("Croatia / Montenegro road crossing near Podgorica: approach from Podgorica", 4.0),)
