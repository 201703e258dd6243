"""Rounds of gates: gates, delays and traffic that fit each other.

Gates rest on delays g, the equilibrium at these gates has delays t(g), and g = t(g) is sought. Freight that a
gate shuts out of the ways around a full facility stays in its queue, so t falls steeply as g rises: plain
rounds swing. Hence delays rise from below, by so much a round at most, and each facility's gate goes a part of
the way that its own last two rounds tell (Aitken's delta-squared, facility by facility).

Passes are thinned at the delays of a moment and lose what no trip used then. After the last round they are
thinned anew at the delays found, until these hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import NotConverged
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import Equilibrium, solve_delays
from isthmus.routing.choice import Routing
from isthmus.routing.congestion import Gated, Loads, gate_passes
from isthmus.world.accounts import FloatArray, freeze

#: Disagreement of gates with delays that is let be, as a share of the freight bill: the change of expected costs
#: in a round, and capacity times |t - g|.
GATE_GAP = 1e-3
#: And at any one facility, USD per tonne: gates of a line that moves a hundredth of all freight weigh little in
#: the bill, and much for those who use it.
GATE_REST = 1.0
#: Most delay beyond observed costs, USD per tonne (assumption): freight that would pay more finds a way that
#: the network does not hold, and what exceeds the capacity then is told.
MOST_DELAY = 150.0
#: Traffic of freshly thinned passes agrees with the equilibrium to this share of capacity.
FRESH = 1e-6
_MOST_ROUNDS, _MOST_SKETCHES, _MOST_THINNINGS = 10, 16, 5
#: Tolerance on traffic over capacity of all rounds but the last.
_ROUGH = 1e-3
#: And of the rounds with the first draw alone, whose delays are not yet those of all draws: on traffic over
#: capacity, and on gates in USD per tonne.
_SKETCH, _SKETCH_REST = 0.03, 10.0
#: Most that a delay rises above its gate in the first round, USD per tonne; twice as much in each later one.
_FIRST_RISE = 10.0
#: Least part of the way to the delay found that a gate goes.
_LEAST_STEP = 0.1


@dataclass(frozen=True, eq=False, slots=True)
class Gates:
    """The delays that gates rest on, and how they got there; arrays are read-only."""

    at: FloatArray  # (facility,) g, USD per tonne
    part: FloatArray  # (facility,) part of the way to t that they went last
    way: FloatArray | None = None  # (facility,) t - g before they went

    def __post_init__(self) -> None:
        freeze(self)

    def towards(self, delay: FloatArray) -> Gates:
        """Return the gates of the next round, from the delays t (facility,) found at these."""
        way, part = delay - self.at, self.part
        if self.way is not None:
            turned = self.way - way
            known = np.abs(turned) > 1e-9
            part = np.where(known, part * self.way / np.where(known, turned, 1.0), 1.0)
            part = np.where(part < 0, 1.0, np.clip(part, _LEAST_STEP, 1.0))  # below 0: still on the rise
        return Gates(self.at + part * way, part, way)


def open_gates(delay: FloatArray, part: float = 1.0) -> Gates:
    """Return gates made at `delay` (facility,) that go this part of the way first: nothing is known about them."""
    return Gates(delay, np.full(delay.size, part))


@dataclass(frozen=True, eq=False, slots=True)
class Round:
    """Passes, their gates, and the equilibrium there."""

    gated: Gated
    gates: Gates
    found: Equilibrium
    number: int  # of rounds so far
    gap: float  # disagreement of gates with delays, share of the freight bill
    rest: float  # the largest, USD per tonne
    steps: int  # Newton steps so far


@dataclass(frozen=True, eq=False, slots=True)
class Congested:
    """A routing whose delays are those of its own traffic."""

    routing: Routing
    equilibrium: Equilibrium
    rounds: int  # of gates, with all draws
    gate_gap: float
    gate_rest: float
    steps: int  # Newton steps, all in all
    last_steps: int  # those at the last gates


def congest(gated: Gated, demand: FloatArray, start: FloatArray) -> Congested:
    """Return the routing with the delays that a demand causes, from no knowledge of delays.

    Parameters
    ----------
    gated : Gated
        Passes at first gates.
    demand : (class, zone, zone) array, t a year
    start : (facility,) array
        Traffic to start from, Mt a year.

    Raises
    ------
    NotConverged
        Delays and traffic do not settle.
    """
    first = _rounds(_sketch(gated), demand, start, None, _Aim(_SKETCH, _SKETCH_REST, _MOST_SKETCHES, _FIRST_RISE))
    here, gates = first.found, first.gates.towards(first.found.delay)
    passes = gate_passes(gated.routing, gated.curves, here.delay, gates.at)
    found = settle_gates(passes, demand, here.traffic, here.hessian)
    return replace(found, steps=first.steps + found.steps)


def settle_gates(gated: Gated, demand: FloatArray, start: FloatArray, hessian: FloatArray | None = None) -> Congested:
    """Return the routing with the delays that a demand causes, from gates near theirs.

    On the shipped world gates that start at half and at twice these delays settle at the same ones; from none at all
    the rounds may end before they do.

    Parameters
    ----------
    gated : Gated
        Passes at the gates to start from.
    demand : (class, zone, zone) array, t a year
    start : (facility,) array
        Traffic to start from, Mt a year.
    hessian : (facility, facility) array, optional
        Derivative of traffic by delays at a state nearby.

    Raises
    ------
    NotConverged
        Delays and traffic do not settle.
    """
    last = _rounds(gated, demand, start, hessian, _Aim(_ROUGH, GATE_REST, _MOST_ROUNDS, MOST_DELAY))
    routing, found = refresh(last.gated, demand, last.found)
    return Congested(routing, found, last.number, last.gap, last.rest, last.steps + found.steps, found.steps)


@dataclass(frozen=True, slots=True)
class _Aim:
    tolerance: float  # on traffic over capacity
    rest: float  # on gates, USD per tonne
    rounds: int  # at most
    rise: float  # of a delay above its gate in the first round, USD per tonne


def _sketch(gated: Gated) -> Gated:
    """Return the passes of the first draw alone, as if it were all."""
    draws, classes = gated.routing.settings.draws, sorted({klass for klass, _ in gated.parts})
    by_class = [[part for part in gated.parts if part[0] == klass] for klass in classes]
    parts = tuple(part for mine in by_class for part in mine[: len(mine) // draws])
    settings = replace(gated.routing.settings, draws=1)
    return replace(gated, routing=replace(gated.routing, settings=settings), parts=parts)


def _rounds(gated: Gated, demand: FloatArray, start: FloatArray, hessian: FloatArray | None, aim: _Aim) -> Round:
    """Return the round at which gates and delays agree, or the last one."""
    curves, rise, steps, number = gated.curves, aim.rise, 0, 0
    gates, before = open_gates(curves.at_links(gated.routing.delay.gate)), gated.routing.cost
    while True:
        ceiling = np.minimum(MOST_DELAY, gates.at + rise)
        found = solve_delays(
            Loads(gated, demand), curves, start, ceiling=ceiling, hessian=hessian, tolerance=aim.tolerance
        )
        number, steps, cost = number + 1, steps + found.steps, gated.at(found.delay).cost
        gap = max(cost_gap(before, cost, demand), gate_gap(curves, gates, found.delay, demand, cost))
        rest = float(np.abs(found.delay - gates.at).max(initial=0.0))
        rising = bool((found.cut & (ceiling < MOST_DELAY)).any())
        if (gap <= GATE_GAP and rest <= aim.rest and not rising) or number >= aim.rounds:
            return Round(gated, gates, found, number, gap, rest, steps)
        before, start, hessian, rise = cost, found.traffic, found.hessian, 2.0 * rise
        gates = gates.towards(found.delay)
        gated = gate_passes(gated.routing, curves, found.delay, gates.at)


def refresh(gated: Gated, demand: FloatArray, found: Equilibrium) -> tuple[Routing, Equilibrium]:
    """Return the equilibrium on passes thinned at its own delays, gates as they are.

    Raises
    ------
    NotConverged
        Delays move each time that passes are thinned anew.
    """
    curves, steps = gated.curves, 0
    gate = curves.at_links(gated.routing.delay.gate)
    for _ in range(_MOST_THINNINGS):
        loads = Loads(gated, demand)
        found = solve_delays(
            loads, curves, found.traffic, ceiling=np.full(curves.size, MOST_DELAY), hessian=found.hessian
        )
        steps += found.steps
        gated = gate_passes(gated.routing, curves, found.delay, gate)
        whole = Loads(gated, demand).answer(found.delay).traffic
        off = np.abs(whole - found.traffic) / curves.capacity
        if off.max(initial=0.0) <= FRESH:
            return gated.routing, replace(found, steps=steps)
    worst = int(off.argmax())
    raise NotConverged(
        f"congestion: traffic of {curves.names[worst]!r} still differs by {off[worst]:.2g} of its capacity on passes "
        f"thinned anew {_MOST_THINNINGS} times. Check its capacity_mt_per_year.",
        partial=replace(found, worst=worst),
    )


def cost_gap(before: FloatArray, after: FloatArray, demand: FloatArray) -> float:
    """Return the relative change of expected costs, mean over the tonnes of pairs with a route."""
    used = (demand > 0) & np.isfinite(before) & np.isfinite(after)
    moved = np.abs(after[used] / before[used] - 1.0)
    return float((moved * demand[used]).sum() / max(demand[used].sum(), 1e-300))


def gate_gap(curves: Bottlenecks, gates: Gates, delay: FloatArray, demand: FloatArray, cost: FloatArray) -> float:
    """Return capacity times the distance of delays from their gates, over the freight bill."""
    used = (demand > 0) & np.isfinite(cost)
    bill = float((demand[used] * cost[used]).sum()) / 1e6
    return float((curves.capacity * np.abs(delay - gates.at)).sum()) / max(bill, 1e-300)
