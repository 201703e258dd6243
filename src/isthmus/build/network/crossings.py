"""Border crossings: edges between countries are cut, and each crossing becomes one link of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import great_circle_km, on_sphere
from isthmus.build.network.raw import RawGraph

#: Countries among which lorries and trains do not stop are one bloc: their borders are not cut.
BLOCS: dict[str, list[str]] = {
    "EU": (
        "AUT BEL BGR HRV CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX NLD POL PRT ROU SVK SVN ESP SWE "
        "CHE NOR LIE GBR AND MCO SMR VAT ALA IMN JEY GGY GIB"
    ).split(),
    "AMERICAS-N": "USA CAN MEX GTM BLZ HND SLV NIC CRI PAN".split(),
    "AMERICAS-S": "COL VEN ECU PER BOL CHL ARG PRY URY BRA GUY SUR GUF".split(),
    "AFRICA": (
        "DZA TUN MAR ESH MRT MLI NER TCD SDN SSD ETH ERI DJI SOM SOL KEN UGA TZA RWA BDI COD COG GAB CMR NGA BEN TGO "
        "GHA CIV BFA LBR SLE GIN GNB SEN GMB CAF GNQ AGO ZMB MWI MOZ ZWE BWA NAM ZAF LSO SWZ LBY"
    ).split(),
    "SOUTH-EAST ASIA": "THA LAO KHM VNM MYS SGP MMR BRN IDN TLS PNG".split(),
    "GULF": "SAU ARE QAT KWT OMN YEM BHR JOR".split(),
    "INDIA": "IND BGD NPL BTN".split(),
    "CHINA": "CHN HKG MAC".split(),
}

_BLOC_OF = {country: bloc for bloc, members in BLOCS.items() for country in members}

#: Raw crossings of one pair of countries and mode closer than this are one, km.
_MERGE_KM = {"rail": 25.0, "road": 40.0}

#: A row of the facts takes the raw crossing of its pair and mode that lies within this distance, km.
_MATCH_KM = 45.0

#: A crossing of the facts without raw edge is joined to the nearest node of either country within this distance, km.
_REACH_KM, _STUB_KM = 120.0, 8.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """One border crossing between two side nodes of the fine graph."""

    id: str
    name: str
    mode: str
    country_a: str
    country_b: str
    node_a: int
    node_b: int
    km: float
    status: str


def unit(country: str) -> str:
    """Return the bloc of a country, or the country itself."""
    return _BLOC_OF.get(country, country)


def cut_borders(graph: RawGraph, facts: pd.DataFrame, closed: pd.DataFrame) -> list[Crossing]:
    """Remove all edges between units and return the crossings that replace them."""
    units = {country: unit(country) for country in set(graph.country)}
    side = np.array([units[country] for country in graph.country], dtype=object)
    border = np.flatnonzero(side[graph.tail] != side[graph.head])
    groups = _cluster(graph, side, border)
    rows = facts[facts["mode"] == graph.mode]
    banned = _banned(closed, graph.mode)
    taken: set[int] = set()
    out: list[Crossing] = []
    for row in rows.itertuples(index=False):
        out.append(_from_fact(graph, row, groups, taken))
    for position, (pair, edge, lat, lon) in enumerate(groups):
        if position in taken or pair in banned:
            continue
        u, v = int(graph.tail[edge]), int(graph.head[edge])
        if side[u] != pair[0]:
            u, v = v, u
        a, b = str(graph.country[u]), str(graph.country[v])
        name = f"x-{graph.mode}-{a}-{b}-{lat:.2f}-{lon:.2f}"
        out.append(
            Crossing(
                name,
                f"{a} / {b} {graph.mode} crossing at {lat:.2f}, {lon:.2f}",
                graph.mode,
                a,
                b,
                u,
                v,
                float(graph.km[edge]),
                "open",
            )
        )
    keep = np.ones(graph.km.size, dtype=bool)
    keep[border] = False
    graph.keep_edges(keep)
    return out


def _banned(closed: pd.DataFrame, mode: str) -> set[tuple[str, str]]:
    pairs = set()
    for row in closed.itertuples(index=False):
        if mode in str(row.modes):
            pairs.add(tuple(sorted((unit(str(row.country_a)), unit(str(row.country_b))))))
    return pairs  # type: ignore[return-value]


def _cluster(graph: RawGraph, side: np.ndarray, border: np.ndarray) -> list[tuple[tuple[str, str], int, float, float]]:  # type: ignore[type-arg]
    """Return (pair, shortest edge, lat, lon) of each cluster of border edges."""
    by_pair: dict[tuple[str, str], list[int]] = {}
    for edge in border:
        pair = tuple(sorted((side[graph.tail[edge]], side[graph.head[edge]])))
        by_pair.setdefault(pair, []).append(int(edge))  # type: ignore[arg-type]
    out = []
    for pair in sorted(by_pair):
        edges = np.array(by_pair[pair])
        lat = (graph.lat[graph.tail[edges]] + graph.lat[graph.head[edges]]) / 2
        lon = (graph.lon[graph.tail[edges]] + graph.lon[graph.head[edges]]) / 2
        left = np.argsort(graph.km[edges], kind="stable")
        while left.size:
            first = left[0]
            away = great_circle_km(lat[left], lon[left], lat[first], lon[first])
            out.append((pair, int(edges[first]), float(lat[first]), float(lon[first])))
            left = left[away > _MERGE_KM[graph.mode]]
    return out


def _from_fact(
    graph: RawGraph, row: object, groups: list[tuple[tuple[str, str], int, float, float]], taken: set[int]
) -> Crossing:
    """Return the crossing of a facts row: on its raw crossing if there is one, else between the nearest nodes."""
    a, b = str(row.country_a), str(row.country_b)  # type: ignore[attr-defined]
    lat, lon = float(row.lat), float(row.lon)  # type: ignore[attr-defined]
    pair = tuple(sorted((unit(a), unit(b))))
    best, distance = -1, _MATCH_KM
    for position, (other, _, y, x) in enumerate(groups):
        if other == pair and position not in taken:
            away = float(great_circle_km(np.array(lat), np.array(lon), np.array(y), np.array(x)))
            if away < distance:
                best, distance = position, away
    if best >= 0:
        taken.add(best)
        edge = groups[best][1]
        u, v = int(graph.tail[edge]), int(graph.head[edge])
        if unit(str(graph.country[u])) != unit(a):
            u, v = v, u
        km = float(graph.km[edge])
    else:
        # A line that does not exist today must not be joined by a guess: its ends wait for the overlay.
        reach = _REACH_KM if row.status in {"open", "restricted"} else _STUB_KM  # type: ignore[attr-defined]
        u, v = _side(graph, lat, lon, a, reach), _side(graph, lat, lon, b, reach)
        km = 1.0
    return Crossing(str(row.id), str(row.name), graph.mode, a, b, u, v, km, str(row.status))  # type: ignore[attr-defined]


def _side(graph: RawGraph, lat: float, lon: float, country: str, reach: float) -> int:
    """Return a new node at the post, joined to the nearest node of the country if one is within reach."""
    mine = np.flatnonzero(graph.country == country)
    node = graph.add_node(lat, lon, country)
    if mine.size:
        tree = cKDTree(on_sphere(graph.lat[mine], graph.lon[mine]))
        away, at = tree.query(on_sphere(np.array([lat]), np.array([lon])))
        if float(away[0]) <= reach:
            graph.add_edges([node], [int(mine[int(at[0])])], [max(1.2 * float(away[0]), 0.5)])
    return node
