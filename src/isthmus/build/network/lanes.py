"""Sea lanes of the data as a graph without straits, and the straits, each one link."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.sources import read_member
from isthmus.errors import BuildError
from isthmus.world.accounts import BoolArray, FloatArray, IntArray
from isthmus.world.geodesy import great_circle_km

#: Passages named in the data: id and name of their link.
_NAMED = {
    "suez": ("suez-canal", "Suez Canal"),
    "bosporus": ("bosphorus-strait", "Bosphorus"),
    "dardanelles": ("dardanelles-strait", "Dardanelles"),
    "ormuz": ("hormuz-strait", "Strait of Hormuz"),
    "babalmandab": ("bab-el-mandeb", "Bab el-Mandeb"),
    "malacca": ("malacca-strait", "Strait of Malacca"),
    "gibraltar": ("gibraltar-strait", "Strait of Gibraltar"),
    "panama": ("panama-canal", "Panama Canal"),
}

#: Arctic routes without regular freight.
_LEFT_OUT = {"northwest", "bering"}

#: Straits that the data do not name: parallels (lat, west, east) that all their lanes cross. The shortest
#: lane over the first parallel is the link, all others go.
_CROSSED = {
    "kerch-strait": ("Kerch Strait", [(45.25, 35.8, 37.2)]),
    "danish-straits": ("Danish straits", [(55.3, 10.4, 11.6), (56.0, 12.4, 12.9)]),  # Great Belt, Oresund
}

#: Box of the lanes that join the Caspian to the ocean (lat, lat, lon, lon): facts/patches s-volga-don-cut.
_VOLGA_DON = (47.3, 49.2, 42.3, 44.4)


@dataclass(frozen=True, slots=True)
class Strait:
    """A strait or canal between two nodes of the lane graph."""

    id: str
    name: str
    node_a: int
    node_b: int
    km: float
    way: tuple[int, ...]  # nodes from a to b


def in_caspian(lat: FloatArray, lon: FloatArray) -> BoolArray:
    """Return which points lie on the Caspian or its shores."""
    inside: BoolArray = (lat > 36.0) & (lat < 47.6) & (lon > 46.5) & (lon < 54.5)
    return inside


def read_lanes() -> tuple[RawGraph, list[Strait]]:
    """Return the lane graph without straits, and the straits.

    Raises
    ------
    BuildError
        The data lack a lane of one of the straits.
    """
    features = json.loads(read_member("searoute", "searoute/data/marnet_searoute.geojson"))["features"]
    index: dict[tuple[float, float], int] = {}
    chains: list[tuple[str | None, IntArray]] = []
    for feature in features:
        passage, shape = feature["properties"].get("passage"), feature["geometry"]
        if passage in _LEFT_OUT:
            continue
        for line in [shape["coordinates"]] if shape["type"] == "LineString" else shape["coordinates"]:
            points = [(round((x + 180) % 360 - 180, 4), round(y, 4)) for x, y, *_ in line]
            chains.append((passage, np.array([index.setdefault(point, len(index)) for point in points])))
    place = np.array(list(index))
    lon, lat = place[:, 0].copy(), place[:, 1].copy()
    graph = _graph(lat, lon, [chain for passage, chain in chains if passage not in _NAMED])
    straits = [_strait(graph, *_NAMED[passage], chain) for passage, chain in chains if passage in _NAMED]
    straits += [_cut(graph, name, *about) for name, about in _CROSSED.items()]
    missing = {name for name, _ in _NAMED.values()} - {strait.id for strait in straits}
    if missing:
        raise BuildError(f"searoute: no lane for {sorted(missing)}. Check the pinned version.")
    return graph, straits


def _graph(lat: FloatArray, lon: FloatArray, chains: list[IntArray]) -> RawGraph:
    tail, head = np.concatenate([c[:-1] for c in chains]), np.concatenate([c[1:] for c in chains])
    mid_lat, mid_lon = (lat[tail] + lat[head]) / 2, (lon[tail] + lon[head]) / 2
    south, north, west, east = _VOLGA_DON
    river = (mid_lat > south) & (mid_lat < north) & (mid_lon > west) & (mid_lon < east)
    keep = (tail != head) & ~river
    tail, head = tail[keep], head[keep]
    km = np.maximum(great_circle_km(lat[tail], lon[tail], lat[head], lon[head]), 0.1)
    return RawGraph("sea", lat, lon, np.full(lat.size, "", dtype=object), tail, head, km)


def _strait(graph: RawGraph, name: str, words: str, chain: IntArray) -> Strait:
    lat, lon = graph.lat[chain], graph.lon[chain]
    km = float(great_circle_km(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())
    return Strait(name, words, int(chain[0]), int(chain[-1]), max(km, 1.0), tuple(chain.tolist()))


def _cut(graph: RawGraph, name: str, words: str, lines: list[tuple[float, float, float]]) -> Strait:
    """Remove all lanes over the parallels and return the shortest over the first as the strait."""
    a, b = graph.tail, graph.head
    over = []
    for line, west, east in lines:
        low, high = np.minimum(graph.lon[a], graph.lon[b]), np.maximum(graph.lon[a], graph.lon[b])
        over.append(((graph.lat[a] - line) * (graph.lat[b] - line) < 0) & (low > west) & (high < east))
    hit = np.flatnonzero(over[0])
    if not hit.size:
        raise BuildError(f"searoute: no lane crosses the place of {name}. Check the pinned version.")
    edge = int(hit[np.argmin(graph.km[hit])])
    ends = int(a[edge]), int(b[edge])
    strait = Strait(name, words, *ends, float(graph.km[edge]), ends)
    graph.keep_edges(~np.logical_or.reduce(over))
    return strait
