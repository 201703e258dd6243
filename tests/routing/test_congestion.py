"""Congestion on the toy world: what binds, what stays as it is, what ends in an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cache import scratch_cache
from isthmus.cli import main
from isthmus.errors import InputError, NotConverged
from isthmus.routing import MOST_DELAY, Base, find_base, load_flows, route_pairs, solve_routing
from isthmus.routing.bottlenecks import make_bottlenecks, mean_link_cost, observed_wait
from isthmus.routing.congestion import Gated, Loads, gate_passes
from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import compile_graph
from isthmus.routing.rounds import GATE_REST, Congested, congest, open_gates, settle_gates
from isthmus.scenario import Scenario
from isthmus.scenario.changes import ChangeLink, CloseLink, PipelineOutage
from isthmus.solve import prepare, settle
from routing.small_networks import PLAIN, Link, Plan, Zone, economies_of, make_network

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


def test_oil_of_a_closed_line_goes_backwards_and_to_the_tankers() -> None:
    """What the CPC stop does: the field's oil turns east against the old direction, and to a terminal."""
    links = [
        Link("field", "sea", 5, id="cpc", open=False),
        Link("field", "middle", 3, id="kenkiyak"),
        Link("middle", "china", 6, id="kcp"),
        Link("china", "market", 8, id="lane"),
        Link("field", "quay", 4, id="aktau"),
        Link("quay", "sea", 6, id="tanker"),
        Link("sea", "market", 4, id="straits"),
    ]
    places = [("field", 0), ("middle", 0), ("market", 1)]
    plan = Plan(links, [Zone(name, {name: 0.0}, economy=economy) for name, economy in places])
    network = make_network(plan)
    capacity = network.capacity_mt.copy()
    capacity[[links.index(link) for link in links if link.id in ("kcp", "aktau")]] = (6.0, 4.0)
    network = replace(network, capacity_mt=capacity)
    free = solve_routing(network, economies_of(network), PLAIN)
    curves = make_bottlenecks(network, mean_link_cost(network, free.graph), [(2,), (4,)])
    demand = np.zeros_like(free.cost)
    demand[0, 0, 2] = 10e6
    found = congest(gate_passes(free, curves, np.zeros(2)), demand, np.zeros(2))
    assert found.equilibrium.gap <= 1e-8
    flow = load_flows(found.routing, demand).flow[0] / 1e6
    assert flow[1, 0] == pytest.approx(flow[2, 0]) and flow[1, 1] == 0.0  # the line fills away from the field
    assert flow[2, 0] + flow[4, 0] == pytest.approx(10.0)
    assert 4.0 < flow[2, 0] < 8.0 and 2.0 < flow[4, 0] < 6.0
    assert curves.through(load_flows(found.routing, demand).flow) == pytest.approx(found.equilibrium.traffic, abs=1e-5)
    assert found.equilibrium.delay == pytest.approx(curves.beyond(found.equilibrium.traffic))
    for share in (0.0, 0.5, 1.5, 3.0):  # gates settle at the same delays wherever they start
        passes = gate_passes(free, curves, share * found.equilibrium.delay)
        again = settle_gates(passes, demand, np.zeros(2))
        assert again.gate_rest <= GATE_REST
        assert again.equilibrium.delay == pytest.approx(found.equilibrium.delay, abs=GATE_REST)


def test_a_delay_adds_to_what_a_link_costs_at_least(toy: ist.World) -> None:
    """Equilibrium takes delays as additive: a link that a fitted constant makes free must not swallow them."""
    network = replace(toy.network, calibrated_usd_per_t=np.full(len(toy.network.link_ids), -1e4))
    graph = compile_graph(network)
    delay = np.linspace(0.0, 30.0, len(network.link_ids))
    free, full = (generalised_cost(network, graph, None, 1, delay=usd) for usd in (None, delay))
    used = (graph.link >= 0) & np.isfinite(free)
    assert used.any()
    assert full[used] - free[used] == pytest.approx(delay[graph.link[used]])


def test_hours_of_a_fitted_constant_are_no_observed_wait(toy: ist.World) -> None:
    network = toy.network
    cost = np.full((6, len(network.link_ids)), 1e6)  # so dear that no bound holds the relief down
    more = np.full_like(network.wait_hours, 50.0)
    fitted = replace(network, wait_hours=network.wait_hours + more, calibrated_hours=more)
    observed = observed_wait(network, cost)
    assert observed.any()
    assert observed_wait(fitted, cost) == pytest.approx(observed)


def test_only_gates_that_their_delays_have_left_move_in_a_scenario(toy: ist.World) -> None:
    world = tightened(toy, lake_ferry=0.08, strait=0.1)
    change = ChangeLink(links=("lake-ferry",), capacity_mt_per_year=0.04)
    state = settle(
        prepare(world, Scenario(name="t", title="t", changes=(change,)), settings=QUICK), lambda _: None
    ).state
    assert state.gates is not None and state.curves.size >= 2
    left = np.zeros(state.curves.size)
    left[0], left[1] = GATE_REST + 4.0, 0.8 * GATE_REST
    moved = replace(state, delay=state.gates.at + left).regate().gates
    assert moved is not None
    assert moved.at[0] > state.gates.at[0] + GATE_REST / 2
    assert np.array_equal(moved.at[1:], state.gates.at[1:])


def test_gates_that_swing_are_damped_facility_by_facility() -> None:
    """t(g) = 20 - 4 g for one facility, 10 - g / 2 for the other: plain rounds diverge, these arrive in three."""
    gates = open_gates(np.zeros(2))
    for _ in range(3):
        gates = gates.towards(np.array([20.0 - 4.0 * gates.at[0], 10.0 - 0.5 * gates.at[1]]))
    assert gates.at == pytest.approx([4.0, 20.0 / 3.0])


def test_a_way_far_from_use_when_passes_are_thinned_is_there_when_delays_move() -> None:
    """200 scales of choice dearer: e^-200 of a trip before the delay, and every trip after it."""
    links = [Link("p", "q", 1, id="cheap", one_way=True), Link("p", "q", 3, id="dear", one_way=True)]
    plan = Plan(links, [Zone("a", {"p": 0.0}), Zone("b", {"q": 0.0}, economy=1)], scale_cap=0.01)
    network = make_network(plan)
    network = replace(network, capacity_mt=np.array([1.0, np.inf]))
    free = solve_routing(network, economies_of(network), PLAIN)
    curves = make_bottlenecks(network, mean_link_cost(network, free.graph), [(0,)])
    demand = np.zeros_like(free.cost)
    demand[0, 0, 1] = 1e6
    gated = gate_passes(free, curves, np.zeros(1))
    for delay in (0.0, 1.0, 1.99, 2.01, 100.0):
        there, gate = np.array([delay]), np.zeros(1)
        fresh = Loads(gate_passes(free, curves, there, gate), demand).answer(there)
        moved = Loads(gated, demand).answer(there)
        assert moved.traffic == pytest.approx(fresh.traffic, abs=1e-9)
        assert gated.at(there).cost[0, 0, 1] == pytest.approx(
            gate_passes(free, curves, there, gate).routing.cost[0, 0, 1]
        )
    assert moved.traffic == pytest.approx(0.0, abs=1e-9)


def test_skims_and_assignments_meet_the_delays_of_the_base(toy: ist.World) -> None:
    world = tightened(toy, lake_ferry=0.08)
    with scratch_cache():
        base = base_of(world)
    free = route_pairs(world, base.demand, QUICK.routing)
    held = route_pairs(world, base.demand, QUICK.routing, base.delay)
    sent = (base.demand > 0) & np.isfinite(base.cost)
    assert held.cost[sent] == pytest.approx(base.cost[sent], rel=1e-12)
    assert (free.cost[sent] < held.cost[sent] - 1.0).any()


@pytest.mark.parametrize("queues", ["held", "off"])
def test_skims_on_the_command_line(queues: str, tmp_path: Path) -> None:
    out = tmp_path / "skims.csv"
    words = ["skims", "--class", "general", "--out", str(out), "--world", "toy", "--queues", queues]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) > 2
    assert CliRunner().invoke(main, [*words[:-1], "solved"]).exit_code == 2
