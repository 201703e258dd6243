"""The leverage frontier: the most that a coercer can take from a target at each cost to itself.

Lambda(B) = max over sets a of instruments of loss(a) subject to cost(a) <= B. With at most
`ENUMERATE` instruments every set is evaluated; with more, sets are the prefixes of the order of loss over
own cost (free instruments first) and, for the budgets asked for, the same order with what does not fit
left out. Every point is an exact joint solve. No theorem says that the best set is among them: losses of
sets are neither sub- nor supermodular.

References
----------
Hirschman 1945, National Power and the Structure of Foreign Trade: the partner's cost of interruption
against one's own. Clayton, Maggiori and Schreger 2023: the loss a hegemon can threaten by cutting off
jointly all relations that it controls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from isthmus.world.accounts import FloatArray

#: Largest number of instruments whose sets are all evaluated.
ENUMERATE = 12

Members = tuple[int, ...]
#: Sets of instruments to their (set,) losses of the target and costs of the coercer, shares of real income.
Evaluate = Callable[[Sequence[Members]], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class Point:
    """A set of instruments, in the order in which they pay, and what it does; shares of real income."""

    members: Members
    loss: float  # of the target
    cost: float  # to the coercer; below 0 is a gain


@dataclass(frozen=True, eq=False, slots=True)
class Frontier:
    """Evaluated sets of instruments."""

    singles: tuple[Point, ...]  # each instrument alone, in the order of the instruments
    whole: Point  # all together
    points: tuple[Point, ...]  # undominated sets by rising cost
    evaluated: int  # sets solved
    enumerated: bool  # every set was evaluated: the frontier is exact

    @property
    def additive_loss(self) -> float:
        """Sum of the losses of all instruments taken one by one."""
        return float(sum(point.loss for point in self.singles))

    def best(self, budget: float) -> Point:
        """Return the set that takes most from the target at a cost of at most `budget` (share of real income)."""
        return max((p for p in self.points if p.cost <= budget), key=lambda p: p.loss, default=Point((), 0.0, 0.0))


def find_frontier(count: int, evaluate: Evaluate, budgets: Sequence[float] = ()) -> Frontier:
    """Return the frontier over `count` instruments.

    Parameters
    ----------
    count : int
        Number of instruments, at least 1.
    evaluate : callable
        Exact joint evaluation of many sets at once.
    budgets : sequence of float
        Own costs, shares of real income, for which sets are sought beside the prefixes.
    """
    known: dict[Members, Point] = {(): Point((), 0.0, 0.0)}
    singles = _solve([(k,) for k in range(count)], evaluate, known)
    order = order_by_price(singles)
    everything = tuple(range(count))
    enumerated = count <= ENUMERATE
    if enumerated:
        wanted = [members for size in range(2, count + 1) for members in combinations(everything, size)]
    else:
        wanted = [tuple(sorted(order[:stop])) for stop in range(2, len(order) + 1)]
        wanted += [_fill(order, singles, budget) for budget in budgets]
    _solve([*wanted, everything], evaluate, known)
    place = {k: i for i, k in enumerate(order)}
    ranked = [
        Point(tuple(sorted(p.members, key=lambda k: place.get(k, count + k))), p.loss, p.cost) for p in known.values()
    ]
    return Frontier(tuple(singles), known[everything], undominated(ranked), len(known) - 1, enumerated)


def _solve(sets: Sequence[Members], evaluate: Evaluate, known: dict[Members, Point]) -> list[Point]:
    """Evaluate the sets that are not known yet; return the points of all."""
    new = [members for members in dict.fromkeys(sets) if members not in known]
    if new:
        loss, cost = evaluate(new)
        known.update({m: Point(m, float(a), float(b)) for m, a, b in zip(new, loss, cost, strict=True)})
    return [known[members] for members in sets]


def order_by_price(singles: Sequence[Point]) -> tuple[int, ...]:
    """Return the instruments that hurt: free ones first, then by loss over own cost."""
    hurting = [k for k, point in enumerate(singles) if point.loss > 0]

    def key(k: int) -> tuple[bool, float]:
        loss, cost = singles[k].loss, singles[k].cost
        return (cost > 0, -loss / cost if cost > 0 else -loss)

    return tuple(sorted(hurting, key=key))


def _fill(order: Sequence[int], singles: Sequence[Point], budget: float) -> Members:
    """Return the instruments taken in order while the sum of their own costs fits a budget."""
    spent, taken = 0.0, []
    for k in order:
        if spent + singles[k].cost <= budget:
            spent += singles[k].cost
            taken.append(k)
    return tuple(sorted(taken))


def undominated(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points that no other beats in both loss and cost, by rising cost."""
    out = []
    highest = -np.inf
    for point in sorted(points, key=lambda p: (p.cost, -p.loss, len(p.members))):
        if point.loss > highest:
            highest = point.loss
            out.append(point)
    return tuple(out)
