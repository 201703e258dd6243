"""What nodes and links are called where people read."""

from __future__ import annotations

import re

import pytest

import isthmus as ist
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


def test_places_on_either_side_of_the_lines() -> None:
    assert degrees(-10.4, -0.6) == "10° S 1° W"
    assert degrees(34.654, 60.9, 2) == "34.65° N 60.90° E"
