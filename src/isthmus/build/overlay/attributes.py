"""Attributes of facts/links rows that lie on lines of the base graph: running hours, capacity, status."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.overlay.costs import status_of
from isthmus.build.overlay.paths import LandGraph
from isthmus.build.overlay.records import Record, read_records

#: Rows of the facts over lines of the base graph whose hours, capacity or status hold for the whole path.
_PATHS = (
    "aktau-rail-beineu",
    "aze-main-baku-boyukkesik",
    "btk-akhalkalaki-kars",
    "geo-main-gardabani-poti",
    "geo-samtredia-batumi",
    "hairatan-mazar-rail",
    "iran-rail-sarakhs-bandarabbas",
    "kars-ankara-istanbul-rail",
    "kars-mersin-rail",
    "khorgos-altynkol-rail",
    "ktii-bolashak-gorgan",
    "marmaray-freight",
    "northern-kaz-rus-blr",
    "razi-kapikoy-rail",
    "trans-siberian",
    "turkmen-rail-farap-turkmenbashi",
    "upper-larsi-road",
    "yerevan-gyumri-ayrum-sadakhlo-rail",
    "zhezkazgan-beineu",
)

#: Farther than this from a hub an end of a row is not on the network, km.
_NEAR_KM = 40.0


def overlay_paths(nodes: pd.DataFrame, links: pd.DataFrame) -> dict[str, tuple[list[str], str]]:
    """Set attributes of the facts on the paths between their ends, in place.

    Published transit hours, less the waits of the crossings on the path, are spread over its lines by length.
    A capacity goes to lines that have none yet or a larger one, save pieces that another main line shares
    (facts/shared_lines). A dated restriction is added to the timeline.

    Returns
    -------
    dict of str to (list of str, str)
        Link ids of the path and a remark on its length, by id of the facts row; rows without a path are absent.
    """
    facts = read_records("links")
    shared = {name: row.text("overlays").split(";") for name, row in read_records("shared_lines").items()}
    graphs = {mode: LandGraph.of(nodes, links, mode) for mode in ("rail", "road")}
    out: dict[str, tuple[list[str], str]] = {}
    for name in _PATHS:
        row = facts[name]
        graph = graphs[row.text("mode")]
        a, near_a = graph.nearest(row.number("from_lat"), row.number("from_lon"))
        b, near_b = graph.nearest(row.number("to_lat"), row.number("to_lon"))
        km, path = graph.path(a, b)
        if not path or max(near_a, near_b) > _NEAR_KM:
            continue
        own = [i for i in path if name not in shared.get(str(links.at[i, "link"]), ())]
        _set_path(links, path, own, row)
        stated = row.number("length_km")
        note = f"hub path {km:.0f} km" + (f", stated {stated:.0f} km" if np.isfinite(stated) else "")
        out[name] = (links.loc[path, "link"].astype(str).tolist(), note)
    return out


def _set_path(links: pd.DataFrame, path: list[int], own: list[int], row: Record) -> None:
    """Set the attributes of a path; its capacity is that of its `own` pieces."""
    lines = [i for i in path if links.at[i, "kind"] == "line"]
    if not lines:
        return
    capacity, hours = row.number("capacity_mt_per_year"), row.number("transit_hours")
    if np.isfinite(capacity):
        bound = [i for i in lines if i in own]
        links.loc[bound, "capacity_mt_per_year"] = (
            links.loc[bound, "capacity_mt_per_year"].fillna(np.inf).clip(upper=capacity)
        )
    if np.isfinite(hours):
        waits = float(links.loc[[i for i in path if i not in lines], "wait_hours"].sum())
        km = links.loc[lines, "length_km"].astype(float)
        running = max(hours - waits, float(km.sum()) / 60.0)
        links.loc[lines, "hours"] = (running * km / km.sum()).round(3)
    status, timeline = status_of(row.text("status"), row.text("status_since"))
    if status == "restricted" and timeline:
        links.loc[lines, "status"] = status
        links.loc[lines, "timeline"] = timeline
