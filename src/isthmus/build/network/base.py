"""build_base_network: land and sea graphs joined by transfers, before costs and facts are laid on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.land import Facts, build_land
from isthmus.build.network.places import load_cities
from isthmus.build.network.sea import build_sea

FACTS = Path(__file__).parents[1] / "facts"

#: Rail and road hubs, or a port and a land hub, closer than this are one place, km.
_SAME_PLACE_KM = 12.0
_PORT_KM = 60.0


def read_facts(name: str) -> pd.DataFrame:
    """Return one of our own tables; empty cells are empty strings in text columns."""
    return pd.read_csv(FACTS / f"{name}.csv", keep_default_na=True)


def build_base_network(
    progress: Callable[[str], None],
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple[str, str]]]:
    """Return nodes, links (schema columns that the graph can fill) and what became of each patch row."""
    facts = Facts(read_facts("patches"), _places(), read_facts("crossings"), read_facts("closed_borders"))
    cities = load_cities()
    done: dict[str, tuple[str, str]] = {}
    rail_nodes, rail_links = build_land("rail", facts, cities, done, progress)
    road_nodes, road_links = build_land("road", facts, cities, done, progress)
    sea_nodes, sea_links = build_sea(read_facts("ports"), progress)
    transfers = _transfers(rail_nodes, road_nodes)
    ports = _port_links(sea_nodes, rail_nodes, road_nodes)
    nodes = pd.concat([rail_nodes, road_nodes, sea_nodes], ignore_index=True)
    links = pd.concat([rail_links, road_links, sea_links, transfers, ports], ignore_index=True)
    return nodes, links, done


def _places() -> pd.DataFrame:
    """Return the places of the facts that become hubs: curated hubs, then the ends of sourced distances."""
    hubs = read_facts("hubs")[["name", "lat", "lon", "iso3", "modes", "kind"]]
    pairs = read_facts("city_pairs")
    path = pairs["territory_path"].str.split("-")
    ends = [
        pd.DataFrame(
            {
                "name": pairs[end],
                "lat": pairs[f"{end}_lat"],
                "lon": pairs[f"{end}_lon"],
                "iso3": path.str[position],
                "modes": pairs["mode"],
                "kind": "town",
            }
        )
        for end, position in (("from", 0), ("to", -1))
    ]
    return pd.concat([hubs, *ends], ignore_index=True).drop_duplicates(["name", "modes", "lat"]).reset_index(drop=True)


def _transfers(rail: pd.DataFrame, road: pd.DataFrame) -> pd.DataFrame:
    """Return a link between each rail hub and the nearest road hub of the same country at the same place."""
    rail, road = (t[t["kind"] != "border"].reset_index(drop=True) for t in (rail, road))
    tree = cKDTree(on_sphere(road["lat"].to_numpy(), road["lon"].to_numpy()))
    away, at = tree.query(on_sphere(rail["lat"].to_numpy(), rail["lon"].to_numpy()), k=4)
    rows = []
    for i in range(len(rail)):
        for km, j in zip(away[i], at[i], strict=True):
            if km <= _SAME_PLACE_KM and road["territory"][j] == rail["territory"][i]:
                place = str(rail["node"][i]).split(":", 1)[1]
                rows.append(
                    (f"transfer:{place}", rail["name"][i], rail["node"][i], road["node"][j], rail["territory"][i], km)
                )
                break
    return _place_links(rows, "transfer", "rail-road transfer at")


def _port_links(sea: pd.DataFrame, rail: pd.DataFrame, road: pd.DataFrame) -> pd.DataFrame:
    """Return a link between each port and the nearest rail and road hub of its country."""
    ports = sea[sea["kind"] == "port"].reset_index(drop=True)
    rows = []
    for mode, land in (("rail", rail), ("road", road)):
        land = land.reset_index(drop=True)
        tree = cKDTree(on_sphere(land["lat"].to_numpy(), land["lon"].to_numpy()))
        away, at = tree.query(on_sphere(ports["lat"].to_numpy(), ports["lon"].to_numpy()), k=12)
        for i in range(len(ports)):
            for km, j in zip(away[i], at[i], strict=True):
                if km <= _PORT_KM and land["territory"][j] == ports["territory"][i] and land["kind"][j] != "border":
                    name = f"port-{str(ports['node'][i]).split(':', 1)[1]}" + ("" if mode == "rail" else "~road")
                    rows.append((name, ports["name"][i], ports["node"][i], land["node"][j], ports["territory"][i], km))
                    break
    return _place_links(rows, "port", "port of")


def _place_links(rows: list[tuple[str, str, str, str, str, float]], kind: str, words: str) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["link", "place", "from_node", "to_node", "territory", "km"])
    table = table.drop_duplicates(["from_node", "to_node"]).reset_index(drop=True)
    table["name"] = words + " " + table["place"].astype(str)
    table["mode"], table["kind"], table["status"] = "transfer", kind, "open"
    table["length_km"] = np.round(table["km"], 1)
    table["basis"], table["source"] = "derived", "hubs at one place"
    return table.drop(columns=["place", "km"])
