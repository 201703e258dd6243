"""What a scenario does to a few grips, measured by embargo alone: a batch of trade equilibria, no routing.

For economies that the scenario changes most, and their weightiest partners: the loss under an embargo of all
trade between the two, without the scenario and with it in place (1 - W(m + a) / W(m), DESIGN.md section 7).
Denial of transit, energy prices and transfers are left to `compute_grips`, which routes each pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isthmus.solve import Coupling, Solved
from isthmus.trade import SparseShock, TradeShock, cut_trade, join, make_sparse, solve_trade_batch
from isthmus.world.accounts import FloatArray, IntArray

#: Rows and columns of the table.
MOST_TARGETS, MOST_COERCERS = 6, 6
#: Never a coercer or a target: no government of its own.
_REST = "ROW"


@dataclass(frozen=True, slots=True)
class EmbargoGrip:
    """Loss of a target under an embargo of all trade with a coercer, and the coercer's own; shares of real income."""

    coercer: str
    target: str
    before: float
    after: float  # against the world that has the scenario
    own_before: float
    own_after: float


def embargo_grips(solved: Solved, coercers: Sequence[str] = (), targets: Sequence[str] = ()) -> tuple[EmbargoGrip, ...]:
    """Return grips by embargo without and with a solved scenario, by coercer and target.

    Parameters
    ----------
    solved : Solved
        From `solve_whole`.
    coercers, targets : sequence of str, optional
        Economies; by default those whose real income the scenario changes most, in percent, and the economies
        that trade most with these, as a share of their income.

    Returns
    -------
    tuple of EmbargoGrip
        Pairs without an equilibrium are left out. Freight costs are those of the two solved states: an embargo
        does not feed back on queues.
    """
    coupling = solved.coupling
    names = coupling.world.economies
    on = [names.index(name) for name in targets] or most_changed(solved)
    by = [names.index(name) for name in coercers] or weightiest_partners(coupling, on)
    pairs = [(i, n) for i in by for n in on if i != n]
    cuts = {frozenset(pair): cut_trade([pair, pair[::-1]], len(coupling.world.sectors.codes)) for pair in pairs}
    measure = coupling.shock(solved.settled.cost)
    shocks: list[SparseShock | TradeShock] = [make_sparse(measure) or measure, *cuts.values()]
    shocks += [_with(measure, cut) for cut in cuts.values()]
    income = solve_trade_batch(coupling.baseline, shocks, coupling.trade).real_income_change
    alone, before = income[0], dict(zip(cuts, income[1:], strict=False))
    after = dict(zip(cuts, income[1 + len(cuts) :] / alone, strict=True))
    grips = []
    for i, n in pairs:
        was, now = before[frozenset((i, n))], after[frozenset((i, n))]
        if np.isfinite(was[[i, n]]).all() and np.isfinite(now[[i, n]]).all():
            losses = (1.0 - float(x) for x in (was[n], now[n], was[i], now[i]))
            grips.append(EmbargoGrip(names[i], names[n], *losses))
    return tuple(grips)


def most_changed(solved: Solved) -> list[int]:
    """Return the economies whose real income changes most, in percent, most first."""
    change = np.abs(np.log(solved.settled.trade.real_income_change))
    order = np.argsort(-change, kind="stable").tolist()
    return [n for n in order if solved.coupling.world.economies[n] != _REST][:MOST_TARGETS]


def weightiest_partners(coupling: Coupling, targets: Sequence[int]) -> list[int]:
    """Return the economies that trade most with some others, as a share of the others' income, most first."""
    flow = coupling.world.accounts.flow.sum(axis=2)
    trade = flow + flow.T
    np.fill_diagonal(trade, 0.0)
    at: IntArray = np.array(targets)
    weight: FloatArray = (trade[:, at] / coupling.baseline.income[at]).sum(axis=1)
    order = np.argsort(-weight, kind="stable").tolist()
    return [i for i in order if coupling.world.economies[i] != _REST][:MOST_COERCERS]


def _with(measure: TradeShock, cut: SparseShock) -> SparseShock | TradeShock:
    """Return a measure's shock and an embargo together."""
    sparse = make_sparse(measure)
    if sparse is not None:
        return join([sparse, cut])
    shape = next(
        array.shape
        for array in (measure.access, measure.trade_cost_change, measure.tariff, measure.export_tax)
        if array is not None
    )
    access = np.ones(shape) if measure.access is None else measure.access.copy()
    access[cut.origin, cut.destination, cut.sector] = 0.0
    return replace(measure, access=access)
