"""Critical minerals: who mines them, by which way they leave, and how much can reach a buyer without a territory.

Production and partners are reported (`data/minerals.csv`); ways are least-cost ways on the world's network; what can
reach the buyer is a min-cost flow within the capacity of links. Tonnes are of content as reported: ores weigh
more, so that shares are upper bounds where capacity binds. Capacity is less what the model does not route, not less
today's freight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.routing.least import LeastWays, Way
from isthmus.routing.mincost import Shipment, ship
from isthmus.world import World
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES
from isthmus.world.package_data import package_rows

#: Tonnes in one of the units of production.
_UNITS = {"metr. t": 1.0, "kg": 1e-3}


@dataclass(frozen=True, slots=True)
class Mined:
    """Production of a mineral by one producer, as reported."""

    economy: str
    mineral: str
    year: int
    tonnes: float
    world_percent: float | None
    reserves: str
    partners: str  # of its exports, as reported; "" if unknown
    source: str
    basis: str


@dataclass(frozen=True, slots=True)
class Access:
    """What can reach the buyer, percent of production."""

    percent: float  # by any way
    avoiding_percent: float  # without the territories to avoid
    cost_usd_per_t: float | None  # mean freight cost of the flow by any way
    avoiding_cost_usd_per_t: float | None
    full: tuple[str, ...]  # links whose room is used up on the ways that avoid


@dataclass(frozen=True, slots=True)
class MineralRow:
    """One mineral of one producer."""

    mined: Mined
    leaves_to: str  # largest partner today: reported, else of the world's accounts
    way_today: Way | None
    way: Way | None  # to the buyer
    way_avoiding: Way | None
    before: Access
    after: Access | None  # under the scenario


@cache
def mineral_classes() -> dict[str, dict[str, str]]:
    """Return freight class, sector and criticality by mineral."""
    return {row["mineral"]: row for row in package_rows("leverage", "mineral_classes")}


@cache
def mined() -> tuple[Mined, ...]:
    """Return the latest production of each mineral and producer, with the latest partners that are reported."""
    latest: dict[tuple[str, str], Mined] = {}
    partners: dict[tuple[str, str], str] = {}
    for row in sorted(package_rows("leverage", "minerals"), key=lambda r: r["year"]):
        key = (row["economy"], row["mineral"])
        if row["export_partners"]:
            partners[key] = row["export_partners"]
        if not row["production"] or row["unit"] not in _UNITS or float(row["production"]) <= 0:
            continue
        latest[key] = Mined(
            economy=row["economy"],
            mineral=row["mineral"],
            year=int(row["year"]),
            tonnes=float(row["production"]) * _UNITS[row["unit"]],
            world_percent=float(row["share_of_world_percent"]) if row["share_of_world_percent"] else None,
            reserves=row["reserves"],
            partners=partners.get(key, ""),
            source=row["source"],
            basis=row["basis"],
        )
    return tuple(sorted(latest.values(), key=lambda one: (one.mineral, -one.tonnes, one.economy)))


def choose_minerals(names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return full names of minerals: those named (a part of the name will do), or all critical ones.

    Raises
    ------
    QueryError
        No such mineral.
    """
    known = mineral_classes()
    if not names:
        return tuple(name for name, row in known.items() if row["critical"] != "no")
    chosen: list[str] = []
    for name in names:
        hits = [full for full in known if full.casefold().startswith(name.casefold())]
        if not hits:
            raise QueryError(f"unknown mineral {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
        chosen += hits
    return tuple(dict.fromkeys(chosen))


def mineral_access(
    world: World,
    *,
    buyer: str = "EUU",
    avoid: Sequence[str] = ("RUS",),
    minerals: Sequence[str] = (),
    after: World | None = None,
    used_mt: FloatArray | None = None,
) -> tuple[MineralRow, ...]:
    """Return who mines each mineral, how it leaves today, and how much of it can reach the buyer.

    Parameters
    ----------
    world : World
    buyer : str
        Economy or group.
    avoid : sequence of str
        Territories that the ways must not touch; producers in them cannot reach the buyer that way.
    minerals : sequence of str
        From `choose_minerals`; the critical ones if empty.
    after : World, optional
        The world under a scenario, for shares before and after.
    used_mt : (link,) array, optional
        Today's freight on links, Mt a year, which leaves the less room.

    Raises
    ------
    QueryError
        An economy, group, territory or mineral that the world does not have.
    """
    members = _members(world, buyer)
    ways = LeastWays(world.network, world.economies)
    for name in avoid:
        if name not in ways.places:
            raise QueryError(f"unknown territory {name!r}.{nearest(name, ways.places)} Use ISO3 codes.")
    later = None if after is None else LeastWays(after.network, world.economies)
    rows = []
    for mineral in choose_minerals(minerals):
        klass = CLASSES.index(mineral_classes()[mineral]["class"])
        here = [one for one in mined() if one.mineral == mineral and one.economy in world.economies]
        here = [one for one in here if one.economy not in members]
        sinks = _zones(world, members, klass, incoming=True)
        before = _access(ways, world.economies, here, klass, sinks, avoid, used_mt)
        then: Sequence[Access | None] = [None] * len(here)
        if later is not None:
            then = _access(later, world.economies, here, klass, sinks, avoid, used_mt)
        for one, now, new in zip(here, before, then, strict=True):
            rows.append(_row(world, ways, one, sinks, avoid, (now, new)))
    return tuple(rows)


def _members(world: World, buyer: str) -> tuple[str, ...]:
    members = world.groups.get(buyer, (buyer,))
    known = (*world.economies, *world.groups)
    if not set(members) <= set(world.economies):
        raise QueryError(f"unknown buyer {buyer!r}.{nearest(buyer, known)} Use an ISO3 code or a group such as EUU.")
    return members


def _zones(world: World, members: Sequence[str], klass: int, *, incoming: bool) -> list[int]:
    zones = world.network.zones
    weight = (zones.destination_weight if incoming else zones.origin_weight)[klass]
    owner = [world.economies[e] for e in zones.economy]
    return [z for z in range(len(zones.ids)) if owner[z] in members and weight[z] > 0]


def _shipments(ways: LeastWays, economies: tuple[str, ...], one: Mined, klass: int) -> list[Shipment]:
    """Spread a producer's tonnes over its zones as its freight of the class is."""
    zones = ways.network.zones
    n = economies.index(one.economy)
    own = np.flatnonzero((zones.economy == n) & (zones.origin_weight[klass] > 0))
    weight = zones.origin_weight[klass][own]
    return [
        Shipment(int(z), klass, float(one.tonnes * w / weight.sum() / 1e6)) for z, w in zip(own, weight, strict=True)
    ]


def _access(
    ways: LeastWays,
    economies: tuple[str, ...],
    here: Sequence[Mined],
    klass: int,
    sinks: Sequence[int],
    avoid: Sequence[str],
    used_mt: FloatArray | None,
) -> list[Access]:
    """Return what of each producer's tonnes can reach the buyer; producers of the mineral share the links."""
    parts = [_shipments(ways, economies, one, klass) for one in here]
    every = [shipment for part in parts for shipment in part]
    if not every or not sinks:
        return [Access(0.0, 0.0, None, None, ()) for _ in here]
    owner = np.repeat(np.arange(len(here)), [len(part) for part in parts])
    free, around = (ship(ways, every, sinks, avoid=names, used_mt=used_mt) for names in ((), avoid))
    shares = []
    for shipped in (free, around):
        arrived = np.bincount(owner, weights=shipped.delivered_mt, minlength=len(here))
        shares.append(100.0 * arrived / np.array([one.tonnes / 1e6 for one in here]))
    # What is mined in a territory cannot leave it without touching it, not even by air.
    shares[1] = np.where([one.economy in avoid for one in here], 0.0, shares[1])
    costs = [None if np.isnan(shipped.cost_usd_per_t) else shipped.cost_usd_per_t for shipped in (free, around)]
    return [Access(float(shares[0][i]), float(shares[1][i]), costs[0], costs[1], around.full) for i in range(len(here))]


def _row(
    world: World,
    ways: LeastWays,
    one: Mined,
    sinks: Sequence[int],
    avoid: Sequence[str],
    access: tuple[Access, Access | None],
) -> MineralRow:
    about = mineral_classes()[one.mineral]
    klass = CLASSES.index(about["class"])
    start = max(_shipments(ways, world.economies, one, klass), key=lambda part: part.mt).zone
    partner = _partner(world, one, about["sector"])
    to = _zones(world, (partner,), klass, incoming=True)
    return MineralRow(
        mined=one,
        leaves_to=partner,
        way_today=ways.way(klass, start, to) if to else None,
        way=ways.way(klass, start, sinks),
        way_avoiding=None if one.economy in avoid else ways.way(klass, start, sinks, avoid=avoid),
        before=access[0],
        after=access[1],
    )


def _partner(world: World, one: Mined, sector: str) -> str:
    """Return the largest partner that the record names and the world holds, else that of the sector's flow."""
    for code in re.findall(r"\b([A-Z]{3}) \d+%", one.partners):
        if code in world.economies:
            return str(code)
    sold = world.accounts.flow[world.economies.index(one.economy), :, world.sectors.codes.index(sector)].copy()
    sold[world.economies.index(one.economy)] = 0.0
    largest: str = world.economies[int(sold.argmax())]
    return largest
