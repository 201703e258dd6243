"""build_base_network: land and sea graphs joined by transfers, before costs and facts are laid on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from isthmus.build.network.facts import (
    read_closed_borders,
    read_facts,
    read_patches,
    read_places,
    read_posts,
)
from isthmus.build.network.geometry import Nearest
from isthmus.build.network.land import Facts, build_land
from isthmus.build.network.patch import Outcome
from isthmus.build.network.places import load_cities
from isthmus.build.network.sea import build_sea

__all__ = ["build_base_network", "read_facts"]

#: Rail and road hubs, or a port and a land hub, closer than this are one place, km.
_SAME_PLACE_KM = 12.0
_PORT_KM = 60.0


def build_base_network(progress: Callable[[str], None]) -> tuple[pd.DataFrame, pd.DataFrame, Outcome]:
    """Return the freight graph of rail, road and sea, before costs and candidate lines are laid on it.

    Parameters
    ----------
    progress : callable
        Takes one line of text per step.

    Returns
    -------
    nodes : DataFrame
        Columns of schema/nodes.csv; ids `<mode>:<place>`, border nodes `<mode>:<crossing>|<country>`.
    links : DataFrame
        Columns of schema/links.csv that the graph can fill: no hours, waits, fees or capacities.
        A crossing is one link of kind `border`, a strait one of kind `chokepoint`.
    patched : dict
        What became of each row of facts/patches.csv: id -> (overlay | new | left_out, what or why).

    Raises
    ------
    BuildError
        A package is missing or not the pinned one.
    """
    patches = read_patches()
    facts = Facts(patches, read_places(), read_posts(), read_closed_borders(), load_cities(), load_cities(1000))
    done: Outcome = {}
    rail_nodes, rail_links = build_land("rail", facts, done, progress)
    road_nodes, road_links = build_land("road", facts, done, progress)
    sea_nodes, sea_links = build_sea(read_facts("ports"), facts.patches, done, progress)
    nodes = pd.concat([rail_nodes, road_nodes, sea_nodes], ignore_index=True)
    tables = [rail_links, road_links, sea_links]
    tables += [_transfers(rail_nodes, road_nodes), _port_links(sea_nodes, rail_nodes, road_nodes)]
    return nodes, pd.concat(tables, ignore_index=True), done


def _near(places: pd.DataFrame, land: pd.DataFrame, most: int, within_km: float) -> list[tuple[int, int, float]]:
    """Return (place, hub, km) of the nearest land hub, in the same country and no border node, of each place."""
    away, at = Nearest(land["lat"].to_numpy(), land["lon"].to_numpy()).find(
        places["lat"].to_numpy(), places["lon"].to_numpy(), most=most, within_km=within_km
    )
    home, country = places["territory"].to_numpy(), land["territory"].to_numpy()
    usable = (land["kind"] != "border").to_numpy()
    found = []
    for i in range(len(places)):
        for km, j in zip(away[i], at[i], strict=True):
            if j >= 0 and usable[j] and country[j] == home[i]:
                found.append((i, int(j), float(km)))
                break
    return found


def _transfers(rail: pd.DataFrame, road: pd.DataFrame) -> pd.DataFrame:
    """Return a link between each rail hub and the nearest road hub of the same country at the same place."""
    rail = rail[rail["kind"] != "border"].reset_index(drop=True)
    rows = []
    for i, j, _ in _near(rail, road, 6, _SAME_PLACE_KM):
        place = str(rail["node"].iloc[i]).split(":", 1)[1]
        rows.append((f"transfer:{place}", str(rail["name"].iloc[i]), rail["node"].iloc[i], road["node"].iloc[j]))
    territory = rail.set_index("node")["territory"]
    return _place_links(rows, territory, "transfer", "rail-road transfer at")


def _port_links(sea: pd.DataFrame, rail: pd.DataFrame, road: pd.DataFrame) -> pd.DataFrame:
    """Return a link between each port and the nearest rail and road hub of its country."""
    ports = sea[sea["kind"] == "port"].reset_index(drop=True)
    rows = []
    for mode, land in (("rail", rail), ("road", road)):
        for i, j, _ in _near(ports, land, 12, _PORT_KM):
            name = "port-" + str(ports["node"].iloc[i]).split(":", 1)[1] + ("" if mode == "rail" else "~road")
            rows.append((name, str(ports["name"].iloc[i]), ports["node"].iloc[i], land["node"].iloc[j]))
    territory = ports.set_index("node")["territory"]
    return _place_links(rows, territory, "port", "port of")


def _place_links(
    rows: list[tuple[str, str, str, str]], territory: pd.Series[str], kind: str, words: str
) -> pd.DataFrame:
    """Return links inside one place: no length, so that only handling counts."""
    table = pd.DataFrame(rows, columns=["link", "place", "from_node", "to_node"])
    table["name"] = words + " " + table["place"]
    table["territory"] = territory.loc[table["from_node"]].to_numpy()
    table["mode"], table["kind"], table["status"], table["timeline"] = "transfer", kind, "open", ""
    table["length_km"] = np.zeros(len(table))
    table["basis"], table["source"] = "derived", "hubs at one place"
    return table.drop(columns="place")
