"""Dated openings and closures of the facts, written into the timelines of links."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.network.base import read_facts
from isthmus.world.geodesy import great_circle_km

#: Statuses of facts/openings in the words of a timeline.
_WORDS = {"open": "open", "closed": "closed", "restricted": "restricted"}

#: End of a closure that the same source names, by opening: date and status.
_ENDS = {"O081": "2025-11-30 open"}

Row = tuple[str, str, str]


def date_openings(nodes: pd.DataFrame, links: pd.DataFrame) -> dict[str, Row]:
    """Add the rows of facts/openings to `links.timeline`, in place; facts/opening_links names the links.

    Entries of a link from its own facts row stay, except that one of the same status and the same month or year
    gives way to the day of the dated row. A link's own `status` (of today) does not change.

    Returns
    -------
    dict of str to (str, str, str)
        Treatment (overlay or left_out), targets and remark by row of facts/openings.
    """
    events = read_facts("openings").set_index("id")
    plan = read_facts("opening_links")
    entries: dict[int, list[str]] = {}
    first: dict[int, str] = {}
    out: dict[str, Row] = {}
    for name, target, before, note in zip(plan["id"], plan["target"], plan["first"], plan["note"], strict=True):
        remark = "" if pd.isna(note) else str(note)
        rows = [] if pd.isna(target) else _rows_of(str(target), nodes, links)
        if not rows:
            out[str(name)] = ("left_out", "", remark or "its links are not in the base graph")
            continue
        event = events.loc[name]
        for row in rows:
            more = [_ENDS[str(name)]] if name in _ENDS else []
            entries.setdefault(row, []).extend([f"{event['date']} {_WORDS[str(event['new_status'])]}", *more])
            first.setdefault(row, str(before))
        out[str(name)] = ("overlay", ";".join(links.loc[rows, "link"].astype(str)), remark)
    for row, dated in entries.items():
        links.at[row, "timeline"] = _merge(str(links.at[row, "timeline"]), dated, first[row])
    return out


def _rows_of(target: str, nodes: pd.DataFrame, links: pd.DataFrame) -> list[int]:
    """Return the rows of links that a target names: ids with their pieces, all crossings of a pair, or the nearest."""
    rows: list[int] = []
    for part in target.split(";"):
        kind, *about = part.split(":")
        if kind == "border":
            rows += _crossings(nodes, links, about[0], about[1])["row"].tolist()
        elif kind == "near":
            found = _crossings(nodes, links, about[0], about[1])
            if len(found):
                at = np.array([float(about[2])]), np.array([float(about[3])])
                km = great_circle_km(found["lat"].to_numpy(dtype=float), found["lon"].to_numpy(dtype=float), *at)
                rows.append(int(found["row"].iloc[int(np.argmin(km))]))
        else:
            mine = (links["link"] == part) | links["link"].str.startswith(f"{part}~")
            rows += links.index[mine].tolist()
    return list(dict.fromkeys(rows))


def _crossings(nodes: pd.DataFrame, links: pd.DataFrame, pair: str, mode: str) -> pd.DataFrame:
    """Return row, lat and lon of the border links of a pair of territories."""
    at = nodes.set_index("node")
    border = links[(links["kind"] == "border") & (links["mode"] == mode)]
    a, b = (at.loc[border[end].tolist()] for end in ("from_node", "to_node"))
    sides = {tuple(pair.split("-")), tuple(reversed(pair.split("-")))}
    mine = [p in sides for p in zip(a["territory"], b["territory"], strict=True)]
    rows = pd.DataFrame({"row": border.index, "lat": a["lat"].to_numpy(), "lon": a["lon"].to_numpy()})
    return rows.loc[np.array(mine, dtype=bool)]


def _merge(timeline: str, dated: list[str], first: str) -> str:
    """Return one timeline in order of date, beginning with the state before the first entry."""
    own = [part.split() for part in timeline.split(";") if len(part.split()) == 2]
    keep = [
        f"{since} {status}"
        for since, status in own
        if not any(day.startswith(since) and day.endswith(f" {status}") for day in dated)
    ]
    out = [first]
    for part in sorted(set(keep + dated), key=lambda part: (part.split()[0] + "-01-01")[:10]):
        if part.split()[-1] != out[-1].split()[-1]:
            out.append(part)
    return "; ".join(out)
