"""solve_trade: the counterfactual equilibrium by Anderson-accelerated sweeps of the equations.

One sweep runs (3)(2)(1)(5)(6)(7)(9) on unit costs, outputs and factor prices; Anderson mixing (Walker
and Ni 2011, SIAM J. Numer. Anal. 49:4, type II) finds its fixed point. The residual is the largest
relative change that a plain sweep would still make in any unit cost, output or factor price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from isthmus.errors import NotConverged
from isthmus.trade.anderson import Mixer
from isthmus.trade.problem import Problem, pose
from isthmus.trade.shares import TradeBaseline
from isthmus.world.accounts import FloatArray, freeze


@dataclass(frozen=True, slots=True)
class TradeSettings:
    """Elasticities of the upper nests, mobility, closure and tolerances."""

    eps: float = 1.0  # value added against inputs
    sM: float = 1.0  # among inputs
    sC: float = 1.0  # among final goods
    kap: float = float("inf")  # factor mobility: inf mobile, 1 fixed in sectors
    closure: Literal["scaled", "held"] = "scaled"
    tolerance: float = 1e-10
    max_iterations: int = 2000
    choke: float | None = 10.0  # backstop price over home cost in cells that the scenario cuts

    def __post_init__(self) -> None:
        if self.kap < 1.0:
            raise ValueError(f"kap is {self.kap!r}: factor mobility starts at 1 (fixed). Use 1 to inf.")


LONG = TradeSettings()
SHORT = TradeSettings(eps=0.5, sM=0.2, kap=1.0)


@dataclass(frozen=True, eq=False, slots=True)
class TradeShock:
    """What changes; None leaves a channel as it is. Axes (origin, destination, sector)."""

    trade_cost_change: FloatArray | None = None  # tau hat, in (0, inf]
    access: FloatArray | None = None  # in [0, 1]: multiplies phi; 0 is an embargo
    tariff: FloatArray | None = None  # t', ad valorem
    export_tax: FloatArray | None = None  # x', ad valorem (baseline 0)
    remittances: FloatArray | None = None  # R' (payer, recipient), money of the baseline
    endowment: FloatArray | None = None  # L (economy,) hat
    latent_access: FloatArray | None = None  # weight of latent trade: openness x (tau/tau_open)^-theta


@dataclass(frozen=True, eq=False, slots=True)
class TradeSolution:
    """The counterfactual equilibrium; arrays are read-only. Money is that of the baseline."""

    real_income_change: FloatArray  # W (economy,) hat, equation (10)
    real_expenditure_change: FloatArray  # (economy,) hat of E/PC
    consumer_price_change: FloatArray  # PC (economy,) hat
    factor_price_change: FloatArray  # w (economy, sector) hat
    unit_cost_change: FloatArray  # c (economy, sector) hat
    price_change: FloatArray  # P (economy, sector) hat, by destination
    output: FloatArray  # Y' (economy, sector)
    purchases: FloatArray  # X' (economy, sector)
    flow: FloatArray  # (origin, destination, sector) at origin's price, observed trade
    latent_flow: FloatArray | None  # (origin, destination, sector)
    quantity_change: FloatArray  # (origin, destination, sector) hat of observed trade in volume
    backstop_share: FloatArray  # (economy, sector) share of purchases met at the choke price
    residual: float
    iterations: int
    method: str

    def __post_init__(self) -> None:
        freeze(self)


def solve_trade(
    baseline: TradeBaseline, shock: TradeShock | None = None, settings: TradeSettings = LONG
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

    Returns
    -------
    TradeSolution
        Hats against the baseline evaluated by the same equations, so that no shock gives exactly 1.

    Raises
    ------
    NotConverged
        Accelerated sweeps, heavier damping and a homotopy all stopped short of the tolerance.
    Infeasible
        Without a choke price: a consumed good has no source left.

    References
    ----------
    Caliendo and Parro 2015, equations (7)-(11) in changes; nested CES as in Baqaee and Farhi 2024.
    """
    problem = pose(baseline, shock or TradeShock(), settings)
    still = pose(baseline, TradeShock(), settings) if shock is not None else problem
    state, residual, iterations, method = _find_state(problem, settings)
    if residual > settings.tolerance:
        raise NotConverged(
            f"trade equilibrium: residual {residual:.1e} after {iterations} sweeps, tolerance "
            f"{settings.tolerance:g}. Raise max_iterations, or soften the scenario (leakage, severity).",
            partial=(residual, iterations),
        )
    return _report(problem, still, state, (residual, iterations, method))


def _find_state(problem: Problem, settings: TradeSettings) -> tuple[FloatArray, float, int, str]:
    """Return the fixed point by the fallback chain: step 0.25, step 0.1 with a longer memory, homotopy."""
    start, spent = problem.start(), 0
    best: tuple[FloatArray, float] = (start, float("inf"))
    for memory, step, method in ((6, problem.step, "anderson"), (10, 0.1, "anderson, damped")):
        state, residual, used = _iterate(problem, start, settings, memory, step)
        spent += used
        if residual <= settings.tolerance:
            return state, residual, spent, method
        if residual < best[1]:
            best = state, residual
    state = start
    for share in (0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0):
        state, residual, used = _iterate(problem.part(share), state, settings, 10, 0.1)
        spent += used
        if not np.isfinite(residual):
            return best[0], best[1], spent, "homotopy"
    return state, residual, spent, "homotopy"


def _iterate(
    problem: Problem, start: FloatArray, settings: TradeSettings, memory: int, step: float
) -> tuple[FloatArray, float, int]:
    """Return (state, residual, sweeps) of accelerated sweeps from a state."""
    state, mixer, residual = start, Mixer(memory), float("inf")
    for sweep in range(1, settings.max_iterations + 1):
        moved, residual = problem.sweep(state)
        if residual <= settings.tolerance or not np.isfinite(residual):
            return state, residual, sweep
        state = mixer.mix(state, problem.damp(state, moved, step))
    return state, residual, settings.max_iterations


def _report(problem: Problem, still: Problem, state: FloatArray, how: tuple[float, int, str]) -> TradeSolution:
    """Return the solution at a state, as hats against the no-shock state of the same equations."""
    after, before = problem.evaluate(state), still.evaluate(still.start())
    scale = problem.scale
    consumer = np.exp(after.lpc - before.lpc)
    income = (after.income / before.income) / consumer
    # Traded volume follows spending over price: [pi' X' / (1+t')] / [pi X / (1+t)] / c (DESIGN.md, Tonnes).
    ratio = np.divide(after.flow, before.flow, out=np.ones_like(after.flow), where=before.flow > 0)
    quantity = ratio / np.exp(after.lc - before.lc)[:, :, None]
    latent = None if after.latent is None else np.moveaxis(after.latent, 0, 2) * scale
    return TradeSolution(
        real_income_change=income,
        real_expenditure_change=(after.spending / before.spending) / consumer,
        consumer_price_change=consumer,
        factor_price_change=np.exp(after.lw - before.lw).T,
        unit_cost_change=np.exp(after.lc - before.lc).T,
        price_change=np.exp(after.lp - before.lp).T,
        output=after.Y.T * scale,
        purchases=after.X.T * scale,
        flow=np.moveaxis(after.flow, 0, 2) * scale,
        latent_flow=latent,
        quantity_change=np.ascontiguousarray(np.moveaxis(quantity, 0, 2)),
        backstop_share=after.backstop.T,
        residual=how[0],
        iterations=how[1],
        method=how[2],
    )
