"""solve: routing and trade of one scenario, to a joint equilibrium.

Freight costs of the changed network become changes of iceberg trade costs, these a trade equilibrium,
this new tonnes, these flows on links (DESIGN.md sections 2, 4, 5).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from isthmus.result import Result
from isthmus.scenario import Scenario
from isthmus.solve.anatomy import compare_closures, take_apart
from isthmus.solve.choke import compare_chokes
from isthmus.solve.coupling import Coupling, Progress, Settings, Settled, load_settled, prepare, settle
from isthmus.solve.horizons import solve_other_horizon
from isthmus.solve.outcome import Extras, make_result
from isthmus.solve.warm import Warm
from isthmus.world import World


@dataclass(frozen=True, eq=False, slots=True)
class Solved:
    """A result and the joint fixed point behind it, for questions that need no routing of their own."""

    result: Result
    coupling: Coupling
    settled: Settled


def solve(
    world: World,
    scenario: Scenario,
    *,
    settings: Settings | None = None,
    horizon: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
    warm: Warm | None = None,
) -> Result:
    """Return what a scenario changes, against the same world and day without it.

    Parameters
    ----------
    world, scenario : World, Scenario
        From `load_world` and `read_scenario`.
    settings : Settings, optional
        Draws, seed, closure, tolerances.
    horizon, as_of : str, optional
        Win over the scenario's own.
    progress : callable, optional
        Told one line per stage.
    warm : Warm, optional
        Shared by solves of one world: a scenario that touches few links is then solved from the base in memory,
        where delays are held (`Settings(queues="held")`) or congestion is off. Costs agree with those of a full
        solve to about 1e-10, flows and transit to 1e-6 of the largest.

    Returns
    -------
    Result
        Hats (1 is no change), USD million of the world's year, tonnes a year.

    Raises
    ------
    ScenarioError
        A change names what the world does not have.
    NotConverged
        Routing and trade, or trade alone, did not settle.
    Infeasible
        The scenario leaves an economy without a good that it must have.
    """
    return solve_whole(
        world, scenario, settings=settings, horizon=horizon, as_of=as_of, progress=progress, warm=warm
    ).result


def solve_whole(
    world: World,
    scenario: Scenario,
    *,
    settings: Settings | None = None,
    horizon: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
    warm: Warm | None = None,
) -> Solved:
    """Return the same as `solve`, and the fixed point that it was made of."""
    started = time.perf_counter()
    tell = progress or (lambda _: None)
    coupling = prepare(world, scenario, settings=settings, horizon=horizon, as_of=as_of, progress=tell, warm=warm)
    settled = settle(coupling, tell)
    # Passes at the gates are large, and what follows reads delays alone.
    settled = replace(settled, state=replace(settled.state, gated=None))
    latent = coupling.with_latent(settled.cost)
    tell("loading freight")
    after = load_settled(coupling, settled)
    closures = compare_closures(coupling, settled) if coupling.settings.compare_closures else None
    chokes = compare_chokes(coupling, settled) if coupling.settings.compare_chokes else None
    parts = None
    if coupling.settings.decompose:
        tell("taking changes apart")
        parts = take_apart(coupling, settled)
    other = None
    if coupling.settings.both_horizons and coupling.settings.trade is None:
        tell("solving trade in the other horizon")
        other = solve_other_horizon(coupling, settled)
    result = make_result(coupling, scenario, settled, Extras(latent, closures, parts, chokes), after, started)
    # What was touched of the passes is large, and is not asked for again.
    return Solved(replace(result, asked=(world, scenario), other=other), coupling, replace(settled, touched=None))
