"""replay: an act between two sides in numbers, quickly: what each loses, and what becomes of the trade it hits.

Where a scenario leaves the network as it is, freight costs do not change and the trade equilibrium alone answers,
in a second; else routing and trade are solved together. Delays by congestion on unchanged links are not fed back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.errors import ScenarioError
from isthmus.scenario import Applied, Scenario, Wedges, apply_scenario, touches_network
from isthmus.solve.coupling import Progress, Settings, make_shock, prepare, settle
from isthmus.trade import TradeBaseline, TradeSolution, horizon_settings, solve_trade, trade_baseline
from isthmus.world import World
from isthmus.world.accounts import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Replay:
    """What an act does to its two sides; money in USD million of the world's year."""

    horizon: str
    routed: bool  # freight was routed anew
    target_percent: float  # change of the target's real income; of a group, of its joint income
    target_usd_m: float
    coercer_percent: float
    coercer_usd_m: float
    hit_usd_m: float  # base trade that bans, tariffs and prices reach
    hit_change_percent: float | None  # change of the trade between the two in the sectors hit, by volume
    redirected_percent: float | None  # share of the sales lost, by volume, that others abroad buy; None: none lost
    price_percent: float | None  # largest rise of a price of the buyer in the sectors hit
    residual: float


def replay(
    world: World,
    scenario: Scenario,
    *,
    coercer: str,
    target: str,
    horizon: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Return what a scenario does to the side that acts and the side that is acted on.

    Parameters
    ----------
    world, scenario : World, Scenario
    coercer, target : str
        Economies or groups.
    horizon : str, optional
        Wins over the scenario's own.
    settings, progress : optional
        As in `solve`.

    Raises
    ------
    ScenarioError, NotConverged, Infeasible
        As `solve`.
    """
    horizon = horizon or scenario.horizon
    routed = touches_network(scenario)
    if routed:
        coupling = prepare(world, scenario, settings=settings, horizon=horizon, progress=progress)
        baseline, applied = coupling.baseline, coupling.applied
        solution = settle(coupling, progress or (lambda _: None)).trade
    else:
        applied, baseline, solution = solve_unrouted(world, scenario, horizon=horizon, settings=settings)
    sides = [_members(world, side) for side in (target, coercer)]
    percent, money = zip(*(_income(baseline, solution, side) for side in sides), strict=True)
    reach = _reach(applied.wedges, baseline.flow)
    before, after = baseline.flow, baseline.flow * solution.quantity_change
    return Replay(
        horizon=horizon,
        routed=routed,
        target_percent=percent[0],
        target_usd_m=money[0],
        coercer_percent=percent[1],
        coercer_usd_m=money[1],
        hit_usd_m=float((before * reach).sum()),
        hit_change_percent=_change(before, after, reach > 0),
        redirected_percent=_redirected(before, after, reach > 0),
        price_percent=_price(solution, reach > 0),
        residual=solution.residual,
    )


def solve_unrouted(
    world: World, scenario: Scenario, *, horizon: str | None = None, settings: Settings | None = None
) -> tuple[Applied, TradeBaseline, TradeSolution]:
    """Return the trade equilibrium of a scenario that leaves freight costs as they are, without routing anything.

    Raises
    ------
    ScenarioError
        The scenario touches the network, or names what the world does not have.
    NotConverged, Infeasible
        The equilibrium was not found.
    """
    if touches_network(scenario):
        raise ScenarioError(f"{scenario.name}: it touches the network. Use solve, which routes freight too.")
    horizon = horizon or scenario.horizon
    applied = apply_scenario(world, scenario)
    baseline = trade_baseline(world, horizon)
    trade = (settings.trade if settings else None) or horizon_settings(horizon)
    return applied, baseline, solve_trade(baseline, make_shock(applied.wedges, baseline), trade)


def _members(world: World, side: str) -> list[int]:
    return [world.economies.index(code) for code in world.groups.get(side, (side,))]


def _income(baseline: TradeBaseline, solution: TradeSolution, side: list[int]) -> tuple[float, float]:
    """Return the change of a side's real income in percent and in USD million."""
    income = baseline.income[side]
    gain = float((income * (solution.real_income_change[side] - 1.0)).sum())
    return 100.0 * gain / float(income.sum()), gain


def _reach(wedges: Wedges, flow: FloatArray) -> FloatArray:
    """Return the share of each flow between economies that bans, tariffs or prices reach."""
    reach = np.zeros_like(flow)
    if wedges.access is not None:
        reach = 1.0 - wedges.access
    for cover in (wedges.tariff_cover, wedges.export_tax_cover):
        if cover is not None:
            reach = np.maximum(reach, cover)
    reached: FloatArray = np.where(flow > 0, reach, 0.0)
    return reached


def _change(before: FloatArray, after: FloatArray, hit: BoolArray) -> float | None:
    base = float(before[hit].sum())
    return 100.0 * (float(after[hit].sum()) / base - 1.0) if base > 0 else None


def _redirected(before: FloatArray, after: FloatArray, hit: BoolArray) -> float | None:
    """Return the share of the sales lost in the cells hit that the exporters sell to other economies instead."""
    lost = float((before - after)[hit].sum())
    if lost <= 0:
        return None
    sells: BoolArray = np.asarray(hit.any(axis=1))
    others = sells[:, None, :] & ~hit
    economies = np.arange(before.shape[0])
    others[economies, economies] = False
    return 100.0 * float((after - before)[others].sum()) / lost


def _price(solution: TradeSolution, hit: BoolArray) -> float | None:
    if not hit.any():
        return None
    price = np.where(np.isfinite(solution.price_change), solution.price_change, np.nan)
    # World factor income is the numeraire: prices are against the buyer's consumer price.
    real = price / solution.consumer_price_change[:, None]
    return 100.0 * (float(np.nanmax(real[hit.any(axis=0)])) - 1.0)
