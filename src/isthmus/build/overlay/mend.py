"""Mend the base graph where two crossings stand for one, and join crossings that no line reaches."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from isthmus.build.overlay.draft import Draft
from isthmus.build.overlay.records import records_of

#: Crossings of the base graph that are one in reality: (dropped, kept). Red Bridge has a row in the facts for each
#: side; the border of the coarse polygons lies 60 km off the railway post of Bolashak.
_SAME = (
    ("krasny-most-aze-side", "tsiteli-khidi-red-bridge"),
    ("x-rail-KAZ-TKM-41.59-54.58", "bolashak-serhetyaka-rail"),
)

#: Ports that are closed or not built, with their timelines (facts/ports notes).
_SHUT_PORTS = {
    "sokhumi-ochamchire": ("closed", "1992-08-14 closed", "closed by Georgian law to foreign shipping (facts/ports)"),
    "anaklia": ("planned", "planned", "facts/ports anaklia, facts/links anaklia-port-access: first vessel 2029"),
}

#: Crossings whose approaches are lines of the facts.
_OWN_LINES = {"meghri-east-aghband", "meghri-west-ordubad", "ijevan-gazakh", "yeraskh-sadarak-rail", "psou-abkhazia"}

#: A stub reaches at most this far, km.
_STUB_KM = 160.0
_YARD_KM = 120.0


def merge_twins(draft: Draft) -> None:
    """Merge crossings of the base graph that stand for one; the kept id keeps its direction."""
    links, nodes = draft.links, draft.nodes
    for gone, kept in _SAME:
        if not {gone, kept} <= set(links["link"]):
            continue
        side = dict(zip(nodes["node"].astype(str), nodes["territory"].astype(str), strict=True))
        keep = {side[n]: n for n in _ends(links, kept)}
        rename = {n: keep[side[n]] for n in _ends(links, gone)}
        links = links[links["link"] != gone].copy()
        for end in ("from_node", "to_node"):
            links[end] = links[end].replace(rename)
        nodes = nodes[~nodes["node"].isin(set(rename))]
        links = links[links["from_node"] != links["to_node"]]
    draft.links, draft.nodes = _without_twins(links), nodes.reset_index(drop=True)


def _ends(links: pd.DataFrame, name: str) -> list[str]:
    row = links[links["link"] == name].iloc[0]
    return [str(row["from_node"]), str(row["to_node"])]


def _without_twins(links: pd.DataFrame) -> pd.DataFrame:
    """Return links with the shortest of each mode between two nodes."""
    ends = np.sort(links[["from_node", "to_node"]].to_numpy(dtype=str), axis=1)
    key = pd.DataFrame({"a": ends[:, 0], "b": ends[:, 1], "mode": links["mode"].to_numpy(), "km": links["length_km"]})
    key["row"] = np.arange(len(links))
    first = key.sort_values(["km", "row"], kind="stable").drop_duplicates(["a", "b", "mode"])["row"]
    return links.iloc[np.sort(first.to_numpy())].reset_index(drop=True)


def shut_ports(links: pd.DataFrame) -> None:
    """Close the land links of ports that are closed or not built, in place."""
    for name, (status, timeline, source) in _SHUT_PORTS.items():
        mine = links["link"].isin((f"port-{name}", f"port-{name}~road"))
        links.loc[mine, ["status", "timeline", "source"]] = [status, timeline, source]
    swaps = links["link"] == "oil-terminal-neka"
    links.loc[swaps, ["status", "timeline", "source"]] = [
        "closed",
        "2010-06 closed",
        "no crude swaps since (assumption)",
    ]


def shut_river(links: pd.DataFrame) -> None:
    """Close the Volga-Don waterway, in place, and price it for scenarios that open it.

    Foreign flags may not use it and ice closes it from December to March, so that the Caspian has no way to the
    ocean here. Fees after facts/shortsea samara-rostov-river (USD 58 per tonne for some 1,400 km).
    """
    mine = links["link"] == "s-volga-don-river"
    links.loc[mine, ["status", "timeline"]] = ["closed", "closed"]
    fees = {"bulk": 40.0, "general": 60.0, "products": 40.0, "liquid": 40.0, "container": np.inf, "gas": np.inf}
    for klass, fee in fees.items():
        links.loc[mine, f"fee_{klass}"] = fee
    links.loc[mine, ["wait_hours", "wait_hours_back"]] = 48.0


def join_yards(draft: Draft) -> None:
    """Join rail crossings whose side has a railway but no way off it to the nearest road hub (within 120 km)."""
    links = draft.links
    served = {str(n) for n in links.loc[links["mode"] == "transfer", ["from_node", "to_node"]].to_numpy().ravel()}
    nodes = records_of(draft.nodes[(draft.nodes["mode"] == "rail") & (draft.nodes["kind"] == "border")])
    index = {node: i for i, node in enumerate(draft.nodes["node"].astype(str))}
    lines = links[links["kind"].isin(["line", "transfer"])]
    a, b = (lines[end].map(index).to_numpy() for end in ("from_node", "to_node"))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(index), len(index)))
    _, label = connected_components(graph, directed=False)
    joined = {int(label[index[n]]) for n in served}
    for row in nodes:
        node = row.text("node")
        if int(label[index[node]]) in joined or row.text("territory") == "":
            continue
        hub, km = draft.nearest("road", row.text("territory"), row.number("lat"), row.number("lon"))
        if hub and km < _YARD_KM:
            draft.add(
                f"yard:{node.split(':')[1]}", f"rail-road transfer at {row.text('name')}", (node, hub), "transfer",
                row.text("territory"), km, kind="transfer", basis="assumption", source="yard at a railhead",
                fee_usd_per_t=round(5.0 + 0.1 * km, 2), wait_hours=48.0, wait_hours_back=48.0, fee_liquid=np.inf,
                fee_gas=np.inf,
            )  # fmt: skip
    draft.settle()


def lay_stubs(draft: Draft) -> None:
    """Join crossings that no line reaches to the nearest hub of their side, with the crossing's own status.

    A side is reached if lines lead from it to a place that is not itself a border node. A stub carries the
    id of its crossing with ~2, ~3, so that naming the crossing opens it whole.
    """
    lost = _unreached(draft)
    place = {row.text("node"): row for row in records_of(draft.nodes)}
    border = draft.links[draft.links["kind"] == "border"]
    for row in border.itertuples(index=False):
        if row.link in _OWN_LINES:
            continue
        number = 2
        for node in (str(row.from_node), str(row.to_node)):
            if node not in lost:
                continue
            at = place[node]
            hub, km = draft.nearest(str(row.mode), at.text("territory"), at.number("lat"), at.number("lon"))
            if not hub or km > _STUB_KM:
                continue
            draft.add(
                f"{row.link}~{number}",
                f"{row.name}: approach from {hub.split(':')[1]}",
                (node, hub),
                str(row.mode),
                at.text("territory"),
                1.25 * km,
                kind="project" if row.status in {"closed", "planned"} else "line",
                status=row.status,
                timeline=row.timeline,
                basis="assumption",
                source="great circle x 1.25 to the nearest hub",
            )
            number += 1
    draft.settle()


def _unreached(draft: Draft) -> set[str]:
    """Return border nodes from which lines lead to no hub or junction."""
    nodes, links = draft.nodes, draft.links
    index = {node: i for i, node in enumerate(nodes["node"])}
    lines = links[links["kind"] == "line"]
    a, b = (lines[end].map(index).to_numpy() for end in ("from_node", "to_node"))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes)))
    _, label = connected_components(graph, directed=False)
    border = (nodes["kind"] == "border").to_numpy()
    reached = np.isin(label, label[~border & nodes["mode"].isin(["rail", "road"]).to_numpy()])
    return set(nodes.loc[border & ~reached, "node"])
