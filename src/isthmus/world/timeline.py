"""State of the network on one day: which links are open, who is denied, which premia hold."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd

from isthmus.errors import QueryError, WorldError
from isthmus.world.accounts import BoolArray
from isthmus.world.network import MODES, STATUSES, Denial, Network


def check_date(text: str, *, where: str = "--as-of") -> None:
    """Raise `QueryError` unless `text` is an ISO date (YYYY-MM-DD)."""
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{where}: {text!r} is not a date. Write it as YYYY-MM-DD, for instance 2025-12-31.") from None


def read_timeline(text: str, status: str, *, project: bool) -> tuple[tuple[str, str], ...]:
    """Return ((since, status), ...) in order of time; the first entry holds since ever.

    `text` holds 'date status' separated by semicolons. Before the first dated entry a link was open,
    a project closed (DESIGN.md section 3, As-of). Without `text` the present status holds always.
    """
    if status not in STATUSES:
        raise WorldError(f"status is {status!r}. Use one of {', '.join(STATUSES)}.")
    entries = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        *since, word = part.split()
        if word not in STATUSES or len(since) > 1:
            raise WorldError(
                f"timeline entry {part!r}: write 'YYYY-MM-DD status' with a status of {', '.join(STATUSES)}."
            )
        entries.append((_pad(since[0]) if since else "", word))
    entries.sort()
    if not entries:
        return (("", status),)
    if entries[0][0]:
        entries.insert(0, ("", "closed" if project else "open"))
    return tuple(entries)


def _pad(date: str) -> str:
    """Return a date of day precision: the first day of a month or year that has none."""
    padded = date + "-01-01"[: 10 - len(date)] if len(date) < 10 else date
    try:
        datetime.date.fromisoformat(padded)
    except ValueError:
        raise WorldError(f"timeline date {date!r}: write YYYY, YYYY-MM or YYYY-MM-DD.") from None
    return padded


def status_on(timeline: tuple[tuple[str, str], ...], date: str) -> str:
    """Return the status that holds on a day."""
    held = timeline[0][1]
    for since, status in timeline:
        if since <= date:
            held = status
    return held


def open_on(network: Network, date: str) -> BoolArray:
    """Return the (link,) mask of links usable on a day; restricted links are usable."""
    cache: dict[tuple[tuple[str, str], ...], bool] = {}
    for timeline in network.status:
        if timeline not in cache:
            cache[timeline] = status_on(timeline, date) in {"open", "restricted"}
    return np.array([cache[timeline] for timeline in network.status], dtype=bool)


def state_network(
    network: Network, facts: dict[str, pd.DataFrame], as_of: str, groups: dict[str, tuple[str, ...]]
) -> Network:
    """Return the network with open links, denials and premia of one day."""
    access = facts.get("access")
    if access is None:
        return replace(network, open=open_on(network, as_of))
    held = access[(access["since"] <= as_of) & ((access["until"] == "") | (access["until"] > as_of))]
    denials: list[Denial] = []
    premium = np.zeros_like(network.premium)
    place = np.array(network.node_territory, dtype=object)
    for row in held.itertuples(index=False):
        modes = tuple(filter(None, (mode.strip() for mode in str(row.modes).split(";"))))
        if row.kind == "denied":
            against = groups.get(str(row.against), (str(row.against),))
            denials += [Denial(str(row.by), member, modes, str(row.source)) for member in against]
        elif row.against != "*":
            raise WorldError(f"access: a premium against {row.against!r}. Premia act on everybody: write *.")
        else:
            # Half at each border of the territory: a transit pays the whole, a trip that ends inside one half.
            where = (place[network.from_node] == row.by) != (place[network.to_node] == row.by)
            if modes:
                where &= np.isin(network.mode, [MODES.index(mode) for mode in modes])
            premium[where] += 0.5 * float(str(row.usd_per_t))
    return replace(network, open=open_on(network, as_of), denials=tuple(denials), premium=premium)
