"""solve_trade: the counterfactual equilibrium by Anderson-accelerated sweeps of the equations.

One sweep runs (3)(2)(1)(5)(6)(7)(9) on unit costs, outputs and factor prices; Anderson mixing (Walker
and Ni 2011, SIAM J. Numer. Anal. 49:4, type II) finds its fixed point. The residual is the largest
relative change that a plain sweep would still make in any unit cost, output, factor price or revenue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from isthmus.errors import InputError, NotConverged
from isthmus.trade.anderson import Mixer
from isthmus.trade.problem import Problem, pose
from isthmus.trade.shares import TradeBaseline
from isthmus.trade.shock import LONG, TradeSettings, TradeShock, check_shock
from isthmus.trade.solution import TradeSolution, describe, rebase
from isthmus.world.accounts import FloatArray

#: Stations of the last resort: the share of the way from old to new source weights.
_HOMOTOPY = (0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0)


def solve_trade(
    baseline: TradeBaseline,
    shock: TradeShock | None = None,
    settings: TradeSettings = LONG,
    *,
    start: TradeSolution | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> TradeSolution:
    """Return the equilibrium after a shock.

    Parameters
    ----------
    baseline : TradeBaseline
        The reference year.
    shock : TradeShock, optional
        What changes; nothing by default.
    settings : TradeSettings
        `LONG` (Caliendo-Parro) by default.
    start : TradeSolution, optional
        A solution of a similar shock on the same baseline, to begin from.
    on_failure : {"raise", "return"}
        What to do with an equilibrium that was not reached; a returned one has `converged` False.

    Returns
    -------
    TradeSolution
        Hats against the baseline evaluated by the same equations, so that no shock gives exactly 1.

    Raises
    ------
    NotConverged
        Accelerated sweeps, heavier damping and a homotopy all stopped short of the tolerance; `partial`
        is the solution reached.
    Infeasible
        A consumed good has no source left (without a choke price), every sector of an economy has stopped,
        or a deficit or remittance must cross where no trade does.
    InputError
        An array of the shock has a wrong shape or a value out of range.

    References
    ----------
    Caliendo and Parro 2015 (REStud 82:1), equations (8)-(13) in changes; nested CES production as in
    Baqaee and Farhi 2024 (Econometrica 92:2); factor mobility as in Galle, Rodriguez-Clare and Yi 2023
    (REStud 90:1).
    """
    shock = shock or TradeShock()
    check_shock(shock, *baseline.output.shape)
    if settings.closure == "balanced" and baseline.deficit.any() and shock.deficit is None:
        baseline = balance(baseline, settings)
    problem, still = pose(baseline, shock, settings), pose(baseline, TradeShock(), settings)
    found = find_state(problem, settings, problem.start() if start is None else _warm(problem, start))
    solution = describe(
        problem, still, found.state, residual=found.residual, iterations=found.sweeps, method=found.method
    )
    if not solution.converged and on_failure == "raise":
        raise NotConverged(_tell(baseline, settings, solution), partial=solution)
    return solution


def _tell(baseline: TradeBaseline, settings: TradeSettings, solution: TradeSolution) -> str:
    """Return what is said of an equilibrium that was not reached."""
    said = (
        f"Trade equilibrium: residual {solution.residual:.1e} after {solution.iterations} sweeps, tolerance "
        f"{settings.tolerance:g}. "
    )
    cost = np.where(baseline.output > 0, solution.unit_cost_change, 0.0)
    i, k = (int(v) for v in np.unravel_index(cost.argmax(), cost.shape))
    if cost[i, k] > 1e3:
        who = baseline.economies[i] if baseline.economies else f"economy {i}"
        what = baseline.sectors[k] if baseline.sectors else f"sector {k}"
        said += (
            f"Unit costs run away ({what} of {who}: {cost[i, k]:.0e} times the baseline): with so little substitution "
            "there may be no finite price. "
        )
    return said + "Raise settings.max_iterations, or soften the scenario (severity, choke)."


def balance(baseline: TradeBaseline, settings: TradeSettings = LONG) -> TradeBaseline:
    """Return the baseline with every trade deficit taken to 0 by a solve of its own.

    Closure `balanced` does this before each solve; for many solves do it once.

    Raises
    ------
    NotConverged, Infeasible
        As `solve_trade`.
    """
    settings = replace(settings, closure="held")
    shock = TradeShock(deficit=np.zeros_like(baseline.deficit))
    balanced = rebase(baseline, shock, solve_trade(baseline, shock, settings), sM=settings.sM)
    return replace(balanced, latent_share=baseline.latent_share)


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """The state nearest to a fixed point."""

    state: FloatArray
    residual: float
    sweeps: int
    method: str


def _warm(problem: Problem, start: TradeSolution) -> FloatArray:
    """Return the state of an earlier solution."""
    if start.output.shape != problem.Y0.shape[::-1]:
        raise InputError(
            f"start has {start.output.shape} outputs, the baseline {problem.Y0.shape[::-1]}. Begin from a "
            "solution on the same baseline, or leave start out."
        )
    cost = np.where(np.isfinite(start.unit_cost_change), start.unit_cost_change, 1.0)
    return problem.pack(
        np.log(cost.T), start.output.T / problem.scale, np.log(start.factor_price_change.T),
        start.tax_revenue / problem.scale,
    )  # fmt: skip


def find_state(problem: Problem, settings: TradeSettings, start: FloatArray) -> Found:
    """Return the fixed point by the fallback chain: step 0.25, step 0.1 with a longer memory, homotopy."""
    spent = 0
    best = Found(start, float("inf"), 0, "none")
    stages = ((Mixer(6), problem.step, "anderson"), (Mixer(10, exact=True), 0.1, "anderson, damped"))
    for mixer, step, method in stages:
        found = _iterate(problem, start, settings, mixer, step)
        spent += found.sweeps
        found = replace(found, sweeps=spent, method=method)
        if found.residual <= settings.tolerance:
            return found
        best = min(best, found, key=lambda one: one.residual)
    state = problem.start()
    for share in _HOMOTOPY:
        found = _iterate(problem.part(share) if share < 1.0 else problem, state, settings, Mixer(10, exact=True), 0.1)
        spent += found.sweeps
        state = found.state
    return replace(min(best, found, key=lambda one: one.residual), sweeps=spent, method="homotopy")


def _iterate(problem: Problem, start: FloatArray, settings: TradeSettings, mixer: Mixer, step: float) -> Found:
    """Return the best state of accelerated sweeps from a state; a step that leads astray is taken back."""
    state = start
    best, best_moved = Found(start, float("inf"), 0, ""), start
    for sweep in range(1, settings.max_iterations + 1):
        moved, residual = problem.sweep(state)
        if residual < best.residual:
            best, best_moved = Found(state, residual, sweep, ""), moved
        if residual <= settings.tolerance:
            return best
        if not residual < 1e4 * best.residual:
            if not np.isfinite(best.residual):
                break
            mixer.forget()
            state, moved = best.state, best_moved
        state = mixer.mix(state, problem.damp(state, moved, step))
    return replace(best, sweeps=sweep)
