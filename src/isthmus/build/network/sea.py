"""Sea hub graph: ports, lane junctions, and each strait as one link.

The Caspian is cut from the ocean; only the Volga-Don river link joins it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from isthmus.build.network.contract import contract
from isthmus.build.network.facts import Patch
from isthmus.build.network.geometry import Nearest
from isthmus.build.network.lanes import Strait, in_caspian, read_lanes
from isthmus.build.network.patch import Outcome
from isthmus.build.network.places import thin, unique_names
from isthmus.build.network.ports import Port, choose_ports
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.shapes import course_text, trace_courses
from isthmus.world.accounts import FloatArray, IntArray

#: A port is joined to a lane of its own sea within this distance, km.
_LANE_KM = 300.0

#: Lanes that meet become hubs, one per so many km; more of them in the seas of the case (lat, lat, lon, lon).
_JUNCTION_KM, _CASE_JUNCTION_KM = 800.0, 300.0
_CASE_SEAS = (24.0, 48.0, 10.0, 61.0)

#: Paths over the kept junctions are longer than on the lanes by this factor (measured between ports, median).
_OVERSHOOT = 1.03

#: Lane pieces with fewer nodes than this carry no port.
_LEAST_LANES = 5

_SOURCE = "lanes and ports of searoute 1.6.0; facts/ports"

#: River-sea ships on the Volga-Don, USD per t-km by class: Caspian rates of facts/rates (assumption).
_RIVER_RATE = {"bulk": 0.035, "general": 0.06, "container": 0.064, "products": 0.029, "liquid": 0.031, "gas": np.inf}

#: Locks, convoys and the winter stop from December to March, hours per trip (assumption, 48 to 400).
_RIVER_WAIT_H = 120.0

_RIVER = "s-volga-don-river"


def build_sea(
    facts: pd.DataFrame, patches: list[Patch], done: Outcome, progress: Callable[[str], None]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (nodes, links) of the sea mode.

    Parameters
    ----------
    facts : DataFrame
        facts/ports.csv: ports that must be hubs.
    patches : list of Patch
    done : dict
        Receives what became of the patches of the layers sea and ports, ferries left to the overlay.
    progress : callable
        Takes one line of text per step.
    """
    graph, straits = read_lanes()
    ports = _attach(graph, choose_ports(facts))
    names = {node: port.id for node, port in ports.items()}
    kinds = dict.fromkeys(names, "port")
    for strait in straits:
        for node, end in ((strait.node_a, "a"), (strait.node_b, "b")):
            names.setdefault(node, f"{strait.id}-{end}")
            kinds.setdefault(node, "chokepoint")
    for node in _junctions(graph):
        names.setdefault(node, f"lane-{graph.lat[node]:.1f}-{graph.lon[node]:.1f}")
        kinds.setdefault(node, "sea")
    hubs = np.array(sorted(names), dtype=np.int64)
    nodes = _node_table(graph, hubs, names, kinds, ports)
    ids = dict(zip(hubs.tolist(), nodes["node"], strict=True))
    links = _link_table(graph, contract(graph, hubs), ids, straits)
    links = pd.concat([links, _river(patches)], ignore_index=True)
    nodes, links = _reached(nodes, links)
    _note(patches, done)
    progress(f"sea: {len(nodes)} hubs, {len(links)} links")
    return nodes, links


def _attach(graph: RawGraph, ports: list[Port]) -> dict[int, Port]:
    """Add each port with an access lane to the nearest lane node of its own sea; return ports by node."""
    label = graph.components(domestic=False)
    lane = np.flatnonzero((graph.degree() > 0) & (np.bincount(label)[label] >= _LEAST_LANES))
    nearest = Nearest(graph.lat[lane], graph.lon[lane])
    inland = in_caspian(graph.lat, graph.lon)
    found: dict[int, Port] = {}
    for port in ports:
        caspian = bool(in_caspian(np.array([port.lat]), np.array([port.lon]))[0])
        for km, position in nearest.around(port.lat, port.lon, most=40, within_km=_LANE_KM):
            at = int(lane[position])
            if bool(inland[at]) == caspian:
                node = graph.add_node(port.lat, port.lon, port.iso3)
                graph.add_edges([node], [at], [max(km, 1.0)])
                found[node] = port
                break
    return found


def _junctions(graph: RawGraph) -> list[int]:
    """Return lane junctions that become hubs."""
    meet = (graph.degree() >= 3) & np.asarray(graph.country == "", dtype=bool)
    south, north, west, east = _CASE_SEAS
    case = (graph.lat > south) & (graph.lat < north) & (graph.lon > west) & (graph.lon < east)
    dense = thin(graph, np.flatnonzero(meet & case), _CASE_JUNCTION_KM)
    return dense + thin(graph, np.flatnonzero(meet & ~case), _JUNCTION_KM)


def _node_table(
    graph: RawGraph, hubs: IntArray, names: dict[int, str], kinds: dict[int, str], ports: dict[int, Port]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "node": unique_names([f"sea:{names[node]}" for node in hubs.tolist()]),
            "name": [ports[n].name if n in ports else names[n] for n in hubs.tolist()],
            "mode": "sea",
            "kind": [kinds[n] for n in hubs.tolist()],
            "territory": [ports[n].iso3 if n in ports else "" for n in hubs.tolist()],
            "lat": np.round(graph.lat[hubs], 4),
            "lon": np.round(graph.lon[hubs], 4),
            "source": _SOURCE,
        }
    )


def _link_table(
    graph: RawGraph, lines: tuple[IntArray, IntArray, FloatArray], ids: dict[int, str], straits: list[Strait]
) -> pd.DataFrame:
    a, b, km = lines
    start, end = [ids[i] for i in a.tolist()], [ids[i] for i in b.tolist()]
    rows = [
        (f"{s}--{e.split(':', 1)[1]}", f"{s.split(':', 1)[1]} - {e.split(':', 1)[1]} (sea)", s, e, "line", length)
        for s, e, length in zip(start, end, km.tolist(), strict=True)
    ]
    rows = [(*row[:-1], row[-1] / _OVERSHOOT) for row in rows]
    rows += [(s.id, s.name, ids[s.node_a], ids[s.node_b], "chokepoint", s.km) for s in straits]
    links = pd.DataFrame(rows, columns=["link", "name", "from_node", "to_node", "kind", "length_km"])
    links["length_km"] = links["length_km"].round(1)
    links["course"] = trace_courses(graph, np.array(list(ids), dtype=np.int64), lines) + [
        course_text(graph, strait.way) for strait in straits
    ]
    links["mode"], links["territory"], links["status"], links["timeline"] = "sea", "", "open", ""
    links["basis"], links["source"] = "derived", "sea lanes of searoute 1.6.0, shortest path between hubs"
    return links


def _river(patches: list[Patch]) -> pd.DataFrame:
    """Return the Volga-Don river link, with its own price: a deep-sea rate would make it free."""
    (patch,) = [p for p in patches if p.id == _RIVER]
    row: dict[str, object] = {
        "link": _RIVER,
        "name": "Volga-Don river and canal, Astrakhan - Rostov",
        "from_node": "sea:astrakhan",
        "to_node": "sea:rostov",
        "mode": "sea",
        "kind": "line",
        "territory": "RUS",
        "length_km": patch.km,
        "wait_hours": _RIVER_WAIT_H,
        "wait_hours_back": _RIVER_WAIT_H,
        "status": "open",
        "timeline": "",
        "basis": "assumption",
        "source": f"facts/patches {_RIVER}: {patch.source}; Caspian rates of facts/rates; 120 h for locks and winter",
    }
    row |= {f"fee_{name}": round(rate * patch.km, 2) for name, rate in _RIVER_RATE.items()}
    return pd.DataFrame([row])


def _reached(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes and links without pieces of lanes that hold no port."""
    index = {node: i for i, node in enumerate(nodes["node"])}
    tail, head = links["from_node"].map(index).to_numpy(), links["to_node"].map(index).to_numpy()
    none = np.zeros(len(nodes))
    whole = RawGraph("sea", none, none, nodes["territory"].to_numpy(), tail, head, np.ones(len(links)))
    label = whole.components(domestic=False)
    stay = np.isin(label, label[(nodes["kind"] == "port").to_numpy()])
    return nodes[stay].reset_index(drop=True), links[stay[tail]].reset_index(drop=True)


def _note(patches: list[Patch], done: Outcome) -> None:
    notes = {
        "s-volga-don-cut": ("overlay", "lanes in the box removed"),
        _RIVER: ("new", f"link {_RIVER}"),
        "p-sofia": ("overlay", "inland port left out"),
        "p-odessa-us": ("overlay", "inland port left out"),
        "p-sukhumi": ("overlay", "port of the facts at its place instead"),
        "p-turkmenbashi-dup": ("overlay", "ports within 60 km of one kept are left out"),
        "p-kerch-retag": ("left_out", "ports of Crimea are closed to foreign ships: no sea hub"),
        "p-caspian-missing": ("overlay", "ports of the Caspian take lanes of the Caspian only"),
    }
    for patch in patches:
        if patch.id in notes:
            done[patch.id] = notes[patch.id]
        elif patch.layer == "ports":
            done[patch.id] = ("new", "port hub with an access lane to the nearest lane of its sea")
        elif patch.id.startswith("p-lane-"):
            done[patch.id] = ("new", "access lane to the nearest lane of its sea")
