"""Leverage of many: every coercer on every target, one coercer on all targets, one pair on several days.

The matrix holds the all-sector bilateral embargo, exact, without transit or energy transfers: one
equilibrium tells both sides' losses. One coercer against all targets has all instruments; its denial of
transit is routed once for all, since a trip's way around does not depend on whom else transit is denied to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.leverage.fees import LostFees, transit_margin
from isthmus.leverage.instruments import list_instruments
from isthmus.leverage.losses import Ends, ends_at_chokes, joint_cost
from isthmus.leverage.stage import Stage, Terms, forgone, make_stage
from isthmus.routing import denied_dues
from isthmus.solve import LEAST_MET, Coupling, Progress
from isthmus.trade import SparseShock, TradeBatch, TradeShock, cut_trade, solve_trade_batch
from isthmus.world import World
from isthmus.world.accounts import FloatArray, freeze
from isthmus.world.network import EVERYBODY, Denial

#: Losses of the matrix that other choke prices are tried for, shares of real income.
_LARGE = 5e-3


@dataclass(frozen=True, eq=False, slots=True)
class Matrix:
    """Losses under an embargo of all trade between two economies; arrays are read-only."""

    economies: tuple[str, ...]
    loss: FloatArray  # (coercer, target) share of the target's real income; 0 on the diagonal, nan: no equilibrium
    world: str
    year: int
    horizon: str
    at_chokes: dict[tuple[int, int], Ends]  # losses of half a percent or more that hang on the choke price, at its ends
    unsolved: tuple[tuple[str, str, str], ...]  # pairs without an equilibrium, and why

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True)
class Row:
    """One target, or one day: losses under all instruments, and under those but transit; shares of real income."""

    coercers: tuple[str, ...]
    target: str
    as_of: str
    loss: float
    own_cost: float  # lost transit fees included
    lost_fees: float  # transit fees that denial forgoes, of own cost
    loss_without_transit: float
    at_chokes: Ends  # the loss at both ends of the range of choke prices, if it hangs on them
    unsolved: str = ""  # why there is no number


def compute_matrix(
    world: World,
    economies: Sequence[str] | None = None,
    terms: Terms | None = None,
    progress: Progress | None = None,
) -> Matrix:
    """Return the loss of each target under an embargo with each coercer.

    Parameters
    ----------
    world : World
    economies : sequence of str, optional
        Rows and columns; all by default.
    terms, progress
        As for `compute_leverage`; instruments and budgets do not matter.

    Raises
    ------
    QueryError
        An unknown economy, or fewer than two.
    """
    tell = progress or (lambda _: None)
    names = tuple(dict.fromkeys(economies or world.economies))
    for name in names:
        if name not in world.economies:
            raise QueryError(f"{name!r} is no economy of {world.name}.{nearest(name, world.economies)} Use ISO3 codes.")
    if len(names) < 2:
        raise QueryError("a matrix needs two economies or more.")
    stage = make_stage(world, None, terms or Terms(), progress)
    at = [world.economies.index(name) for name in names]
    pairs = list(combinations(range(len(names)), 2))
    tell(f"solving {len(pairs)} embargoes")
    sectors = len(world.sectors.codes)
    shocks = [cut_trade([(at[x], at[y]), (at[y], at[x])], sectors) for x, y in pairs]
    batch = solve_trade_batch(
        stage.coupling.baseline,
        shocks,
        stage.coupling.trade,
        progress=lambda done: tell(f"{done} of {len(pairs)} embargoes solved"),
    )
    income = batch.real_income_change
    loss = np.zeros((len(names), len(names)))
    for (x, y), hat in zip(pairs, income, strict=True):
        loss[x, y], loss[y, x] = 1.0 - hat[at[y]], 1.0 - hat[at[x]]
    tell("solving other choke prices")
    ends = _matrix_at_chokes(stage.coupling, shocks, batch, [(at[x], at[y]) for x, y in pairs])
    place = {e: x for x, e in enumerate(at)}
    known = {(place[i], place[n]): pair for (i, n), pair in ends.items()}
    missing = tuple((names[x], names[y], why) for (x, y), why in zip(pairs, batch.failure, strict=True) if why)
    return Matrix(names, loss, world.name, world.year, stage.coupling.horizon, known, missing)


def _matrix_at_chokes(
    coupling: Coupling, shocks: Sequence[SparseShock], batch: TradeBatch, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Ends]:
    """Return (coercer, target) losses at both ends of the range of choke prices, large ones that hang on it."""
    sides = [(s, *side) for s, (i, n) in enumerate(pairs) for side in ((i, n), (n, i))]
    sides = [
        (s, i, n)
        for s, i, n in sides
        if batch.backstop_share[s] > LEAST_MET and 1.0 - batch.real_income_change[s, n] >= _LARGE
    ]
    chosen = list(dict.fromkeys(s for s, _, _ in sides))
    picks = [(chosen.index(s), n) for s, _, n in sides]
    own = np.array([1.0 - batch.real_income_change[s, n] for s, _, n in sides])
    ends = ends_at_chokes(coupling, [shocks[s] for s in chosen], picks, own)
    return {(i, n): end for (_, i, n), end in zip(sides, ends, strict=True) if end}


def compute_against_all(
    world: World,
    coercer: str,
    terms: Terms | None = None,
    progress: Progress | None = None,
) -> tuple[Row, ...]:
    """Return one coercer's leverage over every other economy, largest first.

    Raises
    ------
    QueryError
        An unknown economy or instrument.
    """
    tell = progress or (lambda _: None)
    terms = terms or Terms()
    list_instruments(world, (coercer,), next(e for e in world.economies if e != coercer), ("exports",))  # checks names
    stage = make_stage(world, None, terms, progress)
    around = _deny_everybody(stage, coercer, tell) if "transit" in terms.kinds else None
    targets = [name for name in world.economies if name != coercer]
    fees = _fees_by_target(stage, coercer, targets) if around is not None else [None] * len(targets)
    tell(f"solving {len(targets)} targets, with and without transit")
    cases = [_Case(_towards(stage, around, name), name, lost) for name, lost in zip(targets, fees, strict=True)]
    rows = _rows(cases, (coercer,), terms)
    return tuple(sorted(rows, key=lambda row: (bool(row.unsolved), -row.loss)))


def compute_over_time(
    world: World,
    coercers: tuple[str, ...],
    target: str,
    days: Sequence[str],
    terms: Terms | None = None,
    progress: Progress | None = None,
) -> tuple[Row, ...]:
    """Return the leverage on several days of the network; trade is that of the world's year throughout.

    Raises
    ------
    QueryError
        An unknown economy or instrument, a day that is no date.
    """
    tell = progress or (lambda _: None)
    terms = terms or Terms()
    rows: list[Row] = []
    for day in days:
        tell(f"network of {day}")
        stage = make_stage(world, None, replace(terms, as_of=day), progress)
        chosen = list_instruments(stage.coupling.world, coercers, target, terms.kinds)
        denied = stage.deny(chosen, tell)
        rows += _rows([_Case(denied, target, denied.lost_fees())], coercers, terms)
    return tuple(rows)


@dataclass(frozen=True, eq=False, slots=True)
class _Case:
    """A target at a stage with transit denied to it, and the fees that this forgoes."""

    stage: Stage
    target: str
    fees: LostFees | None


def _rows(cases: Sequence[_Case], coercers: tuple[str, ...], terms: Terms) -> list[Row]:
    """Return the losses of cases on one baseline, in one batch; what has no equilibrium says why."""
    coupling = cases[0].stage.coupling
    world, baseline = coupling.world, coupling.baseline
    by = np.array([world.economies.index(name) for name in coercers])
    shocks, kept = [], []
    income = baseline.income[by]
    for case in cases:
        chosen = list_instruments(world, coercers, case.target, terms.kinds)
        bans = [one for one in chosen if one.kind != "transit"]
        shocks += [case.stage.shock(chosen), case.stage.shock(bans)]
        kept.append(forgone(chosen, baseline.remittances, by, world.economies.index(case.target), case.fees))
    batch = solve_trade_batch(baseline, shocks, coupling.trade)
    ends = _rows_at_chokes(coupling, shocks, batch, [world.economies.index(case.target) for case in cases])
    rows = []
    for at, case in enumerate(cases):
        whole, banned = batch.real_income_change[2 * at : 2 * at + 2]
        n = world.economies.index(case.target)
        cost = joint_cost(income, np.ones(len(by)), whole[by], kept[at])
        lost = 0.0 if case.fees is None else case.fees.usd_m / float(income.sum())
        why = batch.failure[2 * at] or batch.failure[2 * at + 1]
        rows.append(
            Row(
                coercers=coercers,
                target=case.target,
                as_of=world.as_of,
                loss=1.0 - whole[n],
                own_cost=float(cost),
                lost_fees=lost,
                loss_without_transit=1.0 - banned[n],
                at_chokes=ends.get(at, ()),
                unsolved=why,
            )
        )
    return rows


def _rows_at_chokes(
    coupling: Coupling, shocks: Sequence[SparseShock | TradeShock], batch: TradeBatch, targets: Sequence[int]
) -> dict[int, Ends]:
    """Return, by case, losses at both ends of the range of choke prices; every second shock is a case's whole."""
    met = [at for at in range(len(targets)) if batch.backstop_share[2 * at] > LEAST_MET]
    own = np.array([1.0 - batch.real_income_change[2 * at, targets[at]] for at in met])
    picks = [(k, targets[at]) for k, at in enumerate(met)]
    ends = ends_at_chokes(coupling, [shocks[2 * at] for at in met], picks, own)
    return {at: end for at, end in zip(met, ends, strict=True) if end}


def _fees_by_target(stage: Stage, by: str, targets: Sequence[str]) -> list[LostFees | None]:
    """Return the fees that denial of transit to each target forgoes, at the base's freight: loaded once for all."""
    dues = denied_dues(stage.routing, stage.demand, [Denial(by, target) for target in targets])
    return [LostFees(float(paid), transit_margin()) for paid in dues]


def _deny_everybody(stage: Stage, by: str, tell: Progress) -> FloatArray | None:
    """Return freight costs (class, zone, zone) with a territory denied to all trips without an end in it."""
    world = stage.coupling.world
    if by not in set(world.network.territory):
        return None
    tell(f"routing around {by}")
    network = replace(world.network, denials=(*world.network.denials, Denial(by, EVERYBODY)))
    return stage.route(network).cost


def _towards(stage: Stage, around: FloatArray | None, target: str) -> Stage:
    """Return the stage with transit denied to one target: its trips go around, all others as before."""
    if around is None:
        return stage
    zones = stage.coupling.world.network.zones
    own = zones.economy == stage.coupling.world.economies.index(target)
    bound = own[:, None] | own[None, :]
    cost = np.where(bound[None], around, stage.coupling.base.cost)
    return replace(stage, denied=stage.coupling.cost(cost))
