"""Every observed flow has a place in the model or a reason why not; the split never parts a corridor."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from isthmus.errors import WorldError
from isthmus.routing.graph import compile_graph
from isthmus.trust.targets import Places, read_data, read_left_out, read_targets, side_of
from isthmus.world.network import CLASSES, KINDS, MODES

DATA = Path(ist.__file__).parent / "trust" / "data"


def test_every_observed_flow_is_a_target_or_says_why_not() -> None:
    with (DATA / "observed_flows.csv").open(encoding="utf-8", newline="") as handle:
        known = {row["id"] for row in csv.DictReader(handle)}
    targets, left_out = {t.flow for t in read_targets()}, dict(read_left_out())
    assert targets | set(left_out) == known
    assert not targets & set(left_out)
    assert all(left_out.values())


def test_conversions_are_those_of_the_design() -> None:
    by_flow = {t.flow: t for t in read_targets()}
    assert by_flow["titr-teu-2021"].observed_mt == pytest.approx(25200 * 12 / 1e6)
    assert by_flow["geo-transit-trucks-2023"].observed_mt == pytest.approx(519997 * 18 / 1e6)
    assert by_flow["scp-2023"].observed_mt == pytest.approx(21.9 * 0.73)
    assert by_flow["btc-8m2022"].observed_mt == pytest.approx(19.2 * 12 / 8)
    assert all("assumption" in t.conversion for t in by_flow.values() if "teu" in t.flow)


def test_no_corridor_is_on_both_sides_and_doubtful_and_partial_rows_are_never_fitted() -> None:
    sides: dict[str, set[str]] = {}
    for target in read_targets():
        sides.setdefault(target.corridor, set()).add(target.used)
        if target.treatment != "full":
            assert target.used != "fit", target.flow
    assert all(len(used - {"shown"}) <= 1 for used in sides.values())
    assert {"fit", "held-out"} <= {word for used in sides.values() for word in used}


def test_the_side_of_a_corridor_is_the_parity_of_its_salted_hash() -> None:
    # sha256sum of "isthmus 2026-11-26 cpc" begins e1dfc95c, even; of "isthmus 2026-11-26 georgian-railway"
    # e3309bdf, odd.
    assert side_of("cpc") == "fit"
    assert side_of("georgian-railway") == "held-out"


def test_every_place_is_in_the_shipped_world(eurasia: ist.World) -> None:
    places = Places(eurasia, compile_graph(eurasia.network))
    for target in read_targets():
        for place in target.places:
            part = places.part(*place)
            assert part.weight.any(), (target.flow, place)
            assert part.classes.any()
            assert part.ends.any()


def test_ends_pick_trips_by_economy_and_group(eurasia: ist.World) -> None:
    places = Places(eurasia, compile_graph(eurasia.network))
    zone = np.array([eurasia.economies[e] for e in eurasia.network.zones.economy])
    ends = places.part("cpc~4", "liquid", "both", "origin KAZ; destination DEU").ends
    o, d = np.nonzero(ends)
    assert set(zone[o]) == {"KAZ"}
    assert set(zone[d]) == {"DEU"}
    either = places.part("cpc~4", "liquid", "both", "between CHN EUU").ends
    assert (either == either.T).all()
    assert not (either & places.part("cpc~4", "*", "both", "without CHN").ends).any()


def test_what_a_mode_carries_counts_each_ride_once(eurasia: ist.World) -> None:
    # A ride enters and leaves the territory's network of the mode: half at each.
    places = Places(eurasia, compile_graph(eurasia.network))
    weight = places.part("carried:rail:GEO", "*", "both", "").weight
    assert set(np.unique(weight)) == {0.0, 0.5}


def test_all_crossings_of_a_mode_and_all_links_of_a_kind_are_places(eurasia: ist.World) -> None:
    net, graph = eurasia.network, compile_graph(eurasia.network)
    places = Places(eurasia, graph)
    borders = (net.kind == KINDS.index("border")) & (net.mode == MODES.index("rail"))
    for place, links in (("border:*-*:rail", borders), ("kind:ferry", net.kind == KINDS.index("ferry"))):
        met = np.unique(graph.link[places.part(place, "*", "both", "").weight > 0])
        # A closed link has no arc.
        assert set(met) == set(np.flatnonzero(links)) & set(graph.link[graph.link >= 0])
    with pytest.raises(WorldError, match="no place 'kind:bridge'"):
        places.part("kind:bridge", "*", "both", "")


@pytest.mark.parametrize(
    ("place", "classes", "ends", "told"),
    [
        ("cpc~9", "*", "", "no place 'cpc~9'"),
        ("port:nowhere", "*", "", "no place 'port:nowhere'"),
        ("cpc~4", "boxes", "", "unknown class 'boxes'"),
        ("cpc~4", "*", "beyond RUS", "origin, destination"),
    ],
)
def test_a_wrong_place_is_told(eurasia: ist.World, place: str, classes: str, ends: str, told: str) -> None:
    places = Places(eurasia, compile_graph(eurasia.network))
    with pytest.raises(WorldError, match=told):
        places.part(place, classes, "both", ends)


def test_national_totals_have_sources() -> None:
    table = read_data("national_totals")
    assert (table["source"] != "").all()
    assert (table["value_2022"].astype(float) > 0).all()
    assert set(table["classes"]) <= {"dry", *CLASSES}
