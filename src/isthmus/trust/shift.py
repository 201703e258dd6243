"""The shift from the Northern to the Middle Corridor after February 2022, with and without dated premia."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing import RoutingSettings, find_base
from isthmus.routing.passage import sweep_passages
from isthmus.trust.strain import strain_year
from isthmus.trust.targets import Target, read_targets
from isthmus.trust.validation import Ground, pose, prepare_day, sum_targets
from isthmus.world import World
from isthmus.world.accounts import FloatArray

BEFORE, AFTER = "2021-12-31", "2023-12-31"

_NORTH = "border:BLR-*EU:rail;border:RUS-*EU:rail"


@dataclass(frozen=True, slots=True)
class Shift:
    """A corridor before and after, Mt a year."""

    corridor: str
    what: str
    observed_before: float
    observed_after: float
    before: float
    after: float
    after_without_premia: float
    source: str


def _middle() -> Target:
    """Return the Middle Corridor as the official series counts it."""
    return next(target for target in read_targets() if target.flow == "titr-total-2023")


def find_shift(world: World, settings: RoutingSettings, tell: Callable[[str], None]) -> tuple[Shift, Shift]:
    """Return the shift of a world; its base comes from the cache or is solved first."""
    settings = replace(settings, congestion=False)  # each day settles its own delays
    base = find_base(world, settings, tell)
    return corridor_shift(world, Ground(base.scale, base.demand), settings)


def corridor_shift(world: World, ground: Ground, settings: RoutingSettings) -> tuple[Shift, Shift]:
    """Return the Northern Corridor (China-EU boxes by rail) and the Middle Corridor on both days.

    Demand is that of the year of each day; without premia the network of the later day bears none of `access`.
    """
    north = replace(_middle(), flow="north", places=((_NORTH, "container;general", "both", "between CHN EUU"),))
    targets = (north, replace(_middle(), flow="middle"))

    def at_day(day: str, *, premia: bool = True) -> FloatArray:
        year = prepare_day(world, ground, targets, day)
        if not premia:
            network = replace(year.world.network, premium=np.zeros_like(year.world.network.premium))
            year = replace(year, world=replace(year.world, network=network))
        strain = strain_year(pose(year, ground, settings), year.whole)
        problem = pose(year, ground, settings, delay=strain.delay)
        return sum_targets(year, sweep_passages(problem, year.demand, year.watch))

    before, after, plain = at_day(BEFORE), at_day(AFTER), at_day(AFTER, premia=False)
    seen = {target.flow: target.observed_mt for target in read_targets()}
    box = 12 / 1e6  # 12 t a TEU (assumption)
    return (
        Shift(
            "northern", "China-EU boxes by rail over Kazakhstan, Russia, Belarus", 618160 * box, 211100 * box,
            float(before[0]), float(after[0]), float(plain[0]),
            "modal_split utlc-cn-eu-2021 (derived) and utlc-cn-eu-2023 (UTLC ERA), 12 t a TEU (assumption)",
        ),
        Shift(
            "middle", "Trans-Caspian route, official series", seen["titr-total-2021"], seen["titr-total-2023"],
            float(before[1]), float(after[1]), float(plain[1]), "observed_flows titr-total-2021 and titr-total-2023",
        ),
    )  # fmt: skip
