"""Gates of the shipped world settle at the same delays wherever their rounds start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.routing import RoutingSettings, find_base
from isthmus.routing.base import base_routing
from isthmus.routing.congestion import gate_passes
from isthmus.routing.rounds import GATE_REST, MOST_DELAY, settle_gates

pytestmark = pytest.mark.slow
ONE = RoutingSettings(draws=1)


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_gates_settle_at_the_delays_of_the_base(share: float) -> None:
    world = ist.load_world("eurasia-2022")
    base = find_base(world, ONE, lambda _: None)
    free = base_routing(world, base, ONE)
    delay = base.curves.at_links(base.delay.now)
    passes = gate_passes(replace(free, delay=base.delay), base.curves, np.minimum(share * delay, MOST_DELAY))
    again = settle_gates(passes, base.demand, base.traffic)
    assert again.gate_rest <= GATE_REST
    off = np.abs(again.equilibrium.delay - delay)
    assert off.max() <= 3.0 * GATE_REST, base.curves.names[int(off.argmax())]
    assert (np.abs(again.equilibrium.traffic - base.traffic) <= 0.1 * base.curves.capacity).all()
