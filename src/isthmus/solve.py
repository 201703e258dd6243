"""solve: routing and trade of one scenario, to a joint equilibrium.

The only module that knows both. Freight costs of the changed network become changes of iceberg trade
costs, these a trade equilibrium, this new tonnes, these flows on links (DESIGN.md sections 2, 4, 5).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from isthmus.errors import NotConverged, ScenarioError
from isthmus.result import LatentTrade, LinkFlows, NewLine, Result
from isthmus.routing import (
    Base,
    Freight,
    Routing,
    RoutingSettings,
    TradeCost,
    ZoneSplit,
    class_tonnes,
    co2_kt,
    corridor_mt,
    find_base,
    load_freight,
    route_again,
    spread_demand,
    trade_cost_change,
)
from isthmus.scenario import Applied, Scenario, apply_scenario
from isthmus.trade import LONG, TradeBaseline, TradeSettings, TradeShock, TradeSolution, compute_shares, solve_trade
from isthmus.world import World, at
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES, MODES

Progress = Callable[[str], None]

#: Links shown in the result: those that change by at least this, Mt a year.
_SHOWN_MT = 0.01


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers that steer a solve; all part of a run's manifest."""

    routing: RoutingSettings = field(default_factory=RoutingSettings)
    trade: TradeSettings = LONG
    openness: float = 0.5  # share of the gravity value that an opened border reaches (0 to 1)
    tolerance: float = 1e-6  # on ln trade cost between two passes
    max_passes: int = 12


def solve(
    world: World,
    scenario: Scenario,
    *,
    settings: Settings | None = None,
    horizon: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
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
    started = time.perf_counter()
    settings = settings or Settings()
    tell = progress or (lambda _: None)
    if (horizon or scenario.horizon) != "long":
        raise ScenarioError(f"horizon {horizon or scenario.horizon!r}: this version solves the long horizon only.")
    day = as_of or scenario.as_of
    world = world if day is None else at(world, day)
    applied = apply_scenario(world, scenario)
    base = find_base(world, settings.routing, tell, floor=applied.world.network)
    baseline = compute_shares(
        world.accounts, world.sectors.theta_long, economies=world.economies, sectors=world.sectors.codes
    )
    trade = _Trade(world, applied, base, baseline, settings)
    tell("routing the changed network")
    routing, cost, solution, passes = _settle(trade, settings, tell)
    latent = trade.with_latent(cost)
    tell("loading freight")
    after = _load(applied, base, routing, cost, solution)
    return _result(trade, scenario, cost, (solution, latent), after, (passes, started))


@dataclass(frozen=True, eq=False, slots=True)
class _Trade:
    """Trade of one scenario, given freight costs."""

    world: World
    applied: Applied
    base: Base
    baseline: TradeBaseline
    settings: Settings

    def cost(self, freight_cost: FloatArray) -> TradeCost:
        """Return changes of trade cost from (class, zone, zone) freight costs."""
        accounts = self.world.accounts
        with np.errstate(divide="ignore", invalid="ignore"):
            unit_value = np.where(accounts.tonnes > 0, accounts.flow * 1e6 / accounts.tonnes, np.inf)
        return trade_cost_change(
            self.world.network.zones,
            self.base.split,
            self.base.cost,
            freight_cost,
            unit_value=unit_value,
            theta=self.world.sectors.theta_long,
            commodity_class=self.world.sectors.commodity_class,
        )

    def shock(self, cost: TradeCost, latent: FloatArray | None = None) -> TradeShock:
        """Return the shock of a scenario at given trade costs."""
        change = None if (cost.change == 1.0).all() else cost.change
        return TradeShock(trade_cost_change=change, access=self.applied.wedges.access, latent_access=latent)

    def solve(self, cost: TradeCost) -> TradeSolution:
        """Return the equilibrium without latent trade."""
        return solve_trade(self.baseline, self.shock(cost), self.settings.trade)

    def with_latent(self, cost: TradeCost) -> TradeSolution | None:
        """Return the equilibrium with trade that the scenario's opened borders set free, if there is any."""
        pairs = self.applied.wedges.latent_open
        if not pairs.any() or self.baseline.latent_share is None:
            return None
        access = np.zeros_like(cost.change)
        access[pairs] = self.settings.openness
        if self.applied.wedges.access is not None:
            access *= self.applied.wedges.access  # a ban holds for suppressed trade too
        return solve_trade(self.baseline, self.shock(cost, access), self.settings.trade)


def _settle(trade: _Trade, settings: Settings, tell: Progress) -> tuple[Routing, TradeCost, TradeSolution, int]:
    """Alternate routing and trade until trade costs stay."""
    last: FloatArray | None = None
    solution: TradeSolution | None = None
    routing = route_again(trade.world, trade.applied.world.network, trade.base, settings.routing)
    for passes in range(1, settings.max_passes + 1):
        # Without congestion freight costs do not depend on flows: the second look finds them unchanged.
        cost = trade.cost(routing.cost)
        if last is not None and solution is not None and _moved(last, cost.change) <= settings.tolerance:
            return routing, cost, solution, passes
        tell("solving trade")
        solution = trade.solve(cost)
        last = cost.change
    raise NotConverged(
        f"routing and trade: trade costs still move after {settings.max_passes} passes. Raise max_passes.",
        partial=solution,
    )


def _moved(before: FloatArray, after: FloatArray) -> float:
    finite = np.isfinite(before) & np.isfinite(after)
    if (np.isfinite(before) != np.isfinite(after)).any():
        return float("inf")
    return float(np.abs(np.log(after[finite] / before[finite])).max(initial=0.0))


def _load(applied: Applied, base: Base, routing: Routing, cost: TradeCost, solution: TradeSolution) -> Freight:
    world = applied.world
    tonnes = class_tonnes(world.accounts.tonnes * solution.quantity_change, world.sectors)
    demand = spread_demand(ZoneSplit(cost.share, base.split.inside), world.network.zones, tonnes)
    net = world.network
    followed = applied.opened
    around = {net.node_territory[n] for i in followed for n in (net.from_node[i], net.to_node[i])} - {""}
    return load_freight(routing, demand, base.freight.territories, followed, frozenset(around))


def _result(
    trade: _Trade,
    scenario: Scenario,
    cost: TradeCost,
    solved: tuple[TradeSolution, TradeSolution | None],
    after: Freight,
    how: tuple[int, float],
) -> Result:
    world, applied, before = trade.world, trade.applied, trade.base.freight
    solution, latent = solved
    stranded = _stranded(world, trade.base, cost)
    return Result(
        scenario=scenario.name,
        title=scenario.title,
        world=world.name,
        year=world.year,
        horizon="long",
        as_of=world.as_of,
        converged=True,
        residual=solution.residual,
        passes=how[0],
        seconds=time.perf_counter() - how[1],
        economies=world.economies,
        sectors=world.sectors.codes,
        real_income_change=solution.real_income_change,
        income_usd_m=trade.baseline.income,
        trade_cost_change=cost.change,
        quantity_change=solution.quantity_change,
        flow_after=solution.flow,
        latent=None if latent is None else _latent(trade, latent),
        flows=LinkFlows(world.network.link_ids, before.flow, after.flow),
        new_lines=_new_lines(world, after),
        link_table=_link_table(world, applied, before.flow, after.flow),
        corridor_table=_corridor_table(world, before.flow, after.flow),
        transit_table=_transit_table(before, after),
        co2_table=_co2_table(world, before.flow, after.flow),
        stranded=stranded,
        not_modelled=applied.not_modelled,
        warnings=(*applied.warnings, *_warnings(trade, solution, stranded)),
    )


def _latent(trade: _Trade, solution: TradeSolution) -> LatentTrade:
    pairs = [(int(i), int(n)) for i, n in np.argwhere(trade.applied.wedges.latent_open)]
    names = trade.world.economies
    flow = solution.latent_flow
    value = [0.0 if flow is None else float(flow[i, n].sum()) for i, n in pairs]
    return LatentTrade(
        openness=trade.settings.openness,
        pairs=tuple((names[i], names[n]) for i, n in pairs),
        trade_usd_m=np.array(value),
        real_income_change=solution.real_income_change,
    )


def _new_lines(world: World, after: Freight) -> tuple[NewLine, ...]:
    net = world.network
    return tuple(
        NewLine(net.link_ids[i], net.link_names[i], after.by_trip[:, f] / 1e6) for f, i in enumerate(after.followed)
    )


def _link_table(world: World, applied: Applied, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    net = world.network
    old, new = before.sum(axis=(0, 2)) / 1e6, after.sum(axis=(0, 2)) / 1e6
    changed = np.abs(new - old) >= _SHOWN_MT
    touched = applied.world.network.open != net.open
    rows = np.flatnonzero(changed | touched)
    rows = rows[np.argsort(-np.abs(new - old)[rows], kind="stable")]
    return pd.DataFrame(
        {
            "id": [net.link_ids[i] for i in rows],
            "name": [net.link_names[i] for i in rows],
            "mode": [MODES[net.mode[i]] for i in rows],
            "territory": [net.territory[i] for i in rows],
            "before_mt": old[rows],
            "after_mt": new[rows],
            "basis": [net.basis[i] for i in rows],
        }
    )


def _corridor_table(world: World, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    old, new = corridor_mt(world.network, before), corridor_mt(world.network, after)
    titles = world.facts["corridors"].drop_duplicates("corridor").set_index("corridor")["name"]
    return pd.DataFrame(
        {
            "id": list(old),
            "name": [str(titles[name]) for name in old],
            "before_mt": list(old.values()),
            "after_mt": list(new.values()),
        }
    )


def _transit_table(before: Freight, after: Freight) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "territory": before.territories,
            "before_usd_m": before.transit_usd_m,
            "after_usd_m": after.transit_usd_m,
            "before_mt": before.transit_mt,
            "after_mt": after.transit_mt,
        }
    )


def _co2_table(world: World, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    old, new = co2_kt(world.network, before), co2_kt(world.network, after)
    return pd.DataFrame({"mode": list(old), "before_kt": list(old.values()), "after_kt": list(new.values())})


def _stranded(world: World, base: Base, cost: TradeCost) -> tuple[str, ...]:
    ids = world.network.zones.ids
    worst = sorted(
        ((float(base.demand[w, o, d]), w, o, d) for w, o, d in np.argwhere(cost.lost).tolist()), reverse=True
    )
    return tuple(f"{ids[o]} to {ids[d]} ({CLASSES[w]}, {t / 1e3:,.1f} kt a year)" for t, w, o, d in worst)


def _warnings(trade: _Trade, solution: TradeSolution, stranded: tuple[str, ...]) -> list[str]:
    out = []
    if stranded:
        out.append(f"{len(stranded)} zone pairs lose their route, largest {stranded[0]}")
    worst = float(solution.backstop_share.max())
    if worst > 1e-6:
        n, k = np.unravel_index(int(solution.backstop_share.argmax()), solution.backstop_share.shape)
        names = trade.world
        out.append(
            f"choke price binds in {int((solution.backstop_share > 1e-6).sum())} cells, most in "
            f"{names.economies[n]} {names.sectors.codes[k]} ({100 * worst:.1f} % of purchases): "
            "the loss there is a floor"
        )
    return out
