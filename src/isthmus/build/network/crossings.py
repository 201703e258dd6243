"""Border crossings: edges between countries are cut, and each crossing becomes one link of its own.

All border edges of a crossing end at its two side nodes, which stand at the border; between these runs
the one link that a trip across pays for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.build.network.facts import ClosedBorder, Post
from isthmus.build.network.geometry import Nearest, tag_countries
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.regions import bloc, iso3
from isthmus.world.accounts import FloatArray, IntArray
from isthmus.world.geodesy import great_circle_km

#: Raw crossings of one pair of countries closer than this are one, km.
_MERGE_KM = 25.0

#: A post of the facts takes the border edges of its pair that pass within this distance, km.
_MATCH_KM = 60.0

#: A post further than this from the edge it takes, in km or as a share of its length (long edges are chords),
#: is moved to where the edge meets the border.
_MOVE_KM, _MOVE_SHARE = 15.0, 0.25

#: A post without border edge is joined to the nearest line of either country within this distance, km.
_REACH_KM, _STUB_KM = 120.0, 8.0

#: Most of a crossing's own link, km; the rest of its edges goes to the approaches.
_CROSSING_KM = 3.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """One border crossing between two side nodes of the fine graph."""

    id: str
    name: str
    mode: str
    label_a: str
    label_b: str
    node_a: int
    node_b: int
    km: float
    status: str
    timeline: str
    basis: str
    source: str


@dataclass(eq=False, slots=True)
class _Edges:
    """Border edges of a graph."""

    edge: IntArray  # (border edge,) index into the graph's edges
    lat: FloatArray  # (border edge,) where it meets the border
    lon: FloatArray
    pair: list[tuple[str, str]]  # labels of its ends, sorted


@dataclass(eq=False, slots=True)
class _Gate:
    """A crossing in the making: a place and the border edges that use it."""

    pair: tuple[str, str]
    lat: float
    lon: float
    edges: list[int]  # positions in _Edges
    post: Post | None = None


def cut_borders(graph: RawGraph, posts: list[Post], closed: list[ClosedBorder]) -> list[Crossing]:
    """Remove all edges between blocs and return the crossings that replace them."""
    rules = {row.pair: row for row in closed if graph.mode in row.modes}
    border = _border_edges(graph, rules)
    gates = _claim(graph, border, [post for post in posts if post.mode == graph.mode])
    loose = sorted(set(range(border.edge.size)) - {i for gate in gates for i in gate.edges})
    gates += _group(graph, border, gates, loose)
    keep = np.ones(graph.km.size, dtype=bool)
    keep[border.edge] = False
    tail, head, km = graph.tail.copy(), graph.head.copy(), graph.km.copy()
    graph.keep_edges(keep)
    found = []
    for gate in gates:
        rule = rules.get(frozenset(gate.pair))
        if gate.post is None and rule is not None and not rule.keep:
            continue
        found.append(_build(graph, border, gate, rule, (tail, head, km)))
    return found


def _border_edges(graph: RawGraph, rules: dict[frozenset[str], ClosedBorder]) -> _Edges:
    """Return the edges between blocs, and those of closed borders inside a bloc."""
    labels = {label: i for i, label in enumerate(sorted(set(graph.country)))}
    number = np.array([labels[label] for label in graph.country], dtype=np.int64)
    group = np.array([bloc(label) for label in sorted(labels)], dtype=object)[number]
    cut = np.asarray(group[graph.tail] != group[graph.head], dtype=bool)
    for pair in rules:
        a, b = (labels.get(label, -1) for label in sorted(pair))
        cut |= (np.minimum(number[graph.tail], number[graph.head]) == min(a, b)) & (
            np.maximum(number[graph.tail], number[graph.head]) == max(a, b)
        )
    edge = np.flatnonzero(cut)
    lat, lon = _meet_border(graph, edge)
    ends = zip(graph.country[graph.tail[edge]], graph.country[graph.head[edge]], strict=True)
    return _Edges(edge, lat, lon, [(min(a, b), max(a, b)) for a, b in ends])


def _meet_border(graph: RawGraph, edge: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return where chords meet the border, by bisection on the countries of the map."""
    u, v = graph.tail[edge], graph.head[edge]
    home = np.array([iso3(label) for label in graph.country[u]], dtype=object)
    low, high = np.zeros(edge.size), np.ones(edge.size)
    for _ in range(9):
        mid = (low + high) / 2
        lat = graph.lat[u] + mid * (graph.lat[v] - graph.lat[u])
        lon = graph.lon[u] + mid * (graph.lon[v] - graph.lon[u])
        at_home = np.asarray(tag_countries(lat, lon) == home, dtype=bool)
        low, high = np.where(at_home, mid, low), np.where(at_home, high, mid)
    # The map has no border inside a country (Enguri, Perekop): half way.
    same = np.asarray([iso3(a) == iso3(b) for a, b in zip(graph.country[u], graph.country[v], strict=True)], dtype=bool)
    share = np.where(same, 0.5, np.clip((low + high) / 2, 0.02, 0.98))
    lat = graph.lat[u] + share * (graph.lat[v] - graph.lat[u])
    lon = graph.lon[u] + share * (graph.lon[v] - graph.lon[u])
    return lat, lon


def _claim(graph: RawGraph, border: _Edges, posts: list[Post]) -> list[_Gate]:
    """Return a gate per post; the closest post takes an edge first, and each post at most one."""
    offers = []
    for position, post in enumerate(posts):
        wanted = sorted((post.country_a, post.country_b))
        mine = [i for i, pair in enumerate(border.pair) if sorted(map(iso3, pair)) == wanted]
        if mine:
            away = _off_edge(graph, border.edge[mine], post.lat, post.lon)
            offers += [(float(away[k]), position, i) for k, i in enumerate(mine) if away[k] <= _MATCH_KM]
    taken: dict[int, int] = {}
    for _, position, i in sorted(offers):
        if position not in taken and i not in taken.values():
            taken[position] = i
    gates = []
    for position, post in enumerate(posts):
        i = taken.get(position, -1)
        lat, lon = post.lat, post.lon
        edge = border.edge[[i]] if i >= 0 else border.edge[:0]
        if (_off_edge(graph, edge, lat, lon) > np.maximum(_MOVE_KM, _MOVE_SHARE * graph.km[edge])).any():
            lat, lon = float(border.lat[i]), float(border.lon[i])
        pair = border.pair[i] if i >= 0 else (post.country_a, post.country_b)
        gates.append(_Gate(pair, lat, lon, [i] if i >= 0 else [], post))
    return gates


def _off_edge(graph: RawGraph, edge: IntArray, lat: float, lon: float) -> FloatArray:
    """Return the distance of a place to edges, km, on a plane around the place."""
    scale = np.array([111.2, 111.2 * np.cos(np.radians(lat))])
    a = np.stack([graph.lat[graph.tail[edge]] - lat, graph.lon[graph.tail[edge]] - lon], axis=1) * scale
    b = np.stack([graph.lat[graph.head[edge]] - lat, graph.lon[graph.head[edge]] - lon], axis=1) * scale
    way = b - a
    share = np.clip(-(a * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-9), 0.0, 1.0)
    off: FloatArray = np.linalg.norm(a + share[:, None] * way, axis=1)
    return off


def _group(graph: RawGraph, border: _Edges, gates: list[_Gate], loose: list[int]) -> list[_Gate]:
    """Give loose edges to gates of their pair close by, and make new gates of the rest, shortest edges first."""
    fresh: list[_Gate] = []
    by_pair: dict[tuple[str, str], list[_Gate]] = {}
    for gate in gates:
        by_pair.setdefault((min(gate.pair), max(gate.pair)), []).append(gate)
    for i in sorted(loose, key=lambda k: (border.pair[k], float(graph.km[border.edge[k]]), k)):
        here = by_pair.setdefault(border.pair[i], [])
        away = [float(great_circle_km(g.lat, g.lon, border.lat[i], border.lon[i])) for g in here]
        if away and min(away) <= _MERGE_KM:
            here[int(np.argmin(away))].edges.append(i)
        else:
            gate = _Gate(border.pair[i], float(border.lat[i]), float(border.lon[i]), [i])
            here.append(gate)
            fresh.append(gate)
    return fresh


def _build(
    graph: RawGraph,
    border: _Edges,
    gate: _Gate,
    rule: ClosedBorder | None,
    raw: tuple[IntArray, IntArray, FloatArray],
) -> Crossing:
    """Add a gate's two side nodes and its approaches to the graph."""
    first, second = _sides(gate)
    side = {label: graph.add_node(gate.lat, gate.lon, label) for label in (first, second)}
    own_km = min([_CROSSING_KM, *(float(raw[2][border.edge[i]]) for i in gate.edges)])
    own_km = max(own_km, 0.5) if gate.edges else 1.0
    for i in gate.edges:
        _approach(graph, side, gate, i, border, raw, own_km)
    if not gate.edges:
        reach = _REACH_KM if gate.post and gate.post.status in {"open", "restricted"} else _STUB_KM
        for label, node in side.items():
            _stub(graph, node, label, reach)
    return _describe(graph, gate, rule, (first, second), side, own_km)


def _sides(gate: _Gate) -> tuple[str, str]:
    """Return the labels of a gate's sides: for a post, country_a first."""
    a, b = gate.pair
    if gate.post is not None and iso3(a) != gate.post.country_a:
        return b, a
    return a, b


def _approach(
    graph: RawGraph,
    side: dict[str, int],
    gate: _Gate,
    position: int,
    border: _Edges,
    raw: tuple[IntArray, IntArray, FloatArray],
    own_km: float,
) -> None:
    """Lead a cut border edge to the gate's side nodes, its length shared by the distances to both ends."""
    tail, head, km = raw
    edge = int(border.edge[position])
    u, v = int(tail[edge]), int(head[edge])
    aside = 0.0
    if gate.edges[0] != position:  # a second line of the crossing meets the border elsewhere
        aside = float(great_circle_km(gate.lat, gate.lon, border.lat[position], border.lon[position]))
    to_u = float(great_circle_km(border.lat[position], border.lon[position], graph.lat[u], graph.lon[u]))
    to_v = float(great_circle_km(border.lat[position], border.lon[position], graph.lat[v], graph.lon[v]))
    if gate.edges[0] == position:
        to_u = float(great_circle_km(gate.lat, gate.lon, graph.lat[u], graph.lon[u]))
        to_v = float(great_circle_km(gate.lat, gate.lon, graph.lat[v], graph.lon[v]))
    share = to_u / max(to_u + to_v, 1e-9)
    length = max(float(km[edge]) - own_km, 0.1)
    ends = [side[str(graph.country[u])], side[str(graph.country[v])]]
    graph.add_edges([u, v], ends, [length * share + aside, length * (1 - share) + aside])


def _stub(graph: RawGraph, node: int, label: str, reach: float) -> None:
    """Join a post that no line crosses to the nearest node of its side that has lines."""
    mine = np.flatnonzero((graph.country == label) & (graph.degree() > 0))
    if not mine.size:
        return
    near = Nearest(graph.lat[mine], graph.lon[mine]).around(
        float(graph.lat[node]), float(graph.lon[node]), most=1, within_km=reach
    )
    for away, at in near:
        graph.add_edges([node], [int(mine[at])], [max(1.2 * away, 0.5)])


def _describe(
    graph: RawGraph,
    gate: _Gate,
    rule: ClosedBorder | None,
    labels: tuple[str, str],
    side: dict[str, int],
    own_km: float,
) -> Crossing:
    a, b = labels
    common = (graph.mode, a, b, side[a], side[b], own_km)
    if gate.post is not None:
        post = gate.post
        status = {"under_construction": "planned"}.get(post.status, post.status)
        return Crossing(post.id, post.name, *common, status, "", "source", f"border post of the facts: {post.id}")
    name = f"x-{graph.mode}-{a}-{b}-{gate.lat:.2f}-{gate.lon:.2f}"
    words = f"{a} / {b} {graph.mode} crossing at {gate.lat:.2f}, {gate.lon:.2f}"
    if rule is not None:
        timeline = f"{rule.since} closed" if rule.since else "closed"
        return Crossing(name, words, *common, "closed", timeline, rule.basis, f"closed_borders: {rule.source}")
    source = "OpenStreetMap by scgraph-data 2.0.0, cut at the border of Natural Earth"
    return Crossing(name, words, *common, "open", "", "osm", source)
