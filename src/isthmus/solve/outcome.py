"""A settled scenario as a Result: tables of links, corridors, transit, emissions, latent trade, warnings."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from isthmus.result import LatentTrade, LinkFlows, NewLine, Result
from isthmus.routing import GATE_REST, MOST_DELAY, Base, Freight, TradeCost, co2_kt, corridor_mt, queue_hours
from isthmus.scenario import Scenario
from isthmus.solve.anatomy import disagreement
from isthmus.solve.choke import choke_warnings
from isthmus.solve.coupling import Coupling, Settled, unbound
from isthmus.trade import TradeSolution
from isthmus.world import World
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES, MODES

#: Links shown in the result: those that change by at least this, Mt a year.
_SHOWN_MT = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class Extras:
    """What a result holds beside its equilibrium."""

    latent: TradeSolution | None  # the equilibrium with latent trade
    closures: pd.DataFrame | None  # economy x closure, percent
    decomposition: pd.DataFrame | None  # economy x part
    chokes: pd.DataFrame | None  # economies that hang on the choke price


def make_result(
    trade: Coupling,
    scenario: Scenario,
    settled: Settled,
    extras: Extras,
    after: Freight,
    started: float,
) -> Result:
    """Return the result of a settled scenario."""
    world, applied, before = trade.world, trade.applied, trade.base.freight
    solution, cost = settled.trade, settled.cost
    stranded = _stranded(world, trade.base, cost)
    return Result(
        scenario=scenario.name,
        title=scenario.title,
        world=world.name,
        year=world.year,
        horizon=trade.horizon,
        as_of=world.as_of,
        converged=True,
        residual=solution.residual,
        iterations=solution.iterations,
        method=solution.method,
        closure=trade.trade.closure,
        passes=settled.passes,
        seconds=time.perf_counter() - started,
        economies=world.economies,
        sectors=world.sectors.codes,
        real_income_change=solution.real_income_change,
        income_usd_m=trade.baseline.income,
        trade_cost_change=cost.change,
        quantity_change=solution.quantity_change,
        flow_after=solution.flow,
        latent=None if extras.latent is None else _latent(trade, extras.latent),
        flows=LinkFlows(world.network.link_ids, before.flow, after.flow),
        new_lines=_new_lines(world, after),
        link_table=_link_table(trade, settled, before.flow, after.flow),
        corridor_table=_corridor_table(world, before.flow, after.flow),
        transit_table=_transit_table(before, after),
        co2_table=_co2_table(world, before.flow, after.flow),
        stranded=stranded,
        not_modelled=applied.not_modelled,
        warnings=(
            *choke_warnings(extras.chokes, trade.trade.choke),
            *trade.applied.warnings,
            *_capacity_warnings(trade),
            *_warnings(trade, solution, stranded),
            *_overfull(settled),
            *_unsettled(settled),
            *_closure_warnings(extras.closures),
        ),
        closures=extras.closures,
        backstop=_backstop_table(world, solution),
        decomposition=extras.decomposition,
        chokes=extras.chokes,
    )


def _latent(trade: Coupling, solution: TradeSolution) -> LatentTrade:
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


def _link_table(trade: Coupling, settled: Settled, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    world, applied = trade.world, trade.applied
    net = world.network
    hours, delay = queue_hours(applied.world.network, settled.state, after)
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
            "queue_hours": hours[rows],
            "delay_usd_per_t": delay[rows],
            "basis": [net.basis[i] for i in rows],
        }
    )


def _corridor_table(world: World, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    old, new = corridor_mt(world.network, before), corridor_mt(world.network, after)
    titles = {}
    if "corridors" in world.facts:
        titles = world.facts["corridors"].drop_duplicates("corridor").set_index("corridor")["name"].to_dict()
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


def _capacity_warnings(trade: Coupling) -> list[str]:
    """Return warnings of capacities that do not bind."""
    network, base = trade.world.network, trade.base
    said = unbound(network, trade.applied.world.network, trade.settings)
    left_out = [network.link_ids[i] for i in base.left_out]
    return ([said] if said else []) + (
        [f"capacity does not bind on {', '.join(left_out)}: its delay does not settle in the base"] if left_out else []
    )


def _overfull(settled: Settled) -> list[str]:
    """Return a warning if facilities stay beyond capacity at the highest delay that the model knows."""
    curves, state = settled.state.curves, settled.state
    over = np.flatnonzero(state.delay >= MOST_DELAY)
    if not over.size:
        return []
    use = (state.traffic + curves.background)[over] / curves.capacity[over]
    worst = int(over[use.argmax()])
    who = "1 link is full: its" if over.size == 1 else f"{over.size} links are full: their"
    return [
        f"{who} freight exceeds capacity at a delay of {MOST_DELAY:g} USD/t, the most that is modelled; most at "
        f"{curves.names[worst]} ({state.traffic[worst]:.1f} of {curves.capacity[worst]:.1f} Mt a year)"
    ]


def _unsettled(settled: Settled) -> list[str]:
    """Return a warning if the ways that trips see do not fit the delays they meet."""
    rest = settled.state.gate_rest
    if rest.max(initial=0.0) <= GATE_REST:
        return []
    worst = int(rest.argmax())
    return [
        f"queues at {settled.state.curves.names[worst]} are settled to {rest[worst]:.1f} USD/t only: freight there and "
        "on its ways around is rough"
    ]


def _warnings(trade: Coupling, solution: TradeSolution, stranded: tuple[str, ...]) -> list[str]:
    out = []
    if stranded:
        out.append(f"{len(stranded)} zone pairs lose their route, largest {stranded[0]}")
    met = _backstop_table(trade.world, solution)
    if len(met):
        worst = met.iloc[0]
        out.append(
            f"choke price binds in {len(met)} cells, most in {worst['economy']} {worst['sector']} "
            f"({worst['percent']:.1f} % of purchases): the loss there is a floor"
        )
    return out


def _backstop_table(world: World, solution: TradeSolution) -> pd.DataFrame:
    """Return the cells in which the choke price binds, and the percent of purchases met at it, largest first."""
    n, k = np.nonzero(solution.backstop_share > 1e-6)
    table = pd.DataFrame(
        {
            "economy": [world.economies[i] for i in n],
            "sector": [world.sectors.codes[j] for j in k],
            "percent": 100.0 * solution.backstop_share[n, k],
        }
    )
    return table.sort_values("percent", ascending=False, kind="stable", ignore_index=True)


def _closure_warnings(closures: pd.DataFrame | None) -> list[str]:
    if closures is None:
        return []
    out = [f"closure {name!r} has no equilibrium here" for name in closures if closures[name].isna().all()]
    wide = disagreement(closures)
    if len(wide):
        values = ", ".join(f"{name} {value:+.2f} %" for name, value in wide.iloc[0].items())
        out.append(
            f"balance closures disagree by more than a tenth in {len(wide)} "
            f"{'economy' if len(wide) == 1 else 'economies'}, most in {wide.index[0]}: {values}"
        )
    return out
