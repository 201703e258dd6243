"""Observed flows as places of the model: links, cuts, directions, classes, ends of trips, units.

`data/targets.csv` holds one or more rows per row of `data/observed_flows.csv` (parts add up), or one with
the reason why the model cannot be held against it. Places are links, `corridor:ID`, `port:ID` (both its
links), `border:AAA-BBB:mode` (`*EU`: the EU's eastern members; `*-*`: all), `kind:KIND` (all links of a kind)
and `carried:mode:AAA`: what a mode carries in a territory, half at each end of the ride.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from isthmus.errors import WorldError, nearest
from isthmus.routing.graph import Graph
from isthmus.world.accounts import BoolArray, FloatArray, freeze
from isthmus.world.network import CLASSES, KINDS, MODES, Network
from isthmus.world.package_data import package_rows
from isthmus.world.world import World

_EU_EAST = ("FIN", "EST", "LVA", "LTU", "POL", "NOR")
#: A ride enters and leaves the territory's network of the mode: half at each.
_CARRIED = 0.5
#: Salt of the split of corridors: drawn up on this day, before any result of it was seen.
_SALT = "isthmus 2026-11-26"
#: National totals that make a year's demand known.
_ENOUGH_TOTALS = 5


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One place of a target; arrays are read-only."""

    weight: FloatArray  # (arc,)
    classes: BoolArray  # (class,)
    ends: BoolArray  # (zone, zone) trips that count

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True)
class Target:
    """An observed flow that the model can be held against."""

    flow: str  # id in observed_flows
    what: str
    year: int
    observed_mt: float  # million tonnes a year, both directions unless the row says otherwise
    corridor: str
    used: str  # fit | held-out | shown
    treatment: str  # full | partial | doubtful
    conversion: str
    reason: str
    places: tuple[tuple[str, str, str, str], ...]  # (place, classes, direction, ends)


def read_data(name: str) -> pd.DataFrame:
    """Return a table of this package as text."""
    return pd.DataFrame(package_rows("trust", name), dtype=str)


def hash_of(corridor: str) -> int:
    """Return the salted hash of a corridor's id: what the split and the folds rest on."""
    return int(hashlib.sha256(f"{_SALT} {corridor}".encode()).hexdigest()[:8], 16)


def side_of(corridor: str) -> str:
    """Return the side of a corridor in the split, by the parity of its hash: `fit` or `held-out`."""
    return "held-out" if hash_of(corridor) % 2 else "fit"


def may_train(target: Target) -> bool:
    """Return whether a flow may be fitted at all: a full year, with known demand, that nothing contradicts."""
    return target.treatment == "full" and target.year in known_years()


def known_years() -> set[int]:
    """Return the years whose demand is known: 2022, and those with national totals of several economies."""
    counts = read_data("national_totals")["year"].value_counts()
    return {2022, *(int(str(year)) for year, n in counts.items() if n >= _ENOUGH_TOTALS)}


def read_targets() -> tuple[Target, ...]:
    """Return the observed flows that the model can be held against, in the order of the table.

    Rows of a full year train or test by the hash of their corridor. Partial years, and years to which demand
    cannot be scaled for want of national totals, are never fitted: they test where their corridor does not
    train, and are only shown where it does. Doubtful rows are only shown.
    """
    table = read_data("targets")
    observed = read_data("observed_flows").set_index("id")
    kept = table[table["treatment"] != "left_out"]
    known = known_years()
    year = kept["flow"].map(observed["year"].astype(int))
    fits = (kept["treatment"] == "full") & year.isin(known)
    whole = set(kept.loc[fits, "corridor"])
    trains = {corridor for corridor in whole if side_of(corridor) == "fit"}
    out = []
    for flow, rows in kept.groupby("flow", sort=False):
        first, seen = rows.iloc[0], observed.loc[str(flow)]
        treatment, corridor = str(first["treatment"]), str(first["corridor"])
        used = "held-out" if treatment != "doubtful" and corridor not in trains else "shown"
        if treatment == "full" and corridor in trains and int(str(seen["year"])) in known:
            used = "fit"
        out.append(
            Target(
                flow=str(flow),
                what=f"{seen['what']}, {seen['link_or_corridor']}",
                year=int(str(seen["year"])),
                observed_mt=float(str(seen["value"])) * float(first["factor"]),
                corridor=corridor,
                used=used,
                treatment=treatment,
                conversion=str(first["factor_basis"]),
                reason=str(first["reason"]),
                places=tuple(
                    (str(p), str(c), str(d), str(e))
                    for p, c, d, e in zip(rows["place"], rows["classes"], rows["direction"], rows["ends"], strict=True)
                ),
            )
        )
    return tuple(out)


def read_left_out() -> tuple[tuple[str, str], ...]:
    """Return (observed flow, reason) of the rows that the model cannot be held against."""
    table = read_data("targets")
    rows = table[table["treatment"] == "left_out"]
    return tuple(zip(rows["flow"].astype(str), rows["reason"].astype(str), strict=True))


class Places:
    """Finds the arcs, classes and ends of places in one world and network."""

    def __init__(self, world: World, graph: Graph) -> None:
        self.world, self.graph = world, graph
        self.network: Network = world.network
        self.index = {link: i for i, link in enumerate(self.network.link_ids)}
        self.node_place = np.array(self.network.node_territory, dtype=object)
        zones = self.network.zones
        self.zone_place = np.array(zones.territory, dtype=object)
        self.zone_economy = np.array([world.economies[e] for e in zones.economy], dtype=object)

    def part(self, place: str, classes: str, direction: str, ends: str) -> Part:
        """Return one place of a target.

        Raises
        ------
        WorldError
            A link, corridor, class or economy that the world does not have.
        """
        weight = np.zeros(len(self.graph.tail))
        for word in place.split(";"):
            if word.startswith("carried:"):
                weight += self._carried(*word.split(":")[1:])
            else:
                weight += np.isin(self.graph.link, self._links(word)) & (self.graph.link >= 0)
        if direction.startswith("to "):
            head = np.minimum(self.graph.head, self.graph.n_nodes - 1)
            weight = weight * (self.node_place[head] == direction[3:])
        wanted = CLASSES if classes == "*" else tuple(classes.split(";"))
        for name in set(wanted) - set(CLASSES):
            raise WorldError(f"targets: unknown class {name!r}.{nearest(name, CLASSES)}")
        return Part(weight, np.array([name in wanted for name in CLASSES]), self._ends(ends))

    def _links(self, word: str) -> list[int]:
        what, _, rest = word.partition(":")
        if what == "border" and rest:
            return self._border(*rest.split(":"))
        if what == "kind" and rest in KINDS:
            return [int(i) for i in np.flatnonzero(self.network.kind == KINDS.index(rest))]
        names: tuple[str, ...] = (word,)
        if what == "corridor":
            names = self.network.corridors.get(rest, ())
        elif what == "port":
            names = tuple(n for n in (f"port-{rest}", f"port-{rest}~road") if n in self.index)
        if not names or any(name not in self.index for name in names):
            raise WorldError(
                f"targets: the world has no place {word!r}.{nearest(names[0] if names else rest, self.index)}"
            )
        return [self.index[name] for name in names]

    def _border(self, pair: str, mode: str) -> list[int]:
        one, other = pair.split("-")
        others = _EU_EAST if other == "*EU" else (other,)
        net = self.network
        a, b = self.node_place[net.from_node], self.node_place[net.to_node]
        hit = (net.kind == KINDS.index("border")) & (net.mode == MODES.index(mode))
        if pair == "*-*":
            return [int(i) for i in np.flatnonzero(hit)]
        hit &= ((a == one) & np.isin(b, others)) | ((b == one) & np.isin(a, others))
        return [int(i) for i in np.flatnonzero(hit)]

    def _carried(self, mode: str, territory: str) -> FloatArray:
        inside = np.zeros(self.graph.n_nodes + self.graph.n_zones, dtype=bool)
        inside[: self.graph.n_nodes] = (self.network.node_mode == MODES.index(mode)) & (self.node_place == territory)
        weight: FloatArray = _CARRIED * (inside[self.graph.tail] != inside[self.graph.head])
        return weight

    def _ends(self, text: str) -> BoolArray:
        n = len(self.zone_place)
        keep = np.ones((n, n), dtype=bool)
        for clause in filter(None, (part.strip() for part in text.split(";"))):
            word, *names = clause.split()
            if word == "origin":
                keep &= self._in(names)[:, None]
            elif word == "destination":
                keep &= self._in(names)[None, :]
            elif word == "without":
                away = ~self._in(names)
                keep &= away[:, None] & away[None, :]
            elif word == "one":
                at = self._in(names)
                keep &= at[:, None] | at[None, :]
            elif word == "between":
                a, b = self._in(names[:1]), self._in(names[1].split("|"))
                keep &= (a[:, None] & b[None, :]) | (b[:, None] & a[None, :])
            else:
                raise WorldError(f"targets: ends {clause!r}: write origin, destination, without, one or between.")
        return keep

    def _in(self, names: list[str]) -> BoolArray:
        codes = {member for name in names for member in self.world.groups.get(name, (name,))}
        at: BoolArray = np.isin(self.zone_place, list(codes)) | np.isin(self.zone_economy, list(codes))
        return at
