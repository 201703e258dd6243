"""solve_unit: all scenarios and horizons of one day and draw.

With queues held a draw is routed once, at delays that rest on those of the central base (`routing.held_base`), and its
scenarios are solved from these passes in memory, as far as they touch few links. A scenario that alters capacities has
no answer with queues held: it is solved with queues, draw by draw, and says so in the docs (how-to/sweeps).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import lru_cache

from isthmus.appraisal import Ask as AppraisalAsk
from isthmus.appraisal import Prospect, find_prospect, world_gain
from isthmus.cache import scratch_cache
from isthmus.errors import ModelError, SweepError
from isthmus.leverage import Grip, Terms, compute_grips
from isthmus.routing import Base, RoutingSettings
from isthmus.scenario import Scenario, read_scenario
from isthmus.solve import Queues, Settings, Warm, prepare, solve, unbound
from isthmus.trust.draws import Draw, make_draw
from isthmus.trust.headlines import Headlines, headlines
from isthmus.trust.ranges import of_the_plan
from isthmus.trust.sweep.batch import Row
from isthmus.trust.sweep.plan import Plan, coercers_of
from isthmus.world import World, load_world


@lru_cache(maxsize=1)
def _world(name: str, sha256: str) -> World:
    """Return the world, read once per process.

    Raises
    ------
    SweepError
        Its tables are no longer those that the sweep was planned with.
    """
    world = load_world(name)
    if world.sha256 != sha256:
        raise SweepError(f"world {name}: its tables have changed since the sweep was planned. Put them back.")
    return world


@lru_cache(maxsize=16)
def _prospect(plan: Plan, name: str, horizon: str, as_of: str) -> Prospect | None:
    """Return the central appraisal of a scenario made of projects, once per process; None for any other scenario.

    None too where the demand of later years has no equilibrium: such a scenario has no net present value.
    """
    world = _world(plan.world, plan.world_sha256)
    ask = AppraisalAsk(settings=_central(plan), horizon=horizon, as_of=as_of)
    try:
        return find_prospect(world, read_scenario(name), ask)
    except ModelError:
        return None


@dataclass(frozen=True, eq=False, slots=True)
class _Frame:
    """What every draw of a scenario starts from."""

    base: Base | None  # of the central model; None: it has none, and neither will the draws
    queues: Queues  # that its draws are solved with


@lru_cache(maxsize=16)
def _frame(plan: Plan, name: str, as_of: str) -> _Frame:
    """Return the central base of a scenario, once per process, and how its draws are solved."""
    settings = _central(plan)
    try:
        coupling = prepare(_world(plan.world, plan.world_sha256), read_scenario(name), settings=settings, as_of=as_of)
    except ModelError:
        return _Frame(None, "solved")
    idle = settings.queues == "held" and unbound(coupling.world.network, coupling.applied.world.network, settings)
    return _Frame(coupling.base, "solved" if idle else settings.queues)


def draw_queues(plan: Plan, name: str, as_of: str) -> Queues:
    """Return how queues are met in the draws of a scenario: as planned, or solved where it alters capacities."""
    return _frame(plan, name, as_of).queues


def _central(plan: Plan) -> Settings:
    routing = RoutingSettings(draws=plan.route_draws, threads=1)
    return Settings(routing=routing, compare_closures=False, compare_chokes=False, queues=plan.queues)


def solve_unit(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """Return the headlines of every scenario and horizon of a plan at one day and draw.

    A scenario without an equilibrium at a draw is an answer, too: one row `no_answer` with the reason as key.
    """
    world = _world(plan.world, plan.world_sha256)
    cases = [(name, horizon) for horizon in plan.horizons for name in plan.scenarios]
    prospects = {case: _prospect(plan, *case, as_of) for case in cases}
    frames = {name: _frame(plan, name, as_of) for name in plan.scenarios}
    rows: list[Row] = []
    with scratch_cache() if draw else contextlib.nullcontext():
        for horizon in plan.horizons:
            drawn = make_draw(world, _central(plan), horizon=horizon, number=draw, seed=plan.seed, design=plan.design)
            warm = Warm()
            for name in plan.scenarios:
                scenario, frame = read_scenario(name), frames[name]
                warm = warm.around(frame.base) if draw and frame.base else warm
                terms = Terms(
                    settings=replace(drawn.settings, queues=frame.queues), horizon=horizon, as_of=as_of,
                    warm=None if frame.queues == "solved" else warm,
                )  # fmt: skip
                try:
                    found = _solve(drawn, scenario, plan, terms, prospects[name, horizon])
                except ModelError as error:
                    found = {("no_answer", f"{type(error).__name__}: {error}"): 0.0}
                rows += [
                    (scenario.name, as_of, horizon, draw, quantity, key, value)
                    for (quantity, key), value in found.items()
                ]
    return rows


def _solve(drawn: Draw, scenario: Scenario, plan: Plan, terms: Terms, prospect: Prospect | None) -> Headlines:
    result = solve(
        drawn.world, scenario, settings=terms.settings, horizon=terms.horizon, as_of=terms.as_of, warm=terms.warm
    )
    grips: tuple[Grip, ...] = ()
    if plan.leverage:
        grips = compute_grips(drawn.world, [coercers_of(pair) for pair in plan.leverage], [scenario], terms)
    npv = None
    if prospect is not None:
        npv = prospect.balance(world_gain(result), of_the_plan(drawn.value)).npv
    return headlines(result, grips, npv)
