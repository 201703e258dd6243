"""Instruments: what a coercer can withhold from a target, each as changes of a scenario.

An export or import ban of one sector, denial of transit over the coercer's territory, workers' transfers,
migrants; `energy` is the bundle of the export bans of energy sectors. A set of instruments is the scenario
that holds all their changes, so that leverage and scenarios can never mean different things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.scenario.apply.state import energy_sectors
from isthmus.scenario.changes import Change, CutTransfers, DenyTransit, ExpelMigrants, ExportBan, ImportBan
from isthmus.world import World
from isthmus.world.accounts import IntArray

#: Kinds of instrument that a user may name.
KINDS = ("exports", "imports", "transit", "energy", "transfers", "migrants")

#: Words that open the official names of sectors and tell nothing beside "ban".
_OPENINGS = ("Manufacture of basic ", "Manufacture of ", "Extraction of ", "Mining of ")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing that a coercer can do to a target."""

    id: str  # "export:B06G", "transit"
    kind: str  # one of KINDS; the export ban of an energy sector is of kind "energy"
    words: str  # for a sentence
    changes: tuple[Change, ...]
    value_usd_m: float  # trade or transfers that it stops, USD million of the world's year; 0 for transit

    def __repr__(self) -> str:
        return f"<Instrument {self.id}: {self.words}>"


def list_instruments(
    world: World, coercers: tuple[str, ...], target: str, kinds: tuple[str, ...] = KINDS
) -> tuple[Instrument, ...]:
    """Return the instruments of some economies, acting as one, against a target.

    Parameters
    ----------
    world : World
    coercers : tuple of str
        One economy, or the members of a coalition.
    target : str
    kinds : tuple of str
        Of `KINDS`.

    Returns
    -------
    tuple of Instrument
        Bans of sectors without trade are left out; transit where a coercer has territory on the network.

    Raises
    ------
    QueryError
        An unknown economy or kind, a coercer that is the target, or nothing to withhold.
    """
    for name in (*coercers, target):
        if name not in world.economies:
            raise QueryError(f"{name!r} is no economy of {world.name}.{nearest(name, world.economies)} Use ISO3 codes.")
    if target in coercers:
        raise QueryError(f"{target} is coercer and target. Name two different economies.")
    for kind in kinds:
        if kind not in KINDS:
            raise QueryError(f"instruments: {kind!r} is unknown.{nearest(kind, KINDS)} Use {', '.join(KINDS)}.")
    by = np.array([world.economies.index(name) for name in coercers])
    found = [
        *_bans(world, coercers, by, target, kinds),
        *(_transit(world, coercers, target) if "transit" in kinds else ()),
        *_people(world, coercers, by, target, kinds),
    ]
    if not found:
        raise QueryError(
            f"{', '.join(coercers)} has nothing to withhold from {target} by {', '.join(kinds)} in {world.name}."
        )
    return tuple(found)


def sector_words(name: str) -> str:
    """Return a sector's name as it reads in a sentence."""
    for opening in _OPENINGS:
        if name.startswith(opening):
            name = name[len(opening) :]
            break
    return (name[:1].lower() + name[1:]).split(";")[0]


def _bans(
    world: World, coercers: tuple[str, ...], by: IntArray, target: str, kinds: tuple[str, ...]
) -> list[Instrument]:
    n = world.economies.index(target)
    sold = world.accounts.flow[by, n].sum(axis=0)
    bought = world.accounts.flow[n, by].sum(axis=0)
    energy = energy_sectors(world.sectors) if "energy" in kinds else ()
    out = []
    for k, (code, name) in enumerate(zip(world.sectors.codes, world.sectors.names, strict=True)):
        kind = "energy" if code in energy else "exports"
        if kind in kinds and sold[k] > 0:
            ban = ExportBan(by=coercers, on=(target,), sectors=(code,))
            out.append(Instrument(f"export:{code}", kind, f"export ban on {sector_words(name)}", (ban,), sold[k]))
        if "imports" in kinds and bought[k] > 0:
            stop = ImportBan(by=coercers, on=(target,), sectors=(code,))
            out.append(
                Instrument(f"import:{code}", "imports", f"import ban on {sector_words(name)}", (stop,), bought[k])
            )
    return out


def _transit(world: World, coercers: tuple[str, ...], target: str) -> list[Instrument]:
    """Return denial of transit by all coercers that have territory on the network."""
    places = set(world.network.territory) | set(world.network.zones.territory)
    owners = [name for name in coercers if name in places]
    if not owners or target not in places:
        return []
    denials = tuple(DenyTransit(by=name, against=(target,)) for name in owners)
    return [Instrument("transit", "transit", f"denial of transit through {' and '.join(owners)}", denials, 0.0)]


def _people(
    world: World, coercers: tuple[str, ...], by: IntArray, target: str, kinds: tuple[str, ...]
) -> list[Instrument]:
    """Return the stop of transfers to the target, and the expulsion of its migrants, where the world has either."""
    sent = float(world.accounts.remittances[by, world.economies.index(target)].sum())
    if sent <= 0:
        return []
    out = []
    if "transfers" in kinds:
        cut = CutTransfers(by=coercers, on=(target,))
        out.append(Instrument("transfers", "transfers", "stop of workers' transfers", (cut,), sent))
    if "migrants" in kinds:
        sent_home = ExpelMigrants(by=coercers, on=(target,))
        out.append(Instrument("migrants", "migrants", "expulsion of all migrants", (sent_home,), sent))
    return out
