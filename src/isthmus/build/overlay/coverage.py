"""What became of every row of the facts, and road lengths corrected to sourced distances."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from isthmus.build.network.base import read_facts
from isthmus.build.network.geometry import on_sphere

#: Rows of facts/links that have no link of their own here, and why.
_LEFT_OUT = {
    "tripp-existing-road-kornidzor-margara": "a route over existing roads: open kornidzor-lachin and margara-alican instead",
    "araz-corridor-road": "alternative to TRIPP through Iran, under construction: no alignment in the sources",
    "araz-corridor-rail": "alternative to TRIPP through Iran, planned: no alignment in the sources",
    "arm-ns-kajaran-agarak": "replaces an existing road of the base graph; gain of time not sourced",
    "tripp-gas-armenia": "concept without capacity",
    "kvesheti-kobi-tunnel": "a bypass inside one hub pair; its gain of time is 0.25 h and closes winter days (not modelled)",
    "armenia-azerbaijan-transit-rail": "existing lines: access rule of AZE against ARM ends 2025-10-21 (table access)",
    "halkali-kapikule-rail": "upgrade of a line that the base graph has",
    "dostyk-moiynty-2nd": "second track: capacity only",
    "bandirma-tekirdag-trainferry": "parallel to Marmaray; no price in the sources",
    "sea-novorossiysk-bosphorus": "a sea lane of the base graph",
    "sea-aktau-makhachkala": "a Caspian lane of the base graph",
    "sea-aktau-sangachal": "a Caspian lane of the base graph, by Dubendi",
    "anaklia-port-access": "the port's own link port-anaklia is the candidate",
}

#: Rows of facts/links that are a crossing of facts/crossings.
_IS_CROSSING = {
    "gyumri-kars-rail": "akhurik-dogukapi-rail",
    "ijevan-gazakh-rail": "ijevan-gazakh",
    "margara-alican-road": "margara-alican",
    "akhurik-akyaka-road": "akhurik-dogukapi-rail",
    "agarak-norduz-road": "agarak-norduz",
    "astara-road-aze-irn": "astara-road",
    "gurbulak-bazargan-road": "gurbulak-bazargan",
    "kapikule-road": "kapikule",
    "sarakhs-rail": "serahs-sarakhs",
    "dilucu-sadarak-road": "sadarak-dilucu",
    "samur-yalama-rail": "yalama-samur-rail",
    "astara-rail-aze-irn": "astara-rail",
    "brest-malaszewicze": "brest-malaszewicze",
    "dostyk-alashankou-rail": "alashankou-dostyk-rail",
}

#: Patches whose line the overlay lays from facts/links.
_PATCH_IS = {
    "h-arm-ijevan": "ijevan-gazakh",
    "r-arm-gyumri-kars": "akhurik-dogukapi-rail",
    "r-arm-hrazdan-ijevan": "ijevan-gazakh",
    "r-arm-ijevan-gazakh": "ijevan-gazakh",
    "r-arm-tripp": "tripp-rail-meghri",
    "r-arm-yeraskh": "yeraskh-nakhchivan-rail",
    "r-aze-dilucu-velidag": "dilucu-velidag-rail-link",
    "r-aze-horadiz-aghband": "horadiz-aghband-rail",
    "r-aze-ordubad-julfa": "nakhchivan-rail-ordubad-velidag",
    "r-geo-anaklia": "port-anaklia",
    "r-irn-rasht-astara": "rasht-astara-rail",
    "r-tur-kars-dilucu": "kars-igdir-dilucu-rail",
    "r-abk-enguri": "abkhazia-rail-psou-ingiri",
    "r-abk-gudauta": "abkhazia-rail-psou-ingiri",
    "s-tur-van-ferry": "lake-van-ferry",
    "s-ferry-6": "sea-batumi-burgas",
}

#: Hub path of an open line of the facts may be this much off its stated length.
_MODES = {"rail", "road"}


def _graph(nodes: pd.DataFrame, links: pd.DataFrame, mode: str) -> tuple[pd.DataFrame, csr_array, pd.DataFrame]:
    own = nodes[nodes["mode"] == mode].reset_index(drop=True)
    index = {node: i for i, node in enumerate(own["node"])}
    use = links[(links["mode"] == mode) & links["status"].isin(["open", "restricted"])]
    a, b = use["from_node"].map(index).to_numpy(), use["to_node"].map(index).to_numpy()
    km = use["length_km"].to_numpy() + 1e-6
    matrix = csr_array((np.r_[km, km], (np.r_[a, b], np.r_[b, a])), shape=(len(own), len(own)))
    return own, matrix, use


def nearest_hub(own: pd.DataFrame, lat: float, lon: float) -> tuple[int, float]:
    """Return the position of and the distance to the nearest hub, km."""
    away, at = cKDTree(on_sphere(own["lat"].to_numpy(), own["lon"].to_numpy())).query(
        on_sphere(np.array([lat]), np.array([lon]))
    )
    return int(at[0]), float(away[0])


def _path(own: pd.DataFrame, matrix: csr_array, use: pd.DataFrame, a: int, b: int) -> tuple[float, list[int]]:
    """Return the length of the shortest path and the rows of its links."""
    distance, before = dijkstra(matrix, indices=a, return_predecessors=True)
    if not np.isfinite(distance[b]):
        return float("inf"), []
    pairs = {}
    index = {node: i for i, node in enumerate(own["node"])}
    for row, start, end, km in zip(use.index, use["from_node"], use["to_node"], use["length_km"], strict=True):
        key = (min(index[start], index[end]), max(index[start], index[end]))
        if key not in pairs or km < pairs[key][1]:
            pairs[key] = (row, km)
    rows, node = [], b
    while node != a:
        last = int(before[node])
        rows.append(pairs[min(node, last), max(node, last)][0])
        node = last
    return float(distance[b]), rows


def correct_lengths(nodes: pd.DataFrame, links: pd.DataFrame) -> int:
    """Scale road hub paths between sourced city pairs to the sourced distance; return how many pairs.

    Raw roads are simplified, so that chords are short in mountains and detours long where pieces lack.
    Only pairs outside their tolerance and within a factor of 0.6 to 1.6 are corrected, both ends at hubs.
    """
    pairs = read_facts("city_pairs")
    pairs = pairs[(pairs["mode"] == "road") & (pairs["basis"] == "source")].sort_values("distance_km")
    count = 0
    for pair in pairs.itertuples(index=False):
        own, matrix, use = _graph(nodes, links, "road")
        a, near_a = nearest_hub(own, pair.from_lat, pair.from_lon)
        b, near_b = nearest_hub(own, pair.to_lat, pair.to_lon)
        if max(near_a, near_b) > 6.0 or a == b:
            continue
        km, rows = _path(own, matrix, use, a, b)
        ratio = pair.distance_km / km if km > 0 else 1.0
        if np.isfinite(km) and abs(1 / ratio - 1) * 100 > pair.tolerance_percent and 0.6 < ratio < 1.6:
            links.loc[rows, "length_km"] = (links.loc[rows, "length_km"] * ratio).round(2)
            links.loc[rows, "basis"] = "derived"
            links.loc[rows, "source"] = f"OpenStreetMap path scaled to the sourced distance {pair[1]}-{pair[4]}"
            count += 1
    return count


def build_coverage(
    nodes: pd.DataFrame, links: pd.DataFrame, patched: dict[str, tuple[str, str]], laid: dict[str, list[str]]
) -> pd.DataFrame:
    """Return one row per row of facts/links, crossings, ports, patches and hubs: overlay, new, or left out."""
    ids = list(links["link"])
    known = set(ids)
    rows: list[tuple[str, str, str, str, str]] = []
    graphs = {mode: _graph(nodes, links, mode) for mode in ("rail", "road")}
    for fact in read_facts("links").itertuples(index=False):
        rows.append(("links", str(fact.id), *_link_row(fact, ids, laid, graphs)))
    for fact in read_facts("crossings").itertuples(index=False):
        name = str(fact.id)
        if name in known:
            rows.append(("crossings", name, "overlay", ";".join(_with_pieces(ids, name)), ""))
        elif name == "krasny-most-aze-side":
            rows.append(
                ("crossings", name, "overlay", "tsiteli-khidi-red-bridge", "the other direction of the same post")
            )
        else:
            rows.append(("crossings", name, "overlay", f"port-{name.removeprefix('port-')}", "dwell of the port link"))
    ports = set(nodes["node"])
    for fact in read_facts("ports").itertuples(index=False):
        target = ";".join(_with_pieces(ids, f"port-{fact.id}"))
        found = f"sea:{fact.id}" in ports
        why = "" if target else "sea node without a land hub within 60 km" if found else "no lane within reach"
        rows.append(("ports", str(fact.id), "overlay" if found else "left_out", target, why))
    for fact in read_facts("patches").itertuples(index=False):
        rows.append(("patches", str(fact.id), *_patch_row(fact, patched)))
    for fact in read_facts("hubs").itertuples(index=False):
        rows.append(("hubs", str(fact.name), *_hub_row(fact, nodes)))
    return pd.DataFrame(rows, columns=["table", "row", "treatment", "target", "reason"])


def _with_pieces(ids: list[str], name: str) -> list[str]:
    return [link for link in ids if link == name or link.startswith(f"{name}~")]


def _link_row(
    fact: object, ids: list[str], laid: dict[str, list[str]], graphs: dict[str, object]
) -> tuple[str, str, str]:
    name = str(fact.id)  # type: ignore[attr-defined]
    if name in _LEFT_OUT:
        return "left_out", "", _LEFT_OUT[name]
    if name in _IS_CROSSING and _IS_CROSSING[name] in ids:
        return "overlay", ";".join(_with_pieces(ids, _IS_CROSSING[name])), "the crossing and its approaches"
    if name in laid or _with_pieces(ids, name):
        return "new", ";".join(_with_pieces(ids, name)), ""
    mode = str(fact.mode)  # type: ignore[attr-defined]
    if mode in _MODES:
        own, matrix, use = graphs[mode]  # type: ignore[misc]
        a, near_a = nearest_hub(own, fact.from_lat, fact.from_lon)  # type: ignore[attr-defined]
        b, near_b = nearest_hub(own, fact.to_lat, fact.to_lon)  # type: ignore[attr-defined]
        km, rows = _path(own, matrix, use, a, b)
        if rows and max(near_a, near_b) < 40.0:
            stated = fact.length_km  # type: ignore[attr-defined]
            note = f"hub path {km:.0f} km" + (f", stated {stated:.0f} km" if np.isfinite(stated) else "")
            return "overlay", ";".join(use.loc[rows, "link"]), note
    return "left_out", "", "no open path between its ends in the base graph"


def _patch_row(fact: object, patched: dict[str, tuple[str, str]]) -> tuple[str, str, str]:
    name, layer = str(fact.id), str(fact.layer)  # type: ignore[attr-defined]
    if name in _PATCH_IS:
        return "new", _PATCH_IS[name], "laid from facts/links"
    if name in patched:
        treatment, note = patched[name]
        return treatment, "", note
    if layer == "ports":
        return "overlay", "", "port list built from facts/ports and searoute without inland or double entries"
    if "ferry" in name:
        return "left_out", "", "ferries are laid from facts/links, which has their prices"
    return "overlay", "", "covered by the sea builder: Caspian cut, access lanes, straits"


def _hub_row(fact: object, nodes: pd.DataFrame) -> tuple[str, str, str]:
    found = []
    for mode in ("rail", "road", "sea"):
        if mode not in str(fact.modes):  # type: ignore[attr-defined]
            continue
        own = nodes[nodes["mode"] == mode].reset_index(drop=True)
        at, km = nearest_hub(own, fact.lat, fact.lon)  # type: ignore[attr-defined]
        if km < 25.0:
            found.append(str(own["node"].iloc[at]))
    if found:
        return "overlay", ";".join(found), ""
    return "left_out", "", "no line of the base graph within 25 km"
