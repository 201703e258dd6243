"""From equilibria to losses: shares of real income that sets of instruments take from a target and cost coercers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isthmus.leverage.fees import LostFees
from isthmus.leverage.frontier import Evaluate, Members, Point
from isthmus.leverage.instruments import Instrument
from isthmus.leverage.stage import Stage, forgone
from isthmus.solve import LEAST_MET, Coupling, at_chokes, hangs_on_choke
from isthmus.trade import SparseShock, TradeSettings, TradeShock, solve_trade_batch
from isthmus.world.accounts import FloatArray

#: A set's points at both ends of the range of choke prices, by its members in rising order; nan: no equilibrium.
Chokes = dict[Members, tuple[Point, Point]]
#: Losses at both ends of the range, or () where they do not hang on the choke price.
Ends = tuple[float, float] | tuple[()]


def losses_of(
    stage: Stage,
    coercers: Sequence[str],
    target: str,
    chosen: Sequence[Instrument],
    fees: LostFees | None,
    *,
    gaps: bool = False,
) -> Evaluate:
    """Return the function from sets of instruments to losses of the target and costs of the coercers at a stage.

    What has no equilibrium is raised, or nan with `gaps`.
    """
    names = stage.coupling.world.economies
    by, n = np.array([names.index(name) for name in coercers]), names.index(target)
    baseline = stage.coupling.baseline

    def income(sets: Sequence[Sequence[Instrument]]) -> FloatArray:
        return stage.solve(sets).real_income_change if gaps else stage.real_income(sets)

    before = income([()])[0] if stage.measure.changes else np.ones(len(names))

    def solve(sets: Sequence[Members]) -> tuple[FloatArray, FloatArray]:
        taken = [[chosen[k] for k in members] for members in sets]
        after = income(taken)
        loss: FloatArray = 1.0 - after[:, n] / before[n]
        kept = np.array([forgone(one, baseline.remittances, by, n, fees) for one in taken])
        return loss, joint_cost(baseline.income[by], before[by], after[:, by], kept)

    return solve


def joint_cost(income: FloatArray, before: FloatArray, after: FloatArray, kept: FloatArray | float = 0.0) -> FloatArray:
    """Return the share of their joint real income that several economies lose.

    Parameters
    ----------
    income : (economy,) array
        Baseline incomes.
    before : (economy,) array
        Hats of real income with the measure alone.
    after : (..., economy) array
        Hats with measure and instruments.
    kept : (...) array
        USD million that is no income of theirs although W counts it, or leaves it out (`stage.forgone`); at baseline
        prices, of baseline income.
    """
    cost: FloatArray = 1.0 - (after @ income) / (before @ income) + kept / income.sum()
    return cost


def points_at_chokes(
    stage: Stage,
    sides: tuple[Sequence[str], str],
    chosen: Sequence[Instrument],
    fees: LostFees | None,
    points: Sequence[Point],
) -> Chokes:
    """Return the points of sets at both ends of the range of choke prices, of those sets that hang on it.

    Parameters
    ----------
    stage : Stage
    sides : (coercers, target)
    chosen, fees : instruments and fees of the points
    points : sequence of Point
        As solved; the first one holds all that the others do. Nothing is solved where it meets nothing at the choke
        price.
    """
    ends = at_chokes(stage.coupling.trade)
    if not ends or not points:
        return {}
    whole = stage.solve([[chosen[k] for k in points[0].members]])
    if not whole.backstop_share[0] > LEAST_MET:
        return {}
    sets = list(dict.fromkeys(tuple(sorted(p.members)) for p in points))
    own = {tuple(sorted(p.members)): p.loss for p in points}
    solved = [losses_of(stage.with_trade(end), *sides, chosen, fees, gaps=True)(sets) for end in ends]
    (low, _), (high, _) = solved
    hangs = hangs_on_choke(np.array([own[members] for members in sets]), low, high)
    ends_of = [[Point(m, float(loss[s]), float(cost[s])) for s, m in enumerate(sets)] for loss, cost in solved]
    return {m: (a, b) for m, a, b, hang in zip(sets, *ends_of, hangs, strict=True) if hang}


def ends_at_chokes(
    coupling: Coupling,
    shocks: Sequence[SparseShock | TradeShock],
    picks: Sequence[tuple[int, int]],
    own: FloatArray,
    *,
    against: int | None = None,
) -> list[Ends]:
    """Return losses at both ends of the range of choke prices, where they hang on it.

    Parameters
    ----------
    coupling : Coupling
        Of all shocks.
    shocks : sequence of shocks
    picks : sequence of (shock, economy)
        Whose loss is asked for.
    own : (pick,) array
        Losses as solved.
    against : int, optional
        Shock against which losses count; the baseline by default.

    Returns
    -------
    list of (low, high)
        One per pick; () where the loss does not hang on the choke price.
    """
    trades = at_chokes(coupling.trade)
    if not trades or not picks:
        return [() for _ in picks]
    rows, columns = (list(one) for one in zip(*picks, strict=True))

    def lose(trade: TradeSettings) -> FloatArray:
        income = solve_trade_batch(coupling.baseline, shocks, trade).real_income_change
        before = 1.0 if against is None else income[against, columns]
        loss: FloatArray = 1.0 - income[rows, columns] / before
        return loss

    low, high = (lose(trade) for trade in trades)
    hangs = hangs_on_choke(own, low, high)
    return [(float(a), float(b)) if hang else () for a, b, hang in zip(low, high, hangs, strict=True)]
