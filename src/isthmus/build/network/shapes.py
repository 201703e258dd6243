"""The course of contracted links: paths on the fine graph, thinned to a few points.

A link of the hub graph stands for a shortest path between two hubs. This module finds these paths again and keeps,
of each, the points that matter most for its course (Douglas-Peucker, farthest point first).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isthmus.build.network.contract import grow_tree, make_work
from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.repair import adjacency
from isthmus.world.accounts import FloatArray, IntArray

#: A course is kept to within so many km, and with at most so many points between its ends.
_TOLERANCE_KM = {"rail": 2.0, "road": 2.0, "sea": 5.0}
_MOST_POINTS = 12

#: Where the course of a mode's links comes from.
COURSE_SOURCES = {
    "rail": "OpenStreetMap by scgraph-data 2.0.0, shortest path between hubs, kept to within 2 km or 12 points",
    "road": "OpenStreetMap by scgraph-data 2.0.0, shortest path between hubs, kept to within 2 km or 12 points",
    "sea": "lanes of searoute 1.6.0, shortest path between hubs, kept to within 5 km or 12 points",
}


def trace_courses(graph: RawGraph, hubs: IntArray, lines: tuple[IntArray, IntArray, FloatArray]) -> list[str]:
    """Return the course of each link as text: `lon lat` of its inner points, from a to b, joined by commas.

    Parameters
    ----------
    graph : RawGraph
        The fine graph that was contracted.
    hubs : (hub,) array
        All hubs, nodes of the fine graph.
    lines : (link,) arrays
        Ends of the links and km, from `contract`: shortest paths between two hubs that pass no other hub.

    Returns
    -------
    list of str
        Degrees with two decimals, about 1 km; empty where the link is straight within the tolerance.
    """
    a, b, km = lines
    n = graph.lat.size
    is_hub = np.zeros(n, dtype=bool)
    is_hub[hubs] = True
    fine = adjacency(graph.tail, graph.head, graph.km, n)
    work = make_work(n, fine[1].size)
    before, room = work[1], (np.empty(hubs.size, np.int64), np.empty(hubs.size))
    by_hub: dict[int, list[int]] = {}
    for link, hub in enumerate(a.tolist()):
        by_hub.setdefault(hub, []).append(link)
    courses = [""] * a.size
    for hub, links in by_hub.items():
        grow_tree(fine, hub, is_hub, float(np.max(km[links])) * (1 + 1e-9), room, work)
        for link in links:
            path = [int(b[link])]
            while path[-1] != hub:
                path.append(int(before[path[-1]]))
            courses[link] = course_text(graph, path[::-1])
    return courses


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
