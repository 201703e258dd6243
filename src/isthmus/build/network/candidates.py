"""Lines of facts/patches that do not exist today and that no row of facts/links describes: links not open."""

from __future__ import annotations

import pandas as pd

from isthmus.build.network.facts import Patch, Place
from isthmus.build.network.geometry import Nearest
from isthmus.build.network.patch import Outcome
from isthmus.build.network.places import slug

#: Patches that become candidate links here; facts/links or a closed crossing describes all others.
CANDIDATES = ("r-aze-mincivan-kapan", "r-afg-herat", "r-irn-khash-chabahar", "r-irq-shalamcheh")

#: An end takes a hub of its country within this distance, km; else it becomes a hub.
_END_KM = 12.0


def candidate_ends(patches: list[Patch]) -> list[Place]:
    """Return the ends of candidate lines as places, so that a line of today that reaches one has a hub there."""
    found = []
    for patch in patches:
        if patch.id in CANDIDATES:
            for name, (lat, lon), country in _ends(patch):
                found.append(Place(name, lat, lon, country, patch.layer, "town"))
    return found


def _ends(patch: Patch) -> list[tuple[str, tuple[float, float], str]]:
    return [
        (patch.names[0], patch.start, patch.territories[0]),
        (patch.names[1], patch.end, patch.territories[-1]),
    ]


def lay_candidates(
    nodes: pd.DataFrame, links: pd.DataFrame, patches: list[Patch], done: Outcome
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes and links with the candidate lines of `CANDIDATES`, each with the id of its patch."""
    for patch in patches:
        if patch.id not in CANDIDATES:
            continue
        ends = []
        for name, place, country in _ends(patch):
            nodes, node = _end(nodes, patch.layer, name, place, country)
            ends.append(node)
        status = "closed" if patch.status == "closed" else "planned"
        row = {
            "link": patch.id,
            "name": f"{patch.names[0]} - {patch.names[1]} ({patch.layer}, {patch.status.replace('_', ' ')})",
            "from_node": ends[0],
            "to_node": ends[1],
            "mode": patch.layer,
            "kind": "project",
            "territory": patch.territories[0],
            "length_km": patch.km,
            "status": status,
            "timeline": status,
            "basis": patch.basis,
            "source": f"facts/patches: {patch.source}",
        }
        links = pd.concat([links, pd.DataFrame([row])], ignore_index=True)
        done[patch.id] = ("new", f"candidate link {patch.id}, {status}")
    return nodes, links


def _end(
    nodes: pd.DataFrame, mode: str, name: str, place: tuple[float, float], country: str
) -> tuple[pd.DataFrame, str]:
    """Return the nodes and the id of the hub at an end of a candidate, added if there is none."""
    usable = (nodes["mode"] == mode) & (nodes["territory"] == country) & (nodes["kind"] != "border")
    own = nodes[usable].reset_index(drop=True)
    if len(own):
        nearest = Nearest(own["lat"].to_numpy(), own["lon"].to_numpy())
        for _, position in nearest.around(*place, most=1, within_km=_END_KM):
            return nodes, str(own["node"].iloc[position])
    node = f"{mode}:{slug(name)}"
    if node in set(nodes["node"]):
        node = f"{node}-{country.lower()}"
    row = {
        "node": node,
        "name": name,
        "mode": mode,
        "kind": "hub",
        "territory": country,
        "lat": place[0],
        "lon": place[1],
        "source": "facts/patches",
    }
    return pd.concat([nodes, pd.DataFrame([row])], ignore_index=True), node
