"""Real income under sets of instruments, with or without a measure in place.

A stage is one measure (a scenario, or none) with its freight costs, once as they are and once with the
coercers' transit denied to the target: the router finds the target's third-country trade its way around.
Sets of instruments are then trade equilibria at one or the other. Delays by congestion are those of the
two routed states; the bans themselves do not feed back on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from isthmus.leverage.instruments import KINDS, Instrument
from isthmus.routing import TradeCost
from isthmus.scenario import Scenario, apply_scenario
from isthmus.scenario.changes import Change, DenyTransit, SetDemand, SetParameter
from isthmus.solve import Coupling, Progress, Settings, prepare, settle
from isthmus.trade import TradeBaseline, TradeSettings, TradeShock, solve_trade
from isthmus.world import World
from isthmus.world.accounts import FloatArray

#: Own costs (shares of real income) for which the best set is told.
BUDGETS = (0.0, 1e-4, 1e-3, 1e-2)


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
    denied: TradeCost | None  # with transit denied; None: no instrument denies it

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
        return evaluate(self.coupling.baseline, [lambda s=s: self._shock(s, latent) for s in sets], self.coupling.trade)  # type: ignore[misc]

    def deny(self, instruments: Sequence[Instrument], tell: Progress) -> Stage:
        """Return the stage with the denial of transit that some instruments hold, routed."""
        denials = [change for one in instruments for change in one.changes if isinstance(change, DenyTransit)]
        if not denials:
            return replace(self, denied=None)
        tell(f"routing around {' and '.join(dict.fromkeys(change.by for change in denials))}")
        return replace(self, denied=settle(with_changes(self.coupling, self.measure, denials), tell).cost)

    def _shock(self, instruments: Sequence[Instrument], latent: bool) -> TradeShock:
        changes = [change for one in instruments for change in one.changes]
        coupling = with_changes(self.coupling, self.measure, changes)
        denies = any(isinstance(change, DenyTransit) for change in changes)
        cost = self.denied if denies and self.denied is not None else self.cost
        return (coupling.latent_shock(cost) if latent else None) or coupling.shock(cost)


def evaluate(
    baseline: TradeBaseline, shocks: Sequence[Callable[[], TradeShock]], settings: TradeSettings
) -> FloatArray:
    """Return W (shock, economy) of many shocks on one baseline; each is made when its turn comes."""
    return np.array([solve_trade(baseline, make(), settings).real_income_change for make in shocks])


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
    cost = settle(coupling, tell).cost if measure.changes else coupling.cost(coupling.base.cost)
    return Stage(coupling, measure, cost, None)
