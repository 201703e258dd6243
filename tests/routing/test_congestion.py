"""Congestion on the toy world: what binds, what stays as it is, what ends in an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.errors import InputError
from isthmus.routing import MOST_DELAY
from isthmus.scenario import Scenario
from isthmus.scenario.changes import ChangeLink, CloseLink, PipelineOutage
from isthmus.solve import prepare, settle

QUICK = ist.Settings(routing=ist.RoutingSettings(draws=1, congestion=True))


def solved(toy: ist.World, *changes: object) -> ist.Result:
    scenario = Scenario(name="test", title="test", changes=changes)  # type: ignore[arg-type]
    return ist.solve(toy, scenario, settings=QUICK)


def traffic(result: ist.Result, link: str) -> float:
    return float(result.flows.after_t[:, result.flows.link_ids.index(link)].sum() / 1e6)


def test_without_changes_nothing_moves_to_the_last_digit(toy: ist.World) -> None:
    result = solved(toy)
    assert (result.trade_cost_change == 1.0).all()
    assert np.array_equal(result.flows.before_t, result.flows.after_t)


def test_a_full_ferry_queues_and_sheds_freight(toy: ist.World) -> None:
    free = traffic(solved(toy), "lake-ferry")
    full = solved(toy, ChangeLink(links=("lake-ferry",), capacity_mt_per_year=free / 3))
    row = full.link_table.set_index("id").loc["lake-ferry"]
    assert free / 3 < row["after_mt"] < 0.9 * free
    assert row["queue_hours"] > 1.0
    # a = 10 at least: the delay is the curve's at the traffic found
    assert row["delay_usd_per_t"] >= 0.5 * 10 * (row["after_mt"] / (free / 3)) ** 4 * 0.999
    assert (full.trade_cost_change >= 1.0 - 1e-12).all()


@pytest.mark.parametrize("capacity", [1e-9, 0.0])
def test_hardly_any_or_no_capacity_ends_in_an_answer(toy: ist.World, capacity: float) -> None:
    result = solved(toy, ChangeLink(links=("lake-ferry",), capacity_mt_per_year=capacity))
    assert np.isfinite(result.real_income_change).all()
    if not capacity:
        assert traffic(result, "lake-ferry") == 0.0


def test_a_partial_outage_of_a_pipeline_binds(toy: ist.World) -> None:
    free = traffic(solved(toy), "oil-line")
    share = 1 - 0.5 * free / 20.0  # of the 20 Mt a year that it could carry
    assert traffic(solved(toy, PipelineOutage(links=("oil-line",), share=share)), "oil-line") < free


def test_delay_and_traffic_agree_and_capacity_can_be_left_out(toy: ist.World) -> None:
    change = ChangeLink(links=("lake-ferry",), capacity_mt_per_year=0.03)
    scenario = Scenario(name="test", title="test", changes=(change,))
    state = settle(prepare(toy, scenario, settings=QUICK), lambda _: None).state
    curves = state.curves
    assert curves.names == ("lake-ferry",)
    assert state.delay == pytest.approx(np.minimum(curves.beyond(state.traffic), MOST_DELAY), rel=1e-9)
    loose = replace(QUICK, routing=replace(QUICK.routing, congestion=False))
    off = ist.solve(toy, scenario, settings=loose)
    assert (off.trade_cost_change == 1.0).all()


def tightened(world: ist.World, **capacity: float) -> ist.World:
    """Return the world with other capacities, Mt a year, of links whose ids have _ for -."""
    network = world.network
    mt = network.capacity_mt.copy()
    for name, value in capacity.items():
        mt[network.link_ids.index(name.replace("_", "-"))] = value
    return replace(world, network=replace(network, capacity_mt=mt), sha256=f"{world.sha256} {capacity}")


def test_held_delays_stay_those_of_the_base(toy: ist.World) -> None:
    """However full a ferry gets, its delay is the base's: nothing queues anew, and a closed road still reroutes."""
    world, held = tightened(toy, lake_ferry=0.08), replace(QUICK, queues="held")
    tight = Scenario(name="t", title="t", changes=(ChangeLink(links=("lake-ferry",), capacity_mt_per_year=0.01),))
    assert ist.solve(world, tight, settings=held).trade_cost_change == pytest.approx(1.0, abs=1e-12)
    shut = Scenario(name="t", title="t", changes=(CloseLink(links=("strait",)),))
    coupling = prepare(world, shut, settings=held)
    state = settle(coupling, lambda _: None).state
    assert np.array_equal(state.routing.delay.now, coupling.base.delay.now)
    assert coupling.base.delay.now.max() > 1.0
    assert (state.routing.cost > coupling.base.cost).any()


def test_queues_off_wins_and_an_unknown_word_is_refused() -> None:
    assert not replace(QUICK, queues="off").routing.congestion
    with pytest.raises(InputError, match="queues is 'long'"):
        ist.Settings(queues="long")  # type: ignore[arg-type]
