"""Congestion on the toy world: what binds, what stays as it is, what ends in an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.cache import scratch_cache
from isthmus.errors import InputError, NotConverged
from isthmus.routing import MOST_DELAY, Base, find_base
from isthmus.routing.congestion import Gated
from isthmus.routing.rounds import Congested
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


def base_of(world: ist.World, tell: Callable[[str], None] = lambda _: None) -> Base:
    return find_base(world, QUICK.routing, tell)


@pytest.mark.parametrize("capacity", [1e-6, 0.01, 0.03, 0.06, 0.08])
def test_traffic_of_the_base_is_what_is_loaded_however_narrow_the_ferry(toy: ist.World, capacity: float) -> None:
    """Passes are thinned at one delay and used at others, hundreds of scales of choice away: nothing may be lost."""
    with scratch_cache():
        base = base_of(tightened(toy, lake_ferry=capacity))
    assert base.curves.names == ("lake-ferry",)
    loaded = base.curves.through(base.freight.flow)
    assert loaded == pytest.approx(base.traffic, abs=1e-6 * capacity)
    assert base.delay.now[base.curves.links[0][0]] <= MOST_DELAY


def test_a_bridge_as_sole_link_far_too_narrow_ends_in_an_answer(toy: ist.World) -> None:
    """Oil has no way but the pipeline: the delay stops at the most that is modelled, and that is told."""
    world = tightened(toy, oil_line=1e-3)
    with scratch_cache():
        base = base_of(world)
        result = ist.solve(world, Scenario(name="t", title="t", changes=()), settings=QUICK)
    assert base.delay.now.max() <= MOST_DELAY
    assert np.isfinite(base.traffic).all()
    assert (result.trade_cost_change == 1.0).all()


def test_a_base_without_any_capacity_on_a_link_is_a_base_without_the_link(toy: ist.World) -> None:
    with scratch_cache():
        base = base_of(tightened(toy, lake_ferry=0.0))
    i = toy.network.link_ids.index("lake-ferry")
    assert base.freight.flow[:, i].sum() == 0.0
    assert np.isfinite(base.freight.flow).all()


def test_a_bottleneck_that_does_not_settle_is_left_out_and_told(
    toy: ist.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isthmus.routing import base as module

    real, lines = module.congest, list[str]()

    def stubborn(gated: Gated, demand: np.ndarray, start: np.ndarray) -> Congested:
        if "lake-ferry" in gated.curves.names:
            found = real(gated, demand, start)
            worst = gated.curves.names.index("lake-ferry")
            raise NotConverged("congestion: too much", partial=replace(found.equilibrium, worst=worst))
        return real(gated, demand, start)

    monkeypatch.setattr(module, "congest", stubborn)
    world = tightened(toy, lake_ferry=0.08)
    with scratch_cache():
        base = base_of(world, lines.append)
        change = ChangeLink(links=("lake-ferry",), capacity_mt_per_year=0.05)
        result = ist.solve(world, Scenario(name="t", title="t", changes=(change,)), settings=QUICK)
    assert base.curves.names == ()
    assert "lake-ferry is left out: congestion: too much" in lines
    assert "capacity does not bind on lake-ferry: its delay does not settle in the base" in result.warnings


def test_capacities_that_do_not_bind_are_told(toy: ist.World) -> None:
    scenario = Scenario(name="t", title="t", changes=(PipelineOutage(links=("oil-line",), share=0.25),))
    for queues, why in (("off", "capacities do not bind"), ("held", "delays are held at those of the base")):
        result = ist.solve(toy, scenario, settings=replace(QUICK, queues=queues))
        assert any(why in text for text in result.warnings)
    assert not any("has no effect" in text for text in solved(toy, *scenario.changes).warnings)
