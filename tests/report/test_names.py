"""What nodes and links are called where people read."""

from __future__ import annotations

import re

import pytest

import isthmus as ist
from isthmus.report.names import with_names
from isthmus.report.routes import tell_route
from isthmus.routing import Leg, Route
from isthmus.scenario.changes import OpenLink
from isthmus.world.names import Names, degrees, names_of

#: A word of an identifier: small letters or digits with hyphens, as in julfa-jolfa-rail or x-rail-AFG-IRN-34.65-60.94.
_IDENTIFIER = re.compile(r"(^| - |at |from |with )(x-|lane-)?[a-z0-9.]+(-[A-Za-z0-9.]+)+( \(|,|$)")


@pytest.fixture(scope="module")
def named(eurasia: ist.World) -> Names:
    return names_of(eurasia)


def test_no_identifier_stands_for_a_name(named: Names) -> None:
    for names in (named.nodes, named.links):
        assert [name for name in names if _IDENTIFIER.search(name)] == []


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ("rail:yerevan", "Yerevan"),
        ("rail:julfa-jolfa|AZE", "Julfa / Jolfa rail and road, Azerbaijan side"),
        ("rail:x-rail-grc-tur-41-38-26-61|GRC", "Greece / Turkey rail crossing near Edirne, Greece side"),
        (
            "rail:x-rail-chn-prk-42-95-129-85|PRK",
            "China / North Korea rail crossing at 42.95° N 129.85° E, North Korea side",
        ),
        ("sea:bosphorus-strait-a", "Bosphorus, northern end"),
        ("sea:lane--40.0-60.0", "at sea 40° S 60° E"),
        ("sea:lane-7.2-82.2", "at sea near Colombo"),
    ],
)
def test_a_node_is_told_by_what_is_there_or_near(eurasia: ist.World, named: Names, node: str, name: str) -> None:
    assert named.nodes[eurasia.network.node_ids.index(node)] == name


def test_links_are_told_by_their_ends(named: Names) -> None:
    assert named.of("upper-lars-kazbegi", "") == "Upper Lars / Kazbegi (Dariali)"
    assert named.of("road:hopa--sarpi-sarp|TUR", "") == "Hopa - Sarpi / Sarp, Turkey side (road)"
    assert named.of("oil-rail-adamowo", "") == "Oil rail rack Adamowo"
    assert named.of("no-such-link", "as it was") == "as it was"


def test_a_result_is_told_by_these_names_and_keeps_its_identifiers(toy: ist.World) -> None:
    result = ist.solve(toy, ist.Scenario("line", "Line", (OpenLink(links=("new-line",)),)))
    told = with_names(result)
    assert told.link_table["id"].tolist() == result.link_table["id"].tolist()
    assert told.link_table["name"].tolist() == [names_of(toy).of(link, "") for link in result.link_table["id"]]


def test_places_on_either_side_of_the_lines() -> None:
    assert degrees(-10.4, -0.6) == "10° S 1° W"
    assert degrees(34.654, 60.9, 2) == "34.65° N 60.90° E"


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
