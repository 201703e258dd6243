"""Real income under sets of instruments, with or without a measure in place.

A stage is one measure (a scenario, or none) with its freight costs, once as they are and once with the
coercers' transit denied to the target: the router finds the target's third-country trade its way around.
Sets of instruments are then trade equilibria at one or the other. Delays by congestion are those that the
measure settles at (the base's without one); neither the denial nor the bans feed back on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from isthmus.leverage.fees import LostFees, transit_margin
from isthmus.leverage.instruments import KINDS, Instrument
from isthmus.leverage.transit import Denied, describe_denial
from isthmus.routing import Routing, TradeCost, base_routing, denied_dues, solve_routing
from isthmus.scenario import Scenario, apply_scenario
from isthmus.scenario.changes import Change, DenyTransit, SetDemand, SetParameter
from isthmus.solve import Coupling, Progress, Settings, Warm, prepare, settle
from isthmus.trade import SparseShock, TradeBatch, TradeSettings, TradeShock, make_sparse, solve_trade_batch
from isthmus.world import World
from isthmus.world.accounts import FloatArray, IntArray
from isthmus.world.names import names_of
from isthmus.world.network import Denial, Network

#: Own costs (shares of real income) for which the best set is told.
BUDGETS = (0.0, 1e-5, 1e-4, 1e-3)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms leverage is measured."""

    kinds: tuple[str, ...] = KINDS  # of instruments
    budgets: tuple[float, ...] = BUDGETS
    settings: Settings = field(default_factory=Settings)
    horizon: str | None = None  # None: the measure's own
    as_of: str | None = None  # day of the network; None: the measure's own
    warm: Warm | None = None  # shared with other solves, see `solve`


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """A measure in place, ready for sets of instruments."""

    coupling: Coupling  # of the measure alone
    measure: Scenario
    cost: TradeCost
    routing: Routing  # of the measure
    demand: FloatArray  # (class, zone, zone) t a year under the measure
    denied: TradeCost | None = None  # with transit denied; None: no instrument denies it
    around: Routing | None = None  # with transit denied

    def real_income(self, sets: Sequence[Sequence[Instrument]], *, latent: bool = False) -> FloatArray:
        """Return W (set, economy), the hat of real income under the measure and each set of instruments.

        Parameters
        ----------
        sets : sequence of sequences of Instrument
            An empty one is the measure alone.
        latent : bool
            Count trade that the measure's opened borders set free (an estimate).

        Raises
        ------
        NotConverged, Infeasible
            A trade equilibrium was not found.
        """
        return self.solve(sets, latent=latent).require().real_income_change

    def solve(self, sets: Sequence[Sequence[Instrument]], *, latent: bool = False) -> TradeBatch:
        """Return the same with its certificate; sets without an equilibrium are nan and told, not raised."""
        shocks = [self.shock(instruments, latent=latent) for instruments in sets]
        return solve_trade_batch(self.coupling.baseline, shocks, self.coupling.trade)

    def deny(self, instruments: Sequence[Instrument], tell: Progress) -> Stage:
        """Return the stage with the denial of transit that some instruments hold, routed."""
        denials = [change for one in instruments for change in one.changes if isinstance(change, DenyTransit)]
        if not denials:
            return replace(self, denied=None, around=None)
        tell(f"routing around {' and '.join(dict.fromkeys(change.by for change in denials))}")
        network = with_changes(self.coupling, self.measure, denials).applied.world.network
        around = self.route(network)
        return replace(self, denied=self.coupling.cost(around.cost), around=around)

    def route(self, network: Network) -> Routing:
        """Return a changed network routed at the delays of the measure."""
        world, settings = self.coupling.world, self.coupling.settings.routing
        scale = self.coupling.base.scale
        return solve_routing(network, world.economies, settings, scale=scale, delay=self.routing.delay)

    def with_trade(self, trade: TradeSettings) -> Stage:
        """Return the stage with other settings of trade; freight costs stay."""
        return replace(self, coupling=replace(self.coupling, trade=trade))

    def describe_denial(self) -> Denied | None:
        """Return what denial of transit touches, at the measure's freight; None if none is denied."""
        if self.around is None:
            return None
        by = tuple(dict.fromkeys(denial.by for denial in self._denials()))
        called = names_of(self.coupling.applied.world).links
        return describe_denial(self.routing, self.demand, self.routing.cost, self.around.cost, by, called)

    def lost_fees(self) -> LostFees | None:
        """Return what the denied transit paid the coercers, at the measure's freight; None if none is denied."""
        if self.around is None:
            return None
        dues = denied_dues(self.routing, self.demand, self._denials())
        return LostFees(float(dues.sum()), transit_margin())

    def _denials(self) -> tuple[Denial, ...]:
        """Return the denials beyond those of the measure."""
        own = set(self.coupling.applied.world.network.denials)
        return () if self.around is None else tuple(d for d in self.around.network.denials if d not in own)

    def shock(self, instruments: Sequence[Instrument], *, latent: bool = False) -> SparseShock | TradeShock:
        """Return what the measure and a set of instruments do to trade."""
        changes = [change for one in instruments for change in one.changes]
        coupling = with_changes(self.coupling, self.measure, changes)
        denies = any(isinstance(change, DenyTransit) for change in changes)
        cost = self.denied if denies and self.denied is not None else self.cost
        shock = (coupling.latent_shock(cost) if latent else None) or coupling.shock(cost)
        return make_sparse(shock) or shock  # entries weigh a hundredth of cubes


def forgone(
    instruments: Sequence[Instrument],
    remittances: FloatArray,
    payers: IntArray,
    recipient: int,
    fees: LostFees | None,
) -> float:
    """Return what a set of instruments costs the coercers beside what real income tells, USD million.

    Stopped transfers stay with migrants in the paying economy, whose income the accounts count them as: no gain of
    who stops them. Transit fees that denial forgoes: routing's money is apart from the accounts, real income misses
    them.
    """
    kinds = {one.kind for one in instruments}
    kept = float(remittances[payers, recipient].sum()) if "transfers" in kinds else 0.0
    return kept + (fees.usd_m if fees is not None and "transit" in kinds else 0.0)


def with_changes(coupling: Coupling, measure: Scenario, changes: Sequence[Change]) -> Coupling:
    """Return the coupling of a measure with further changes, on the same base.

    The coupling's world has the measure's demand and parameters already; they are not applied again.
    """
    own = tuple(change for change in measure.changes if not of_the_baseline(change))
    joint = replace(measure, changes=(*own, *changes))
    return replace(coupling, applied=apply_scenario(coupling.world, joint))


def of_the_baseline(change: Change) -> bool:
    """Tell whether a change holds without the measure too: demand, and parameters of the world."""
    return isinstance(change, SetDemand) or (
        isinstance(change, SetParameter) and change.name.startswith(("theta", "value_of_time"))
    )


def no_measure(name: str = "as it is") -> Scenario:
    """Return the scenario that changes nothing."""
    return Scenario(name=name, title=name, changes=())


def make_stage(
    world: World,
    measure: Scenario | None,
    terms: Terms,
    progress: Progress | None = None,
) -> Stage:
    """Return a measure (or none) routed; `Stage.deny` adds the denial of transit.

    Raises
    ------
    ScenarioError
        The measure names what the world does not have.
    NotConverged, Infeasible
        Routing and trade did not settle.
    """
    tell = progress or (lambda _: None)
    measure = measure or no_measure()
    coupling = prepare(
        world, measure, settings=terms.settings, horizon=terms.horizon, as_of=terms.as_of, progress=tell,
        warm=terms.warm,
    )  # fmt: skip
    if not measure.changes:
        base = coupling.base
        routing = base_routing(coupling.world, base, coupling.settings.routing)
        return Stage(coupling, measure, coupling.cost(base.cost), routing, base.demand)
    settled = settle(coupling, tell)
    return Stage(coupling, measure, settled.cost, settled.routing, coupling.demand(settled.trade, settled.cost))
