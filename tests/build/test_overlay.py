"""The overlay on small hand-made tables: drafts, crossings, ports, timelines, zones, connectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from isthmus.build.network.places import City
from isthmus.build.overlay import connectors, costs, lines, mend, openings, zones
from isthmus.build.overlay.assemble import _blank
from isthmus.build.overlay.draft import Draft
from isthmus.build.overlay.paths import LandGraph


def make_nodes(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    """Return nodes from (id, kind, territory, lat, lon); the mode is the part of the id before the colon."""
    table = pd.DataFrame(rows, columns=["node", "kind", "territory", "lat", "lon"])
    table["name"] = table["node"].str.split(":").str[1]
    table["mode"] = table["node"].str.split(":").str[0]
    table["source"] = "test"
    return table


def make_links(*rows: tuple[str, str, str, str, str, float]) -> pd.DataFrame:
    """Return open links from (id, from, to, mode, kind, km)."""
    table = pd.DataFrame(rows, columns=["link", "from_node", "to_node", "mode", "kind", "length_km"])
    table["name"], table["territory"], table["status"], table["basis"] = table["link"], "", "open", "osm"
    return _blank(table)


@pytest.fixture
def border() -> Draft:
    """Two hubs in ARM and GEO, a crossing whose Georgian side no line reaches."""
    nodes = make_nodes(
        ("road:a", "hub", "ARM", 40.0, 44.0),
        ("road:b", "hub", "GEO", 41.0, 44.0),
        ("road:c", "hub", "GEO", 41.5, 44.0),
        ("road:x|ARM", "border", "ARM", 40.5, 44.0),
        ("road:x|GEO", "border", "GEO", 40.5, 44.0),
    )
    links = make_links(
        ("road:a--x", "road:a", "road:x|ARM", "road", "line", 60.0),
        ("road:b--c", "road:b", "road:c", "road", "line", 60.0),
        ("x", "road:x|ARM", "road:x|GEO", "road", "border", 1.0),
    )
    return Draft(nodes, links)


def test_nearest_hub_is_never_a_border_node(border: Draft) -> None:
    node, km = border.nearest("road", "GEO", 40.5, 44.0)
    assert node == "road:b"
    assert km == pytest.approx(55.6, abs=0.5)  # half a degree of latitude
    assert border.nearest("rail", "GEO", 40.5, 44.0) == ("", float("inf"))


def test_stub_joins_only_the_side_that_no_line_reaches(border: Draft) -> None:
    mend.lay_stubs(border)
    stubs = border.links[border.links["link"].str.startswith("x~")]
    assert stubs[["link", "from_node", "to_node"]].to_numpy().tolist() == [["x~2", "road:x|GEO", "road:b"]]
    assert stubs["length_km"].iloc[0] == pytest.approx(1.25 * 55.6, abs=1.0)
    graph = LandGraph.of(border.nodes, border.links, "road")
    km, rows = graph.path(graph.ids.index("road:a"), graph.ids.index("road:c"))
    assert km == pytest.approx(60 + 1 + 69.5 + 60, abs=1.0)
    assert len(rows) == 4


def test_merged_crossing_keeps_the_id_and_direction_of_the_kept_one() -> None:
    nodes = make_nodes(
        ("road:g", "hub", "GEO", 41.4, 45.0),
        ("road:z", "hub", "AZE", 41.2, 45.2),
        ("road:tsiteli-khidi-red-bridge|GEO", "border", "GEO", 41.33, 45.07),
        ("road:tsiteli-khidi-red-bridge|AZE", "border", "AZE", 41.33, 45.07),
        ("road:krasny-most-aze-side|GEO", "border", "GEO", 41.32, 45.07),
        ("road:krasny-most-aze-side|AZE", "border", "AZE", 41.32, 45.07),
    )
    red, krasny = "road:tsiteli-khidi-red-bridge", "road:krasny-most-aze-side"
    links = make_links(
        ("road:g--red", "road:g", f"{red}|GEO", "road", "line", 10.0),
        ("road:z--krasny", "road:z", f"{krasny}|AZE", "road", "line", 20.0),
        ("tsiteli-khidi-red-bridge", f"{red}|GEO", f"{red}|AZE", "road", "border", 1.0),
        ("krasny-most-aze-side", f"{krasny}|AZE", f"{krasny}|GEO", "road", "border", 1.0),
    )
    draft = Draft(nodes, links)
    mend.merge_twins(draft)
    assert draft.links["link"].tolist() == ["road:g--red", "road:z--krasny", "tsiteli-khidi-red-bridge"]
    assert draft.links.set_index("link").at["road:z--krasny", "to_node"] == f"{red}|AZE"
    assert not draft.nodes["node"].str.contains("krasny").any()


def test_crossings_take_surveys_first_then_pair_defaults_then_the_mode() -> None:
    names = ["alashankou-dostyk-road", "x-cn", "x-union", "x-gauge"]
    links = make_links(*[(name, "p", "q", "rail" if "gauge" in name else "road", "border", 1.0) for name in names])
    sides = {names[0]: ("CHN", "KAZ"), "x-cn": ("CHN", "KAZ"), "x-union": ("KAZ", "RUS"), "x-gauge": ("IRN", "TKM")}
    costs.lay_crossings(links, sides)
    at = links.set_index("link")
    assert at.at[names[0], "wait_hours"] == 81.3  # ADB/CAREC CPMM 2022, facts/crossings
    assert at.at[names[0], "fee_usd_per_t"] == pytest.approx(638 / 18, abs=0.01)
    assert at.at["x-cn", "wait_hours"] == 48.0  # facts/border_defaults
    assert (at.at["x-union", "wait_hours"], at.at["x-union", "fee_usd_per_t"]) == (2.0, 0.0)
    assert (at.at["x-gauge", "wait_hours"], at.at["x-gauge", "fee_usd_per_t"]) == (42.0, 20.0)  # 18 + 24 h, 4 + 16


def test_red_bridge_waits_differ_by_direction() -> None:
    links = make_links(("tsiteli-khidi-red-bridge", "p", "q", "road", "border", 1.0))
    costs.lay_crossings(links, {"tsiteli-khidi-red-bridge": ("GEO", "AZE")})
    assert links[["wait_hours", "wait_hours_back"]].to_numpy().tolist() == [[54.9, 13.6]]  # CPMM 2023 and 2022


def test_ports_bar_what_they_have_no_berth_for_and_charge_calls_of_closed_seas() -> None:
    nodes = make_nodes(
        ("sea:supsa", "port", "GEO", 42.02, 41.77),
        ("sea:rostov", "port", "RUS", 47.21, 39.7),
        ("sea:hamburg", "port", "DEU", 53.5, 9.9),
        ("rail:r", "hub", "GEO", 42.0, 41.8),
    )
    names = ("supsa", "rostov", "hamburg")
    links = make_links(*[(f"port-{n}", f"sea:{n}", "rail:r", "transfer", "port", 1.0) for n in names])
    links["territory"] = ["GEO", "RUS", "DEU"]
    costs.lay_ports(links, nodes)
    at = links.set_index("link")
    assert np.isinf(at.at["port-supsa", "fee_bulk"])
    assert np.isfinite(at.at["port-supsa", "fee_products"])
    assert at.at["port-hamburg", "fee_bulk"] == 6.0
    assert at.at["port-rostov", "fee_bulk"] == 6.0 + 6.0 + 19.0  # handling, call, shallow Azov
    assert at.at["port-hamburg", "wait_hours"] == 24.0


def test_crude_leaves_a_port_by_its_oil_terminal_alone() -> None:
    nodes = make_nodes(
        ("sea:aktau", "port", "KAZ", 43.6, 51.2),
        ("sea:batumi", "port", "GEO", 41.65, 41.65),
        ("rail:r", "hub", "KAZ", 43.6, 51.3),
        ("oil_pipeline:aktau", "terminal", "KAZ", 43.6, 51.2),
    )
    links = make_links(
        ("port-aktau", "sea:aktau", "rail:r", "transfer", "port", 1.0),
        ("port-batumi", "sea:batumi", "rail:r", "transfer", "port", 1.0),
        ("oil-terminal-aktau", "oil_pipeline:aktau", "sea:aktau", "transfer", "transfer", 1.0),
    )
    costs.lay_ports(links, nodes)
    at = links.set_index("link")
    assert np.isinf(at.at["port-aktau", "fee_liquid"])
    assert np.isfinite(at.at["port-aktau", "fee_products"])
    assert np.isfinite(at.at["port-batumi", "fee_liquid"])


def test_a_chinese_refinery_takes_crude_by_rail_and_sends_none(border: Draft) -> None:
    border.nodes["territory"] = border.nodes["territory"].replace("GEO", "CHN")
    border.nodes["mode"], border.nodes["kind"] = "rail", "hub"
    for node, country, lat in (("oil_pipeline:refinery", "CHN", 41.1), ("oil_pipeline:field", "ARM", 40.1)):
        lines._terminal(border, node, country, lat, 44.0)
    border.settle()
    at = border.links.set_index("link")
    assert at.loc["oil-rail-refinery", ["from_node", "to_node"]].tolist() == ["road:b", "oil_pipeline:refinery"]
    assert bool(at.at["oil-rail-refinery", "one_way"])
    assert at.at["oil-rail-field", "from_node"] == "oil_pipeline:field"
    assert not bool(at.at["oil-rail-field", "one_way"])


def test_small_ships_from_azov_to_marmara_cost_what_brokers_report() -> None:
    """facts/shortsea: wheat Novorossiysk-Samsun 20 and Rostov-Marmara 41.5 USD/t (freight without handling)."""
    call, rate, azov = 6.0, 0.003 + 0.006, 19.0
    assert 2 * call + rate * 420 == pytest.approx(20.0, rel=0.25)
    assert 2 * call + azov + rate * 1191 == pytest.approx(41.5, rel=0.1)


@pytest.mark.parametrize(
    ("status", "since", "expected"),
    [
        ("open", "", ("open", "")),
        ("closed", "1993-04", ("closed", "1993-04 closed")),
        ("under_construction", "2023", ("planned", "planned")),
        ("restricted", "2026-02-28", ("restricted", "2026-02-28 restricted")),
    ],
)
def test_status_words_of_the_facts(status: str, since: str, expected: tuple[str, str]) -> None:
    assert costs.status_of(status, since) == expected


def test_openings_become_timelines_in_order_of_date() -> None:
    nodes = make_nodes(
        ("road:p|BLR", "border", "BLR", 52.0, 23.5),
        ("road:q|POL", "border", "POL", 52.0, 23.5),
        ("road:k", "border", "ARM", 39.6, 46.5),
        ("road:l", "border", "AZE", 39.6, 46.5),
    )
    links = make_links(
        ("btc", "oil_pipeline:s", "oil_pipeline:c", "oil_pipeline", "pipeline", 1768.0),
        ("x-blr-pol", "road:p|BLR", "road:q|POL", "road", "border", 1.0),
        ("kornidzor-lachin", "road:k", "road:l", "road", "border", 1.0),
    )
    links.loc[2, ["status", "timeline"]] = ["closed", "2023-09 closed"]
    treated = openings.date_openings(nodes, links)
    at = links.set_index("link")["timeline"]
    assert at["btc"] == "closed; 2006-06-04 open; 2008-08-05 closed; 2008-08-25 open"
    assert at["x-blr-pol"] == "open; 2025-09-12 closed; 2025-09-25 open"
    assert at["kornidzor-lachin"].endswith("2022-12-12 closed; 2023-04-23 restricted; 2023-09 closed")
    assert treated["O018"] == ("overlay", "btc", "")
    assert treated["O080"][0] == "left_out"
    assert all(remark for treatment, _, remark in treated.values() if treatment == "left_out")


def test_zone_shares_follow_people_and_given_shares() -> None:
    cities = [
        City("Baku", "AZE", 40.38, 49.89, 2_000_000, True),
        City("Ganja", "AZE", 40.68, 46.36, 300_000, False),
        City("Nakhchivan", "AZE", 39.21, 45.41, 90_000, False),
        City("Riga", "LVA", 56.95, 24.1, 600_000, True),
    ]
    places = zones.build_places(pd.DataFrame({"economy": ["AZE", "LVA"]}), cities).set_index("zone")
    people = places.loc[places["economy"] == "AZE", "people"]
    assert people["AZE-nakhchivan"] / people.sum() == pytest.approx(0.045)  # facts/zone_places
    assert people["AZE-baku"] > people["AZE-ganja"] > 0
    assert places.loc[places["economy"] == "LVA"].index.tolist() == ["LVA-riga"]
    weights = zones.dry_weights(places.reset_index())
    total = weights.groupby([weights["zone"].str[:3], "class"])[["origin_weight", "destination_weight"]].sum()
    assert np.allclose(total, 1.0)


def test_zone_with_a_road_reaches_ports_by_port_links_only() -> None:
    nodes = make_nodes(
        ("road:r", "hub", "GEO", 42.0, 42.0),
        ("sea:poti", "port", "GEO", 42.15, 41.67),
        ("sea:valletta", "port", "MLT", 35.9, 14.5),
        ("sea:lane", "sea", "", 36.0, 14.0),
    )
    links = make_links(
        ("port-poti", "sea:poti", "road:r", "transfer", "port", 1.0),
        ("lane", "sea:lane", "sea:valletta", "sea", "line", 40.0),
        ("lane2", "sea:lane", "sea:poti", "sea", "line", 4000.0),
    )
    links["territory"] = ["GEO", "", ""]
    places = pd.DataFrame(
        {
            "zone": ["GEO-kutaisi", "MLT-valletta"],
            "territory": ["GEO", "MLT"],
            "lat": [42.0, 35.9],
            "lon": [42.0, 14.5],
        }
    )
    table = connectors.dry_connectors(places, nodes, links)
    mine = table[table["zone"] == "GEO-kutaisi"]
    assert set(mine["node"]) == {"road:r"}
    island = table[table["zone"] == "MLT-valletta"].set_index("class")["cost_usd_per_t"]
    assert set(table.loc[table["zone"] == "MLT-valletta", "node"]) == {"sea:valletta"}
    assert island["container"] == pytest.approx(costs.HANDLING["container"] + 8.0)


def test_air_joins_every_territory_and_is_marked_a_fallback() -> None:
    codes = ["DEU", "TUR", "CHN", "ARM", "GEO"]
    places = pd.DataFrame(
        {
            "zone": [f"{c}-1" for c in codes],
            "name": codes,
            "territory": codes,
            "lat": [50.0, 41.0, 31.0, 40.2, 41.7],
            "lon": [8.7, 29.0, 121.0, 44.5, 44.8],
        }
    )
    nodes, links, boarding = connectors.lay_air(places)
    assert nodes["node"].tolist() == [f"air:{c.lower()}" for c in codes]
    assert set(links["kind"]) == {"fallback"}
    assert (links["basis"] == "assumption").all()
    ends = pd.concat([links["from_node"], links["to_node"]]).value_counts()
    assert (ends[["air:arm", "air:geo"]] == 2).all()
    assert set(boarding["class"]) == {"general", "container"}
