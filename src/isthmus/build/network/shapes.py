"""The course of contracted links: paths on the fine graph, thinned to a few points.

A link of the hub graph stands for a shortest path between two hubs. This module finds these paths again and keeps,
of each, the points that matter most for its course (Douglas-Peucker, farthest point first).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from isthmus.build.network.contract import pop, push
from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.repair import adjacency
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

#: A course is kept to within so many km, and with at most so many points between its ends.
_TOLERANCE_KM = {"rail": 2.0, "road": 2.0, "sea": 5.0}
_MOST_POINTS = 12

#: Where the course of a mode's links comes from.
COURSE_SOURCES = {
    "rail": "OpenStreetMap by scgraph-data 2.0.0, shortest path between hubs, kept to within 2 km or 12 points",
    "road": "OpenStreetMap by scgraph-data 2.0.0, shortest path between hubs, kept to within 2 km or 12 points",
    "sea": "lanes of searoute 1.6.0, shortest path between hubs, kept to within 5 km or 12 points",
}


def trace_courses(graph: RawGraph, hubs: IntArray, a: IntArray, b: IntArray) -> list[str]:
    """Return the course of each link as text: `lon lat` of its inner points, from a to b, joined by commas.

    Parameters
    ----------
    graph : RawGraph
        The fine graph that was contracted.
    hubs : (hub,) array
        All hubs, nodes of the fine graph.
    a, b : (link,) arrays
        Ends of the links; a link is a shortest path between two hubs that passes no other hub.

    Returns
    -------
    list of str
        Degrees with two decimals, about 1 km; empty where the link is straight within the tolerance.
    """
    n = graph.lat.size
    is_hub = np.zeros(n, dtype=bool)
    is_hub[hubs] = True
    fine = adjacency(graph.tail, graph.head, graph.km, n)
    dist, before, seen = np.full(n, np.inf), np.full(n, -1, dtype=np.int64), np.empty(n, dtype=np.int64)
    by_hub: dict[int, list[int]] = {}
    for link, hub in enumerate(a.tolist()):
        by_hub.setdefault(hub, []).append(link)
    courses = [""] * a.size
    for hub, links in by_hub.items():
        _grow_tree(fine, hub, is_hub, b[links], (dist, before, seen))
        for link in links:
            path = [int(b[link])]
            while path[-1] != hub:
                path.append(int(before[path[-1]]))
            courses[link] = course_text(graph, path[::-1])
    return courses


@njit(cache=True)
def _grow_tree(
    graph: tuple[IntArray, IntArray, FloatArray],
    hub: int,
    is_hub: BoolArray,
    wanted: IntArray,
    work: tuple[FloatArray, IntArray, IntArray],
) -> None:
    """Write the predecessors on shortest paths from a hub that pass no other hub, until all wanted hubs are reached."""
    start, head, km = graph
    dist, before, seen = work
    key, item = np.empty(head.size + 1), np.empty(head.size + 1, np.int64)
    dist[hub], seen[0], n_seen, found, size = 0.0, hub, 1, 0, 1
    key[0], item[0] = 0.0, hub
    while size > 0 and found < wanted.size:
        least, node = key[0], item[0]
        size -= 1
        pop(key, item, size)
        if least > dist[node]:
            continue
        if is_hub[node] and node != hub:
            for other in wanted:
                found += int(other == node)
            continue
        for e in range(start[node], start[node + 1]):
            other, new = head[e], least + km[e]
            if new < dist[other]:
                if dist[other] == np.inf:
                    seen[n_seen] = other
                    n_seen += 1
                dist[other] = new
                before[other] = node
                push(key, item, size, new, other)
                size += 1
    for i in range(n_seen):
        dist[seen[i]] = np.inf


def course_text(graph: RawGraph, path: Sequence[int]) -> str:
    """Return the inner points of a path on the fine graph that give its course, as `lon lat, lon lat`."""
    lat, lon = graph.lat[list(path)], graph.lon[list(path)]
    kept = thin_line(lat, lon, tolerance_km=_TOLERANCE_KM[graph.mode], most=_MOST_POINTS)
    return ", ".join(f"{lon[k]:.2f} {lat[k]:.2f}" for k in kept)


def thin_line(lat: FloatArray, lon: FloatArray, *, tolerance_km: float, most: int) -> list[int]:
    """Return the positions of the inner points of a line that keep its course, in order.

    The line through its ends and these points stays within the tolerance of every point of the line, unless
    that takes more than `most` points: then the farthest ones are kept (Douglas and Peucker 1973).
    """
    place = on_sphere(lat, lon)
    kept = [0, lat.size - 1]
    spans = {0: _farthest(place, 0, lat.size - 1)}  # first point of each piece -> (km, farthest point)
    while len(kept) < most + 2:
        start = max(spans, key=lambda k: (spans[k][0], -k))
        off, middle = spans[start]
        if off <= tolerance_km:
            break
        end = kept[kept.index(start) + 1]
        kept.insert(kept.index(start) + 1, middle)
        spans[start], spans[middle] = _farthest(place, start, middle), _farthest(place, middle, end)
    return kept[1:-1]


def _farthest(place: FloatArray, start: int, end: int) -> tuple[float, int]:
    """Return (km, position) of the point between two that lies farthest off the straight piece between these."""
    if end - start < 2:
        return 0.0, start
    a, b, between = place[start], place[end], place[start + 1 : end]
    share = (between - a) @ (b - a) / max(float((b - a) @ (b - a)), 1e-12)
    normal = np.cross(a, b)
    aside = np.abs(between @ normal) / max(float(np.linalg.norm(normal)), 1e-12)  # off the plane of the great circle
    away = np.minimum(np.linalg.norm(between - a, axis=1), np.linalg.norm(between - b, axis=1))
    off = np.where((share > 0.0) & (share < 1.0), aside, away)
    middle = int(np.argmax(off))
    return float(off[middle]), start + 1 + middle
