"""What closing each link, or each pair of links, would cost the freight of the base (N-1, N-2).

Exact: every closure has the costs of a full solve of the network without the link, up to rounding
(`closures_kernels` tells how little of it is computed). Demand, and delays by congestion, stay as in the
base. Results of each batch of destinations are kept on disk until the whole is done, so that an
interrupted computation goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from isthmus.cache import Shelf, make_key
from isthmus.errors import NoRoute
from isthmus.routing.base import Base, base_routing
from isthmus.routing.choice import Routing
from isthmus.routing.closures import Closures
from isthmus.routing.cost import RoutingSettings
from isthmus.routing.criticality_bench import Bench
from isthmus.routing.graph import compile_graph
from isthmus.routing.reach import explain_cut
from isthmus.version import __version__
from isthmus.world.accounts import FloatArray, freeze
from isthmus.world.network import CLASSES
from isthmus.world.world import World

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False, slots=True)
class Criticality:
    """What each closure would cost, mean over draws; arrays are read-only.

    Trips count for the economies of both their ends, once where these are the same; the last row of the
    economy axis is the total.
    """

    closures: Closures
    sets: tuple[tuple[int, ...], ...]  # closures shut together: one each (N-1) or two (N-2)
    economies: tuple[str, ...]
    extra: FloatArray  # (class, set, economy + 1, 3): USD a year, tonne-hours a year, t a year without a route
    traffic: FloatArray  # (class, set) t a year that pass in the base, both directions; of two links added up
    worst: FloatArray  # (class, set, 3) the largest pair that loses its route: t a year, origin, destination
    draws: int
    outcome: dict[str, int]  # how many (set, destination, denial group, draw, class) were settled in which way

    def __post_init__(self) -> None:
        freeze(self)

    def of(self, economy: str | None) -> FloatArray:
        """Return (class, set, 3) of one economy's trade, or of all."""
        row = -1 if economy is None else self.economies.index(economy)
        out: FloatArray = self.extra[:, :, row]
        return out

    def label(self, row: int, what: Literal["ids", "names", "kinds"]) -> str:
        """Return what a set's closures are called, joined by +."""
        words: tuple[str, ...] = getattr(self.closures, what)
        return " + ".join(words[c] for c in self.sets[row])


def compute_criticality(
    routing: Routing,
    demand: FloatArray,
    closures: Closures,
    *,
    order: Literal[1, 2] = 1,
    shelf: Shelf | None = None,
    tell: Tell | None = None,
) -> Criticality:
    """Return what closures would cost the trips of a demand.

    Parameters
    ----------
    routing : Routing
        The base; its network, settings and node scales are read, not its costs.
    demand : (class, zone, zone) array, t a year
    closures : Closures
    order : 1 or 2
        Each closure alone, or every pair of them.
    shelf : Shelf, optional
        Where batches are kept until all are done, and read from.
    tell : callable, optional
        Told (batches done, batches in all).

    References
    ----------
    docs/explanation/routing.md, "What a closure costs".
    """
    bench = Bench(routing, demand, closures, order)
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
    counts = np.sum([part["outcome"] for part in per_class], axis=0).astype(int).tolist()
    words = ("unused" if order == 1 else "added up", "at fixed gates", "rerouted")
    return Criticality(
        closures=closures,
        sets=bench.sets,
        economies=routing.economies,
        extra=np.stack([part["extra"] for part in per_class]) / draws,
        traffic=_traffic(closures, bench.sets, np.stack([part["flow"] for part in per_class]) / draws),
        worst=np.stack([part["worst"] for part in per_class]),
        draws=draws,
        outcome=dict(zip(words, counts, strict=True)),
    )


def _traffic(closures: Closures, sets: tuple[tuple[int, ...], ...], flow: FloatArray) -> FloatArray:
    """Return (class, set) tonnes from (class, link) flows: a line of several pieces carries what its busiest does."""
    alone = np.zeros((flow.shape[0], len(closures.ids)))
    used = np.flatnonzero(closures.of_link >= 0)
    for klass in range(flow.shape[0]):
        np.maximum.at(alone[klass], closures.of_link[used], flow[klass, used])
    return np.stack([alone[:, list(members)].sum(axis=1) for members in sets], axis=1) if sets else alone[:, :0]


def _report(tell: Tell | None, before: int, total: int, done: int) -> None:
    if tell is not None:
        tell(before + done, total)


def find_criticality(
    world: World,
    base: Base,
    closures: Closures,
    settings: RoutingSettings,
    *,
    order: Literal[1, 2] = 1,
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
    order : 1 or 2
        Each closure alone, or every pair of them.
    economy : str, optional
        Only trips with an end in this economy.
    tell : callable, optional
        Told (batches done, batches in all).
    """
    routing = base_routing(world, base, settings)
    demand = base.demand
    if economy is not None:
        own = world.network.zones.economy == world.economies.index(economy)
        demand = np.where(own[:, None] | own[None, :], demand, 0.0)
    shelf = shelf_of(routing, demand, closures, parts=(world.sha256, world.as_of, f"order {order}"))
    return compute_criticality(routing, demand, closures, order=order, shelf=shelf, tell=tell)


def explain_stranded(world: World, base: Base, found: Criticality, row: int) -> NoRoute | None:
    """Return why the largest pair that a set of closures strands has no route left; None if it strands none."""
    klass = int(found.worst[:, row, 0].argmax())
    tonnes, origin, destination = found.worst[klass, row].tolist()
    if tonnes <= 0:
        return None
    network = world.network
    shut = replace(network, open=network.open & ~np.isin(found.closures.of_link, found.sets[row]))
    routing = Routing(shut, world.economies, compile_graph(shut), RoutingSettings(), base.scale, base.cost, base.delay)
    return explain_cut(routing, int(origin), int(destination), klass)


def shelf_of(routing: Routing, demand: FloatArray, closures: Closures, *, parts: Sequence[str]) -> Shelf:
    """Return the shelf of a computation, under a key of all it rests on; `parts` name the world and its day."""
    words = [*parts, *closures.ids, repr(astuple(replace(routing.settings, threads=None))), __version__]
    arrays = [demand.tobytes().hex(), routing.scale.tobytes().hex(), closures.of_link.tobytes().hex()]
    here = Path(__file__).parent
    return Shelf("closures", make_key([*words, *arrays], [here, here.parent / "world"]))
