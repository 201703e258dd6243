"""Bases at delays that rest on another's: the central world gives its own base back, a drawn one its full solve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.routing import Base, RoutingSettings, base_routing, carry_delays, find_base, hold_base, load_freight
from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import solve_delays
from isthmus.routing.choice import solve_routing
from isthmus.routing.held_base import Line
from isthmus.scenario.changes import OpenLink
from isthmus.solve import Settings, Warm, prepare, solve
from isthmus.trust.draws import make_draw

TASTES = RoutingSettings(draws=2, threads=1)


@pytest.fixture(scope="module")
def busy(toy: ist.World) -> ist.World:
    """The toy world with a capacity on its busiest links that makes their freight queue."""
    flow = find_base(toy, replace(TASTES, congestion=False), lambda _: None).freight.flow.sum(axis=(0, 2)) / 1e6
    capacity = toy.network.capacity_mt.copy()
    full = np.argsort(-flow)[:4]
    capacity[full] = 0.9 * flow[full]
    return replace(toy, network=replace(toy.network, capacity_mt=capacity), sha256=toy.sha256[::-1])


@pytest.fixture(scope="module")
def central(busy: ist.World) -> Base:
    base = find_base(busy, TASTES, lambda _: None)
    assert base.curves.size and base.delay.now.max() > 1.0
    return base


def test_the_central_world_gives_its_own_base_back(busy: ist.World, central: Base) -> None:
    base, store = hold_base(busy, TASTES, central)
    np.testing.assert_array_equal(base.scale, central.scale)
    np.testing.assert_allclose(base.delay.now, central.delay.now, atol=1e-3 * central.delay.now.max())
    np.testing.assert_allclose(base.cost, central.cost, rtol=1e-3)
    np.testing.assert_array_equal(store.mean_cost(), base.cost)
    whole = load_freight(
        base_routing(busy, base, TASTES), base.demand, base.freight.territories, np.zeros(0, np.int64), frozenset()
    )
    most = whole.flow.max()
    np.testing.assert_allclose(base.freight.flow, whole.flow, atol=1e-7 * most)
    np.testing.assert_allclose(base.freight.transit_mt, whole.transit_mt, atol=1e-13 * most)
    np.testing.assert_allclose(base.freight.transit_usd_m, whole.transit_usd_m, atol=1e-12 * most)


def test_without_congestion_a_drawn_base_is_its_full_solve(toy: ist.World) -> None:
    free = Settings(routing=TASTES, queues="off")
    start = find_base(toy, free.routing, lambda _: None)
    drawn = make_draw(toy, free, horizon="long", number=3, seed=1)
    quick, _ = hold_base(drawn.world, free.routing, start)
    full = find_base(drawn.world, free.routing, lambda _: None)
    for name in ("scale", "cost", "demand"):
        np.testing.assert_allclose(getattr(quick, name), getattr(full, name), rtol=1e-12)
    np.testing.assert_allclose(quick.freight.flow, full.freight.flow, atol=1e-7 * full.freight.flow.max())


def test_less_capacity_means_more_delay_but_not_as_if_freight_stood_still(busy: ist.World, central: Base) -> None:
    """Traffic gives way: the delay rises, by less than the curve alone would have it rise at central traffic."""
    tight = replace(busy.network, capacity_mt=busy.network.capacity_mt * 0.9)
    curves, delay = carry_delays(tight, central)
    was, found = central.curves.at_links(central.delay.now), curves.at_links(delay.now)
    stiff = curves.beyond(central.traffic)
    queued = was > 0.5
    assert queued.any() and (found[queued] > was[queued]).all() and (found[queued] < stiff[queued]).all()
    line = Line(central.traffic, was, central.hessian)
    np.testing.assert_allclose(curves.beyond(line.answer(found).traffic), found, rtol=0.01, atol=0.05)


def test_where_a_straight_line_ends_below_no_traffic_the_delay_is_at_its_floor() -> None:
    one = np.ones(2)
    curves = Bottlenecks(
        names=("first", "second"), links=((0,), (1,)), capacity=np.array([4.0, 1.0]), background=0.0 * one,
        height=np.array([20.0, 5.0]), beta=4.0 * one, relief=0.0 * one, floor=0.0 * one,
    )  # fmt: skip
    line = Line(np.array([5.0, 0.1]), 0.0 * one, np.array([[-0.1, -0.1], [-0.1, -0.2]]))  # in series: both lose
    found = solve_delays(line, curves, line.traffic, hessian=line.hessian)
    assert found.traffic[1] < -0.5
    assert found.delay[1] == 0.0
    assert found.delay[0] > 10.0
    assert found.delay[0] == pytest.approx(curves.beyond(found.traffic)[0])
    assert curves.slope(found.traffic)[1] == 0.0


def test_delays_are_in_the_costs_of_the_drawn_base(busy: ist.World, central: Base) -> None:
    drawn = make_draw(busy, Settings(routing=TASTES), horizon="long", number=2, seed=1)
    base, _ = hold_base(drawn.world, TASTES, central)
    same = solve_routing(drawn.world.network, drawn.world.economies, TASTES, scale=base.scale, delay=base.delay)
    np.testing.assert_array_equal(base.cost, same.cost)


def test_a_drawn_world_is_routed_once_for_all_its_scenarios(busy: ist.World, central: Base) -> None:
    settings = Settings(routing=TASTES, queues="held", compare_closures=False)
    drawn = make_draw(busy, settings, horizon="long", number=2, seed=1)
    warm, told = Warm(central), list[str]()
    open_line = ist.Scenario(name="line", title="A new line", changes=(OpenLink(links=("new-line",)),))
    nothing = ist.Scenario(name="nothing", title="nothing", changes=())
    for scenario in (open_line, nothing):
        solve(drawn.world, scenario, settings=drawn.settings, warm=warm, progress=told.append)
    assert told.count("routing the drawn base at held delays") == 1
    assert warm.around(central) is warm
    other = prepare(busy, open_line, settings=replace(settings, queues="off")).base
    assert warm.around(other) is not warm
