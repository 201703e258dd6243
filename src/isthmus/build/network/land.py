"""Rail or road hub graph: nodes and links from the fine graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.contract import contract
from isthmus.build.network.crossings import Crossing, cut_borders
from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.places import City, find_junctions, pick_cities, slug, snap, split_at_hubs
from isthmus.build.network.raw import RawGraph, apply_patches, read_raw, repair_gaps, straighten_borders, stretch_chords

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Facts:
    """Tables of our own that shape the graph."""

    patches: pd.DataFrame
    hubs: pd.DataFrame
    crossings: pd.DataFrame
    closed: pd.DataFrame


def build_land(
    mode: str, facts: Facts, cities: list[City], done: dict[str, tuple[str, str]], progress: Progress
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (nodes, links) of one land mode, with the columns of the schema that the graph can fill."""
    progress(f"{mode}: reading and tagging")
    graph = read_raw(mode)
    stretch_chords(graph)
    apply_patches(graph, facts.patches, done)
    straighten_borders(graph)
    split_at_hubs(graph, facts.hubs)
    crossings = cut_borders(graph, facts.crossings, facts.closed)
    joins = repair_gaps(graph)
    progress(f"{mode}: {joins} gaps closed, {len(crossings)} crossings")
    label = graph.components(domestic=False)
    size = np.bincount(label)
    names, kinds = _choose_hubs(graph, facts.hubs, cities, crossings, size[label])
    hubs = np.array(sorted(names), dtype=np.int64)
    a, b, km = contract(graph, hubs)
    nodes = _node_table(graph, hubs, names, kinds)
    ids = dict(zip(hubs.tolist(), nodes["node"], strict=True))
    links = pd.concat(
        [_line_table(graph, a, b, km, ids, nodes), _crossing_table(mode, crossings, ids)], ignore_index=True
    )
    used = set(links["from_node"]) | set(links["to_node"])
    nodes = nodes[nodes["node"].isin(used)].reset_index(drop=True)
    progress(f"{mode}: {len(nodes)} hubs, {len(links)} links")
    return nodes, links


def _choose_hubs(
    graph: RawGraph,
    places: pd.DataFrame,
    cities: list[City],
    crossings: list[Crossing],
    size: np.ndarray,  # type: ignore[type-arg]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return names and kinds of hub nodes; facts win over crossings, cities and junctions."""
    names: dict[int, str] = {}
    kinds: dict[int, str] = {}
    used = np.zeros(graph.lat.size, dtype=bool)
    used[graph.tail] = used[graph.head] = True
    nodes = np.flatnonzero(used & (size >= 8))
    tree = cKDTree(on_sphere(graph.lat[nodes], graph.lon[nodes]))
    for crossing in crossings:
        for node, country in ((crossing.node_a, crossing.country_a), (crossing.node_b, crossing.country_b)):
            names.setdefault(node, f"{crossing.id}|{country}")
            kinds.setdefault(node, "border")
    for row in places.itertuples(index=False):
        if graph.mode not in str(row.modes):
            continue
        node = snap(graph, float(row.lat), float(row.lon), str(row.iso3), tree, nodes)
        if node >= 0 and node not in names:
            names[node], kinds[node] = str(row.name), "junction" if row.kind == "junction" else "hub"
    for city in pick_cities(cities, graph.mode):
        node = snap(graph, city.lat, city.lon, city.country, tree, nodes)
        if node >= 0 and node not in names:
            names[node], kinds[node] = city.name, "hub"
    for node in find_junctions(graph):
        if node not in names:
            names[node], kinds[node] = f"junction {graph.lat[node]:.2f} {graph.lon[node]:.2f}", "junction"
    return names, kinds


def _node_table(graph: RawGraph, hubs: np.ndarray, names: dict[int, str], kinds: dict[int, str]) -> pd.DataFrame:  # type: ignore[type-arg]
    ids: list[str] = []
    taken: set[str] = set()
    for node in hubs.tolist():
        place = "|".join(slug(part) if i == 0 else part for i, part in enumerate(names[node].split("|")))
        name = f"{graph.mode}:{place}"
        if name in taken:
            name = (
                f"{name}-{graph.country[node]}".lower()
                if f"{name}-{graph.country[node]}".lower() not in taken
                else name
            )
        while name in taken:
            name += "x"
        taken.add(name)
        ids.append(name)
    return pd.DataFrame(
        {
            "node": ids,
            "name": [names[node].split("|")[0] for node in hubs.tolist()],
            "mode": graph.mode,
            "kind": [kinds[node] for node in hubs.tolist()],
            "territory": graph.country[hubs],
            "lat": np.round(graph.lat[hubs], 4),
            "lon": np.round(graph.lon[hubs], 4),
            "source": "OpenStreetMap by scgraph-data 2.0.0",
        }
    )


def _line_table(
    graph: RawGraph,
    a: np.ndarray,
    b: np.ndarray,
    km: np.ndarray,
    ids: dict[int, str],
    nodes: pd.DataFrame,  # type: ignore[type-arg]
) -> pd.DataFrame:
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
            "territory": graph.country[a],
            "length_km": np.round(km, 2),
            "status": "open",
            "basis": "osm",
            "source": "OpenStreetMap by scgraph-data 2.0.0, shortest path between hubs",
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
                "territory": c.country_a,
                "length_km": round(c.km, 2),
                "status": "open" if c.status == "restricted" else c.status,
                "basis": "osm",
                "source": "OpenStreetMap by scgraph-data 2.0.0, cut at the border",
            }
            for c in crossings
        ]
    )
