"""Rail or road hub graph: nodes and links from the fine graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from isthmus.build.network.contract import contract
from isthmus.build.network.crossings import Crossing, cut_borders
from isthmus.build.network.facts import ClosedBorder, Patch, Place, Post
from isthmus.build.network.geometry import Nearest
from isthmus.build.network.patch import Outcome, apply_patches, pin_countries, stretch_chords
from isthmus.build.network.places import City, Snapper, find_junctions, pick_cities, slug, split_at_places, unique_names
from isthmus.build.network.rawgraph import RawGraph, read_raw
from isthmus.build.network.regions import iso3, label_parts
from isthmus.build.network.repair import join_dead_ends, repair_gaps, straighten_borders
from isthmus.build.network.shapes import trace_courses
from isthmus.world.accounts import FloatArray, IntArray
from isthmus.world.geodesy import great_circle_km

Progress = Callable[[str], None]

#: Pieces of fewer nodes than this hold no hub, save places of the facts.
_LEAST_PIECE = 8

#: A city this close to a place of the facts is that place, km.
_SAME_TOWN_KM = 8.0

_SOURCE = "OpenStreetMap by scgraph-data 2.0.0"


@dataclass(frozen=True, slots=True)
class Facts:
    """Tables of our own that shape the land graphs."""

    patches: list[Patch]
    places: list[Place]
    posts: list[Post]
    closed: list[ClosedBorder]
    cities: list[City]
    towns: list[City]


def build_land(mode: str, facts: Facts, done: Outcome, progress: Progress) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (nodes, links) of rail or road, with the columns of the schema that the graph can fill.

    Links carry `course` besides: inner points of their way, see `shapes.trace_courses`.

    Parameters
    ----------
    mode : str
        `rail` or `road`.
    facts : Facts
    done : dict
        Receives what became of each patch of the mode.
    progress : callable
        Takes one line of text per step.
    """
    progress(f"{mode}: reading and tagging")
    graph, crossings = prepare(read_raw(mode), facts, done, progress)
    names, kinds = _choose_hubs(graph, facts, crossings)
    hubs = np.array(sorted(names), dtype=np.int64)
    nodes = _node_table(graph, hubs, names, kinds, facts.towns)
    ids = dict(zip(hubs.tolist(), nodes["node"], strict=True))
    lines = _line_table(graph, contract(graph, hubs), ids, nodes)
    links = pd.concat([lines, _crossing_table(mode, crossings, ids)], ignore_index=True)
    used = set(links["from_node"]) | set(links["to_node"])
    nodes = nodes[nodes["node"].isin(used)].reset_index(drop=True)
    progress(f"{mode}: {len(nodes)} hubs, {len(links)} links")
    return nodes, links


def prepare(graph: RawGraph, facts: Facts, done: Outcome, progress: Progress) -> tuple[RawGraph, list[Crossing]]:
    """Return the fine graph patched, repaired and cut at borders, with its crossings."""
    pin_countries(graph, facts.towns, facts.places, facts.patches)
    stretch_chords(graph)
    fixed = apply_patches(graph, facts.patches, done)
    straighten_borders(graph, fixed)
    split_at_places(graph, facts.places)
    label_parts(graph)
    joins = repair_gaps(graph)
    ends = join_dead_ends(graph)
    crossings = cut_borders(graph, facts.posts, facts.closed)
    progress(f"{graph.mode}: {joins} gaps and {ends} pairs of dead ends joined, {len(crossings)} crossings")
    return graph, crossings


def _choose_hubs(graph: RawGraph, facts: Facts, crossings: list[Crossing]) -> tuple[dict[int, str], dict[int, str]]:
    """Return names and kinds of hub nodes; crossings win over facts, cities and junctions."""
    names: dict[int, str] = {}
    kinds: dict[int, str] = {}
    for crossing in crossings:
        for node, label in ((crossing.node_a, crossing.label_a), (crossing.node_b, crossing.label_b)):
            inside = iso3(crossing.label_a) == iso3(crossing.label_b)
            names[node], kinds[node] = f"{crossing.id}|{label if inside else iso3(label)}", "border"
    piece = graph.components(domestic=False)
    lines = graph.degree() > 0
    for node in names:
        lines[node] = False
    small = Snapper(graph, np.flatnonzero(lines))
    large = Snapper(graph, np.flatnonzero(lines & (np.bincount(piece)[piece] >= _LEAST_PIECE)))
    wanted = [
        (small, p.lat, p.lon, p.iso3, p.name, "junction" if p.kind == "junction" else "hub")
        for p in facts.places
        if graph.mode in p.modes
    ]
    known = [p for p in facts.places if graph.mode in p.modes]
    for city in pick_cities(facts.cities, graph.mode):
        if not any(p.iso3 == city.country and _same_town(p, city) for p in known):
            wanted.append((large, city.lat, city.lon, city.country, city.name, "hub"))
    for snapper, lat, lon, country, name, kind in wanted:
        node = snapper.find(lat, lon, country)
        if node >= 0 and node not in names:
            names[node], kinds[node] = name, kind
    for node in find_junctions(graph):
        if node not in names:
            names[node], kinds[node] = f"junction {graph.lat[node]:.2f} {graph.lon[node]:.2f}", "junction"
    return names, kinds


def _same_town(place: Place, city: City) -> bool:
    """Return whether a place of the facts stands for a city: its hub is the city's hub."""
    if abs(place.lat - city.lat) > 0.2:
        return False
    return float(great_circle_km(place.lat, place.lon, city.lat, city.lon)) < _SAME_TOWN_KM


def _node_table(
    graph: RawGraph, hubs: IntArray, names: dict[int, str], kinds: dict[int, str], towns: list[City]
) -> pd.DataFrame:
    slugs = [f"{graph.mode}:{_node_slug(names[node])}" for node in hubs.tolist()]
    return pd.DataFrame(
        {
            "node": unique_names(slugs, [f"-{graph.country[node].lower()}" for node in hubs.tolist()]),
            "name": _display_names(graph, hubs, names, towns),
            "mode": graph.mode,
            "kind": [kinds[node] for node in hubs.tolist()],
            "territory": [iso3(label) for label in graph.country[hubs]],
            "lat": np.round(graph.lat[hubs], 4),
            "lon": np.round(graph.lon[hubs], 4),
            "source": _SOURCE,
        }
    )


def _display_names(graph: RawGraph, hubs: IntArray, names: dict[int, str], towns: list[City]) -> list[str]:
    """Return names for people: a junction is called after the nearest town."""
    if not towns:
        return [names[node].split("|")[0] for node in hubs.tolist()]
    nearest = Nearest(np.array([t.lat for t in towns]), np.array([t.lon for t in towns]))
    found = []
    for node in hubs.tolist():
        name = names[node].split("|")[0]
        if name.startswith("junction "):
            (_, town), *_ = nearest.around(float(graph.lat[node]), float(graph.lon[node]), most=1)
            name = f"junction near {towns[town].name}"
        found.append(name)
    return found


def _node_slug(name: str) -> str:
    """Return the id part of a name: a border node keeps the country of its side."""
    place, *side = name.split("|")
    return "|".join([slug(place), *side])


def _line_table(
    graph: RawGraph, lines: tuple[IntArray, IntArray, FloatArray], ids: dict[int, str], nodes: pd.DataFrame
) -> pd.DataFrame:
    a, b, km = lines
    label = dict(zip(nodes["node"], nodes["name"], strict=True))
    start, end = [ids[i] for i in a.tolist()], [ids[i] for i in b.tolist()]
    return pd.DataFrame(
        {
            "link": [f"{s}--{e.split(':', 1)[1]}" for s, e in zip(start, end, strict=True)],
            "name": [f"{label[s]} - {label[e]} ({graph.mode})" for s, e in zip(start, end, strict=True)],
            "from_node": start,
            "to_node": end,
            "mode": graph.mode,
            "kind": "line",
            "territory": [iso3(country) for country in graph.country[a]],
            "length_km": np.round(km, 2),
            "status": "open",
            "timeline": "",
            "basis": "osm",
            "source": f"{_SOURCE}, shortest path between hubs",
            "course": trace_courses(graph, np.array(list(ids), dtype=np.int64), lines),
        }
    )


def _crossing_table(mode: str, crossings: list[Crossing], ids: dict[int, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "link": c.id,
                "name": c.name,
                "from_node": ids[c.node_a],
                "to_node": ids[c.node_b],
                "mode": mode,
                "kind": "border",
                "territory": iso3(c.label_a),
                "length_km": round(c.km, 2),
                "status": c.status,
                "timeline": c.timeline,
                "basis": c.basis,
                "source": c.source,
            }
            for c in crossings
        ]
    )
