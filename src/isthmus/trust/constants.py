"""The calibrated constants of a world, as its table `calibration` holds them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from isthmus.world import World

#: No constant is larger than this.
MOST_USD, MOST_HOURS = 60.0, 240.0


@dataclass(frozen=True, slots=True)
class Constant:
    """One calibrated constant: USD per tonne, or hours of waiting, on top of the facts."""

    constant: str
    name: str
    kind: str
    links: int
    value: float
    unit: str
    prior: float
    prior_sd: float
    bound: float


def read_constants(world: World) -> tuple[Constant, ...]:
    """Return the calibrated constants of a world, the largest part of its bound first; none without a table."""
    table = world.facts.get("calibration")
    if table is None:
        return ()
    found = [
        Constant(
            constant=str(row["constant"]),
            name=str(row["name"]),
            kind=str(row["kind"]),
            links=str(row["links"]).count(";") + 1,
            value=float(row["value"]),
            unit=str(row["unit"]),
            prior=float(row["prior"]),
            prior_sd=float(row["prior_sd"]),
            bound=float(row["bound"]),
        )
        for row in table.to_dict("records")
    ]
    return tuple(sorted(found, key=lambda c: (-abs(c.value) / c.bound, c.constant)))


def without_constants(world: World) -> World:
    """Return a world as its facts alone have it: what `calibration` adds to costs and waits is taken off again."""
    network = world.network
    if network.calibrated_usd_per_t is None or network.calibrated_hours is None:
        return world
    plain = replace(
        network,
        calibrated_usd_per_t=None,
        calibrated_hours=None,
        wait_hours=network.wait_hours - network.calibrated_hours,
    )
    # A world of its own: what is kept of the other must not be taken for it.
    digest = hashlib.sha256(f"{world.sha256} without constants".encode()).hexdigest()
    return replace(world, network=plain, sha256=digest)
