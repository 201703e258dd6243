"""What is not known exactly, and how far: the ranges that uncertainty draws cover.

Each range is one dimension of a draw. Its position u between 0 and 1 is read as a quantile: 0 is the low
end, 0.5 the central value, 1 the high end, on a log scale in between (a plain one where the low end is 0),
so that half of the draws lie on either side of the central value. Figures with a range of their own
(elasticities, rates, values of time) move inside it, all figures of one dimension at the same position:
what the sources got wrong, they tend to get wrong together. Taste draws of the router are no part of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from isthmus.appraisal import OF_THE_PLAN, place, read_assumptions
from isthmus.solve import CHOKES
from isthmus.trade import SHORT
from isthmus.world import World
from isthmus.world.accounts import BASIS
from isthmus.world.network import CLASSES

#: Choke price of the central model, times home cost.
CHOKE = SHORT.choke or 10.0
#: Groups of sectors whose elasticities move together, by the first letters of ICIO codes.
ENERGY = ("B05", "B06", "C19", "D")
_GOODS = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Range:
    """One dimension of a draw."""

    name: str
    group: str  # what it is told as in words
    low: float
    central: float
    high: float
    unit: str  # "x": a factor on the central figure; "position": 0 to 1 inside each figure's own range
    basis: str  # source | assumption
    source: str

    def at(self, u: float) -> float:
        """Return the value at a position between 0 and 1."""
        return float(place(u, self.low, self.central, self.high))


def find_ranges(world: World, horizon: str) -> tuple[Range, ...]:
    """Return the dimensions of a world's uncertainty at a horizon, in a fixed order."""
    return (
        *_elasticities(horizon),
        *_freight(world),
        *_places(world),
        Range("openness", "openness of borders that open", 0.0, 0.5, 1.0, "share", "assumption",
              "DESIGN: share of the gravity value that latent trade reaches"),
        *_estimated(world),
        Range("choke", "choke price of what a scenario cuts", CHOKES[0], CHOKE, CHOKES[1], "home costs", "assumption",
              "no price of a last source was ever seen; a range of our own"),
        *_plans(),
    )  # fmt: skip


def _position(name: str, group: str, basis: str, source: str) -> Range:
    return Range(name, group, 0.0, 0.5, 1.0, "position", basis, source)


def _elasticities(horizon: str) -> Iterable[Range]:
    source = "ranges of the world's table sectors"
    for part in ("energy", "other goods", "services"):
        yield _position(f"theta|{part}", f"trade elasticities of {part}", "source", source)
    if horizon == "short":
        note = f"around {SHORT.sM:g} and {SHORT.eps:g}: an assumption, see the explanation of trade"
        yield Range("sM", "substitution among inputs", 0.5, 1.0, 2.0, "x", "assumption", note)
        yield Range("eps", "substitution of factors for inputs", 0.5, 1.0, 1.6, "x", "assumption", note)


def _freight(world: World) -> Iterable[Range]:
    rates = world.facts["rates"]
    for mode in sorted(set(rates.loc[rates["usd_per_t_km"] > 0, "mode"])):
        yield _position(f"rate|{mode}", f"{mode} rates", "source", "ranges of the world's table rates")
    for klass in (k for k in CLASSES if k in set(world.facts["classes"]["class"])):
        yield _position(f"time|{klass}", f"value of time of {klass} cargo", "source", "ranges of the table classes")
    yield Range("tariff", "pipeline, port and ferry tariffs", 0.7, 1.0, 1.4, "x", "assumption",
                "published tariffs vary by contract; a range of our own")  # fmt: skip


def _places(world: World) -> Iterable[Range]:
    own = "a range of our own"
    yield Range("wait|border", "hours at open crossings", 0.5, 1.0, 2.0, "x", "assumption", own)
    yield Range("wait|new", "hours at crossings that are to open", 1 / 3, 1.0, 4.0, "x", "assumption",
                "12 h at the Meghri crossings, 4 to 48")  # fmt: skip
    yield Range("wait|port", "hours in ports and on ferries", 0.5, 1.0, 2.0, "x", "assumption", own)
    yield Range("capacity", "capacities of links", 0.8, 1.0, 1.25, "x", "assumption", own)
    if world.network.calibrated_usd_per_t is not None and np.any(world.network.calibrated_usd_per_t):
        yield Range("calibration", "calibrated constants", 0.5, 1.0, 1.5, "x", "assumption",
                    "the ridge prior's pull is of this size")  # fmt: skip


def _estimated(world: World) -> Iterable[Range]:
    estimated = BASIS.index("estimated")
    if (world.accounts.basis == estimated).any():
        note = "errors of the balancing against figures left out were of this size (see reference of the accounts)"
        for part in ("goods", "services"):
            yield Range(f"estimated|{part}", f"estimated cells of trade in {part}", 0.75, 1.0, 1.33, "x",
                        "assumption", note)  # fmt: skip


#: Assumptions of appraisal, in words.
_PLANS = {
    "capex_factor": "cost of building",
    "growth_shift": "growth of demand",
    "upkeep": "upkeep",
    "ramp": "years until full use",
}


def _plans() -> Iterable[Range]:
    assumed = read_assumptions()
    for name in OF_THE_PLAN:
        one = assumed[name]
        yield Range(f"plan|{name}", _PLANS[name], one.low, one.value, one.high, one.unit, one.basis, one.source)


def of_the_plan(value: Mapping[str, float]) -> dict[str, float]:
    """Return the drawn assumptions of appraisal by the names that it has for them."""
    return {name: value[f"plan|{name}"] for name in OF_THE_PLAN}


def sector_group(code: str) -> str:
    """Return the group whose elasticities a sector's moves with."""
    if code.startswith(ENERGY):
        return "energy"
    return "other goods" if code.startswith(_GOODS) else "services"


#: First word of a range's name, and the group it is told as in a grouped analysis.
_GROUPS = {
    "theta": "elasticities",
    "sM": "elasticities",
    "eps": "elasticities",
    "rate": "freight rates",
    "tariff": "freight rates",
    "time": "values of time",
    "wait": "hours at borders and ports",
    "capacity": "capacities",
    "openness": "openness of borders that open",
    "calibration": "calibrated constants",
    "choke": "choke price",
    "plan": "costs and growth of projects",
    "estimated": "estimated trade cells",
}


def range_groups(ranges: Iterable[Range]) -> list[str]:
    """Return the group of each range."""
    return [_GROUPS[r.name.partition("|")[0]] for r in ranges]
