"""Modelled flows as a function of the constants that are to be fitted, with exact derivatives at fixed gates.

The answer of full facilities' delays is in the derivatives: with A = dv/dc and B = dv/dd at facilities,
dd = (1 - D'B)^-1 D'A dc. What moves beside (gates, the split over zones, scales) is taken anew at every state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from isthmus.routing import RoutingSettings, class_tonnes, solve_routing, split_zones, spread_demand
from isthmus.routing.bottlenecks import Bottlenecks, lowest_met_cost
from isthmus.routing.choice import node_scales
from isthmus.routing.graph import Graph, compile_graph
from isthmus.routing.passage import Passages, Watch, sweep_passages
from isthmus.trust.strain import Strain, facility_arcs, strain_year
from isthmus.trust.targets import Places, Target, read_data
from isthmus.trust.validation import Ground, Year, pose, prepare_year, sum_targets
from isthmus.world import World
from isthmus.world.accounts import BoolArray, FloatArray, freeze
from isthmus.world.network import Network

#: Share of the observed flow that is added to both sides, so that a flow of nothing has a derivative.
EPS = 0.02
#: Flow of a place that the destinations left out may carry together.
_LEFT_OUT = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class Specs:
    """The constants to be fitted; arrays are read-only."""

    table: pd.DataFrame  # data/constants.csv
    links: FloatArray  # (link, constant) part of the constant on a link
    usd: BoolArray  # (constant,) True: USD per tonne; False: hours
    sd: FloatArray  # (constant,)
    bound: FloatArray  # (constant,)

    def __post_init__(self) -> None:
        freeze(self)


def read_specs(world: World) -> Specs:
    """Return the constants of `data/constants.csv` on the links of a world."""
    table = read_data("constants")
    graph = compile_graph(world.network)
    places = Places(world, graph)
    forward = (graph.link >= 0) & (graph.direction == 0)
    links = np.zeros((len(world.network.link_ids), len(table)))
    for c, place in enumerate(table["place"]):
        weight = places.part(str(place), "*", "both", "").weight
        links[graph.link[forward], c] = weight[forward]
    return Specs(
        table,
        links,
        usd=(table["unit"] == "USD/t").to_numpy(),
        sd=table["prior_sd"].to_numpy(float),
        bound=table["bound"].to_numpy(float),
    )


def with_constants(network: Network, specs: Specs, value: FloatArray) -> Network:
    """Return a network without constants with those of `value` (constant,)."""
    hours = specs.links @ np.where(specs.usd, 0.0, value)
    waits = np.maximum(network.wait_hours + hours[:, None], 0.0)
    return replace(
        network,
        calibrated_usd_per_t=specs.links @ np.where(specs.usd, value, 0.0),
        calibrated_hours=waits - network.wait_hours,
        wait_hours=waits,
    )


@dataclass(frozen=True, eq=False, slots=True)
class State:
    """Modelled flows of the targets at some constants, and their derivatives; arrays are read-only."""

    targets: tuple[Target, ...]
    modelled: FloatArray  # (target,) Mt
    slope: FloatArray  # (target, constant)

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def errors(self) -> Errors:
        """Return the log errors r = ln(modelled + eps) - ln(observed + eps), eps = 2 % of observed."""
        observed = np.array([target.observed_mt for target in self.targets])
        residual = np.log((self.modelled + EPS * observed) / (observed * (1 + EPS)))
        return Errors(self.targets, residual, self.slope / (self.modelled + EPS * observed)[:, None])


@dataclass(frozen=True, eq=False, slots=True)
class Errors:
    """Log errors of targets, to first order in the constants; arrays are read-only."""

    targets: tuple[Target, ...]
    residual: FloatArray  # (target,)
    jacobian: FloatArray  # (target, constant)

    def __post_init__(self) -> None:
        freeze(self)

    def only(self, kept: BoolArray) -> Errors:
        """Return those of some targets (target,)."""
        mine = tuple(target for target, keep in zip(self.targets, kept, strict=True) if keep)
        return Errors(mine, self.residual[kept], self.jacobian[kept])


class FlowModel:
    """Modelled flows as a function of the constants; remembers what later rounds start from."""

    def __init__(
        self,
        world: World,
        targets: tuple[Target, ...],
        specs: Specs,
        settings: RoutingSettings,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.world, self.targets, self.specs, self.settings, self.tell = world, targets, specs, settings, tell
        self.wanted: dict[int, BoolArray] = {}
        self.strains: dict[int, Strain] = {}

    def at(self, value: FloatArray) -> State:
        """Return the state at some constants."""
        world = replace(self.world, network=with_constants(self.world.network, self.specs, value))
        ground = lay_ground(world, self.settings)
        modelled: dict[str, float] = {}
        slope: dict[str, FloatArray] = {}
        for when in sorted({target.year for target in self.targets}):
            year = prepare_year(world, ground, self.targets, when)
            found, moves = self._year(year, ground)
            for i, target in enumerate(year.targets):
                modelled[target.flow], slope[target.flow] = float(found[i]), moves[i]
        order = [target.flow for target in self.targets]
        return State(self.targets, np.array([modelled[f] for f in order]), np.stack([slope[f] for f in order]))

    def _year(self, year: Year, ground: Ground) -> tuple[FloatArray, FloatArray]:
        when, graph = year.targets[0].year, compile_graph(year.world.network)
        free = pose(year, ground, self.settings, wanted=self.wanted.get(when))
        strain = strain_year(free, year.whole, self.tell, start=self.strains.get(when))
        self.strains[when] = strain
        self.tell(
            f"  {when}: {len(year.targets)} flows, {strain.curves.size} queues at {strain.rest:.1f} USD/t from rest"
        )
        watch, places = _with_facilities(year, graph, strain.curves)
        usd, hours = _constant_arcs(graph, self.specs)
        arcs = facility_arcs(graph, strain.curves.links)
        constants = (np.concatenate([usd, arcs], axis=1), np.concatenate([hours, 0 * arcs], axis=1))
        load = np.concatenate([year.demand, year.whole[None]])
        passages = sweep_passages(replace(free, delay=strain.delay), load, watch, constants)
        if when not in self.wanted:
            self.wanted[when] = pick_destinations(passages)
        total = _total_slope(passages, strain, places, self.specs.sd.size)
        moves = np.zeros((len(year.targets), total.shape[1]))
        np.add.at(moves, year.owner, total / 1e6)
        return sum_targets(year, replace(passages, flow=passages.flow[:places])), moves


def lay_ground(world: World, settings: RoutingSettings) -> Ground:
    """Return node scales and demand of a world, never kept on disk."""
    graph = compile_graph(world.network)
    scale = node_scales(graph, lowest_met_cost(world.network, graph, settings), world.network, settings)
    routing = solve_routing(world.network, world.economies, settings, scale=scale)
    split = split_zones(world.network.zones, routing.cost)
    demand = spread_demand(split, world.network.zones, class_tonnes(world.accounts.tonnes, world.sectors))
    return Ground(scale, demand)


def _constant_arcs(graph: Graph, specs: Specs) -> tuple[FloatArray, FloatArray]:
    """Return what one unit of each constant adds to each arc: (arc, constant) USD per tonne and hours."""
    on = graph.link >= 0
    arcs = specs.links[np.where(on, graph.link, 0)] * on[:, None]
    return arcs * specs.usd, arcs * ~specs.usd


def _with_facilities(year: Year, graph: Graph, curves: Bottlenecks) -> tuple[Watch, int]:
    """Return the places of a year followed by the facilities, whose demand is the whole; and how many places."""
    places, n = year.watch.group.size, curves.size
    weight = np.concatenate([year.watch.weight, facility_arcs(graph, curves.links)], axis=1)
    classes = np.concatenate([year.watch.classes, np.ones((year.watch.classes.shape[0], n), dtype=bool)], axis=1)
    group = np.concatenate([year.watch.group, np.full(n, len(year.demand))])
    return Watch(weight, classes, group), places


def pick_destinations(passages: Passages) -> BoolArray:
    """Return (class, zone) the destinations that matter: the others carry under 1 % of every place together."""
    flow = passages.by_destination
    total = flow.sum(axis=(0, 1))
    share = np.divide(flow, total, out=np.zeros_like(flow), where=total > 0).max(axis=2)
    order = np.argsort(share.ravel(), kind="stable")
    loose = np.cumsum(share.ravel()[order]) < _LEFT_OUT
    keep = np.ones(share.size, dtype=bool)
    keep[order[loose]] = False
    return keep.reshape(share.shape)


def _total_slope(passages: Passages, strain: Strain, places: int, constants: int) -> FloatArray:
    """Return (place, constant) derivatives with the delays' own answer."""
    direct, by_delay = passages.slope[:places, :constants], passages.slope[:places, constants:]
    rise = strain.answer / 1e6
    a, b = passages.slope[places:, :constants], passages.slope[places:, constants:]
    answer = np.linalg.solve(np.eye(rise.size) - rise[:, None] * b, rise[:, None] * a)
    total: FloatArray = direct + by_delay @ answer
    return total
