"""Fine rail and road graphs of OpenStreetMap, tagged by country, patched, repaired, cut at borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import great_circle_km, on_sphere, tag_countries
from isthmus.build.sources import read_member
from isthmus.world.accounts import FloatArray, IntArray

_FILES = {"rail": "scgraph_data/world_railways.py", "road": "scgraph_data/world_highways.py"}

#: Largest gap that is closed inside one country without a patch, km.
_GAP = {"rail": 5.0, "road": 3.0}

#: Edges of the simplified mountain and plain roads are chords; README of the facts asks for these factors.
_CHORD_KM, _CHORD_FACTOR, _MOUNTAIN_FACTOR = 30.0, 1.05, 1.35


@dataclass
class RawGraph:
    """A fine graph while it is being built."""

    mode: str
    lat: FloatArray
    lon: FloatArray
    country: NDArray[np.object_]
    tail: IntArray
    head: IntArray
    km: FloatArray

    def add_node(self, lat: float, lon: float, country: str) -> int:
        """Append a node and return its position."""
        self.lat = np.append(self.lat, lat)
        self.lon = np.append(self.lon, lon)
        self.country = np.append(self.country, np.array([country], dtype=object))
        return self.lat.size - 1

    def add_edges(self, tail: list[int], head: list[int], km: list[float]) -> None:
        """Append undirected edges."""
        self.tail = np.append(self.tail, np.array(tail, dtype=np.int64))
        self.head = np.append(self.head, np.array(head, dtype=np.int64))
        self.km = np.append(self.km, np.array(km))

    def keep_edges(self, keep: NDArray[np.bool_]) -> None:
        """Drop all other edges."""
        self.tail, self.head, self.km = self.tail[keep], self.head[keep], self.km[keep]

    def components(self, *, domestic: bool) -> IntArray:
        """Return the component label of each node, over all edges or only those inside one country."""
        use = (self.country[self.tail] == self.country[self.head]) | (not domestic)
        n = self.lat.size
        graph = coo_array((np.ones(int(use.sum())), (self.tail[use], self.head[use])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def read_raw(mode: str) -> RawGraph:
    """Return the fine graph of one mode as the package has it; the data file is parsed, never run."""
    text = read_member("scgraph-data", _FILES[mode]).decode()
    body = text[text.index("graph=[") + 7 : text.index("]", text.index("graph=["))]
    tails, heads, lengths = [], [], []
    for node, row in enumerate(body.strip("{}").split("}, {")):
        for item in filter(None, row.split(", ")):
            other, km = item.split(": ")
            if int(other) > node:
                tails.append(node)
                heads.append(int(other))
                lengths.append(float(km))
    start = text.index("nodes=[[") + 8
    points = text[start : text.index("]]", start)].replace("], [", ", ").split(", ")
    place = np.array(points, dtype=float).reshape(-1, 2)
    tail, head = np.array(tails), np.array(heads)
    lat, lon = place[:, 0].copy(), place[:, 1].copy()
    chord = great_circle_km(lat[tail], lon[tail], lat[head], lon[head])
    km = np.maximum(np.maximum(np.array(lengths), chord), 0.01)
    return RawGraph(mode, lat, lon, tag_countries(lat, lon), tail, head, km)


def stretch_chords(graph: RawGraph) -> None:
    """Lengthen simplified road edges, which are chords of winding roads (facts: h-mountain-scale, h-arm-kapan-len)."""
    if graph.mode != "road":
        return
    country = graph.country[graph.tail]
    factor = np.where(graph.km > _CHORD_KM, _CHORD_FACTOR, 1.0)
    mountain = np.isin(country, ["KGZ", "TJK"]) & (graph.km > _CHORD_KM)
    south = (country == "ARM") & (graph.lat[graph.tail] < 40.0)  # the M2 to Meghri: 384 km by law, 285 in the data
    graph.km = graph.km * np.where(mountain | south, _MOUNTAIN_FACTOR, factor)


def straighten_borders(graph: RawGraph) -> int:
    """Give small pieces that a coarse border cuts off to the country around them; return how many nodes.

    A road that runs along a border leaves and enters a country many times in the data. A piece of one
    country with under 15 km of line, all of whose border edges lead to one other country, belongs there.
    """
    changed = 0
    for _ in range(3):
        label = graph.components(domestic=True)
        inside = graph.country[graph.tail] == graph.country[graph.head]
        length = np.bincount(label[graph.tail[inside]], weights=graph.km[inside], minlength=label.max() + 1)
        nodes = np.bincount(label)
        over = np.flatnonzero(~inside)
        neighbours: dict[int, set[str]] = {}
        for a, b in ((graph.tail[over], graph.head[over]), (graph.head[over], graph.tail[over])):
            for piece, country in zip(label[a].tolist(), graph.country[b], strict=True):
                neighbours.setdefault(piece, set()).add(country)
        moved = {
            piece: next(iter(around))
            for piece, around in neighbours.items()
            if len(around) == 1 and length[piece] < 15.0 and nodes[piece] < 40
        }
        # Of two small pieces that touch, only the smaller moves.
        for a, b in zip(label[graph.tail[over]].tolist(), label[graph.head[over]].tolist(), strict=True):
            if a in moved and b in moved:
                moved.pop(a if length[a] >= length[b] else b, None)
        if not moved:
            break
        hit = np.isin(label, list(moved))
        graph.country[hit] = np.array([moved[piece] for piece in label[hit].tolist()], dtype=object)
        changed += int(hit.sum())
    return changed


def apply_patches(graph: RawGraph, patches: pd.DataFrame, done: dict[str, tuple[str, str]]) -> None:
    """Apply the patch rows of a mode; `done` notes what was made of each row."""
    rows = patches[patches["layer"] == graph.mode]
    tree = cKDTree(on_sphere(graph.lat, graph.lon))
    for row in rows[rows["action"] == "remove_link"].itertuples(index=False):
        done[row.id] = ("overlay", _remove(graph, tree, row))
    for row in rows[rows["action"] == "retag"].itertuples(index=False):
        done[row.id] = _retag(graph, tree, row)
    for row in rows[rows["action"] == "add_node"].itertuples(index=False):
        _split(graph, row.from_lat, row.from_lon, str(row.territory))
        done[row.id] = ("new", "edge split at the place")
    tree = cKDTree(on_sphere(graph.lat, graph.lon))
    for row in rows[rows["action"] == "add_link"].itertuples(index=False):
        if row.status in {"open", "restricted"} and "abk" not in row.id:
            done[row.id] = ("new", _join(graph, tree, row))
        else:
            done[row.id] = (
                "left_out",
                f"status {row.status}: laid as a candidate link by the overlay if facts name it",
            )
    for row in rows[rows["action"] == "cut_area"].itertuples(index=False):
        done[row.id] = ("overlay", "repair forbidden here: gaps are closed only inside one country")


def _near(tree: cKDTree, lat: float, lon: float) -> int:
    _, at = tree.query(on_sphere(np.array([lat]), np.array([lon])))
    return int(at[0])


def _remove(graph: RawGraph, tree: cKDTree, row: object) -> str:
    a = _near(tree, row.from_lat, row.from_lon)  # type: ignore[attr-defined]
    b = _near(tree, row.to_lat, row.to_lon)  # type: ignore[attr-defined]
    hit = ((graph.tail == a) & (graph.head == b)) | ((graph.tail == b) & (graph.head == a))
    graph.keep_edges(~hit)
    return f"{int(hit.sum())} edge removed"


def _retag(graph: RawGraph, tree: cKDTree, row: object) -> tuple[str, str]:
    name = str(row.id)  # type: ignore[attr-defined]
    if name == "r-abk-retag":
        box = (graph.lat > 42.5) & (graph.lat < 43.42) & (graph.lon > 40.01) & (graph.lon < 41.72)
        graph.country[box & (graph.country == "RUS")] = "GEO"
        return "overlay", "nodes in Abkhazia tagged GEO"
    if name in {"h-geo-roki", "h-geo-enguri"}:
        _remove(graph, tree, row)
        return "overlay", "edge over the closed line removed"
    if name == "h-arm-kapan-len":
        a = _near(tree, row.from_lat, row.from_lon)  # type: ignore[attr-defined]
        b = _near(tree, row.to_lat, row.to_lon)  # type: ignore[attr-defined]
        hit = ((graph.tail == a) & (graph.head == b)) | ((graph.tail == b) & (graph.head == a))
        graph.km[hit] = 75.0
        return "overlay", "length set to 75 km"
    return "overlay", "covered by country tags, chord factors or the place of the crossing"


def _split(graph: RawGraph, lat: float, lon: float, country: str) -> None:
    """Split the edge that passes a place, adding a node there."""
    here = on_sphere(np.array([lat]), np.array([lon]))[0]
    at = on_sphere(graph.lat, graph.lon)
    a, b = at[graph.tail], at[graph.head]
    detour = np.linalg.norm(a - here, axis=1) + np.linalg.norm(b - here, axis=1) - np.linalg.norm(a - b, axis=1)
    reach = np.minimum(np.linalg.norm(a - here, axis=1), np.linalg.norm(b - here, axis=1))
    edge = int(np.argmin(np.where(reach < 400, detour, np.inf)))
    u, v, km = int(graph.tail[edge]), int(graph.head[edge]), float(graph.km[edge])
    share = float(np.linalg.norm(a[edge] - here))
    share /= max(share + float(np.linalg.norm(b[edge] - here)), 1e-9)
    node = graph.add_node(lat, lon, country)
    keep = np.ones(graph.km.size, dtype=bool)
    keep[edge] = False
    graph.keep_edges(keep)
    graph.add_edges([u, node], [node, v], [km * share, km * (1 - share)])


def _join(graph: RawGraph, tree: cKDTree, row: object) -> str:
    """Add a patch's link between the nearest nodes of its ends, or new nodes where none is near."""
    ends = []
    territory = str(row.territory).split("+")  # type: ignore[attr-defined]
    for lat, lon, country in (
        (row.from_lat, row.from_lon, territory[0]),  # type: ignore[attr-defined]
        (row.to_lat, row.to_lon, territory[-1]),  # type: ignore[attr-defined]
    ):
        away, at = tree.query(on_sphere(np.array([lat]), np.array([lon])))
        near = float(away[0]) < 3.0
        node = int(at[0]) if near else _existing(graph, lat, lon)
        ends.append(graph.add_node(lat, lon, country) if node < 0 else node)
    if ends[0] == ends[1]:
        return "ends at one node"
    graph.add_edges([ends[0]], [ends[1]], [float(row.length_km)])  # type: ignore[attr-defined]
    return "edge added"


def _existing(graph: RawGraph, lat: float, lon: float) -> int:
    """Return a node that an earlier patch added at this place, or -1."""
    same = np.flatnonzero((np.abs(graph.lat - lat) < 2e-2) & (np.abs(graph.lon - lon) < 2e-2))
    return int(same[-1]) if same.size else -1


def repair_gaps(graph: RawGraph) -> int:
    """Join components of one country that end within a few km of each other; return how many joins."""
    limit, joins = _GAP[graph.mode], 0
    for _ in range(3):
        label = graph.components(domestic=True)
        size = np.bincount(label)
        degree = np.bincount(np.concatenate([graph.tail, graph.head]), minlength=graph.lat.size)
        new: dict[tuple[int, int], tuple[float, int, int]] = {}
        for country in sorted(set(graph.country)):
            mine = np.flatnonzero((graph.country == country) & (degree > 0))
            if mine.size < 2:
                continue
            biggest = np.bincount(label[mine]).argmax()
            small = mine[label[mine] != biggest]
            if not small.size:
                continue
            tree = cKDTree(on_sphere(graph.lat[mine], graph.lon[mine]))
            away, near = tree.query(
                on_sphere(graph.lat[small], graph.lon[small]), k=min(24, mine.size), distance_upper_bound=limit
            )
            for row, node in enumerate(small):
                for km, position in zip(away[row], near[row], strict=True):
                    if not np.isfinite(km):
                        break
                    other = int(mine[position])
                    if label[other] == label[node]:
                        continue
                    key = (min(label[node], label[other]), max(label[node], label[other]))
                    if key not in new or km < new[key][0]:
                        new[key] = (float(km), int(node), other)
                    break
        if not new:
            break
        chosen = [new[key] for key in sorted(new)]
        graph.add_edges([c[1] for c in chosen], [c[2] for c in chosen], [max(1.2 * c[0], 0.05) for c in chosen])
        joins += len(chosen)
        _ = size
    return joins
