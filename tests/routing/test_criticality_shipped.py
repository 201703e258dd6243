"""N-1 on the shipped world against full solves of 200 closed links: 1e-6."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from isthmus.routing import CLOSURE_KINDS, RoutingSettings, compute_criticality, find_base, list_closures, solve_routing
from isthmus.world import World
from isthmus.world.network import CLASSES
from routing.test_criticality import naive

pytestmark = pytest.mark.slow


def test_two_hundred_closures_cost_what_full_solves_say(eurasia: World) -> None:
    """Six destinations of every class; half of the links the dearest, half drawn at random."""
    base = find_base(eurasia, RoutingSettings(), lambda _: None)
    rng = np.random.default_rng(0)
    demand, goals = np.zeros_like(base.demand), np.zeros_like(eurasia.network.zones.destination_weight)
    for w in range(len(CLASSES)):
        zones = rng.choice(np.flatnonzero((base.demand[w] > 0).any(axis=0)), 6, replace=False)
        demand[w][:, zones] = base.demand[w][:, zones]
        goals[w, zones] = 1.0
    zones = replace(eurasia.network.zones, destination_weight=goals)
    network = replace(eurasia.network, zones=zones)
    settings = RoutingSettings(draws=1)
    routing = solve_routing(network, eurasia.economies, settings, scale=base.scale)
    closures = list_closures(network, CLOSURE_KINDS)
    found = compute_criticality(routing, demand, closures)
    cost = found.of(None)[:, :, 0].sum(axis=0)
    dearest = np.argsort(-cost)[:100]
    others = rng.choice(np.setdiff1d(np.arange(len(cost)), dearest), 100, replace=False)
    solve = naive(routing, demand, closures)
    for c in [*dearest, *others]:
        expected = solve(int(c))
        # Beside the relative 1e-6: one USD a year and one tonne-hour, where a link carries next to nothing.
        assert np.allclose(found.of(None)[:, c], expected, rtol=1e-6, atol=1.0), closures.ids[c]
