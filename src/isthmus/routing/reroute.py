"""A changed network on the delays and scales of its base: what scenarios start from, and settle from there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing.base import Base
from isthmus.routing.bottlenecks import (
    Bottlenecks,
    choose_bottlenecks,
    join_bottlenecks,
    list_candidates,
    make_bottlenecks,
    mean_link_cost,
)
from isthmus.routing.capacity import solve_delays
from isthmus.routing.choice import Routing, solve_routing
from isthmus.routing.congestion import Gated, Loads, gate_passes, only_these
from isthmus.routing.cost import RoutingSettings
from isthmus.routing.graph import compile_graph
from isthmus.routing.rounds import GATE_GAP, GATE_REST, MOST_DELAY, Gates, cost_gap, open_gates
from isthmus.world.accounts import FloatArray
from isthmus.world.network import MODES, Network

#: Part of the way to the delays found that gates go the first time: they swing.
_FIRST_PART = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class Rerouted:
    """A changed network, its delays on the way to equilibrium with demand."""

    routing: Routing  # at the delays reached
    curves: Bottlenecks
    delay: FloatArray  # (facility,) USD per tonne
    traffic: FloatArray  # (facility,) Mt a year
    gated: Gated | None  # None: delays are held, or passes were let go after a solve
    gates: Gates | None
    hessian: FloatArray | None
    steps: int  # Newton steps so far

    def meet(self, demand: FloatArray, pull: FloatArray) -> Rerouted:
        """Return the state whose delays are those of a demand, gates as they are; held delays stay.

        Parameters
        ----------
        demand : (class, zone, zone) array, t a year
            At the costs of this state.
        pull : (class, zone, zone) array
            Share of demand that trade is expected to lose per USD/t: an approximation that steadies the
            rounds of routing and trade and that their fixed point does not depend on.

        Raises
        ------
        NotConverged
            Delays do not settle.
        """
        if self.gated is None or not self.curves.size:
            return self
        loads = Loads(self.gated, demand, pull, self.gated.shifts(self.delay))
        ceiling = np.full(self.delay.size, MOST_DELAY)
        found = solve_delays(loads, self.curves, self.traffic, ceiling=ceiling, hessian=self.hessian)
        if not found.steps:  # traffic as before: delays stay to the last digit
            return self
        return replace(
            self, routing=self.gated.at(found.delay), delay=found.delay, traffic=found.traffic, hessian=found.hessian,
            steps=self.steps + found.steps,
        )  # fmt: skip

    def at(self, delay: FloatArray) -> Rerouted:
        """Return the state at other delays (facility,), held within what delays can be."""
        if self.gated is None:
            return self
        delay = np.clip(delay, self.curves.floor, MOST_DELAY)
        return replace(self, routing=self.gated.at(delay), delay=delay)

    @property
    def gate_rest(self) -> FloatArray:
        """Distance (facility,) of the delays from those that gates rest on, USD per tonne; 0 where delays are held."""
        return np.zeros(self.delay.size) if self.gates is None else np.abs(self.delay - self.gates.at)

    def gates_agree(self, demand: FloatArray) -> bool:
        """Return whether gates rest on the delays reached, as closely as in the base."""
        if self.gated is None:
            return True
        gap = cost_gap(self.gated.routing.cost, self.routing.cost, demand)
        return gap <= GATE_GAP and float(self.gate_rest.max(initial=0.0)) <= GATE_REST

    def regate(self) -> Rerouted:
        """Return the state with gates that have gone towards its delays; held delays stay.

        Gates that agree with their delays stay too: those of the base rest up to `GATE_REST` away, and if they all
        went the last bit, freight far from any change would move.
        """
        if self.gates is None:
            return self
        gates, off = self.gates.towards(self.delay), self.gate_rest > GATE_REST
        if off.any():
            gates = replace(gates, at=np.where(off, gates.at, self.gates.at))
        gated = gate_passes(self.routing, self.curves, self.delay, gates.at)
        return replace(self, gated=gated, gates=gates, routing=gated.routing)


def reroute_held(economies: tuple[str, ...], network: Network, base: Base, settings: RoutingSettings) -> Rerouted:
    """Return a changed network at the base's delays, whatever its traffic.

    Parameters
    ----------
    economies : tuple of str
    network : Network
        The changed one.
    base : Base
    settings : RoutingSettings
    """
    return hold_delays(base, solve_routing(network, economies, settings, scale=base.scale, delay=base.delay))


def hold_delays(base: Base, routing: Routing) -> Rerouted:
    """Return a changed network that is routed at the base's delays, which stay."""
    curves = base.curves.at_traffic(base.traffic)
    return Rerouted(routing, curves, curves.at_links(base.delay.now), base.traffic, None, None, None, 0)


def reroute(
    economies: tuple[str, ...], was: Network, network: Network, base: Base, settings: RoutingSettings
) -> Rerouted:
    """Return a changed network on the base's scales, gates and delays.

    Bottlenecks are those of the base, and those that base demand would fill on the changed network.

    Parameters
    ----------
    economies : tuple of str
    was, network : Network
        That of the base, and the changed one.
    base : Base
    settings : RoutingSettings
    """
    graph = compile_graph(network)
    cost = np.full_like(base.cost, np.inf)
    free = Routing(network, economies, graph, settings, base.scale, cost, base.delay)
    own = _with_capacity(base.curves.at_traffic(base.traffic), network)
    taken = {link for links in own.links for link in links}
    taken |= set(base.left_out.tolist())
    rest = [links for links in list_candidates(network, settings) if links[0] not in taken]
    mean = mean_link_cost(network, graph)
    every = join_bottlenecks(own, make_bottlenecks(network, mean, rest))
    gated = gate_passes(free, every, *(every.at_links(part) for part in (base.delay.now, base.delay.gate)))
    traffic = Loads(gated, base.demand).answer(gated.delay).traffic
    chosen = choose_bottlenecks(network, rest, traffic[own.size :], beside=own)
    curves = join_bottlenecks(own, _relieved(make_bottlenecks(network, mean, chosen), was, base))
    gated, total = only_these(gated, traffic, curves)
    total[: own.size] = base.traffic
    hessian = np.zeros((curves.size, curves.size))
    hessian[: own.size, : own.size] = base.hessian
    gates = open_gates(curves.at_links(base.delay.gate), _FIRST_PART)
    return Rerouted(gated.routing, curves, gated.delay, total, gated, gates, hessian, 0)


def _with_capacity(curves: Bottlenecks, network: Network) -> Bottlenecks:
    """Return the base's curves at the capacities of the changed network; a closed link keeps its own."""
    capacity = network.capacity_mt[[links[0] for links in curves.links]] if curves.size else curves.capacity
    return replace(curves, capacity=np.where(capacity > 0, capacity, curves.capacity))


def _relieved(curves: Bottlenecks, was: Network, base: Base) -> Bottlenecks:
    """Return curves of facilities that the base does not follow: without delay at base traffic and capacity."""
    flow = base.freight.flow.sum(axis=(0, 2)) / 1e6
    before = np.array([flow[list(links)].sum() for links in curves.links])
    capacity = np.array([was.capacity_mt[links[0]] for links in curves.links])
    there = (before > 0) & (capacity > 0)
    then = replace(curves, capacity=np.where(there, capacity, 1.0)).loaded(before)
    relief = np.where(there, then, 0.0)
    return replace(curves, relief=relief, floor=-np.minimum(relief, curves.relief))


def queue_hours(network: Network, state: Rerouted, flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (link,) hours of queue and (link,) delay in USD per tonne, the whole of it, at bottlenecks.

    Parameters
    ----------
    network : Network
        The changed one.
    state : Rerouted
    flow : (class, link, 2) array
        Freight, whose mix tells what an hour is worth.

    Returns
    -------
    tuple
        nan where the model follows no capacity. Hours are nan at pipelines too: what a full pipeline costs is
        a price of scarcity, not a wait.
    """
    hours, usd = np.full((2, len(network.link_ids)), np.nan)
    curves = state.curves
    whole = state.delay + curves.relief
    for f, links in enumerate(curves.links):
        tonnes = flow[:, list(links)].sum(axis=(1, 2))
        worth = float(tonnes @ network.value_of_time / tonnes.sum()) if tonnes.sum() > 0 else np.nan
        piped = MODES[network.mode[links[0]]].endswith("pipeline")
        for link in links:
            usd[link] = whole[f]
            hours[link] = np.nan if piped else whole[f] / worth
    return hours, usd
