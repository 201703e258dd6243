"""Sourced corrections of the fine graph, row by row of facts/patches.csv."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isthmus.build.network.facts import Patch, Place
from isthmus.build.network.geometry import Nearest
from isthmus.build.network.places import City
from isthmus.build.network.rawgraph import RawGraph

#: What became of each patch row: id -> (overlay | new | left_out, what or why).
Outcome = dict[str, tuple[str, str]]

#: Edges of the simplified roads above these lengths are chords of winding roads (facts: h-mountain-scale).
CHORD_KM, PLAIN_FACTOR = 30.0, 1.05
MOUNTAIN_CHORD_KM, MOUNTAIN_FACTOR = 8.0, 1.35

#: Boxes of mountain roads (lat, lat, lon, lon), where sourced distances are 15 to 40 % above the data's.
_MOUNTAINS = (
    (38.4, 39.9, 44.8, 46.7),  # Armenia south of Yerevan: M2, 384 km by law, 285 in the data
    (40.85, 41.4, 44.3, 45.1),  # Debed gorge
    (40.3, 41.4, 41.2, 42.9),  # Coruh valley, Artvin and Ardahan
    (37.0, 38.2, 42.5, 44.8),  # Hakkari
    (36.5, 42.65, 69.2, 80.3),  # Kyrgyz and Tajik mountains without the Chuy valley
)
_MOUNTAIN_COUNTRIES = ("KGZ", "TJK", "ARM", "TUR", "GEO")

#: A patch's end takes a node of the data within this distance, km; else it becomes a node.
_END_KM = 3.0

#: Rows whose edge stays in the graph, because cutting the border turns it into the crossing named here.
_BECOMES_CROSSING = {
    "h-arm-aze-lachin": "the closed crossing kornidzor-lachin",
    "h-geo-roki": "the closed crossing roki-tunnel",
}


def stretch_chords(graph: RawGraph) -> None:
    """Lengthen long road edges, which are chords of winding roads (facts: h-mountain-scale, h-arm-kapan-len)."""
    if graph.mode != "road":
        return
    mountain = np.zeros(graph.km.size, dtype=bool)
    for south, north, west, east in _MOUNTAINS:
        inside = (graph.lat > south) & (graph.lat < north) & (graph.lon > west) & (graph.lon < east)
        mountain |= inside[graph.tail] & inside[graph.head]
    mountain &= np.isin(graph.country[graph.tail], _MOUNTAIN_COUNTRIES)
    graph.km = np.select(
        [mountain & (graph.km > MOUNTAIN_CHORD_KM), graph.km > CHORD_KM],
        [graph.km * MOUNTAIN_FACTOR, graph.km * PLAIN_FACTOR],
        default=graph.km,
    )


def pin_countries(graph: RawGraph, towns: list[City], places: list[Place], patches: list[Patch]) -> int:
    """Give nodes close to a place of known country that country; return how many change.

    The borders of the map are coarse (Kapan would lie in Azerbaijan, Meghri in Iran). The nearest town decides
    within 1 km; a hub of the facts (5 km, 1.5 if it is a border place) and a patch's end (1 km) come after.
    Parts that no list of countries knows, such as Northern Cyprus, keep their tag.
    """
    codes = set(graph.country)
    known = codes & {town.country for town in towns}
    groups = [
        ([(t.lat, t.lon, t.country) for t in towns if t.country in codes], 1.0),
        ([(p.lat, p.lon, p.iso3) for p in places if p.kind != "border"], 5.0),
        ([(p.lat, p.lon, p.iso3) for p in places if p.kind == "border"], 1.5),
    ]
    ends = [(end, p.territories[0]) for p in patches if len(p.territories) == 1 for end in (p.start, p.end)]
    groups.append(([(lat, lon, code) for (lat, lon), code in ends if not np.isnan(lat)], 1.0))
    before = graph.country.copy()
    fair = np.isin(before, sorted(known))
    for pins, within_km in groups:
        nearest = Nearest(np.array([p[0] for p in pins]), np.array([p[1] for p in pins]))
        _, at = nearest.find(graph.lat, graph.lon, most=1, within_km=within_km)
        hit = (at[:, 0] >= 0) & fair
        code = np.array([p[2] for p in pins], dtype=object)
        graph.country[hit] = code[at[hit, 0]]
    return int((graph.country != before).sum())


def apply_patches(graph: RawGraph, patches: list[Patch], done: Outcome) -> set[int]:
    """Apply the patch rows of a mode, noting each in `done`; return the nodes whose country is sourced.

    Removals come first, so that no later row attaches to what goes, then tags, nodes and links.
    """
    rows = [patch for patch in patches if patch.layer == graph.mode]
    before = Nearest(graph.lat, graph.lon)
    fixed: set[int] = set()
    for patch in rows:
        if patch.action == "remove_link":
            done[patch.id] = _remove(graph, before, patch)
        elif patch.action == "retag":
            done[patch.id] = _retag(graph, before, patch)
    for patch in rows:
        if patch.action == "add_node":
            detour, edge = graph.edge_past(*patch.start, within_km=400.0)
            fixed.add(graph.split(edge, *patch.start, patch.territories[0]))
            done[patch.id] = ("new", f"edge split at the place, {detour:.1f} km off its chord")
    after = Nearest(graph.lat, graph.lon)
    for patch in rows:
        if patch.action == "add_link":
            done[patch.id] = _join(graph, after, patch, fixed)
        elif patch.action == "cut_area":
            done[patch.id] = ("overlay", "no repair joins two countries; the border here is cut")
    return fixed


def _node_at(nearest: Nearest, place: tuple[float, float]) -> int:
    return nearest.around(*place, most=1)[0][1]


def _remove(graph: RawGraph, nearest: Nearest, patch: Patch) -> tuple[str, str]:
    if patch.id in _BECOMES_CROSSING:
        return "overlay", f"edge cut at the border: {_BECOMES_CROSSING[patch.id]}"
    hit = graph.edge_between(_node_at(nearest, patch.start), _node_at(nearest, patch.end))
    graph.keep_edges(~hit)
    if not hit.any():
        return "left_out", "no such edge in the data"
    return "overlay", f"{int(hit.sum())} edge removed"


def _retag(graph: RawGraph, nearest: Nearest, patch: Patch) -> tuple[str, str]:
    if patch.id in _BECOMES_CROSSING:
        return "overlay", f"edge cut at the border: {_BECOMES_CROSSING[patch.id]}"
    special = _RETAGS.get(patch.id)
    return special(graph, nearest, patch) if special else ("overlay", _RETAG_NOTES[patch.id])


def _abkhazia(graph: RawGraph, _: Nearest, __: Patch) -> tuple[str, str]:
    box = (graph.lat > 42.5) & (graph.lat < 43.42) & (graph.lon > 40.01) & (graph.lon < 41.72)
    hit = box & (graph.country == "RUS")
    graph.country[hit] = "GEO"
    return "overlay", f"{int(hit.sum())} nodes in Abkhazia tagged GEO besides those of the polygons"


def _set_length(graph: RawGraph, nearest: Nearest, patch: Patch) -> tuple[str, str]:
    hit = graph.edge_between(_node_at(nearest, patch.start), _node_at(nearest, patch.end))
    graph.km[hit] = patch.km
    return "overlay", f"length set to {patch.km:g} km on {int(hit.sum())} edge"


_RETAGS: dict[str, Callable[[RawGraph, Nearest, Patch], tuple[str, str]]] = {
    "r-abk-retag": _abkhazia,
    "h-arm-kapan-len": _set_length,
}

_RETAG_NOTES = {
    "r-crimea-retag": "tagged UKR by the polygons; lines to the mainland are closed front-line crossings",
    "r-uzb-r8-none": "tagged by polygons, small pieces go to the country around them",
    "t-antimeridian": "rings that span more than 300 degrees are unwrapped",
    "t-crossing-facts": "the crossing stands where r-kaz-zhanaozen-bolashak ends",
    "h-mountain-scale": f"edges above 30 km: x {PLAIN_FACTOR} in plains (fits sourced distances better than 1.15 after "
    f"gap repair), x {MOUNTAIN_FACTOR} in mountains",
    "h-geo-enguri": "edge cut at the Enguri, kept as a closed crossing",
}


def _join(graph: RawGraph, nearest: Nearest, patch: Patch, fixed: set[int]) -> tuple[str, str]:
    """Add a patch's link between the nearest nodes of its ends, or new nodes where none is near."""
    if patch.status not in {"open", "restricted"}:
        return "left_out", f"status {patch.status}: laid as a candidate link, not as a line of today"
    ends = []
    for place, country in ((patch.start, patch.territories[0]), (patch.end, patch.territories[-1])):
        (away, node), *_ = nearest.around(*place, most=1)
        if away > _END_KM:
            node = _added_before(graph, fixed, place)
        if node < 0:
            node = graph.add_node(*place, country)
            fixed.add(node)
        ends.append(node)
    if ends[0] == ends[1]:
        return "left_out", "both ends lie at one node of the data: nothing to join"
    graph.add_edges([ends[0]], [ends[1]], [patch.km])
    return "new", "edge added"


def _added_before(graph: RawGraph, fixed: set[int], place: tuple[float, float]) -> int:
    """Return a node that an earlier patch put within about 2 km of a place, or -1."""
    for node in sorted(fixed, reverse=True):
        if abs(graph.lat[node] - place[0]) < 2e-2 and abs(graph.lon[node] - place[1]) < 2e-2:
            return node
    return -1
