"""Connectors: how zones join roads, railways, ports, pipelines, and airports where all else fails."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.overlay.costs import HANDLING, LNG_FEE
from isthmus.build.overlay.records import records_of
from isthmus.build.overlay.zones import DRY
from isthmus.world.geodesy import great_circle_km

#: Collection and delivery between a zone's places and the network by class, USD per tonne: fixed cost of facts/rates
#: plus, at the railway, the time that cargo waits for wagons (two days) at the value of time (assumptions), and per
#: km of straight line between them (facts/rates road-general-caucasus, rounded up).
_ACCESS = {
    "road": {"bulk": 4.0, "general": 6.0, "container": 8.0, "products": 5.0},
    "rail": {"bulk": 7.0, "general": 30.0, "container": 40.0, "products": 12.0},
}
_PER_KM = 0.1
_REACH_KM = {"road": 200.0, "rail": 120.0}
_SEA_KM = 1500.0

#: Oil and gas from zones without a pipeline: USD per tonne at the port and at a rail rack, and per km to it
#: (assumptions). Liquefied gas pays half of about 120 for liquefaction and 25 for regasification at either end.
_PORT_FEE = {"liquid": 2.0, "gas": LNG_FEE}
_PORT_KM, _PORT_RATE = 700.0, 0.015
_RACK_FEE, _RACK_KM, _RACK_RATE = 10.0, 900.0, 0.06

#: Air freight: handling at each end, USD per tonne (assumption, range 100 to 400), and the hubs.
_AIR_FEE = 200.0
_AIR_HUBS = ("DEU", "ARE", "TUR", "CHN", "SGP", "USA", "ZAF", "BRA", "RUS", "AUS")

Rows = list[tuple[str, str, str, float]]


def dry_connectors(zones: pd.DataFrame, nodes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Join each zone to the nearest road and rail hub of its country, or to a port where it has neither.

    A zone with a hub on land reaches ports by their port links, which carry handling and dwell. An island,
    or a country whose ports no road joins, gets its nearest port with handling for both.
    """
    rows: Rows = []
    lines = links[links["kind"].isin(["line", "port"]) & links["status"].isin(["open", "restricted"])]
    used = set(lines["from_node"]) | set(lines["to_node"])
    live = nodes[nodes["node"].isin(used) & ~nodes["kind"].isin(["border", "chokepoint"])]
    landed = set(links.loc[links["kind"] == "port", "territory"])
    for zone in records_of(zones):
        name, where = zone.text("zone"), (zone.text("territory"), zone.number("lat"), zone.number("lon"))
        found = 0
        for mode, reach in _REACH_KM.items():
            for i, (node, km) in enumerate(_nearest(live, mode, *where, 2)):
                if km <= reach and (i == 0 or (mode == "road" and km < 60.0)):
                    rows += _land_rows(name, node, mode, km)
                    found += 1
        if not found or where[0] not in landed:
            rows += _sea_rows(name, live, *where)
    return _table(rows)


def _land_rows(zone: str, node: str, mode: str, km: float) -> Rows:
    return [(zone, node, klass, fixed + _PER_KM * km) for klass, fixed in _ACCESS[mode].items()]


def _sea_rows(zone: str, live: pd.DataFrame, territory: str, lat: float, lon: float) -> Rows:
    near = [(n, km) for n, km in _nearest(live, "sea", territory, lat, lon, 1) if km <= _SEA_KM]
    return [(zone, n, k, HANDLING[k] + _ACCESS["road"][k] + _PER_KM * km) for n, km in near for k in DRY]


def _nearest(
    nodes: pd.DataFrame, mode: str, territory: str, lat: float, lon: float, count: int
) -> list[tuple[str, float]]:
    own = nodes[(nodes["mode"] == mode) & (nodes["territory"] == territory)]
    if not len(own):
        return []
    km = great_circle_km(own["lat"].to_numpy(), own["lon"].to_numpy(), np.array([lat]), np.array([lon]))
    order = np.argsort(km, kind="stable")[:count]
    return [(str(own["node"].iloc[int(i)]), float(km[int(i)])) for i in order]


def _table(rows: Rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["zone", "node", "class", "cost_usd_per_t"])
    return table.round({"cost_usd_per_t": 2})


def energy_connectors(
    zones: pd.DataFrame, weights: pd.DataFrame, nodes: pd.DataFrame, links: pd.DataFrame
) -> pd.DataFrame:
    """Join zones with oil or gas but no pipeline to the nearest port and rail hub of their country."""
    rows: Rows = []
    place = {row.text("zone"): row for row in records_of(zones)}
    lines = links[(links["kind"] == "line") & (links["mode"] == "rail")]
    rail = nodes[nodes["node"].isin(set(lines["from_node"]) | set(lines["to_node"]))]
    ports = nodes[(nodes["kind"] == "port") & (nodes["mode"] == "sea")]
    for zone, klass in zip(weights["zone"].astype(str), weights["class"].astype(str), strict=True):
        at = place[zone]
        where = (at.text("territory"), at.number("lat"), at.number("lon"))
        for node, km in _nearest(ports, "sea", *where, 1):
            if km <= _PORT_KM:
                rows.append((zone, node, klass, _PORT_FEE[klass] + _PORT_RATE * km))
        for node, km in _nearest(rail, "rail", *where, 1):
            if km <= _RACK_KM:
                rows.append((zone, node, klass, _RACK_FEE + _RACK_RATE * km))
    return _table(rows)


def lay_air(zones: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return airports, air links and their connectors: a marked fallback at world rates.

    One airport per territory, at its first zone; each flies to its two nearest hubs of `_AIR_HUBS`, and the
    hubs to each other. Only general cargo and containers have an air rate.
    """
    first = zones.drop_duplicates("territory").reset_index(drop=True)
    code = first["territory"].astype(str).tolist()
    lat, lon = first["lat"].to_numpy(dtype=float), first["lon"].to_numpy(dtype=float)
    hubs = [code.index(c) for c in _AIR_HUBS if c in code]
    pairs = {(min(i, j), max(i, j)) for i in hubs for j in hubs if i != j}
    for i in range(len(first)):
        if i not in hubs:
            km = great_circle_km(lat[hubs], lon[hubs], lat[i : i + 1], lon[i : i + 1])
            pairs |= {(min(i, hubs[int(h)]), max(i, hubs[int(h)])) for h in np.argsort(km, kind="stable")[:2]}
    nodes = pd.DataFrame(
        {
            "node": [f"air:{c.lower()}" for c in code],
            "name": first["name"] + " airport",
            "mode": "air",
            "kind": "airport",
            "territory": code,
            "lat": lat,
            "lon": lon,
            "source": "first zone of the territory (assumption)",
        }
    )
    order = sorted(pairs)
    start, end = [i for i, _ in order], [j for _, j in order]
    links = pd.DataFrame(
        {
            "link": [f"air:{code[i].lower()}--{code[j].lower()}" for i, j in order],
            "name": [f"Air {first['name'][i]} - {first['name'][j]}" for i, j in order],
            "from_node": [f"air:{code[i].lower()}" for i in start],
            "to_node": [f"air:{code[j].lower()}" for j in end],
            "mode": "air",
            "kind": "fallback",
            "territory": "",
            "length_km": np.round(great_circle_km(lat[start], lon[start], lat[end], lon[end]), 1),
            "status": "open",
            "basis": "assumption",
            "source": "fallback between main airports at world rates",
        }
    )
    rows: Rows = []
    for zone in records_of(zones):
        i = code.index(zone.text("territory"))
        here = np.array([zone.number("lat")]), np.array([zone.number("lon")])
        away = float(great_circle_km(lat[i : i + 1], lon[i : i + 1], *here)[0])
        node = f"air:{code[i].lower()}"
        rows += [(zone.text("zone"), node, k, _AIR_FEE + _PER_KM * away) for k in ("general", "container")]
    return nodes, links, _table(rows)
