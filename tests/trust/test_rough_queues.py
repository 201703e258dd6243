"""Rough delays of the fit: their curve by hand, steps that are held, queues that settle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.routing import RoutingSettings
from isthmus.trust.flow_model import lay_ground
from isthmus.trust.rough_queues import DRY, Curves, join_curves, queues_of, settle, step_on
from isthmus.trust.targets import Target
from isthmus.trust.validation import Ground, pose, prepare_year
from isthmus.world.network import KINDS

SETTINGS = RoutingSettings(draws=1, threads=1)


def _curves() -> Curves:
    """A pipeline of 10 Mt, 5 USD at capacity, and a port of 4 Mt, 6 USD at capacity of which 2 are known waits."""
    return Curves(
        names=("pipe", "port"),
        links=((3,), (0, 2)),
        capacity=np.array([10.0, 4.0]),
        height=np.array([5.0, 6.0]),
        beta=np.array([8.0, 4.0]),
        relief=np.array([0.0, 2.0]),
    )


def test_delays_are_those_of_the_curve_less_the_wait_that_is_known() -> None:
    curves = _curves()
    assert curves.beyond(np.array([10.0, 4.0])) == pytest.approx([5.0, 4.0])
    assert curves.beyond(np.array([20.0, 2.0])) == pytest.approx([5.0 * 2**8, 0.0])
    assert curves.slope(np.array([10.0, 4.0])) == pytest.approx([8 * 5 / 10, 4 * 6 / 4])
    assert curves.slope(np.array([10.0, 2.0]))[1] == 0.0  # below the known wait nothing is added
    both = join_curves(curves, curves)
    assert both.beyond(np.full(4, 4.0))[1] == both.beyond(np.full(4, 4.0))[3]


def test_a_step_is_held_near_the_delays_it_starts_from() -> None:
    curves = _curves()
    held = curves.hold(np.array([1e6, 1e6]), np.array([5.0, 4.0]))
    assert curves.beyond(held) == pytest.approx([15.0, 13.0])  # twice, and 5 USD
    assert (curves.hold(np.zeros(2), np.array([4.0, 4.0])) == 0).all()


@pytest.fixture(scope="module")
def strained(toy: ist.World) -> tuple[ist.World, Ground]:
    """Return the toy world with a small capacity on the busiest lines, and its ground."""
    ground = lay_ground(toy, SETTINGS)
    network = toy.network
    tight = np.where(network.kind == KINDS.index("line"), 100.0, network.capacity_mt)
    return replace(toy, network=replace(network, capacity_mt=tight)), ground


def test_queues_settle_where_they_are_those_of_their_traffic(strained: tuple[ist.World, Ground]) -> None:
    world, ground = strained
    link = world.network.link_ids[int(np.flatnonzero(world.network.kind == KINDS.index("line"))[0])]
    target = Target("a", "a", 2022, 1.0, "a", "fit", "full", "", "", ((link, "*", "both", ""),))
    year = prepare_year(world, ground, (target,), 2022)
    problem = pose(year, ground, SETTINGS)
    demand = 2000.0 * year.whole  # the toy world trades some thousand tonnes
    curves = queues_of(problem, demand)
    assert curves.size > 0
    found = settle(problem, demand, curves, classes=DRY, most=25)
    assert found.gap < 0.1
    assert (found.delay > 0).any()
    # At the answer a further step leads nowhere else.
    assert step_on(found, found.traffic, np.zeros((curves.size, curves.size))) == pytest.approx(found.traffic)
