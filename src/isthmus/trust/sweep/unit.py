"""solve_unit: all scenarios and horizons of one day and draw."""

from __future__ import annotations

import contextlib
from functools import lru_cache

from isthmus.cache import scratch_cache
from isthmus.errors import ModelError, SweepError
from isthmus.leverage import Grip, Terms, compute_grips
from isthmus.routing import RoutingSettings
from isthmus.scenario import Scenario, read_scenario
from isthmus.solve import Settings, solve
from isthmus.trust.draws import make_draw
from isthmus.trust.headlines import headlines
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


def solve_unit(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """Return the headlines of every scenario and horizon of a plan at one day and draw.

    A scenario without an equilibrium at a draw is an answer, too: one row `no_answer` with the reason as key.
    """
    world = _world(plan.world, plan.world_sha256)
    routing = RoutingSettings(draws=plan.route_draws, threads=1)
    settings = Settings(routing=routing, compare_closures=False, compare_chokes=False)
    rows: list[Row] = []
    with scratch_cache() if draw else contextlib.nullcontext():
        for horizon in plan.horizons:
            drawn = make_draw(world, settings, horizon=horizon, number=draw, seed=plan.seed, design=plan.design)
            for scenario in map(read_scenario, plan.scenarios):
                try:
                    found = _solve(drawn.world, drawn.settings, scenario, plan, horizon, as_of)
                except ModelError as error:
                    found = {("no_answer", f"{type(error).__name__}: {error}"): 0.0}
                rows += [
                    (scenario.name, as_of, horizon, draw, quantity, key, value)
                    for (quantity, key), value in found.items()
                ]
    return rows


def _solve(
    world: World, settings: Settings, scenario: Scenario, plan: Plan, horizon: str, as_of: str
) -> dict[tuple[str, str], float]:
    result = solve(world, scenario, settings=settings, horizon=horizon, as_of=as_of)
    grips: tuple[Grip, ...] = ()
    if plan.leverage:
        terms = Terms(settings=settings, horizon=horizon, as_of=as_of)
        grips = compute_grips(world, [coercers_of(pair) for pair in plan.leverage], [scenario], terms)
    return headlines(result, grips)
