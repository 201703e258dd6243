"""What became of every row of the facts, and road lengths corrected to sourced distances."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from isthmus.build.network.base import read_facts
from isthmus.build.overlay.paths import LandGraph, nearest_of
from isthmus.build.overlay.records import records_of

#: Rows of facts/links that have no link of their own here, and why.
_LEFT_OUT = {
    "tripp-existing-road-kornidzor-margara": (
        "a route over existing roads: open kornidzor-lachin and margara-alican instead"
    ),
    "araz-corridor-rail": "alternative to TRIPP through Iran, planned: no alignment and no works in the sources",
    "arm-ns-kajaran-agarak": "replaces an existing road of the base graph; gain of time not sourced",
    "arm-ns-sisian-kajaran": (
        "replaces part of the road Sisian-Agarak: change_link on it with the note's gain of 1.5 to 2 h and 54 km"
    ),
    "tripp-gas-armenia": "concept without capacity",
    "kvesheti-kobi-tunnel": (
        "bypass inside one hub pair of upper-larsi-road: its gain of 0.75 h and of closed winter days by change_link"
    ),
    "halkali-kapikule-rail": "upgrade of a line that the base graph has; no capacity in the sources",
    "dostyk-moiynty-2nd": "second track of a line that the base graph has: capacity only, not sourced",
}

#: Rows of facts/links over links of another name: target and remark.
_OVERLAID = {
    "araz-corridor-road": ("aghband-kalaleh", "its missing piece is the Aghband-Kalaleh bridge, planned"),
    "armenia-azerbaijan-transit-rail": (
        "yalama-samur-rail;boyuk-kesik-gardabani-rail;sadakhlo-ayrum-rail",
        "existing lines, opened by the end of AZE's denial against ARM on 2025-10-21 (table access)",
    ),
    "anaklia-port-access": (
        "port-anaklia;port-anaklia~road",
        "the port link is the candidate; the spur is in the base graph",
    ),
    "sea-aktau-makhachkala": (
        "oil-terminal-aktau;oil-terminal-makhachkala",
        "tanker lane of the base graph at the Caspian rate (about the 12 USD/t of the facts)",
    ),
    "sea-aktau-sangachal": (
        "oil-terminal-aktau;sangachal-dubendi",
        "tanker lane of the base graph to Dubendi; 5.2 Mt of Aktau's oil berths on the terminal link",
    ),
    "sea-novorossiysk-bosphorus": ("bosphorus-strait", "a lane of the base graph at the Black Sea tanker rate"),
}

#: Rows of facts/links that are a ferry of another id, and crossings merged into another.
_IS_FERRY = {"bandirma-tekirdag-trainferry": "ferry-bandirma-tekirdag"}
_MERGED = {"krasny-most-aze-side": "tsiteli-khidi-red-bridge"}

#: Patches that no line of the world follows.
_PATCH_LEFT_OUT = {
    "r-afg-herat": "Khaf-Herat, under construction: no other line reaches Herat and no scenario needs it",
    "r-aze-mincivan-kapan": "branch of the unbuilt Horadiz-Aghband line to Kapan, which has no railway; dismantled",
    "r-irn-khash-chabahar": "under construction, completion not dated in the sources; Chabahar is joined by road",
    "r-irq-shalamcheh": "under construction: no Iran-Iraq railway in the sources' year",
}

#: Bounds of the factor by which a path may be scaled: beyond them the path is another line.
_SCALE = {"road": (0.6, 1.6), "rail": (0.8, 1.5)}

#: A hub of the facts must lie this near to a line, km.
_HUB_KM = 25.0

#: Rows of facts/links that are a crossing of facts/crossings.
_IS_CROSSING = {
    "gyumri-kars-rail": "akhurik-dogukapi-rail",
    "margara-alican-road": "margara-alican",
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
    "h-arm-ijevan": "ijevan-gazakh-rail",
    "r-arm-gyumri-kars": "akhurik-dogukapi-rail",
    "r-arm-hrazdan-ijevan": "ijevan-gazakh-rail",
    "r-arm-ijevan-gazakh": "ijevan-gazakh-rail~2",
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
}


def correct_lengths(nodes: pd.DataFrame, links: pd.DataFrame) -> int:
    """Scale hub paths between sourced city pairs to the sourced distance, in place; return how many pairs.

    Raw lines are simplified, so that chords are short in mountains and detours long where pieces lack. Pairs
    are taken from the shortest on; lines that a shorter pair confirmed or set stay, and the others of a path
    that misses its tolerance make up the difference, by at most the factors of `_SCALE`.
    """
    pairs = read_facts("city_pairs")
    pairs = pairs[pairs["basis"] == "source"].sort_values(["mode", "distance_km"], kind="stable")
    count, settled = 0, set[int]()
    for pair in records_of(pairs):
        graph = LandGraph.of(nodes, links, pair.text("mode"))
        a, near_a = graph.nearest(pair.number("from_lat"), pair.number("from_lon"))
        b, near_b = graph.nearest(pair.number("to_lat"), pair.number("to_lon"))
        if max(near_a, near_b) > 6.0 or a == b:
            continue
        km, rows = graph.path(a, b)
        if not np.isfinite(km):
            continue
        target = pair.number("distance_km")
        if abs(km / target - 1) * 100 <= pair.number("tolerance_percent"):
            settled |= set(rows)
            continue
        free = [row for row in rows if row not in settled]
        loose = float(links.loc[free, "length_km"].sum())
        ratio = 1.0 + (target - km) / loose if loose > 0 else 0.0
        low, high = _SCALE[pair.text("mode")]
        if low < ratio < high:
            links.loc[free, "length_km"] = (links.loc[free, "length_km"] * ratio).round(2)
            links.loc[free, "basis"] = "derived"
            links.loc[free, "source"] = (
                f"OpenStreetMap path scaled to the sourced distance {pair.text('from')}-{pair.text('to')} "
                "(facts/city_pairs)"
            )
            settled |= set(rows)
            count += 1
    return count


def build_coverage(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    patched: dict[str, tuple[str, str]],
    paths: dict[str, tuple[list[str], str]],
    dated: dict[str, tuple[str, str, str]],
) -> pd.DataFrame:
    """Return one row per row of facts/links, crossings, ports, patches, hubs and openings.

    Parameters
    ----------
    patched
        From `build_base_network`: treatment and remark by patch.
    paths
        From `overlay_paths`: links and remark by row of facts/links.
    dated
        From `date_openings`: treatment, targets and remark by row of facts/openings.
    """
    ids = links["link"].astype(str).tolist()
    rows: list[tuple[str, str, str, str, str]] = []
    for name in read_facts("links")["id"].astype(str):
        rows.append(("links", name, *_link_row(name, ids, paths)))
    for name in read_facts("crossings")["id"].astype(str):
        rows.append(("crossings", name, *_crossing_row(name, ids)))
    places = set(nodes["node"])
    for name in read_facts("ports")["id"].astype(str):
        rows.append(("ports", name, *_port_row(name, ids, f"sea:{name}" in places)))
    patches = read_facts("patches")
    for name, layer in zip(patches["id"].astype(str), patches["layer"].astype(str), strict=True):
        rows.append(("patches", name, *_patch_row(name, layer, patched)))
    graphs = {mode: LandGraph.of(nodes, links, mode) for mode in ("rail", "road")}
    sea = nodes[nodes["mode"] == "sea"]
    for hub in read_facts("hubs").to_dict("records"):
        rows.append(("hubs", str(hub["name"]), *_hub_row(hub, graphs, sea)))
    for name in read_facts("openings")["id"].astype(str):
        rows.append(("openings", name, *dated[name]))
    return pd.DataFrame(rows, columns=["table", "row", "treatment", "target", "reason"])


def _with_pieces(ids: list[str], name: str) -> list[str]:
    return [link for link in ids if link == name or link.startswith(f"{name}~")]


def _link_row(name: str, ids: list[str], paths: dict[str, tuple[list[str], str]]) -> tuple[str, str, str]:
    fixed = {k: ("left_out", "", why) for k, why in _LEFT_OUT.items()}
    fixed |= {k: ("overlay", target, remark) for k, (target, remark) in _OVERLAID.items()}
    fixed |= {k: ("new", ferry, "facts/ferries") for k, ferry in _IS_FERRY.items()}
    if name in fixed:
        return fixed[name]
    if name in _IS_CROSSING and _IS_CROSSING[name] in ids:
        return "overlay", ";".join(_with_pieces(ids, _IS_CROSSING[name])), "the crossing and its approaches"
    if _with_pieces(ids, name):
        return "new", ";".join(_with_pieces(ids, name)), ""
    if name in paths:
        targets, remark = paths[name]
        return "overlay", ";".join(targets), remark
    return "left_out", "", "no open path between its ends in the base graph"


def _crossing_row(name: str, ids: list[str]) -> tuple[str, str, str]:
    if _with_pieces(ids, name):
        return "overlay", ";".join(_with_pieces(ids, name)), ""
    if name in _MERGED:
        return "overlay", _MERGED[name], "the other direction of the same post"
    target = ";".join(_with_pieces(ids, f"port-{name.removeprefix('port-')}"))
    if target:
        return "overlay", target, "wait of the port link"
    return "left_out", "", "no post of this mode in the base graph"


def _port_row(name: str, ids: list[str], found: bool) -> tuple[str, str, str]:
    target = ";".join(_with_pieces(ids, f"port-{name}"))
    if target:
        return "overlay", target, ""
    if found:
        return "overlay", f"sea:{name}", "sea node without a land hub within 60 km"
    return "left_out", "", "no lane within reach"


def _patch_row(name: str, layer: str, patched: dict[str, tuple[str, str]]) -> tuple[str, str, str]:
    ferries = read_facts("ferries")
    own = dict(zip(ferries["patch_row"].astype(str), ferries["id"].astype(str), strict=True)) | _PATCH_IS
    if name in own:
        return "new", own[name], "laid from facts/links or facts/ferries"
    if name in _PATCH_LEFT_OUT:
        return "left_out", "", _PATCH_LEFT_OUT[name]
    if name in patched:
        treatment, note = patched[name]
        return treatment, "", note
    if layer == "ports":
        return "overlay", "", "port list built from facts/ports and searoute without inland or double entries"
    return "overlay", "", "covered by the sea builder: Caspian cut, access lanes, straits"


def _hub_row(
    hub: Mapping[Hashable, object], graphs: Mapping[str, LandGraph], sea: pd.DataFrame
) -> tuple[str, str, str]:
    lat, lon = float(str(hub["lat"])), float(str(hub["lon"]))
    found = []
    for mode, graph in graphs.items():
        if mode in str(hub["modes"]):
            at, km = graph.nearest(lat, lon)
            if km < _HUB_KM:
                found.append(graph.ids[at])
    if "sea" in str(hub["modes"]):
        at, km = nearest_of(sea["lat"].to_numpy(dtype=float), sea["lon"].to_numpy(dtype=float), lat, lon)
        if km < _HUB_KM:
            found.append(str(sea["node"].iloc[at]))
    if found:
        return "overlay", ";".join(found), ""
    return "left_out", "", "no line of the base graph within 25 km"
