"""Passes at the gates and delays of one moment, and how traffic answers to other delays.

At gates made at some delays the equilibrium is exact (`capacity`); `rounds` makes gates anew at the delays
found, until both agree (DESIGN.md section 4, Capacity).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing import kernels, thin
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import Answer
from isthmus.routing.choice import Piece, Routing, in_threads, work_of
from isthmus.routing.cost import Delay
from isthmus.routing.heap import still
from isthmus.world.accounts import FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Gated:
    """Passes at the gates and delays of one moment, and how they answer to other delays."""

    routing: Routing  # its cost and delay are those of the moment
    curves: Bottlenecks
    delay: FloatArray  # (facility,) of the moment, USD per tonne
    parts: tuple[tuple[int, thin.Thin], ...]  # (class, what bottlenecks can alter), in the order of pieces

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
            demand = thin.Demand(still(nothing), nothing, shift) if loads is None else loads.of(klass, number, nothing)
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
        start = np.zeros(size) if self.start is None else self.start[number]
        return thin.Demand(still(self.demand[klass]), pull, start)

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
        web = piece.web._replace(cutoff=np.inf)
        kept = thin.thin_all(web, kernels.make_desk(web), piece.dests, work.codes, facility, out)
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
