"""The calibrated constants of a world, as its table `calibration` holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

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
    table, network = world.facts.get("calibration"), world.network
    if table is None:
        return world
    index = {link: i for i, link in enumerate(network.link_ids)}
    hours = np.zeros(len(network.link_ids))
    for row in table[table["unit"] == "h"].to_dict("records"):
        hours[[index[link] for link in str(row["links"]).split(";")]] += float(row["share"]) * float(row["value"])
    plain = replace(network, calibrated_usd_per_t=None, wait_hours=np.maximum(network.wait_hours - hours[:, None], 0.0))
    return replace(world, network=plain)
