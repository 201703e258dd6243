"""Where routing and trade meet: one scenario prepared, and its joint fixed point.

The only package that knows both. `prepare` applies a scenario and finds what both sides start from;
`settle` alternates them until trade costs stay; `load_settled` puts the new tonnes on the links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from isthmus.errors import InputError, NotConverged
from isthmus.routing import (
    Base,
    Freight,
    Rerouted,
    Routing,
    RoutingSettings,
    Touched,
    TradeCost,
    ZoneSplit,
    class_tonnes,
    find_base,
    hold_delays,
    load_freight,
    load_touched,
    reroute,
    reroute_held,
    spread_demand,
    trade_cost_change,
)
from isthmus.scenario import Applied, Scenario, Wedges, apply_scenario
from isthmus.solve.growth import grow_world
from isthmus.solve.warm import Warm
from isthmus.trade import (
    TradeBaseline,
    TradeSettings,
    TradeShock,
    TradeSolution,
    balance,
    horizon_settings,
    solve_trade,
    spread_tax,
    trade_baseline,
)
from isthmus.trade.anderson import Mixer
from isthmus.trade.shock import Closure
from isthmus.world import World, at
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES, Network

Progress = Callable[[str], None]

#: What becomes of the delays that congestion causes. solved: they are those of the traffic found; held: they
#: stay those of the base; off: capacities do not bind.
Queues = Literal["solved", "held", "off"]
QUEUES: tuple[Queues, ...] = get_args(Queues)

#: Rounds of gates of a scenario.
_MOST_GATES = 8
#: Gates are made anew once ln trade costs move by no more than this between two passes.
_NEAR = 1e-4
#: Earlier passes that the next one's delays are combined from.
_MEMORY = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers that steer a solve; all part of a run's manifest."""

    routing: RoutingSettings = field(default_factory=RoutingSettings)
    trade: TradeSettings | None = None  # None: those of the horizon
    closure: Closure | None = None  # None: that of `trade`
    compare_closures: bool = True  # solve the other two as well
    compare_chokes: bool = True  # solve the ends of the range of choke prices as well, where the backstop sells
    backstop: bool = True  # choke price in cells that the scenario cuts; else what is cut may have no equilibrium
    decompose: bool = False  # take each change of real income apart
    both_horizons: bool = False  # real income in the other horizon as well, at the same freight costs
    openness: float = 0.5  # share of the gravity value that an opened border reaches (0 to 1)
    tolerance: float = 1e-6  # on ln trade cost between two passes
    max_passes: int = 12  # between two rounds of gates
    queues: Queues = "solved"  # off wins over `routing.congestion`

    def __post_init__(self) -> None:
        if self.queues not in QUEUES:
            raise InputError(f"queues is {self.queues!r}. Use 'solved', 'held' or 'off'.")
        if self.queues == "off" and self.routing.congestion:
            object.__setattr__(self, "routing", replace(self.routing, congestion=False))


def unbound(before: Network, after: Network, settings: Settings) -> str:
    """Return a warning if a scenario alters capacities and the settings do not let them bind anew, else nothing."""
    solved = settings.routing.congestion and settings.queues == "solved"
    usable = before.open & after.open & (after.capacity_mt > 0)
    count = int((usable & (before.capacity_mt != after.capacity_mt)).sum())
    if solved or not count:
        return ""
    links = "1 link" if count == 1 else f"{count} links"
    why = "delays are held at those of the base" if settings.routing.congestion else "capacities do not bind"
    return f"the changed capacity of {links} is recorded but has no effect: {why}. Solve with queues solved."


def make_shock(wedges: Wedges, baseline: TradeBaseline) -> TradeShock:
    """Return the shock of a scenario's wedges, at unchanged freight costs."""
    access = wedges.access
    taxes: list[FloatArray | None] = []
    for rate, cover in ((wedges.tariff, wedges.tariff_cover), (wedges.export_tax, wedges.export_tax_cover)):
        if rate is None or cover is None:
            taxes.append(None)
            continue
        whole, part = spread_tax(rate, cover, baseline.theta)
        taxes.append(whole)
        access = part if access is None else access * part
    sent = None if wedges.remittances is None else baseline.remittances * wedges.remittances
    return TradeShock(access=access, tariff=taxes[0], export_tax=taxes[1], remittances=sent, endowment=wedges.endowment)


@dataclass(frozen=True, eq=False, slots=True)
class Coupling:
    """Trade of one scenario, given freight costs."""

    world: World
    applied: Applied
    base: Base
    baseline: TradeBaseline
    horizon: str
    trade: TradeSettings
    settings: Settings
    warm: Warm | None = None

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
            theta=self.baseline.theta,
            commodity_class=self.world.sectors.commodity_class,
        )

    def demand(self, solution: TradeSolution, cost: TradeCost) -> FloatArray:
        """Return (class, zone, zone) t a year of a trade equilibrium."""
        world = self.applied.world
        tonnes = class_tonnes(world.accounts.tonnes * solution.quantity_change, world.sectors)
        return spread_demand(ZoneSplit(cost.share, self.base.split.inside), world.network.zones, tonnes)

    def shock(self, cost: TradeCost) -> TradeShock:
        """Return the shock of a scenario at given trade costs."""
        shock = make_shock(self.applied.wedges, self.baseline)
        return shock if (cost.change == 1.0).all() else replace(shock, trade_cost_change=cost.change)

    def balanced(self, trade: TradeSettings) -> TradeBaseline:
        """Return the trade baseline without deficits."""
        if self.warm is None:
            return balance(self.baseline, trade)
        return self.warm.balanced(self.world, self.horizon, trade)

    def solve(self, cost: TradeCost) -> TradeSolution:
        """Return the equilibrium without latent trade."""
        return solve_trade(self.baseline, self.shock(cost), self.trade)

    def with_latent(self, cost: TradeCost) -> TradeSolution | None:
        """Return the equilibrium with trade that the scenario's opened borders set free, if there is any."""
        shock = self.latent_shock(cost)
        return None if shock is None else solve_trade(self.baseline, shock, self.trade)

    def latent_shock(self, cost: TradeCost) -> TradeShock | None:
        """Return the shock with the trade that opened borders set free; None if there is none."""
        pairs = self.applied.wedges.latent_open
        if not pairs.any() or self.baseline.latent_share is None:
            return None
        access = np.zeros_like(cost.change)
        access[pairs] = self.settings.openness
        shock = self.shock(cost)
        if shock.access is not None:
            access *= shock.access  # a ban holds for suppressed trade too
        for rate in (shock.tariff, shock.export_tax):
            if rate is not None:
                access *= (1.0 + rate) ** -self.baseline.theta
        return replace(shock, latent_access=access)


@dataclass(frozen=True, eq=False, slots=True)
class Settled:
    """A joint fixed point."""

    routing: Routing
    cost: TradeCost
    trade: TradeSolution
    passes: int
    state: Rerouted
    touched: Touched | None = None  # from the base's passes, where few links differ


def prepare(
    world: World,
    scenario: Scenario,
    *,
    settings: Settings | None = None,
    horizon: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
    warm: Warm | None = None,
) -> Coupling:
    """Return a scenario applied to the world of its day, with the routed base and the trade baseline.

    Raises
    ------
    ScenarioError
        A change names what the world does not have, or there is no such horizon.
    """
    settings = settings or Settings()
    horizon = horizon or scenario.horizon
    day = as_of or scenario.as_of
    world = world if day is None else at(world, day)
    applied = apply_scenario(world, scenario)
    settings, trade = trade_terms(settings, horizon, applied.wedges.parameters)
    if applied.wedges.demand is not None:
        (progress or (lambda _: None))("growing demand")
        applied = _grow(applied, applied.wedges.demand)
    world = applied.before
    tell, floor = progress or (lambda _: None), applied.world.network
    base = None if warm is None else warm.drawn_base(world, settings.routing, floor, tell)
    if base is None:
        find = find_base if warm is None else warm.find_base
        base = find(world, settings.routing, tell, floor=floor)
    return Coupling(world, applied, base, trade_baseline(world, horizon), horizon, trade, settings, warm)


def trade_terms(
    settings: Settings, horizon: str, parameters: tuple[tuple[str, float], ...]
) -> tuple[Settings, TradeSettings]:
    """Return the settings of a horizon, with the parameters of a scenario that are the solver's own."""
    values = dict(parameters)
    trade = settings.trade or horizon_settings(horizon)
    if settings.closure is not None:
        trade = replace(trade, closure=settings.closure)
    trade = replace(
        trade,
        eps=values.get("eps", trade.eps),
        sM=values.get("sM", trade.sM),
        sC=values.get("sC", trade.sC),
        kap=values.get("kap", trade.kap),
        choke=values.get("choke", trade.choke) if settings.backstop else None,
    )
    return replace(settings, openness=values.get("openness", settings.openness)), trade


def _grow(applied: Applied, demand: FloatArray) -> Applied:
    """Return the scenario on a world whose demand has grown, before and after the changes."""
    grown = grow_world(applied.before, demand)
    return replace(applied, before=grown, world=replace(applied.world, accounts=grown.accounts, sha256=grown.sha256))


def settle(coupling: Coupling, tell: Progress) -> Settled:
    """Alternate routing and trade until trade costs stay.

    Raises
    ------
    NotConverged
        Routing and trade, or trade alone, did not settle.
    Infeasible
        The scenario leaves an economy without a good that it must have.
    """
    settings, base = coupling.settings, coupling.base
    tell("routing the changed network")
    state, touched = _routed(coupling, tell)
    solution: TradeSolution | None = None
    pull, mixer, gates, passes, since = demand_pull(coupling), Mixer(_MEMORY), 1, 0, 0
    while since < settings.max_passes:
        passes, since = passes + 1, since + 1
        tell("solving trade")
        cost = coupling.cost(state.routing.cost)
        solution = coupling.solve(cost)
        met = state.meet(coupling.demand(solution, cost), pull)
        after = coupling.cost(met.routing.cost)
        moved = _moved(cost.change, after.change)
        if moved <= _NEAR and gates < _MOST_GATES and not met.gates_agree(base.demand):
            tell("routing anew at the delays found")
            state, gates, since = met.regate(), gates + 1, 0
            mixer.forget()
        elif moved > settings.tolerance:
            state = met.at(mixer.mix(state.delay, met.delay))
        else:
            return Settled(met.routing, after, solution, passes, met, touched)
    raise NotConverged(
        f"routing and trade: trade costs still move after {passes} passes. Raise max_passes.",
        partial=solution,
    )


def _routed(coupling: Coupling, tell: Progress) -> tuple[Rerouted, Touched | None]:
    """Return the changed network at the delays that its traffic starts from, or keeps, and its passes if touched."""
    world, network, base = coupling.world, coupling.applied.world.network, coupling.base
    settings, held = coupling.settings.routing, coupling.settings.queues == "held"
    if coupling.warm is not None and (held or not settings.congestion):
        touched = coupling.warm.touch(world, network, base, settings, tell)
        if touched is not None:
            return hold_delays(base, touched.routing), touched
    if held:
        return reroute_held(world.economies, network, base, settings), None
    return reroute(world.economies, world.network, network, base, settings), None


def demand_pull(coupling: Coupling) -> FloatArray:
    """Return (class, zone, zone) the share of tonnes that a dearer USD/t would cost a pair of zones, about.

    Partial equilibrium: other origins' prices and the pair's split over zones as they are. Only steadies
    the rounds of routing and trade.
    """
    world, base = coupling.world, coupling.base
    accounts, zones = world.accounts, world.network.zones
    supply = accounts.flow.sum(axis=0, keepdims=True)
    share = np.divide(accounts.flow, supply, out=np.zeros_like(accounts.flow), where=supply > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(accounts.tonnes > 0, accounts.flow * 1e6 / accounts.tonnes, np.inf)
    pull = np.zeros_like(base.cost)
    pair = np.ix_(zones.economy, zones.economy)
    for w, name in enumerate(CLASSES):
        mine = [k for k, klass in enumerate(world.sectors.commodity_class) if klass == name]
        tonnes = accounts.tonnes[:, :, mine]
        total = tonnes.sum(axis=2)
        elasticity = coupling.baseline.theta[mine] * (1.0 - share[:, :, mine])
        c = np.where(np.isfinite(base.cost[w]), base.cost[w], 0.0)
        for k in range(len(mine)):
            part = np.divide(tonnes[:, :, k], total, out=np.zeros_like(total), where=total > 0)
            pull[w] += (part * elasticity[:, :, k])[pair] / (worth[:, :, mine[k]][pair] + c)
    return pull


def _moved(before: FloatArray, after: FloatArray) -> float:
    finite = np.isfinite(before) & np.isfinite(after)
    if (np.isfinite(before) != np.isfinite(after)).any():
        return float("inf")
    return float(np.abs(np.log(after[finite] / before[finite])).max(initial=0.0))


def load_settled(coupling: Coupling, settled: Settled) -> Freight:
    """Return freight on the links of the changed network."""
    world, base = coupling.applied.world, coupling.base
    demand = coupling.demand(settled.trade, settled.cost)
    net = world.network
    followed = coupling.applied.opened
    around = frozenset({net.node_territory[n] for i in followed for n in (net.from_node[i], net.to_node[i])} - {""})
    if settled.touched is not None:
        return load_touched(settled.touched, base.freight, (base.demand, demand), followed, around)
    return load_freight(settled.routing, demand, base.freight.territories, followed, around)
