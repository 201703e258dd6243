"""Routing with congestion: gates, delays and traffic that fit each other.

At gates made at some delays the equilibrium is exact (`capacity`); then gates are made anew at the delays
found, until expected costs stay (DESIGN.md section 4, Capacity).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import NotConverged
from isthmus.routing import kernels, thin
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import Answer, Equilibrium, solve_delays
from isthmus.routing.choice import Piece, Routing, in_threads, work_of
from isthmus.routing.cost import Delay
from isthmus.world.accounts import FloatArray

#: Part of a trip from any zone below which an arc is not followed: far below the tolerance on traffic.
_LEAST = 1e-11
#: Relative change of an expected cost between two rounds of gates that is let be.
GATE_GAP = 1e-3
#: Rounds of gates, those aside that a ceiling cuts short.
_MOST_ROUNDS, _MOST_CUT_ROUNDS = 4, 8
#: A round lets delays rise by at most this, USD per tonne, and by so many times more in the next one.
_RISE, _RISE_GROWTH = 50.0, 4.0
#: Tolerance on traffic over capacity of all rounds but the last.
_ROUGH = 1e-3


@dataclass(frozen=True, eq=False, slots=True)
class Gated:
    """Passes at the gates and delays of one moment, and how they answer to other delays."""

    routing: Routing  # its cost and delay are those of the moment
    curves: Bottlenecks
    delay: FloatArray  # (facility,) of the moment, USD per tonne
    parts: tuple[tuple[int, thin.Thin], ...]  # (class, what bottlenecks can alter), in the order of pieces

    def at(self, delay: FloatArray) -> Routing:
        """Return the routing at other delays (facility,), gates as they are."""
        cost = self.routing.cost.copy()
        for (klass, part), answer in zip(self.parts, self._answers(delay, None, None), strict=True):
            dest = np.repeat(part.dest, np.diff(part.first_origin))
            np.add.at(cost[klass], (part.origin, dest), answer.shift / self.routing.settings.draws)
        now = self.curves.on_links(delay, len(self.routing.network.link_ids))
        return replace(self.routing, cost=cost, delay=Delay(self.routing.delay.gate, now))

    def _answers(
        self, delay: FloatArray, demand: FloatArray | None, pull: FloatArray | None, *, bend: bool = False, soft: float = 1.0
    ) -> list[_PartAnswer]:
        m, zones = self.curves.size, self.routing.graph.n_zones
        step, nothing = delay - self.delay, np.zeros((zones, zones))

        def run(item: tuple[int, thin.Thin]) -> _PartAnswer:
            klass, part = item
            flow, shift, hessian = np.zeros(m), np.zeros(part.origin.size), np.zeros((m, m) if bend else (0, 0))
            q = nothing if demand is None else demand[klass]
            fall = nothing if pull is None else pull[klass]
            value = thin.respond(part, thin.make_bench(part, m), step, soft, q, fall, flow, shift, hessian)
            return _PartAnswer(value, flow, shift, hessian)

        return list(in_threads(self.routing.settings, run, list(self.parts)))


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
    demand: FloatArray  # (class, zone, zone) t a year at the gated costs
    pull: FloatArray | None = None  # (class, zone, zone) share of demand lost per USD/t

    def answer(self, delay: FloatArray, *, bend: bool = False, soft: float = 1.0) -> Answer:
        """Return traffic at `delay` (facility,), with its derivative if `bend`."""
        scale = 1e6 * self.gated.routing.settings.draws
        parts = self.gated._answers(delay, self.demand, self.pull, bend=bend, soft=soft)
        lower = np.sum([part.hessian for part in parts], axis=0)
        return Answer(
            np.sum([part.flow for part in parts], axis=0) / scale,
            float(np.sum([part.value for part in parts])) / scale,
            (lower + lower.T - np.diag(np.diag(lower))) / scale if bend else lower,
        )


def gate_passes(routing: Routing, curves: Bottlenecks, delay: FloatArray) -> Gated:
    """Return all passes of a routed network with gates and costs at `delay` (facility,), USD per tonne."""
    graph, n_links = routing.graph, len(routing.network.link_ids)
    on_links = curves.on_links(delay, n_links)
    work = work_of(replace(routing, delay=Delay(on_links, on_links)))
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


@dataclass(frozen=True, eq=False, slots=True)
class Congested:
    """A routing whose delays are those of its own traffic."""

    routing: Routing
    gated: Gated  # the passes that it was found on
    equilibrium: Equilibrium
    rounds: int  # of gates
    gate_gap: float  # largest relative change of a used expected cost in the last round
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
        From `solve_delays`; or the ceiling of rounds still holds delays down after the last one.
    """
    steps, rounds, cut_rounds = 0, 0, 0
    before, rise, hessian = gated.routing.cost, _RISE, None
    while True:
        loads, ceiling = Loads(gated, demand), gated.delay + rise
        found = solve_delays(loads, gated.curves, start, ceiling=ceiling, hessian=hessian, cold=cold, tolerance=_ROUGH)
        steps, rounds, cut_rounds = steps + found.steps, rounds + 1, cut_rounds + found.cut
        routing = gated.at(found.delay)
        gap = cost_gap(before, routing.cost, demand)
        if not found.cut and (gap <= GATE_GAP or rounds - cut_rounds >= _MOST_ROUNDS):
            last = solve_delays(loads, gated.curves, found.traffic, ceiling=ceiling, hessian=found.hessian)
            return Congested(gated.at(last.delay), gated, last, rounds, gap, steps + last.steps)
        if cut_rounds > _MOST_CUT_ROUNDS:
            raise _endless(Congested(routing, gated, found, rounds, gap, steps))
        before, start, hessian, rise = routing.cost, found.traffic, found.hessian, rise * _RISE_GROWTH
        gated = gate_passes(routing, gated.curves, found.delay)


def _endless(partial: Congested) -> NotConverged:
    curves, found = partial.gated.curves, partial.equilibrium
    worst = int(np.argmax(found.delay))
    return NotConverged(
        f"congestion: the delay at link {curves.names[worst]!r} still rises, at {found.delay[worst]:,.0f} USD/t, after "
        f"{partial.rounds} rounds: far more freight needs it than its capacity of {curves.capacity[worst]:.3g} Mt a "
        "year. Check its capacity_mt_per_year, or open another link.",
        partial=partial,
    )


def cost_gap(before: FloatArray, after: FloatArray, demand: FloatArray) -> float:
    """Return the largest relative change of the expected cost of pairs with demand."""
    used = (demand > 0) & np.isfinite(before) & np.isfinite(after)
    return float(np.max(np.abs(after[used] / before[used] - 1.0), initial=0.0))
