"""Routing with congestion: gates, delays and traffic that fit each other.

At gates made at some delays the equilibrium is exact (`capacity`); then gates are made anew at the delays
found, until expected costs stay (DESIGN.md section 4, Capacity).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing import kernels, thin
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import Answer, Equilibrium, solve_delays
from isthmus.routing.choice import Piece, Routing, in_threads, work_of
from isthmus.routing.cost import Delay
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES

#: Part of a trip from any zone below which an arc is not followed: far below the tolerance on traffic.
_LEAST = 1e-11
#: Relative change of expected costs between two rounds of gates, mean over tonnes, that is let be.
GATE_GAP = 1e-3
_MOST_ROUNDS = 4
#: Most delay beyond observed costs, USD per tonne (assumption): freight that would pay more finds a way that
#: the network does not hold, and what exceeds the capacity then is told.
MOST_DELAY = 150.0
#: Tolerance on traffic over capacity of all rounds but the last.
_ROUGH = 1e-3
#: And of the sketch on one draw that a cold start begins with.
_SKETCH = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class Gated:
    """Passes at the gates and delays of one moment, and how they answer to other delays."""

    routing: Routing  # its cost and delay are those of the moment
    curves: Bottlenecks
    delay: FloatArray  # (facility,) of the moment, USD per tonne
    parts: tuple[tuple[int, thin.Thin], ...]  # (class, what bottlenecks can alter), in the order of pieces

    def sketch(self) -> Gated:
        """Return the passes of the first draw alone, as if it were all."""
        draws = self.routing.settings.draws
        per_class = [[part for part in self.parts if part[0] == klass] for klass in range(len(CLASSES))]
        first = [part for parts in per_class for part in parts[: len(parts) // draws]]
        settings = replace(self.routing.settings, draws=1)
        return replace(self, routing=replace(self.routing, settings=settings), parts=tuple(first))

    def shifts(self, delay: FloatArray) -> list[FloatArray]:
        """Return the changes of cost at other delays (facility,), gates as they are, by part and kept origin."""
        return [answer.shift for answer in self._answers(delay, None)]

    def at(self, delay: FloatArray) -> Routing:
        """Return the routing at other delays (facility,), gates as they are."""
        cost = self.routing.cost.copy()
        for (klass, part), shift in zip(self.parts, self.shifts(delay), strict=True):
            dest = np.repeat(part.dest, np.diff(part.first_origin))
            np.add.at(cost[klass], (part.origin, dest), shift / self.routing.settings.draws)
        now = self.curves.on_links(delay, len(self.routing.network.link_ids))
        return replace(self.routing, cost=cost, delay=Delay(self.routing.delay.gate, now))

    def _answers(
        self, delay: FloatArray, loads: Loads | None, *, bend: bool = False, soft: float = 1.0
    ) -> list[_PartAnswer]:
        m, zones = self.curves.size, self.routing.graph.n_zones
        step, nothing = delay - self.delay, np.zeros((zones, zones))

        def run(number: int) -> _PartAnswer:
            klass, part = self.parts[number]
            flow, shift, hessian = np.zeros(m), np.zeros(part.origin.size), np.zeros((m, m) if bend else (0, 0))
            demand = thin.Demand(nothing, nothing, shift) if loads is None else loads.of(klass, number, nothing)
            value = thin.respond(part, thin.make_bench(part, m), step, soft, demand, flow, shift, hessian)
            return _PartAnswer(value, flow, shift, hessian)

        return list(in_threads(self.routing.settings, run, list(range(len(self.parts)))))


@dataclass(frozen=True, eq=False, slots=True)
class _PartAnswer:
    value: float
    flow: FloatArray
    shift: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Loads:
    """A demand on gated passes: the response whose equilibrium is sought."""

    gated: Gated
    demand: FloatArray  # (class, zone, zone) t a year
    pull: FloatArray | None = None  # (class, zone, zone) share of demand lost per USD/t
    start: list[FloatArray] | None = None  # by part: changes of cost at which demand is as given; None: 0

    def of(self, klass: int, number: int, nothing: FloatArray) -> thin.Demand:
        """Return the demand of one part."""
        pull = nothing if self.pull is None else self.pull[klass]
        size = self.gated.parts[number][1].origin.size
        return thin.Demand(self.demand[klass], pull, np.zeros(size) if self.start is None else self.start[number])

    def answer(self, delay: FloatArray, *, bend: bool = False, soft: float = 1.0) -> Answer:
        """Return traffic at `delay` (facility,), with its derivative if `bend`."""
        scale = 1e6 * self.gated.routing.settings.draws
        parts = self.gated._answers(delay, self, bend=bend, soft=soft)
        lower = np.sum([part.hessian for part in parts], axis=0)
        return Answer(
            np.sum([part.flow for part in parts], axis=0) / scale,
            float(np.sum([part.value for part in parts])) / scale,
            (lower + lower.T - np.diag(np.diag(lower))) / scale if bend else lower,
        )


def gate_passes(routing: Routing, curves: Bottlenecks, delay: FloatArray, gate: FloatArray | None = None) -> Gated:
    """Return all passes of a routed network.

    Parameters
    ----------
    routing : Routing
        Its network, scales and settings are read.
    curves : Bottlenecks
    delay : (facility,) array, USD per tonne
        In the costs that trips meet.
    gate : (facility,) array, USD per tonne, optional
        In the costs that gates rest on; `delay` by default.
    """
    graph, n_links = routing.graph, len(routing.network.link_ids)
    on_links = [curves.on_links(part, n_links) for part in (delay if gate is None else gate, delay)]
    work = work_of(replace(routing, delay=Delay(*on_links)))
    by_link = curves.of_link(n_links)

    def run(piece: Piece) -> tuple[FloatArray, thin.Thin]:
        link = graph.link[piece.arcs.arc]
        facility = np.where(link >= 0, by_link[link], -1).astype(np.int32)
        out = np.full((graph.n_zones, piece.dests.size), np.inf)
        kept = thin.thin_all(piece.web, kernels.make_desk(piece.web), piece.dests, work.codes, facility, _LEAST, out)
        return out, kept

    pieces = list(work.spread(run))
    cost = work.mean_cost((piece, out) for piece, (out, _) in pieces)
    parts = tuple((piece.klass, kept) for piece, (_, kept) in pieces)
    return Gated(replace(routing, cost=cost, delay=work.delay), curves, delay, parts)


def only_these(gated: Gated, traffic: FloatArray, curves: Bottlenecks) -> tuple[Gated, FloatArray]:
    """Return passes kept for more facilities, of one link each, as passes of `curves`, and its traffic (facility,)."""
    by_link = curves.of_link(len(gated.routing.network.link_ids))
    place = np.array([by_link[links[0]] for links in gated.curves.links] + [-1], dtype=np.int32)
    parts = tuple((klass, part._replace(facility=place[part.facility])) for klass, part in gated.parts)
    delay, total = np.zeros(curves.size), np.zeros(curves.size)
    kept = place[:-1] >= 0
    delay[place[:-1][kept]] = gated.delay[kept]
    np.add.at(total, place[:-1][kept], traffic[kept])
    return replace(gated, curves=curves, delay=delay, parts=parts), total


@dataclass(frozen=True, eq=False, slots=True)
class Congested:
    """A routing whose delays are those of its own traffic."""

    routing: Routing
    gated: Gated  # the passes that it was found on
    equilibrium: Equilibrium
    rounds: int  # of gates
    gate_gap: float  # relative change of expected costs in the last round, mean over tonnes
    steps: int  # Newton steps of all rounds


def congest(gated: Gated, demand: FloatArray, start: FloatArray, *, cold: bool = False) -> Congested:
    """Return the routing with the delays that a demand causes.

    Parameters
    ----------
    gated : Gated
        Passes at first gates.
    demand : (class, zone, zone) array, t a year
    start : (facility,) array
        Traffic to start from, Mt a year.
    cold : bool
        Whether that is far off, as without any knowledge of delays.

    Raises
    ------
    NotConverged
        From `solve_delays`.
    """
    before, gate, ceiling = gated.routing.cost, gated.delay, np.full(gated.curves.size, MOST_DELAY)
    steps, rounds, hessian = 0, 0, None
    if cold:
        sketch = Loads(gated.sketch(), demand)
        first = solve_delays(sketch, gated.curves, start, ceiling=ceiling, cold=True, tolerance=_SKETCH)
        start, steps, hessian = first.traffic, first.steps, first.hessian
    while True:
        loads = Loads(gated, demand)
        found = solve_delays(loads, gated.curves, start, ceiling=ceiling, hessian=hessian, tolerance=_ROUGH)
        steps, rounds = steps + found.steps, rounds + 1
        routing = gated.at(found.delay)
        gap = cost_gap(before, routing.cost, demand)
        if gap <= GATE_GAP or rounds >= _MOST_ROUNDS:
            last = solve_delays(loads, gated.curves, found.traffic, ceiling=ceiling, hessian=found.hessian)
            return Congested(gated.at(last.delay), gated, last, rounds, gap, steps + last.steps)
        before, start, hessian = routing.cost, found.traffic, found.hessian
        gate = found.delay if rounds == 1 else 0.5 * (gate + found.delay)  # the mean, for gates swing
        gated = gate_passes(routing, gated.curves, found.delay, gate)


def cost_gap(before: FloatArray, after: FloatArray, demand: FloatArray) -> float:
    """Return the relative change of expected costs, mean over the tonnes of pairs with a route."""
    used = (demand > 0) & np.isfinite(before) & np.isfinite(after)
    moved = np.abs(after[used] / before[used] - 1.0)
    return float((moved * demand[used]).sum() / max(demand[used].sum(), 1e-300))
