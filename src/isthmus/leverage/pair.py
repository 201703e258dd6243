"""compute_leverage: what one coercer, or a coalition, can take from one target, and at what own cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.leverage.fees import LostFees
from isthmus.leverage.frontier import Evaluate, Frontier, Point, find_frontier
from isthmus.leverage.instruments import Instrument, list_instruments
from isthmus.leverage.losses import Chokes, joint_cost, losses_of, points_at_chokes
from isthmus.leverage.stage import Stage, Terms, make_stage
from isthmus.leverage.transit import Denied
from isthmus.scenario import Scenario
from isthmus.solve import Progress
from isthmus.world import World

#: Single instruments, the heaviest ones, that an answer tells whatever they are.
TOLD = 15
#: Instruments of a set that a sentence names.
_SPOKEN = 5


@dataclass(frozen=True, eq=False, slots=True)
class Leverage:
    """What a coercer can do to a target; losses and costs are shares of real income, 0.01 is 1 %."""

    coercers: tuple[str, ...]
    target: str
    world: str
    year: int  # of trade and money
    as_of: str  # day of the network
    horizon: str
    measure: str  # scenario in place, "" for none
    instruments: tuple[Instrument, ...]
    frontier: Frontier
    denied: Denied | None  # what denial of transit touches; None: none is denied
    fees: LostFees | None  # that denial of transit forgoes: part of own costs with it; None: none is denied
    bundle: Point | None  # all energy sectors together, if there are several
    chokes: Chokes  # sets whose loss hangs on the choke price, at both ends of its range
    choke: float | None  # choke price as solved, in home costs; None: no backstop
    budgets: tuple[float, ...]
    back_loss: float  # what the target can take from the coercer with all of its own instruments: L_ni
    target_income_usd_m: float
    coercer_income_usd_m: float

    def __repr__(self) -> str:
        return f"<Leverage {'+'.join(self.coercers)} on {self.target}: {100 * self.loss:.3f} %>"

    @property
    def loss(self) -> float:
        """L: the target's loss under all instruments together."""
        return self.frontier.whole.loss

    @property
    def own_cost(self) -> float:
        """The coercer's loss under all instruments together."""
        return self.frontier.whole.cost

    @property
    def asymmetry(self) -> float:
        """L_in - L_ni: what the coercer can take less what the target can take back."""
        return self.loss - self.back_loss

    def at_chokes(self, point: Point) -> tuple[Point, Point] | None:
        """Return a told set at both ends of the range of choke prices; None if its loss does not hang on them."""
        return self.chokes.get(tuple(sorted(point.members)))

    def fees_in(self, point: Point) -> float:
        """Return the part of a set's own cost that is lost transit fees, a share of the coercer's real income."""
        if self.fees is None or not any(self.instruments[k].kind == "transit" for k in point.members):
            return 0.0
        return self.fees.usd_m / self.coercer_income_usd_m

    def name(self, k: int) -> str:
        """Return an instrument's words; denial of transit with the crossings that it shuts."""
        one = self.instruments[k]
        shut = self.denied is not None and one.kind == "transit" and self.denied.crossings
        return f"{one.words} ({self.denied.words})" if shut and self.denied else one.words

    def words(self, point: Point) -> str:
        """Return a set of instruments as a phrase, by what each takes alone."""
        if not point.members:
            return "nothing"
        ranked = sorted(point.members, key=lambda k: -self.frontier.singles[k].loss)
        said = ", then ".join(self.name(k) for k in ranked[:_SPOKEN])
        others = ranked[_SPOKEN:]
        if not others:
            return said
        small = 100 * sum(self.frontier.singles[k].loss for k in others)
        return f"{said}, and {len(others)} more that take {small:.3f} points one by one"


def compute_leverage(
    world: World,
    coercer: str | Sequence[str],
    target: str,
    *,
    scenario: Scenario | None = None,
    terms: Terms | None = None,
    stage: Stage | None = None,
    progress: Progress | None = None,
) -> Leverage:
    """Return the leverage of a coercer over a target.

    Parameters
    ----------
    world : World
    coercer : str or sequence of str
        An economy, or the members of a coalition that act as one.
    target : str
    scenario : Scenario, optional
        A measure in place: losses are then against the world with it, 1 - W(m + a) / W(m).
    terms : Terms, optional
        Kinds of instrument, budgets, settings, horizon, day.
    stage : Stage, optional
        From `make_stage`, of this scenario on these terms, if it has been made already.
    progress : callable, optional
        Told one line per stage.

    Returns
    -------
    Leverage
        Every point is an exact joint equilibrium.

    Raises
    ------
    QueryError
        An unknown economy or instrument.
    NotConverged, Infeasible
        An equilibrium was not found.

    References
    ----------
    Hirschman 1945; Clayton, Maggiori and Schreger 2023 (see `leverage.frontier`).
    """
    coercers = (coercer,) if isinstance(coercer, str) else tuple(coercer)
    tell = progress or (lambda _: None)
    terms = terms or Terms()
    chosen = list_instruments(world, coercers, target, terms.kinds)
    stage = (stage or make_stage(world, scenario, terms, progress)).deny(chosen, tell)
    fees = stage.lost_fees()
    solver = losses_of(stage, coercers, target, chosen, fees)
    tell(f"solving sets of {len(chosen)} instruments")
    frontier = find_frontier(len(chosen), solver, terms.budgets)
    bundle = _bundle(chosen, solver)
    tell("solving other choke prices")
    told = _told(frontier, bundle, terms.budgets)
    income = stage.coupling.baseline.income
    at = [world.economies.index(name) for name in coercers]
    return Leverage(
        coercers=coercers,
        target=target,
        world=world.name,
        year=world.year,
        as_of=stage.coupling.world.as_of,
        horizon=stage.coupling.horizon,
        measure="" if scenario is None else scenario.name,
        instruments=chosen,
        frontier=frontier,
        denied=stage.describe_denial(),
        fees=fees,
        bundle=bundle,
        chokes=points_at_chokes(stage, (coercers, target), chosen, fees, told),
        choke=stage.coupling.trade.choke,
        budgets=terms.budgets,
        back_loss=_back_loss(stage, coercers, target, terms.kinds, tell),
        target_income_usd_m=float(income[world.economies.index(target)]),
        coercer_income_usd_m=float(income[at].sum()),
    )


def _bundle(chosen: Sequence[Instrument], solver: Evaluate) -> Point | None:
    """Return all energy sectors together, if there are several."""
    energy = tuple(k for k, one in enumerate(chosen) if one.kind == "energy")
    if len(energy) < 2:
        return None
    loss, cost = solver([energy])
    return Point(energy, float(loss[0]), float(cost[0]))


def _told(frontier: Frontier, bundle: Point | None, budgets: Sequence[float]) -> list[Point]:
    """Return the sets that an answer tells: all together, energy, the best at each budget, the heaviest single ones."""
    singles = sorted(frontier.singles, key=lambda point: -point.loss)[:TOLD]
    best = [frontier.best(budget) for budget in budgets]
    energy = [] if bundle is None else [bundle]
    return [frontier.whole, *energy, *(point for point in (*best, *singles) if point.members)]


def _back_loss(stage: Stage, coercers: tuple[str, ...], target: str, kinds: tuple[str, ...], tell: Progress) -> float:
    """Return L_ni: the loss of the coercers, as one, under all instruments of the target."""
    world = stage.coupling.world
    tell(f"turning the tables: {target} on {', '.join(coercers)}")
    back = [one for name in coercers for one in list_instruments(world, (target,), name, kinds)]
    turned = stage.deny(back, tell)
    by = [world.economies.index(name) for name in coercers]
    before, after = turned.real_income([(), back])
    return float(joint_cost(stage.coupling.baseline.income[by], before[by], after[by]))
