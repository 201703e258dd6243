"""Fine rail and road graphs of OpenStreetMap, each node tagged with its country."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from isthmus.build.network.geometry import Names, on_sphere, tag_countries
from isthmus.build.sources import read_member
from isthmus.world.accounts import BoolArray, FloatArray, IntArray
from isthmus.world.geodesy import great_circle_km

_FILES = {"rail": "scgraph_data/world_railways.py", "road": "scgraph_data/world_highways.py"}


@dataclass(eq=False)
class RawGraph:
    """A fine graph while it is being built; edges are undirected."""

    mode: str
    lat: FloatArray  # (node,) degrees
    lon: FloatArray  # (node,) degrees
    country: Names  # (node,) ISO3
    tail: IntArray  # (edge,)
    head: IntArray  # (edge,)
    km: FloatArray  # (edge,)

    def add_node(self, lat: float, lon: float, country: str) -> int:
        """Append a node and return its position."""
        self.lat = np.append(self.lat, lat)
        self.lon = np.append(self.lon, lon)
        self.country = np.append(self.country, np.array([country], dtype=object))
        return self.lat.size - 1

    def add_edges(self, tail: list[int], head: list[int], km: list[float]) -> None:
        """Append edges."""
        self.tail = np.append(self.tail, np.array(tail, dtype=np.int64))
        self.head = np.append(self.head, np.array(head, dtype=np.int64))
        self.km = np.append(self.km, np.array(km, dtype=float))

    def keep_edges(self, keep: BoolArray) -> None:
        """Drop all other edges."""
        self.tail, self.head, self.km = self.tail[keep], self.head[keep], self.km[keep]

    def components(self, *, domestic: bool) -> IntArray:
        """Return the component label of each node, over all edges or only those inside one country."""
        use = np.ones(self.tail.size, dtype=bool)
        if domestic:
            use = np.asarray(self.country[self.tail] == self.country[self.head], dtype=bool)
        n = self.lat.size
        graph = coo_array((np.ones(int(use.sum())), (self.tail[use], self.head[use])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def degree(self) -> IntArray:
        """Return how many edges meet at each node."""
        return np.bincount(np.concatenate([self.tail, self.head]), minlength=self.lat.size).astype(np.int64)

    def edge_between(self, a: int, b: int) -> BoolArray:
        """Return which edges join two nodes."""
        hit: BoolArray = ((self.tail == a) & (self.head == b)) | ((self.tail == b) & (self.head == a))
        return hit

    def split(self, edge: int, lat: float, lon: float, country: str) -> int:
        """Put a node into an edge, its length shared by the distances to both ends; return the node."""
        u, v, km = int(self.tail[edge]), int(self.head[edge]), float(self.km[edge])
        to_u = float(great_circle_km(lat, lon, self.lat[u], self.lon[u]))
        to_v = float(great_circle_km(lat, lon, self.lat[v], self.lon[v]))
        share = to_u / max(to_u + to_v, 1e-9)
        node = self.add_node(lat, lon, country)
        keep = np.ones(self.km.size, dtype=bool)
        keep[edge] = False
        self.keep_edges(keep)
        self.add_edges([u, node], [node, v], [km * share, km * (1 - share)])
        return node

    def edge_past(self, lat: float, lon: float, *, within_km: float) -> tuple[float, int]:
        """Return (detour, edge) of the edge that a place lies on best, one end within reach; (inf, -1) if none.

        The detour, in km, is by how much the way over the place is longer than the straight edge.
        """
        here = on_sphere(np.array([lat]), np.array([lon]))[0]
        at = on_sphere(self.lat, self.lon)
        away = np.linalg.norm(at - here, axis=1)
        near = np.flatnonzero(np.minimum(away[self.tail], away[self.head]) < within_km)
        if not near.size:
            return np.inf, -1
        u, v = self.tail[near], self.head[near]
        detour = away[u] + away[v] - np.linalg.norm(at[u] - at[v], axis=1)
        best = int(np.argmin(detour))
        return float(detour[best]), int(near[best])


def read_raw(mode: str) -> RawGraph:
    """Return the fine graph of one mode as the package has it; the data file is parsed, never run."""
    text = read_member("scgraph-data", _FILES[mode]).decode()
    lat, lon = _points(text)
    tail, head, km = _edges(text)
    chord = great_circle_km(lat[tail], lon[tail], lat[head], lon[head])
    km = np.maximum(np.maximum(km, chord), 0.01)  # lengths of the data are chords rounded to 0.1 km
    return RawGraph(mode, lat, lon, tag_countries(lat, lon), tail, head, km)


def _points(text: str) -> tuple[FloatArray, FloatArray]:
    start = text.index("nodes=[[") + 8
    cells = text[start : text.index("]]", start)].replace("], [", ", ").split(", ")
    place = np.array(cells, dtype=float).reshape(-1, 2)
    return place[:, 0].copy(), place[:, 1].copy()


def _edges(text: str) -> tuple[IntArray, IntArray, FloatArray]:
    start = text.index("graph=[") + 7
    body = text[start : text.index("]", start)]
    tails, heads, lengths = [], [], []
    for node, row in enumerate(body.strip("{}").split("}, {")):
        for item in filter(None, row.split(", ")):
            other, km = item.split(": ")
            if int(other) > node:
                tails.append(node)
                heads.append(int(other))
                lengths.append(float(km))
    return np.array(tails, dtype=np.int64), np.array(heads, dtype=np.int64), np.array(lengths)
