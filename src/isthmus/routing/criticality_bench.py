"""Closures of a base in batches of destinations: laid out, run in threads, summed in a fixed order, kept on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from isthmus.cache import Shelf
from isthmus.routing import kernels
from isthmus.routing.choice import Routing
from isthmus.routing.closures import Closures
from isthmus.routing.closures_kernels import Prints, Sums, Trip, close_sets, passing
from isthmus.routing.closures_pairs import add_pairs, make_prints, tail_bits
from isthmus.routing.closures_state import Kit, make_kit, make_shut, prepare
from isthmus.routing.cost import draw_factors, generalised_cost
from isthmus.routing.graph import Arcs, arc_masks, select_arcs, zone_masks
from isthmus.world.accounts import Arrays, FloatArray, IntArray
from isthmus.world.network import CLASSES

#: Destinations of one class and draw that are computed and stored together.
BATCH = 20
#: A change of value or hours below this (USD or hours per tonne) is not carried on.
TOLERANCE = 1e-11


@dataclass(frozen=True, eq=False)
class Job:
    """Some destinations of one class and draw."""

    klass: int
    draw: int
    dests: IntArray
    name: str


class Bench:
    """All that the closures of a base share: each alone (`order` 1) or every pair of them (2)."""

    def __init__(self, routing: Routing, demand: FloatArray, closures: Closures, order: int = 1) -> None:
        self.routing, self.demand, self.closures = routing, demand, closures
        self.order, self.sets = order, tuple(combinations(range(len(closures.ids)), order))
        network, graph = routing.network, routing.graph
        self.codes = zone_masks(network, routing.economies)
        self.bits = arc_masks(network, graph)
        on_link = graph.link >= 0
        link = np.where(on_link, graph.link, 0)
        hours = (network.hours[:, None] + network.wait_hours)[link, graph.direction]
        self.hours = np.where(on_link, hours, 0.0)
        self.closure = np.where(on_link, closures.of_link[link], -1).astype(np.int32)

    @cached_property
    def factors(self) -> list[dict[str, FloatArray]]:
        """Taste factors of each draw."""
        return [
            draw_factors(self.routing.network, self.routing.settings, r) for r in range(self.routing.settings.draws)
        ]

    def jobs(self) -> list[Job]:
        """Return all batches in a fixed order."""
        out = []
        for klass in range(len(CLASSES)):
            dests = np.flatnonzero((self.demand[klass] > 0).any(axis=0))
            for draw in range(self.routing.settings.draws):
                for n, start in enumerate(range(0, dests.size, BATCH)):
                    name = f"{CLASSES[klass]}-{draw}-{n}"
                    out.append(Job(klass, draw, dests[start : start + BATCH], name))
        return out

    def run_class(self, jobs: list[Job], shelf: Shelf | None, tell: Callable[[int], None]) -> Arrays:
        """Return the sums of a class's batches; a stored one is read, a new one stored."""
        stop: list[bool] = []

        def run(job: Job) -> Arrays:
            part = None if shelf is None else shelf.read(job.name)
            if part is None:
                part = self.run(job, stop)
                if shelf is not None and not stop:
                    shelf.write(job.name, part)
            return part

        shape = (len(self.sets), len(self.routing.economies) + 1, 3)
        total = {"extra": np.zeros(shape), "worst": np.zeros(shape[::2])}
        total |= {"flow": np.zeros(len(self.routing.network.link_ids)), "outcome": np.zeros(3)}
        with ThreadPoolExecutor(self.routing.settings.threads or os.cpu_count() or 1) as pool:
            try:
                for n, part in enumerate(pool.map(run, jobs), start=1):
                    total["extra"].reshape(-1)[part["at"].astype(np.int64)] += part["value"]
                    total["flow"] += part["flow"]
                    total["outcome"] += part["outcome"]
                    larger = part["worst"][:, 0] > total["worst"][:, 0]
                    total["worst"][larger] = part["worst"][larger]
                    tell(n)
            finally:
                stop.append(True)
                pool.shutdown(cancel_futures=True)
        return total

    def run(self, job: Job, stop: list[bool]) -> Arrays:
        """Return what each set costs the trips to a batch's destinations; `extra` without its zeros."""
        kit, arcs = self.kit(job)
        sums = self.sums(len(self.sets))
        flow = np.zeros(kit.shut.out_arc.size)
        run_pass = self.each_alone(kit, sums) if self.order == 1 else self.each_pair(kit, sums)
        for trip in self.trips(job, kit):
            if stop:
                break
            run_pass(trip, flow)
        on_link = np.zeros(len(self.routing.network.link_ids))
        np.add.at(on_link, self.routing.graph.link[arcs.arc[kit.shut.out_arc]], flow)
        at = np.flatnonzero(sums.extra)
        return {"at": at.astype(float), "value": sums.extra.reshape(-1)[at], "flow": on_link, "worst": sums.worst,
                "outcome": sums.outcome.astype(float)}  # fmt: skip

    def sums(self, rows: int) -> Sums:
        """Return empty sums."""
        return Sums(np.zeros((rows, len(self.routing.economies) + 1, 3)), np.zeros((rows, 3)), np.zeros(3, np.int64))

    def trips(self, job: Job, kit: Kit) -> Iterator[Trip]:
        """Yield the trips to each destination by the denials that bind them, the kit holding their pass."""
        zones, demand = self.routing.network.zones, self.demand[job.klass]
        for d in job.dests.tolist():
            tonnes = np.ascontiguousarray(demand[:, d])
            moving = tonnes > 0
            moving[d] = False
            for code in np.unique(self.codes[moving, d]).tolist():
                own = moving & (self.codes[:, d] == code)
                kit.desk.member[:] = own
                kit.run.x[:] = 0.0
                kit.run.x[kit.web.n_nodes :] = np.where(own, tonnes, 0.0)
                dest = kit.web.n_nodes + d
                yield Trip(d, dest, code, prepare(kit, dest, code), tonnes, zones.economy)

    def each_alone(self, kit: Kit, sums: Sums) -> Callable[[Trip, FloatArray], None]:
        """Return what closes each closure alone for the pass that the kit holds."""
        n = len(self.closures.ids)
        met, every = np.zeros(n, np.bool_), np.stack([np.arange(n), np.full(n, -1), np.arange(n)], axis=1)
        none = Prints(np.zeros((0, 0), np.uint64), np.zeros((0, 0), np.uint64))

        def run(trip: Trip, flow: FloatArray) -> None:
            passing(kit, flow, met)
            sums.outcome[0] += n - int(met.sum())
            close_sets(kit, trip, every[met], False, none, sums)

        return run

    def each_pair(self, kit: Kit, sums: Sums) -> Callable[[Trip, FloatArray], None]:
        """Return what closes each pair of closures for the pass that the kit holds."""
        n = len(self.closures.ids)
        met, every = np.zeros(n, np.bool_), np.stack([np.arange(n), np.full(n, -1), np.arange(n)], axis=1)
        prints, tails, alone = make_prints(kit), tail_bits(kit), self.sums(n)
        left = np.empty((len(self.sets), 3), np.int64)

        def run(trip: Trip, flow: FloatArray) -> None:
            passing(kit, flow, met)
            for array in (*prints, *alone):
                array[...] = 0
            close_sets(kit, trip, every, True, prints, alone)
            count = add_pairs(prints, tails, met, alone, sums, left)
            close_sets(kit, trip, left[:count], False, prints, sums)

        return run

    def kit(self, job: Job) -> tuple[Kit, Arcs]:
        """Return arrays and work space of one job, and its arcs."""
        routing, graph = self.routing, self.routing.graph
        cost, gate_cost = (
            generalised_cost(routing.network, graph, self.factors[job.draw], job.klass, delay=delay)
            for delay in (routing.delay.now, routing.delay.gate)
        )
        arcs = select_arcs(graph, np.isfinite(cost))
        web = kernels.make_web(
            arcs, graph.n_nodes, graph.n_zones, width=routing.settings.gate, cost=cost[arcs.arc],
            gate_cost=gate_cost[arcs.arc], bits=self.bits[arcs.arc], scale=routing.scale[job.klass],
        )  # fmt: skip
        shut = make_shut(arcs, self.closure[arcs.arc], len(self.closures.ids))
        kit = make_kit(arcs, web, shut, self.hours[arcs.arc], width=routing.settings.gate, tolerance=TOLERANCE)
        return kit, arcs
