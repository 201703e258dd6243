"""What the closure of each link would cost the freight of the base (N-1).

Exact: every closure has the costs of a full solve of the network without the link, up to rounding
(`closures_kernels` tells how little of it is computed). Demand, and delays by congestion, stay as in the
base. Results of each batch of destinations are kept on disk until the whole is done, so that an
interrupted computation goes on where it stopped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from isthmus.cache import Shelf, make_key
from isthmus.errors import NoRoute
from isthmus.routing import closures_kernels, kernels
from isthmus.routing.base import Base
from isthmus.routing.choice import Routing
from isthmus.routing.closures import Closures
from isthmus.routing.closures_state import Kit, make_kit, make_shut
from isthmus.routing.cost import RoutingSettings, draw_factors, generalised_cost
from isthmus.routing.graph import Arcs, arc_masks, compile_graph, select_arcs, zone_masks
from isthmus.routing.reach import explain_cut
from isthmus.version import __version__
from isthmus.world.accounts import Arrays, BoolArray, FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES
from isthmus.world.world import World

#: Destinations of one class and draw that are computed and stored together.
_BATCH = 20
#: A change of value or hours below this (USD or hours per tonne) is not carried on.
TOLERANCE = 1e-11

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False, slots=True)
class Criticality:
    """What each closure would cost, mean over draws; arrays are read-only.

    Trips count for the economies of both their ends, once where these are the same; the last row of the
    economy axis is the total.
    """

    closures: Closures
    economies: tuple[str, ...]
    extra: FloatArray  # (class, closure, economy + 1, 3): USD a year, tonne-hours a year, t a year without a route
    traffic: FloatArray  # (class, closure) t a year that pass in the base, both directions
    worst: FloatArray  # (class, closure, 3) the largest pair that loses its route: t a year, origin, destination
    draws: int

    def __post_init__(self) -> None:
        freeze(self)

    def of(self, economy: str | None) -> FloatArray:
        """Return (class, closure, 3) of one economy's trade, or of all."""
        row = -1 if economy is None else self.economies.index(economy)
        out: FloatArray = self.extra[:, :, row]
        return out


def compute_criticality(
    routing: Routing, demand: FloatArray, closures: Closures, *, shelf: Shelf | None = None, tell: Tell | None = None
) -> Criticality:
    """Return what each closure alone would cost the trips of a demand.

    Parameters
    ----------
    routing : Routing
        The base; its network, settings and node scales are read, not its costs.
    demand : (class, zone, zone) array, t a year
    closures : Closures
    shelf : Shelf, optional
        Where batches are kept until all are done, and read from.
    tell : callable, optional
        Told (batches done, batches in all).

    References
    ----------
    docs/explanation/routing.md, "What a closure costs".
    """
    bench = _Bench(routing, demand, closures)
    jobs = bench.jobs()
    done = 0
    per_class = []
    for klass in range(len(CLASSES)):
        own = [job for job in jobs if job.klass == klass]
        kept = None if shelf is None else shelf.read(CLASSES[klass])
        if kept is None:
            kept = bench.run_class(own, shelf, partial(_report, tell, done, len(jobs)))
            if shelf is not None:
                shelf.write(CLASSES[klass], kept)
                shelf.drop(job.name for job in own)
        per_class.append(kept)
        done += len(own)
    draws = routing.settings.draws
    flow = np.stack([part["flow"] for part in per_class]) / draws
    traffic = np.zeros((len(CLASSES), len(closures.ids)))
    used = np.flatnonzero(closures.of_link >= 0)
    for klass in range(len(CLASSES)):  # a line of several pieces carries what its busiest piece does
        np.maximum.at(traffic[klass], closures.of_link[used], flow[klass, used])
    return Criticality(
        closures=closures,
        economies=routing.economies,
        extra=np.stack([part["extra"] for part in per_class]) / draws,
        traffic=traffic,
        worst=np.stack([part["worst"] for part in per_class]),
        draws=draws,
    )


def _report(tell: Tell | None, before: int, total: int, done: int) -> None:
    if tell is not None:
        tell(before + done, total)


def find_criticality(
    world: World,
    base: Base,
    closures: Closures,
    settings: RoutingSettings,
    *,
    economy: str | None = None,
    tell: Tell | None = None,
) -> Criticality:
    """Return the criticality of a world's base, from the cache as far as it was computed before.

    Parameters
    ----------
    world, base : World, Base
        In the state of the day.
    closures : Closures
    settings : RoutingSettings
        Not more draws than the base has, so that its node scales bound them.
    economy : str, optional
        Only trips with an end in this economy.
    tell : callable, optional
        Told (batches done, batches in all).
    """
    graph = compile_graph(world.network)
    routing = Routing(world.network, world.economies, graph, settings, base.scale, base.cost)
    demand = base.demand
    if economy is not None:
        own = world.network.zones.economy == world.economies.index(economy)
        demand = np.where(own[:, None] | own[None, :], demand, 0.0)
    shelf = shelf_of(routing, demand, closures, parts=(world.sha256, world.as_of))
    return compute_criticality(routing, demand, closures, shelf=shelf, tell=tell)


def explain_stranded(world: World, base: Base, found: Criticality, closure: int) -> NoRoute | None:
    """Return why the largest pair that a closure strands has no route left; None if it strands none."""
    klass = int(found.worst[:, closure, 0].argmax())
    tonnes, origin, destination = found.worst[klass, closure].tolist()
    if tonnes <= 0:
        return None
    network = world.network
    shut = replace(network, open=network.open & (found.closures.of_link != closure))
    routing = Routing(shut, world.economies, compile_graph(shut), RoutingSettings(), base.scale, base.cost)
    return explain_cut(routing, int(origin), int(destination), klass)


def shelf_of(routing: Routing, demand: FloatArray, closures: Closures, *, parts: Sequence[str]) -> Shelf:
    """Return the shelf of a computation, under a key of all it rests on; `parts` name the world and its day."""
    words = [*parts, *closures.ids, repr(astuple(replace(routing.settings, threads=None))), __version__]
    arrays = [demand.tobytes().hex(), routing.scale.tobytes().hex(), closures.of_link.tobytes().hex()]
    here = Path(__file__).parent
    return Shelf("closures", make_key([*words, *arrays], [here, here.parent / "world"]))


@dataclass(frozen=True, eq=False)
class _Job:
    """Some destinations of one class and draw."""

    klass: int
    draw: int
    dests: IntArray
    name: str


class _Bench:
    """All that the closures of a base share."""

    def __init__(self, routing: Routing, demand: FloatArray, closures: Closures) -> None:
        self.routing, self.demand, self.closures = routing, demand, closures
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

    def jobs(self) -> list[_Job]:
        """Return all batches in a fixed order."""
        out = []
        for klass in range(len(CLASSES)):
            dests = np.flatnonzero((self.demand[klass] > 0).any(axis=0))
            for draw in range(self.routing.settings.draws):
                for n, start in enumerate(range(0, dests.size, _BATCH)):
                    name = f"{CLASSES[klass]}-{draw}-{n}"
                    out.append(_Job(klass, draw, dests[start : start + _BATCH], name))
        return out

    def run_class(self, jobs: list[_Job], shelf: Shelf | None, tell: Callable[[int], None]) -> Arrays:
        """Return the sums of a class's batches; a stored one is read, a new one stored."""
        stop = np.zeros(1, dtype=np.bool_)

        def run(job: _Job) -> Arrays:
            part = None if shelf is None else shelf.read(job.name)
            if part is None:
                part = self.run(job, stop)
                if shelf is not None and not stop[0]:
                    shelf.write(job.name, part)
            return part

        shape = (len(self.closures.ids), len(self.routing.economies) + 1, 3)
        total = {"extra": np.zeros(shape), "worst": np.zeros(shape[::2])}
        total["flow"] = np.zeros(len(self.routing.network.link_ids))
        with ThreadPoolExecutor(self.routing.settings.threads or os.cpu_count() or 1) as pool:
            try:
                for n, part in enumerate(pool.map(run, jobs), start=1):
                    total["extra"].reshape(-1)[part["at"].astype(np.int64)] += part["value"]
                    total["flow"] += part["flow"]
                    larger = part["worst"][:, 0] > total["worst"][:, 0]
                    total["worst"][larger] = part["worst"][larger]
                    tell(n)
            finally:
                stop[0] = True
                pool.shutdown(cancel_futures=True)
        return total

    def run(self, job: _Job, stop: BoolArray) -> Arrays:
        """Return what each closure costs the trips to a batch's destinations; `extra` without its zeros."""
        network, graph = self.routing.network, self.routing.graph
        kit, arcs = self.kit(job)
        shape = (len(self.closures.ids), len(self.routing.economies) + 1, 3)
        sums = closures_kernels.Sums(
            np.zeros(shape), np.zeros(kit.shut.out_arc.size), np.zeros(shape[::2]), np.zeros(3, dtype=np.int64)
        )
        closures_kernels.close_each(
            kit, job.dests, self.codes, self.demand[job.klass], network.zones.economy, sums, stop
        )
        on_link = np.zeros(len(network.link_ids))
        np.add.at(on_link, graph.link[arcs.arc[kit.shut.out_arc]], sums.flow)
        at = np.flatnonzero(sums.extra)
        return {"at": at.astype(float), "value": sums.extra.reshape(-1)[at], "flow": on_link, "worst": sums.worst}

    def kit(self, job: _Job) -> tuple[Kit, Arcs]:
        """Return arrays and work space of one job, and its arcs."""
        routing, graph = self.routing, self.routing.graph
        cost = generalised_cost(routing.network, graph, self.factors[job.draw], job.klass)
        arcs = select_arcs(graph, np.isfinite(cost))
        web = kernels.make_web(
            arcs, graph.n_nodes, graph.n_zones, width=routing.settings.gate, cost=cost[arcs.arc],
            bits=self.bits[arcs.arc], scale=routing.scale[job.klass],
        )  # fmt: skip
        shut = make_shut(arcs, self.closure[arcs.arc], len(self.closures.ids))
        kit = make_kit(arcs, web, shut, self.hours[arcs.arc], width=routing.settings.gate, tolerance=TOLERANCE)
        return kit, arcs
