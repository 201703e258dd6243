"""Real income under sets of instruments, with or without a measure in place.

A stage is one measure (a scenario, or none) with its freight costs, once as they are and once with the
coercers' transit denied to the target: the router finds the target's third-country trade its way around.
Sets of instruments are then trade equilibria at one or the other. Delays by congestion are those of the
two routed states; the bans themselves do not feed back on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from isthmus.leverage.instruments import KINDS, Instrument
from isthmus.leverage.transit import Denied, describe_denial
from isthmus.routing import Routing, TradeCost, lay_routing
from isthmus.scenario import Scenario, apply_scenario
from isthmus.scenario.changes import Change, DenyTransit, SetDemand, SetParameter
from isthmus.solve import Coupling, Progress, Settings, prepare, settle
from isthmus.trade import SparseShock, TradeBatch, TradeShock, make_sparse, solve_trade_batch
from isthmus.world import World
from isthmus.world.accounts import FloatArray, IntArray

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


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """A measure in place, ready for sets of instruments."""

    coupling: Coupling  # of the measure alone
    measure: Scenario
    cost: TradeCost
    routing: Routing | None  # of the measure; None: as in the base
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
        settled = settle(with_changes(self.coupling, self.measure, denials), tell)
        return replace(self, denied=settled.cost, around=settled.routing)

    def describe_denial(self) -> Denied | None:
        """Return what denial of transit touches, at the base's freight; None if none is denied."""
        if self.around is None:
            return None
        world, base, settings = self.coupling.applied.world, self.coupling.base, self.coupling.settings.routing
        own = set(world.network.denials)
        by = dict.fromkeys(denial.by for denial in self.around.network.denials if denial not in own)
        before = base.cost if self.routing is None else self.routing.cost
        routing = self.routing or lay_routing(world, settings)
        return describe_denial(routing, base.demand, before, self.around.cost, tuple(by))

    def shock(self, instruments: Sequence[Instrument], *, latent: bool = False) -> SparseShock | TradeShock:
        """Return what the measure and a set of instruments do to trade."""
        changes = [change for one in instruments for change in one.changes]
        coupling = with_changes(self.coupling, self.measure, changes)
        denies = any(isinstance(change, DenyTransit) for change in changes)
        cost = self.denied if denies and self.denied is not None else self.cost
        shock = (coupling.latent_shock(cost) if latent else None) or coupling.shock(cost)
        return make_sparse(shock) or shock  # entries weigh a hundredth of cubes


def withheld(instruments: Sequence[Instrument], remittances: FloatArray, payers: IntArray, recipient: int) -> float:
    """Return the transfers that stopping them leaves with migrants in the paying economies, USD million.

    The accounts count them as income of the payer. They are no gain of who stops them: own cost leaves them out.
    Where migrants are expelled their earnings go too, and nothing is left.
    """
    if not any(one.kind == "transfers" for one in instruments):
        return 0.0
    return float(remittances[payers, recipient].sum())


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
    coupling = prepare(world, measure, settings=terms.settings, horizon=terms.horizon, as_of=terms.as_of, progress=tell)
    if not measure.changes:
        return Stage(coupling, measure, coupling.cost(coupling.base.cost), None)
    settled = settle(coupling, tell)
    return Stage(coupling, measure, settled.cost, settled.routing)
