"""The model against observed flows: modelled tonnes of every target, year by year, and how far off they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from isthmus.cache import make_key, recall
from isthmus.routing import RoutingSettings, find_base
from isthmus.routing.cost import Delay, no_delay
from isthmus.routing.graph import compile_graph
from isthmus.routing.passage import Passages, Problem, Watch, sweep_passages
from isthmus.trust.constants import Constant, read_constants, without_constants
from isthmus.trust.demand import DEMAND_TABLES, demand_of_year
from isthmus.trust.margins import Margin, make_margins, pair_cost
from isthmus.trust.shares import Share, make_shares, share_targets, shares_left_out
from isthmus.trust.strain import strain_year
from isthmus.trust.targets import Places, Target, read_left_out, read_targets
from isthmus.version import __version__
from isthmus.world import World, at
from isthmus.world.accounts import Arrays, BoolArray, FloatArray, IntArray, freeze

#: Log errors beyond this count as this: a flow of nothing is a factor of 100 off.
WORST = float(np.log(100.0))


@dataclass(frozen=True, eq=False, slots=True)
class Ground:
    """What all years share; arrays are read-only."""

    scale: FloatArray  # (class, node + zone) node scales, USD per tonne
    demand: FloatArray  # (class, zone, zone) t, of the world's year

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class Year:
    """What the targets of one year need: the network of its middle, its demand, its places."""

    world: World
    targets: tuple[Target, ...]
    watch: Watch
    demand: FloatArray  # (group, class, zone, zone) t
    whole: FloatArray  # (class, zone, zone) t, of all trips
    owner: IntArray  # (place,) position of the target in `targets`

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One observed flow beside the model."""

    target: Target
    modelled_mt: float
    least_cost_mt: float
    uncalibrated_mt: float  # the same model without its constants

    @property
    def log_error(self) -> float:
        """Return ln(modelled / observed), at most WORST in size."""
        return log_error(self.modelled_mt, self.target.observed_mt)


def log_error(modelled: float, observed: float) -> float:
    """Return ln(modelled / observed), held within WORST."""
    if modelled <= 0.0:
        return -WORST
    return float(np.clip(np.log(modelled / observed), -WORST, WORST))


def prepare_year(world: World, ground: Ground, targets: tuple[Target, ...], year: int) -> Year:
    """Return the targets of a year as places on the network of its middle; those of other years are left out."""
    mine = tuple(target for target in targets if target.year == year)
    return prepare_day(world, ground, mine, f"{year}-07-01")


def prepare_day(world: World, ground: Ground, mine: tuple[Target, ...], day: str) -> Year:
    """Return targets as places on the network of a day.

    Parameters
    ----------
    world : World
        On any day.
    ground : Ground
        Its demand is scaled to the year of the day.
    mine : tuple of Target
        Whatever their own year.
    day : str
        ISO date.
    """
    then = at(world, day)
    places = Places(then, compile_graph(then.network))
    parts = [places.part(*place) for target in mine for place in target.places]
    owner = np.array([i for i, target in enumerate(mine) for _ in target.places], dtype=np.int64)
    keys: dict[bytes, int] = {}
    masks: list[BoolArray] = []
    group = []
    for part in parts:
        key = part.ends.tobytes()
        if key not in keys:
            keys[key] = len(masks)
            masks.append(part.ends)
        group.append(keys[key])
    whole = demand_of_year(then, ground.demand, int(day[:4]))
    return Year(
        world=then,
        targets=mine,
        watch=Watch(
            weight=np.stack([part.weight for part in parts], axis=1),
            classes=np.stack([part.classes for part in parts], axis=1),
            group=np.array(group, dtype=np.int64),
        ),
        demand=np.stack([whole * mask for mask in masks]),
        whole=whole,
        owner=owner,
    )


def pose(
    year: Year,
    ground: Ground,
    settings: RoutingSettings,
    *,
    delay: Delay | None = None,
    wanted: BoolArray | None = None,
) -> Problem:
    """Return the sweep of a year; all destinations with demand unless `wanted` says otherwise."""
    network = year.world.network
    if wanted is None:
        wanted = network.zones.destination_weight > 0
    return Problem(network, year.world.economies, settings, ground.scale, delay or no_delay(network), wanted)


def pose_least_cost(problem: Problem) -> Problem:
    """Return the same sweep without tastes: every trip takes its cheapest route."""
    still = replace(
        problem.settings, draws=1, spread_mode=0.0, spread_territory=0.0, spread_time=0.0, spread_border=0.0,
        spread_transfer=0.0,
    )  # fmt: skip
    return replace(problem, settings=still, scale=np.full_like(problem.scale, 1e-6))


def sum_targets(year: Year, passages: Passages) -> FloatArray:
    """Return million tonnes of each target of a year: the sum of its places."""
    return np.bincount(year.owner, weights=passages.flow, minlength=len(year.targets)) / 1e6


def compare(
    world: World, ground: Ground, targets: tuple[Target, ...], settings: RoutingSettings, tell: Callable[[str], None]
) -> tuple[Comparison, ...]:
    """Return every target beside the model and beside a least-cost run, in the order of `targets`.

    Kept between runs under a key of the world, the targets, the settings and the code.
    """
    found: dict[str, Comparison] = {}
    for when in sorted({target.year for target in targets}):
        year = prepare_year(world, ground, targets, when)
        tell(f"observed flows of {when}: {len(year.targets)}")
        runs = _recall_year(world, year, ground, settings, tell)
        for i, target in enumerate(year.targets):
            model, least, plain = (float(runs[name][i]) for name in ("model", "least", "plain"))
            found[target.flow] = Comparison(target, model, least, plain)
    return tuple(found[target.flow] for target in targets)


def _recall_year(
    world: World, year: Year, ground: Ground, settings: RoutingSettings, tell: Callable[[str], None]
) -> Arrays:
    """Return (target,) Mt of each run: the model, the cheapest routes, the model without constants."""
    here = Path(__file__).parent
    parts = [world.sha256, year.world.as_of, repr(year.targets), repr(replace(settings, threads=None)), __version__]
    parts += [hashlib.sha256((here / "data" / f"{name}.csv").read_bytes()).hexdigest() for name in DEMAND_TABLES]
    own = ("validation", "targets", "demand", "strain", "constants")
    key = make_key(parts, [*(here / f"{name}.py" for name in own), here.parent / "routing"])

    def compute() -> Arrays:
        free = pose(year, ground, settings)
        strain = strain_year(free, year.whole, tell)
        bare = replace(year, world=without_constants(year.world))
        unfitted = strain_year(pose(bare, ground, settings), year.whole, tell, start=strain)
        tell(f"  queues settled to {strain.rest:.1f} USD/t, without constants to {unfitted.rest:.1f}")
        problems = {
            "model": pose(year, ground, settings, delay=strain.delay),
            "least": pose_least_cost(free),
            "plain": pose(bare, ground, settings, delay=unfitted.delay),
        }
        return {
            name: sum_targets(year, sweep_passages(problem, year.demand, year.watch))
            for name, problem in problems.items()
        }

    return recall(key, compute)[0]


@dataclass(frozen=True, slots=True)
class Score:
    """How far a group of flows is off: medians of the absolute log error, and shares."""

    count: int
    median: float
    least_cost_median: float
    uncalibrated_median: float  # of the model without its constants
    within_three: float  # share of flows within a factor of three
    reduction: float  # 1 - median / least_cost_median
    low: float  # 5 % of its bootstrap
    high: float  # 95 %


def score(comparisons: tuple[Comparison, ...], used: str, *, resamples: int = 2000, seed: int = 0) -> Score:
    """Return the score of the flows that are `used` so; corridors are resampled whole.

    Raises
    ------
    ValueError
        No such flow.
    """
    mine = [c for c in comparisons if c.target.used == used]
    if not mine:
        raise ValueError(f"no observed flow is {used!r}")
    model = np.abs([c.log_error for c in mine])
    least = np.abs([log_error(c.least_cost_mt, c.target.observed_mt) for c in mine])
    plain = np.abs([log_error(c.uncalibrated_mt, c.target.observed_mt) for c in mine])
    corridors = sorted({c.target.corridor for c in mine})
    members = [np.flatnonzero([c.target.corridor == name for c in mine]) for name in corridors]
    rng = np.random.default_rng(seed)
    reductions = []
    for _ in range(resamples):
        pick = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        reductions.append(_reduction(model[pick], least[pick]))
    low, high = np.quantile(reductions, [0.05, 0.95])
    return Score(
        count=len(mine),
        median=float(np.median(model)),
        least_cost_median=float(np.median(least)),
        uncalibrated_median=float(np.median(plain)),
        within_three=float(np.mean(model <= np.log(3.0))),
        reduction=_reduction(model, least),
        low=float(low),
        high=float(high),
    )


def _reduction(model: FloatArray, least: FloatArray) -> float:
    bottom = float(np.median(least))
    return 1.0 - float(np.median(model)) / bottom if bottom > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Validation:
    """A world beside observed flows."""

    world: str
    flows: tuple[Comparison, ...]
    scores: dict[str, Score]  # fit and held-out
    constants: tuple[Constant, ...]
    left_out: tuple[tuple[str, str], ...]  # (observed flow, why)
    shares: tuple[Share, ...]
    shares_left_out: tuple[tuple[str, str], ...]  # (published modal split, why)
    margins: tuple[Margin, ...]


def validate_world(world: World, settings: RoutingSettings, tell: Callable[[str], None]) -> Validation:
    """Return a world beside all observed flows that it can model.

    Raises
    ------
    WorldError
        The world lacks a place of the observed flows.
    """
    targets = read_targets()
    settings = replace(settings, congestion=False)  # each year settles its own delays
    base = find_base(world, settings, tell)
    sums = share_targets()
    found = compare(world, Ground(base.scale, base.demand), (*targets, *sums), settings, tell)
    flows, parts = found[: len(targets)], found[len(targets) :]
    return Validation(
        world=world.name,
        flows=flows,
        scores={used: score(flows, used) for used in ("fit", "held-out")},
        constants=read_constants(world),
        left_out=read_left_out(),
        shares=make_shares({part.target.flow: part.modelled_mt for part in parts}),
        shares_left_out=shares_left_out(),
        margins=make_margins(world, pair_cost(world, base.cost, base.split.share)),
    )
